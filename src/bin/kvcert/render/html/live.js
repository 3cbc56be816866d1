"use strict";
const rows = document.getElementById("requests");
const said = document.getElementById("said");
let drawn = -1;
async function ask(method, what, body) {
  const answer = await fetch(`/_dev/${what}`, { method, body });
  const json = await answer.json();
  if (!answer.ok) throw new Error(json.error.message);
  return json;
}
function cell(row, kind, text, name) {
  const made = document.createElement(kind);
  made.textContent = text;
  if (name) made.className = name;
  row.append(made);
}
function showRequests(log) {
  if (log.total === drawn) return;
  drawn = log.total;
  rows.replaceChildren(...log.requests.slice(-100).reverse().map((request) => {
    const row = document.createElement("tr");
    cell(row, "td", request.status, "number");
    cell(row, "td", request.method);
    cell(row, "td", `https://${request.host}${request.path}`, "mono");
    cell(row, "td", (request.switches ?? []).join(", "));
    return row;
  }));
}
function showSwitches(state) {
  for (const button of document.querySelectorAll("[data-switch]"))
    button.setAttribute("aria-pressed", button.dataset.switch in state.switches);
}
async function turn(work) {
  try {
    await work();
    said.textContent = "";
  } catch (error) {
    said.textContent = `The dev vault does not answer: ${error.message}`;
  }
}
for (const button of document.querySelectorAll("button")) {
  button.addEventListener("click", () => turn(async () => {
    const { switch: name, body, forget } = button.dataset;
    if (forget) return showRequests(await ask("DELETE", "requests"));
    if (!name) return showSwitches(await ask("DELETE", "switches"));
    const isOn = button.getAttribute("aria-pressed") === "true";
    showSwitches(await (isOn ? ask("DELETE", `switches/${name}`) : ask("PUT", `switches/${name}`, body)));
  }));
}
async function refresh() {
  if (!document.hidden)
    await turn(async () => {
      showRequests(await ask("GET", "requests"));
      showSwitches(await ask("GET", "switches"));
    });
  setTimeout(refresh, 1000);
}
refresh();
