//! Other users of the machine reach the ports of the dev vault, and get nothing from them.

use std::process::Command;

use kvcert_dev::{DevVault, Options};
use reqwest::redirect::Policy;
use serde_json::json;

use crate::running::{API, Running, TempFolder, form_body, read};
use crate::support;

const IMDS: &str =
    "/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://vault.azure.net";

/// curl and bash, run by a user who is not the one of this process.
struct Stranger<'a> {
    running: &'a Running,
    folder: TempFolder,
}

impl<'a> Stranger<'a> {
    /// Nobody, if this process may not become another user.
    fn of(running: &'a Running) -> Option<Self> {
        let become_nobody = Self::program("true").output();
        if !become_nobody.is_ok_and(|done| done.status.success()) {
            support::say("skipped what other users are refused: needs root, setpriv and curl");
            return None;
        }
        let folder = TempFolder(std::env::temp_dir().join(format!("stranger-{}", running.port)));
        std::fs::create_dir_all(&folder.0).unwrap();
        std::fs::write(folder.0.join("ca.pem"), &running.access.ca_pem).unwrap();
        Some(Self { running, folder })
    }

    fn program(name: &str) -> Command {
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", "65533", "--regid", "65533", "--clear-groups"])
            .arg(name)
            .env_clear()
            .env("PATH", "/usr/bin:/bin");
        command
    }

    /// Status and body of a request with curl.
    async fn curl(&self, arguments: &[&str], url: &str) -> (u16, String) {
        let mut curl = Self::program("curl");
        let hosts = ["demo.vault.localhost", "login.localhost"];
        for host in hosts {
            let resolved = format!("{host}:{}:127.0.0.1", self.running.port);
            curl.args(["--resolve", &resolved]);
        }
        curl.args(["-sS", "--noproxy", "*", "-w", "\n%{http_code}", "--cacert"])
            .arg(self.folder.0.join("ca.pem"))
            .args(arguments)
            .arg(url);
        let (code, output, errors) = tokio::task::spawn_blocking(move || support::run(&mut curl))
            .await
            .unwrap();
        assert_eq!(code, 0, "{url}: {errors}");
        let (body, status) = output.rsplit_once('\n').unwrap();
        (status.parse().unwrap(), body.to_owned())
    }

    async fn vault(&self, arguments: &[&str], path: &str) -> (u16, String) {
        self.curl(arguments, &self.running.vault(path)).await
    }

    /// Asks as on a virtual machine.
    async fn imds(&self, arguments: &[&str]) -> (u16, String) {
        let identity = self.running.access.managed_identity.as_ref().unwrap();
        let arguments = [&["-H", "Metadata: true"], arguments].concat();
        self.curl(&arguments, &format!("{}{IMDS}", identity.machine_host))
            .await
    }
}

#[tokio::test]
async fn a_managed_identity_is_for_the_user_who_runs_the_vault() {
    let running = Running::start().await;
    let Some(stranger) = Stranger::of(&running) else {
        return;
    };
    for arguments in [
        &[][..],
        &["-H", "Host: localhost"],
        &["--http1.0"],
        &["-H", "Connection: close", "-H", "X-IDENTITY-HEADER: x"],
    ] {
        let (status, body) = stranger.imds(arguments).await;
        assert_eq!(status, 403, "{arguments:?}: {body}");
        assert!(
            body.contains("access_denied") && body.contains("IDENTITY_HEADER"),
            "{body}"
        );
        assert!(!body.contains("access_token"), "{body}");
    }
    // With the secret that App Service hands to its programs, for anyone who has it.
    let identity = running.access.managed_identity.as_ref().unwrap();
    let url = format!(
        "{}?api-version=2019-08-01&resource=https://vault.azure.net",
        identity.endpoint
    );
    let header = format!("X-IDENTITY-HEADER: {}", identity.header.expose());
    assert_eq!(stranger.curl(&["-H", &header], &url).await.0, 200);
    assert_eq!(
        stranger.curl(&["-H", "X-IDENTITY-HEADER;"], &url).await.0,
        401
    );
    assert_eq!(stranger.curl(&[], &url).await.0, 401);
}

/// The system says of a connection whose client has closed it that it is root's.
#[tokio::test]
async fn a_stranger_who_hangs_up_is_still_a_stranger() {
    let running = Running::start().await;
    let Some(_) = Stranger::of(&running) else {
        return;
    };
    let identity = running.access.managed_identity.as_ref().unwrap();
    let port = identity.machine_host.rsplit(':').next().unwrap();
    let script = format!(
        "for i in {{1..60}}; do exec 3<>/dev/tcp/127.0.0.1/{port}; printf 'GET {IMDS} HTTP/1.1\\r\\n\
         Host: 127.0.0.1\\r\\nMetadata: true\\r\\n\\r\\n' >&3; exec 3>&-; done"
    );
    let mut bash = Stranger::program("bash");
    bash.args(["-c", &script]);
    let done = tokio::task::spawn_blocking(move || support::run(&mut bash)).await;
    assert_eq!(done.unwrap().0, 0);
    let mut statuses: Vec<u64> = Vec::new();
    for _ in 0..100 {
        let (_, log) = read(
            running
                .client
                .get(running.vault("/_dev/requests"))
                .send()
                .await
                .unwrap(),
        )
        .await;
        let requests = log["requests"].as_array().unwrap();
        statuses = requests
            .iter()
            .map(|request| request["status"].as_u64().unwrap())
            .collect();
        if statuses.len() >= 60 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // Some end before they are answered.
    assert!(
        !statuses.is_empty() && statuses.iter().all(|status| *status == 403),
        "{statuses:?}"
    );
}

#[tokio::test]
async fn a_managed_identity_can_be_for_anyone() {
    let options = Options {
        identity_for_anyone: true,
        ..Options::default()
    };
    let running = Running::serve(DevVault::open(options).unwrap());
    let Some(stranger) = Stranger::of(&running) else {
        return;
    };
    let (status, body) = stranger.imds(&[]).await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("access_token"), "{body}");
}

#[tokio::test]
async fn switches_requests_and_pages_are_for_the_user_who_runs_the_vault() {
    let running = Running::start().await;
    let Some(stranger) = Stranger::of(&running) else {
        return;
    };
    let bearer = format!(
        "Authorization: Bearer {}",
        running.access.start_code.expose()
    );
    let other = "Authorization: Bearer AAAA-AAAA-AAAA-AAAA";
    for (arguments, path) in [
        (&[][..], "/_dev/requests"),
        (&["-X", "DELETE"], "/_dev/requests"),
        (&[], "/_dev/switches"),
        (&["-X", "DELETE"], "/_dev/switches"),
        (
            &["-X", "PUT", "-d", "{\"throttle\": true}"],
            "/_dev/switches",
        ),
        (
            &["-X", "POST", "-d", "{\"throttle\": true}"],
            "/_dev/switches",
        ),
        (&["-X", "PUT"], "/_dev/switches/throttle"),
        (&["-X", "DELETE"], "/_dev/switches/throttle"),
    ] {
        for proof in [
            &[][..],
            &["-H", other],
            &["-H", "Cookie: __Host-kvcert-dev=; __Host-kvcert-dev=00"],
        ] {
            let (status, body) = stranger.vault(&[arguments, proof].concat(), path).await;
            assert_eq!(status, 403, "{path} {arguments:?} {proof:?}: {body}");
            assert!(body.contains("start-up code"), "{body}");
        }
    }
    assert_eq!(
        stranger.vault(&["-H", &bearer], "/_dev/requests").await.0,
        200
    );
    let url = format!("{}/_dev/switches", running.access.authority);
    assert_eq!(stranger.curl(&[], &url).await.0, 403);
    // None of it was done.
    let (_, state) = read(
        running
            .client
            .get(running.vault("/_dev/switches"))
            .send()
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(state["switches"], json!({}));
}

/// In a browser that the system does not know to be the user's, the user types in the code.
#[tokio::test]
async fn pages_open_for_a_browser_with_the_code() {
    let vault = DevVault::open(Options::default()).unwrap();
    let mut pages = vault.pages();
    tokio::spawn(async move {
        while let Some(request) = pages.recv().await {
            request.answer(200, String::from("the page"));
        }
    });
    let running = Running::serve(vault);
    let Some(stranger) = Stranger::of(&running) else {
        return;
    };
    let html = ["-H", "Accept: text/html"];
    for path in ["/", "/_dev/live", "/_dev/pages/web"] {
        let (status, body) = stranger.vault(&html, path).await;
        assert_eq!(status, 403, "{path}");
        assert!(
            body.contains("start_code") && !body.contains("the page"),
            "{body}"
        );
    }
    let send = async |code: &str, more: &[&str]| {
        let form = form_body(&[("start_code", code)]);
        let arguments = [&["-D", "-", "-d", &form], more].concat();
        stranger.vault(&arguments, "/_dev/sign-in").await
    };
    let code = running.access.start_code.expose().to_lowercase();
    assert_eq!(send("AAAA", &[]).await.0, 403);
    assert_eq!(
        send(&code, &["-H", "Origin: https://example.com"]).await.0,
        403
    );
    let (status, head) = send(&code, &[]).await;
    assert_eq!(status, 303);
    let (_, cookie) = head.split_once("__Host-kvcert-dev=").unwrap();
    let (cookie, attributes) = cookie.split_once("; ").unwrap();
    assert!(
        attributes.starts_with("Path=/; Secure; HttpOnly; SameSite=Strict\r\n"),
        "{head}"
    );
    let cookie = format!("Cookie: a=b; __Host-kvcert-dev={cookie}");
    let arguments = [&html[..], &["-H", &cookie]].concat();
    assert_eq!(
        stranger.vault(&arguments, "/").await,
        (200, String::from("the page"))
    );
    // No page of another site goes along with it.
    let other = [&arguments[..], &["-H", "Sec-Fetch-Site: cross-site"]].concat();
    assert_eq!(stranger.vault(&other, "/").await.0, 403);
    // It is for pages alone.
    let bearer = cookie.replace("Cookie: a=b; __Host-kvcert-dev=", "Authorization: Bearer ");
    assert_eq!(
        stranger.vault(&["-H", &bearer], "/_dev/requests").await.0,
        403
    );
    assert_eq!(
        stranger
            .vault(&["-H", &cookie], &format!("/secrets/web?{API}"))
            .await
            .0,
        401
    );
}

/// Nobody has a password, so it is the start-up code that a page of the sign-in asks for.
#[tokio::test]
async fn nobody_signs_in_as_a_person_without_the_start_up_code() {
    let running = Running::start().await;
    let tenant = &running.access.tenant_id;
    let url = |path: &str| format!("{}/{tenant}/oauth2/v2.0/{path}", running.access.authority);
    let client = ("client_id", "04b07795-8ddb-461a-bbee-02f9e1bf7b46");
    let scope = ("scope", "https://vault.azure.net/.default");
    let post = async |url: &str, form: &[(&str, &str)]| {
        let request = running.client.post(url).body(form_body(form));
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    let (_, codes) = post(&url("devicecode"), &[client, scope]).await;
    let codes: serde_json::Value = serde_json::from_str(&codes).unwrap();
    let page = codes["verification_uri"].as_str().unwrap();
    let user_code = ("user_code", codes["user_code"].as_str().unwrap());
    let code = running.access.start_code.expose();
    for (answer, start_code) in [
        ("allow", ""),
        ("allow", "AAAA-AAAA-AAAA-AAAA"),
        ("allow", &code[..18]),
        ("decline", ""),
    ] {
        let form = [user_code, ("answer", answer), ("start_code", start_code)];
        let (status, body) = post(page, &form).await;
        assert_eq!(status, 403, "{body}");
        assert!(body.contains("not the start-up code"), "{body}");
        // Nor is it told whether there is such a code.
        let form = [("user_code", "AAAAAAAAA"), form[1], form[2]];
        assert_eq!(post(page, &form).await, (403, body));
    }
    let device_code = ("device_code", codes["device_code"].as_str().unwrap());
    let grant = ("grant_type", "urn:ietf:params:oauth:grant-type:device_code");
    let (_, pending) = post(&url("token"), &[grant, client, device_code]).await;
    assert!(pending.contains("authorization_pending"), "{pending}");

    let query = [
        client,
        scope,
        ("response_type", "code"),
        ("redirect_uri", "http://localhost:1/"),
    ];
    let page = format!("{}?{}", url("authorize"), form_body(&query));
    let browser = running
        .client
        .get(&page)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let ticket = browser.split("name=\"ticket\" value=\"").nth(1).unwrap();
    let ticket = ("ticket", ticket.split('"').next().unwrap());
    for start_code in ["", "AAAA-AAAA-AAAA-AAAA"] {
        let form = [ticket, ("answer", "allow"), ("start_code", start_code)];
        let (status, body) = post(&page, &form).await;
        assert_eq!(status, 403, "{body}");
        assert!(
            body.contains("Microsoft Azure CLI") && body.contains(ticket.1),
            "{body}"
        );
    }
    let certificate = reqwest::Certificate::from_pem(running.access.ca_pem.as_bytes()).unwrap();
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], running.port));
    let browser = reqwest::Client::builder()
        .tls_certs_only([certificate])
        .no_proxy()
        .resolve("login.localhost", address)
        .redirect(Policy::none());
    let form = [ticket, ("answer", "allow"), ("start_code", code)];
    let request = browser.build().unwrap().post(&page).body(form_body(&form));
    assert_eq!(request.send().await.unwrap().status(), 302);
}

/// Every start has another code.
#[tokio::test]
async fn the_code_is_new_at_every_start() {
    let open = || {
        let vault = DevVault::open(Options {
            empty: true,
            ..Options::default()
        })
        .unwrap();
        vault.access(8443).start_code.expose().clone()
    };
    assert_ne!(open(), open());
}
