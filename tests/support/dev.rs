//! One dev vault in the test process, for all tests that only read it.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use std::{fs, thread};

use kvcert_dev::{Access, DevVault, Options};

/// The vault; it runs until the process ends.
pub fn access() -> &'static Access {
    static ACCESS: OnceLock<Access> = OnceLock::new();
    ACCESS.get_or_init(|| start(Options::default()))
}

/// A vault of a test's own; it runs until the process ends.
pub fn start(options: Options) -> Access {
    serve(DevVault::open(options).unwrap())
}

/// The same, of a vault that is open.
pub fn serve(vault: DevVault) -> Access {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let access = vault.access(port);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime
            .unwrap()
            .block_on(vault.serve(listener, std::future::pending()))
            .unwrap();
    });
    access
}

/// kvcert in `folder`, with `--dev` and the vault of this process announced to it.
pub fn kvcert(folder: &Path) -> Command {
    kvcert_at(access(), folder)
}

/// The same, with another vault.
pub fn kvcert_at(access: &Access, folder: &Path) -> Command {
    let state = folder.join("state");
    fs::create_dir_all(&state).unwrap();
    let (file, announcement) = (state.join("dev.json"), serde_json::to_vec(access).unwrap());
    // Written aside and renamed, since another kvcert may be reading it.
    if fs::read(&file).ok().as_ref() != Some(&announcement) {
        let aside = state.join(format!("{:?}.new", thread::current().id()));
        fs::write(&aside, announcement).unwrap();
        fs::rename(aside, file).unwrap();
    }
    let mut command = super::kvcert(folder);
    command.arg("--dev");
    command
}

/// kvcert in `folder`, with the vault's CA and the application's sign-in in the environment.
pub fn kvcert_by_environment(folder: &Path) -> Command {
    let access = access();
    fs::write(folder.join("ca.pem"), &access.ca_pem).unwrap();
    let mut command = super::kvcert(folder);
    command
        .args(["--ca-file", "ca.pem", "--vault", &access.vault_url])
        .env("AZURE_AUTHORITY_HOST", &access.authority)
        .env("AZURE_TENANT_ID", &access.tenant_id)
        .env("AZURE_CLIENT_ID", &access.client_id)
        .env("AZURE_CLIENT_SECRET", access.client_secret.expose());
    command
}
