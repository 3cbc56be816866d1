//! A dev vault in this process, and a client for it.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine};
use kvcert_dev::{Access, DevVault, Options};
use reqwest::{Certificate, Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const API: &str = "api-version=7.4";

/// A dev vault that runs until it is dropped, and a client that trusts it.
pub(crate) struct Running {
    pub(crate) access: Access,
    pub(crate) client: Client,
    pub(crate) port: u16,
    stop: Option<oneshot::Sender<()>>,
    /// `None` if it is another process.
    server: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Running {
    pub(crate) async fn start() -> Self {
        Self::serve(DevVault::open(Options::default()).unwrap())
    }

    pub(crate) fn in_folder(data: &Path) -> Self {
        let options = Options {
            data: Some(data.to_owned()),
            ..Options::default()
        };
        Self::serve(DevVault::open(options).unwrap())
    }

    pub(crate) fn serve(vault: DevVault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let identity = TcpListener::bind("127.0.0.1:0").unwrap();
        let vault = vault.with_managed_identity(identity).unwrap();
        let address = listener.local_addr().unwrap();
        let access = vault.access(address.port());
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(vault.serve(listener, async {
            let _ = stopped.await;
        }));
        Self {
            client: client(&access, address),
            access,
            port: address.port(),
            stop: Some(stop),
            server: Some(server),
        }
    }

    /// A dev vault in another process.
    pub(crate) fn elsewhere(access: Access) -> Self {
        let port = access
            .vault_url
            .rsplit(':')
            .next()
            .unwrap()
            .parse()
            .unwrap();
        Self {
            client: client(&access, SocketAddr::from(([127, 0, 0, 1], port))),
            access,
            port,
            stop: None,
            server: None,
        }
    }

    pub(crate) async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        drop(self.client);
        self.server.take().unwrap().await.unwrap().unwrap();
    }

    pub(crate) fn resource(&self) -> String {
        format!("https://vault.localhost:{}", self.port)
    }

    pub(crate) fn vault(&self, path: &str) -> String {
        format!("{}{path}", self.access.vault_url)
    }

    pub(crate) fn token_url(&self, tenant: &str) -> String {
        format!("{}/{tenant}/oauth2/v2.0/token", self.access.authority)
    }

    /// The form of a good sign-in, with some fields changed (or left out).
    pub(crate) async fn sign_in(&self, changes: &[(&str, Option<&str>)]) -> (StatusCode, Value) {
        let scope = format!("{}/.default", self.resource());
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", &*self.access.client_id),
            ("client_secret", self.access.client_secret.expose()),
            ("scope", &scope),
        ];
        for (name, value) in changes {
            form.retain(|(field, _)| field != name);
            form.extend(value.map(|value| (*name, value)));
        }
        let url = self.token_url(&self.access.tenant_id);
        read(
            self.client
                .post(url)
                .body(form_body(&form))
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    pub(crate) async fn token(&self) -> String {
        let (status, reply) = self.sign_in(&[]).await;
        assert_eq!(status, 200, "{reply}");
        assert_eq!(reply["token_type"], "Bearer");
        assert_eq!(reply["expires_in"], 3599);
        reply["access_token"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let token = self.token().await;
        self.client
            .request(method, self.vault(path))
            .bearer_auth(token)
    }

    pub(crate) async fn get(&self, path: &str) -> (StatusCode, Value) {
        read(self.request(Method::GET, path).await.send().await.unwrap()).await
    }

    pub(crate) async fn found(&self, path: &str) -> Value {
        let (status, reply) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {reply}");
        reply
    }

    /// A request with a body of JSON, if any; the answer is JSON.
    pub(crate) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> (u16, Value) {
        let mark = if path.contains('?') { '&' } else { '?' };
        let mut request = self.request(method, &format!("{path}{mark}{API}")).await;
        if let Some(body) = body {
            let json = "application/json; charset=utf-8";
            request = request.header("content-type", json).body(body.to_string());
        }
        let (status, reply) = read(request.send().await.unwrap()).await;
        (status.as_u16(), reply)
    }

    /// A request that must be answered with 200.
    pub(crate) async fn done(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, reply) = self.call(method, path, Some(body)).await;
        assert_eq!(status, 200, "{path}: {reply}");
        reply
    }

    /// Asks until the object is there.
    pub(crate) async fn until_found(&self, path: &str) -> Value {
        for _ in 0..600 {
            let (status, reply) = self.call(Method::GET, path, None).await;
            if status == 200 {
                return reply;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("{path} does not come");
    }

    pub(crate) async fn secret(&self, name: &str) -> Value {
        self.found(&format!("/secrets/{name}?{API}")).await
    }

    pub(crate) async fn pfx(&self, name: &str) -> Vec<u8> {
        let secret = self.secret(name).await;
        assert_eq!(secret["contentType"], "application/x-pkcs12");
        BASE64_STANDARD
            .decode(secret["value"].as_str().unwrap())
            .unwrap()
    }

    pub(crate) async fn leaf(&self, name: &str) -> Vec<u8> {
        let bundle = self.found(&format!("/certificates/{name}?{API}")).await;
        BASE64_STANDARD
            .decode(bundle["cer"].as_str().unwrap())
            .unwrap()
    }
}

pub(crate) fn client(access: &Access, address: SocketAddr) -> Client {
    let mut builder = Client::builder()
        .tls_certs_only([Certificate::from_pem(access.ca_pem.as_bytes()).unwrap()])
        .no_proxy();
    for host in [
        "demo.vault.localhost",
        "other.vault.localhost",
        "login.localhost",
        "graph.localhost",
    ] {
        builder = builder.resolve(host, address);
    }
    builder.build().unwrap()
}

pub(crate) async fn read(response: Response) -> (StatusCode, Value) {
    let status = response.status();
    let kind = response.headers()["content-type"]
        .to_str()
        .unwrap()
        .to_owned();
    let text = response.text().await.unwrap();
    assert_eq!(kind, "application/json; charset=utf-8", "{text}");
    (status, serde_json::from_str(&text).unwrap())
}

pub(crate) fn form_body(form: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(form)
        .finish()
}

/// A folder that goes away at the end of a test.
pub(crate) struct TempFolder(pub(crate) PathBuf);

impl TempFolder {
    pub(crate) fn new(name: &str) -> Self {
        let unique = format!(
            "devvault-{name}-{}-{:?}",
            std::process::id(),
            std::thread::current().id()
        );
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(unique);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
