//! [`Cloud`]: a vault and an Entra on one server, and kvcert to sign in to them.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use crate::support::replay::{Replay, Reply, Seen, ca_file, resource};
use crate::support::{self, Scratch, failure, run};

/// The token that every way gives.
pub const TOKEN: &str = "eyJ0.token-that-every-way-gives.c2lnbmF0dXJl";
pub const TENANT: &str = "11111111-2222-3333-4444-555555555555";
pub const CLIENT: &str = "66666666-7777-8888-9999-000000000000";

pub struct Cloud {
    pub server: Replay,
    pub folder: Scratch,
}

impl Cloud {
    /// Entra gives the token to everyone.
    pub fn new() -> Self {
        Self::with_entra(|_| Reply::json(json!({"access_token": TOKEN, "expires_in": 3599})))
    }

    /// What is sent to the login host is answered so. The vault lists no certificates to who has
    /// the token.
    pub fn with_entra(entra: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let server = Replay::start(move |seen| {
            if seen.host.starts_with("login.") {
                return entra(seen);
            }
            match seen
                .authorization
                .as_deref()
                .map(|text| text.strip_prefix("Bearer "))
            {
                None => Reply::challenge(&resource(&seen.host)),
                Some(Some(TOKEN)) => Reply::json(json!({"value": []})),
                Some(_) => Reply::challenge(&resource(&seen.host)),
            }
        });
        let folder = Scratch::new();
        fs::create_dir(folder.join("bin")).unwrap();
        Self { server, folder }
    }

    pub fn authority(&self) -> String {
        format!("https://login.localhost:{}", self.server.port)
    }

    pub fn resource(&self) -> String {
        format!("https://vault.localhost:{}", self.server.port)
    }

    /// `kvcert list` on the vault, by this way; PATH has what [`program`](Self::program) made.
    pub fn kvcert(&self, way: &str) -> Command {
        let mut command = support::kvcert(self.folder.path());
        command
            .arg("--ca-file")
            .arg(ca_file(self.folder.path()))
            .args(["-v", "--json", "--vault", &self.server.url()])
            .args(["--auth", way, "list"])
            .env("PATH", self.folder.join("bin"))
            .env("AZURE_AUTHORITY_HOST", self.authority());
        command
    }

    /// As [`kvcert`](Self::kvcert), for an application.
    pub fn application(&self, way: &str) -> Command {
        let mut command = self.kvcert(way);
        command
            .env("AZURE_TENANT_ID", TENANT)
            .env("AZURE_CLIENT_ID", CLIENT);
        command
    }

    /// Puts a shell script on PATH, which notes its arguments in a file of its name.
    pub fn program(&self, name: &str, script: &str) {
        let path = self.folder.join("bin").join(name);
        let log = self.note(name);
        let script = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$@\" >> '{}'\n{script}\n",
            log.display()
        );
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Where a program notes its arguments.
    pub fn note(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }

    /// The arguments that a program had.
    pub fn arguments(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.note(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// What came to the token endpoint, as text.
    pub fn forms(&self) -> Vec<String> {
        let seen = self.server.seen().into_iter();
        seen.filter(|seen| seen.host.starts_with("login."))
            .map(|seen| String::from_utf8(seen.body).unwrap())
            .collect()
    }
}

/// It signs in; what it says is given back, and has nothing of the token.
#[track_caller]
pub fn signs_in(command: &mut Command, way: &str) -> String {
    let (code, output, errors) = run(command);
    assert_eq!(code, 0, "{errors}");
    assert!(
        errors.contains(&format!("signed in by {way}\n")),
        "{errors}"
    );
    assert!(
        !output.contains("eyJ0") && !errors.contains("eyJ0"),
        "{errors}"
    );
    errors
}

/// It fails to sign in for this reason; gives the failure back, which has nothing of the token.
#[track_caller]
pub fn fails(command: &mut Command, reason: &str) -> Value {
    ends(command, 4, reason)
}

/// The service asks for more time than kvcert waits, and the failure says how much.
#[track_caller]
pub fn asks_to_wait(command: &mut Command, reason: &str, seconds: u64) {
    let failure = ends(command, 6, reason);
    says(&failure, &format!("the service asks to wait {seconds} s"));
    let hint = failure["hint"].as_str().unwrap();
    assert!(hint.contains("wait as long as"), "{hint}");
}

/// It ends with this exit code, for this reason; gives the failure back, which has nothing of the
/// token.
#[track_caller]
pub fn ends(command: &mut Command, expected: i32, reason: &str) -> Value {
    let (code, output, errors) = run(command);
    assert!(
        !output.contains("eyJ0") && !errors.contains("eyJ0"),
        "{errors}"
    );
    let failure = failure(&errors);
    assert_eq!(
        (code, &failure["reason"]),
        (expected, &reason.into()),
        "{errors}"
    );
    assert!(failure["hint"].is_string(), "{errors}");
    failure
}

/// Something in the failure's message or causes says this.
#[track_caller]
pub fn says(failure: &Value, words: &str) {
    let text = failure.to_string();
    assert!(text.contains(words), "no {words:?} in {text}");
}

/// What IMDS and its like give: numbers are strings.
pub fn identity_token() -> Reply {
    let end = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        + 86_000;
    Reply::json(json!({
        "access_token": TOKEN,
        "client_id": CLIENT,
        "expires_in": "86000",
        "expires_on": end.to_string(),
        "token_type": "Bearer",
    }))
}
