//! Pages for people: who gets one, what is on it, and that programs never do.

use std::path::Path;
use std::process::Command;

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::program::Program;
use crate::running::{API, Running, TempFolder, read};

/// What Chromium asks for when someone types an address.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

impl Running {
    async fn browse(&self, path: &str) -> Response {
        let request = self.client.get(self.vault(path)).header("accept", BROWSER);
        request.send().await.unwrap()
    }

    async fn page(&self, path: &str) -> String {
        let response = self.browse(path).await;
        let status = response.status();
        let headers = response.headers().clone();
        let html = response.text().await.unwrap();
        assert_eq!(status, 200, "{path}: {html}");
        assert_eq!(headers["content-type"], "text/html; charset=utf-8");
        let framing = "frame-ancestors 'none'";
        assert_eq!(headers["content-security-policy"], framing);
        assert!(!html.contains("PRIVATE KEY"), "{path}");
        assert!(!html.contains(self.access.client_secret.expose()), "{path}");
        assert!(!html.contains("eyJ"), "{path} has a token");
        html
    }

    async fn set(&self, switches: Value) {
        let request = self.client.put(self.vault("/_dev/switches"));
        let response = request.body(switches.to_string()).send().await.unwrap();
        assert_eq!(response.status(), 200);
    }

    async fn requests(&self) -> Vec<Value> {
        let url = self.vault("/_dev/requests");
        let (_, log) = read(self.client.get(url).send().await.unwrap()).await;
        log["requests"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn a_browser_sees_the_vault_and_each_certificate() {
    let folder = TempFolder::new("pages");
    let program = Program::start(&folder.0).await;
    let running = &program.running;
    let whole = running.page("/").await;
    assert!(whole.contains("href=\"/_dev/pages/web\""), "{whole}");
    assert!(!whole.contains("MII"));
    // The page came as everything comes: without a token, with one, and then the answer.
    let statuses: Vec<_> = running.requests().await;
    let statuses = statuses.iter().map(|it| {
        let host = it["host"].as_str().unwrap();
        (host.split('.').next().unwrap(), it["status"].as_u64())
    });
    let statuses: Vec<_> = statuses.collect();
    assert_eq!(statuses.first(), Some(&("demo", Some(401))));
    assert!(statuses.contains(&("login", Some(200))), "{statuses:?}");
    assert_eq!(statuses.last(), Some(&("demo", Some(200))));

    let web = running.page("/_dev/pages/web").await;
    for words in ["not fetched", "401", "WWW-Authenticate", "/keys/web"] {
        let words = words.to_lowercase();
        assert!(web.to_lowercase().contains(&words), "{words}: {web}");
    }
    let log = running.requests().await;
    let secrets = |it: &&Value| it["path"].as_str().unwrap().starts_with("/secrets");
    assert_eq!(log.iter().find(secrets), None, "no secret was asked for");

    let live = running.page("/_dev/live").await;
    assert!(live.contains("data-switch=\"throttle\""), "{live}");
    assert!(live.contains("demo.vault.localhost/certificates/web"));

    assert_eq!(running.browse("/_dev/pages/none").await.status(), 404);
    assert_eq!(running.browse("/_dev/pages/a%20b").await.status(), 400);
    running.set(json!({"forbid": "firewall"})).await;
    let refused = running.browse("/").await;
    assert_eq!(refused.status(), 502);
    assert!(refused.text().await.unwrap().contains("firewall"));
    running.page("/_dev/live").await;
}

#[tokio::test]
async fn programs_and_other_sites_get_no_page() {
    let folder = TempFolder::new("no-pages");
    let program = Program::start(&folder.0).await;
    let running = &program.running;
    let client = &running.client;
    for accept in ["*/*", "application/json", "text/html-ish"] {
        let request = client.get(running.vault("/")).header("accept", accept);
        let (status, _) = read(request.send().await.unwrap()).await;
        assert_eq!(status, 401, "{accept}");
    }
    let request = client.post(running.vault("/")).header("accept", BROWSER);
    assert_eq!(read(request.send().await.unwrap()).await.0, 401);
    // With a token it is the vault's to answer, whatever it accepts.
    for (path, is_found) in [("/", false), (&*format!("/certificates/web?{API}"), true)] {
        let request = running.request(Method::GET, path).await;
        let plain = request.send().await.unwrap().status();
        let request = running.request(Method::GET, path).await;
        let html = request.header("accept", BROWSER).send().await.unwrap();
        assert_eq!(html.status(), plain, "{path}");
        assert_eq!(plain.is_success(), is_found, "{path}");
        read(html).await;
    }
    let request = client.get(running.vault(&format!("/certificates/web?{API}")));
    let response = request.header("accept", BROWSER).send().await.unwrap();
    assert_eq!(read(response).await.0, 401);
    for path in ["/", "/_dev/pages/web", "/_dev/live"] {
        for (name, value) in [
            ("origin", "https://example.com"),
            ("sec-fetch-site", "cross-site"),
        ] {
            let request = client.get(running.vault(path)).header("accept", BROWSER);
            let response = request.header(name, value).send().await.unwrap();
            assert_eq!(response.status(), 403, "{path} {name}");
        }
    }
}

/// What the page's buttons send: over HTTP/2 a browser names the origin, and there is no `Host`.
#[tokio::test]
async fn a_page_of_the_vault_itself_may_turn_switches() {
    let running = Running::start().await;
    for (origin, expected) in [
        (running.access.vault_url.as_str(), 200),
        ("https://other.vault.localhost", 403),
    ] {
        let request = running.client.put(running.vault("/_dev/switches/throttle"));
        let request = request.header("origin", origin).body("true");
        let status = request.send().await.unwrap().status();
        assert_eq!(status.as_u16(), expected, "{origin}");
    }
    assert_eq!(running.get(&format!("/keys?{API}")).await.0, 429);
}

#[tokio::test]
async fn chromium_turns_a_switch_and_sees_what_it_does() {
    let modules = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("browser");
    let chromium = Path::new("/usr/bin/chromium");
    if !modules.join("node_modules").exists() || !chromium.exists() {
        assert!(std::env::var_os("KVCERT_BROWSER").is_none(), "no browser");
        return;
    }
    let folder = TempFolder::new("browser");
    let program = Program::start(&folder.0).await;
    let judge = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inspect/browser/judge.mjs");
    let mut command = Command::new("node");
    command.env("NODE_FOLDER", modules).arg(judge).arg(chromium);
    command.arg(std::env::var_os("SCREENSHOTS").unwrap_or_else(|| "-".into()));
    for path in ["/", "/_dev/pages/web", "/_dev/live"] {
        command.arg(program.running.vault(path));
    }
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let report = report.as_object().unwrap();
    assert_eq!(report.len(), 3);
    for (page, problems) in report {
        assert_eq!(problems, &json!([]), "{page}");
    }
}
