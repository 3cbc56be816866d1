// Opens pages in Chromium and says what is wrong with them, as JSON: a list of problems for each.
// Usage: node judge.mjs CHROMIUM FOLDER-OF-SCREENSHOTS|- PAGE...
// A page is a file, or an address of a dev vault, whose CA Chromium does not know.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.env.NODE_FOLDER}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [executablePath, screenshots, ...pages] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
});
const sizes = { phone: { width: 375, height: 740 }, desk: { width: 1280, height: 900 } };
const report = {};
for (const file of pages) {
  const problems = [];
  for (const [size, viewport] of Object.entries(sizes)) {
    for (const colorScheme of ["light", "dark"]) {
      // The page's own policy would keep axe out; it is looked at without, and once with it.
      const context = await browser.newContext({ viewport, colorScheme, bypassCSP: true, ignoreHTTPSErrors: true });
      await look(context, file, `${size}, ${colorScheme}`, problems);
      await context.close();
    }
  }
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  await look(context, file, "policy", problems);
  await context.close();
  report[file] = problems;
}
await browser.close();
console.log(JSON.stringify(report, null, 2));

async function look(context, file, where, problems) {
  const url = file.startsWith("https:") ? file : pathToFileURL(file).href;
  const { origin, protocol } = new URL(url);
  const page = await context.newPage();
  page.on("console", (message) => problems.push(`${where}: console: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`${where}: error: ${error.message}`));
  page.on("dialog", (dialog) => {
    problems.push(`${where}: dialog: ${dialog.message()}`);
    dialog.dismiss();
  });
  page.on("request", (request) => {
    const { origin: asked, protocol: way } = new URL(request.url());
    if (asked !== origin || way !== protocol) problems.push(`${where}: asks for ${request.url()}`);
  });
  await page.goto(url);
  if (where === "policy") {
    if (url.endsWith("/_dev/live")) await turn(context, page, origin, problems);
    return page.close();
  }
  const width = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (width > 0) problems.push(`${where}: ${width} pixels wider than the window`);
  if (screenshots !== "-") {
    const name = `${basename(file, ".html")}-${where.replace(", ", "-")}.png`;
    await page.screenshot({ path: `${screenshots}/${name}`, fullPage: true });
  }
  await keyboard(page, where, problems);
  await page.evaluate(() => document.querySelectorAll("details").forEach((it) => (it.open = true)));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  for (const { id, impact, nodes } of violations) {
    if (impact === "serious" || impact === "critical")
      problems.push(`${where}: axe: ${id}: ${nodes.map((node) => node.html).slice(0, 3).join(" ")}`);
  }
  await page.close();
}

// Each part that opens is reached with Tab and opens and closes with Enter.
async function keyboard(page, where, problems) {
  const count = await page.locator("summary:visible").count();
  if (count === 0) return;
  for (let at = 0; at < count + 50; at++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement?.tagName === "SUMMARY")) {
      const open = () => page.evaluate(() => document.activeElement.parentElement.open);
      const before = await open();
      await page.keyboard.press("Enter");
      if ((await open()) === before) problems.push(`${where}: Enter does not open a part`);
      await page.keyboard.press("Enter");
      return;
    }
  }
  problems.push(`${where}: Tab reaches no part that opens`);
}

// A switch is turned on, another page feels it, the log shows that, and it is turned off.
async function turn(context, page, origin, problems) {
  const state = (on) => page.locator(`[data-switch=throttle][aria-pressed=${on}]`).waitFor();
  try {
    await page.locator("[data-switch=throttle]").click();
    await state(true);
    const other = await context.newPage();
    other.goto(origin).catch(() => {});
    await page.locator("#requests td", { hasText: "429" }).first().waitFor();
    await page.locator("[data-switch=throttle]").click();
    await state(false);
    await other.close();
  } catch (error) {
    problems.push(`the switch: ${error.message}`);
  }
}
