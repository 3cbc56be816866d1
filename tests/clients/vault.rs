//! `kvcert dev`, the real binary, for as long as a test runs.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use kvcert_dev::Access;

use crate::support::{self, Scratch};

/// A dev vault of a test's own, in a folder of its own.
pub(crate) struct Vault {
    pub(crate) access: Access,
    pub(crate) folder: Scratch,
    child: Child,
}

impl Vault {
    /// Starts it on a free port and waits until it says where it is.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let folder = Scratch::new();
        let mut child = support::kvcert(folder.path())
            .args(["dev", "--port", "0", "--data", "data", "--quiet"])
            .args(arguments)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let announcement = folder.join("state/dev.json");
        let start = Instant::now();
        let access = loop {
            if let Ok(json) = fs::read(&announcement) {
                break serde_json::from_slice(&json).unwrap();
            }
            assert_eq!(child.try_wait().unwrap(), None, "the dev vault ended");
            assert!(start.elapsed() < PATIENCE, "the dev vault does not start");
            thread::sleep(Duration::from_millis(20));
        };
        Self {
            access,
            folder,
            child,
        }
    }

    /// The certificate authority that clients have to trust.
    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.join("data/ca.pem")
    }

    /// Gives a client what `kvcert dev --print-env` gives it, and the vault's address.
    pub(crate) fn introduce<'a>(&self, client: &'a mut Command) -> &'a mut Command {
        let access = &self.access;
        client
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .env("VAULT_URL", &access.vault_url)
            .env("START_CODE", access.start_code.expose())
            .env("AZURE_AUTHORITY_HOST", &access.authority)
            .env("AZURE_TENANT_ID", &access.tenant_id)
            .env("AZURE_CLIENT_ID", &access.client_id)
            .env("AZURE_CLIENT_SECRET", access.client_secret.expose())
            .env("REQUESTS_CA_BUNDLE", self.ca())
            .env("SSL_CERT_FILE", self.ca())
            .env("NODE_EXTRA_CA_CERTS", self.ca())
    }

    /// Gives a client what it needs to sign in with a managed identity, as in App Service;
    /// `MACHINE_HOST` is where a virtual machine's is.
    pub(crate) fn introduce_identity<'a>(&self, client: &'a mut Command) -> &'a mut Command {
        let Some(identity) = &self.access.managed_identity else {
            return client;
        };
        client
            .env("IDENTITY_ENDPOINT", &identity.endpoint)
            .env("IDENTITY_HEADER", identity.header.expose())
            .env("MACHINE_HOST", &identity.machine_host)
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a client, which must succeed.
#[track_caller]
pub(crate) fn succeed(mut client: Command) -> Vec<u8> {
    let Output {
        status,
        stdout,
        stderr,
    } = client.output().unwrap();
    assert!(
        status.success(),
        "{client:?}: {status}\n{}\n{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
    stdout
}

const PATIENCE: Duration = Duration::from_secs(60);
