//! `--token-cache`: tokens that outlast a run, and `kvcert logout`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::cloud::{Cloud, TOKEN, signs_in};
use crate::support::replay::{Replay, Reply};
use crate::support::{self, Scratch, run};
use crate::tools::{az_gives_a_token, azd_gives_a_token};

fn with_secret(cloud: &Cloud) -> Command {
    with_secret_in(cloud, "--token-cache")
}

fn with_secret_in(cloud: &Cloud, cache: &str) -> Command {
    let mut command = cloud.application("environment");
    command
        .env("AZURE_CLIENT_SECRET", "a-secret-of-some-length")
        .arg(cache);
    command
}

/// It works with the token of an earlier run.
#[track_caller]
fn remembers(command: &mut Command, way: &str) -> String {
    let (code, output, errors) = run(command);
    assert_eq!(code, 0, "{errors}");
    let kept = format!("using the cached token of {way}\n");
    assert!(errors.contains(&kept), "{errors}");
    assert!(!output.contains("eyJ0") && !errors.contains("eyJ0"));
    errors
}

/// The one token file in a cache.
#[track_caller]
fn token_file(folder: &Path) -> PathBuf {
    let is_token = |name: &&String| name.ends_with(".token");
    let names = Scratch::names_in(folder);
    let tokens: Vec<&String> = names.iter().filter(is_token).collect();
    assert_eq!(tokens.len(), 1, "{names:?}");
    folder.join(tokens[0])
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_token_is_on_disk_only_if_that_was_asked_for() {
    let cloud = Cloud::new();
    let state = cloud.folder.join("state");
    signs_in(&mut with_secret(&cloud), "environment");
    let folder = state.join("tokens");
    let file = token_file(&folder);
    assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
    let (name, _) = file.file_name().unwrap().to_str().unwrap().split_at(32);
    assert!(name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
    remembers(&mut with_secret(&cloud), "environment");
    assert_eq!(cloud.forms().len(), 1);

    // The token is in that file, and nowhere else; the client secret is nowhere at all.
    for name in Scratch::names_in(&folder) {
        let text = fs::read_to_string(folder.join(&name)).unwrap();
        assert_eq!(text.contains(TOKEN), name.ends_with(".token"), "{name}");
        assert!(!text.contains("a-secret-of"));
    }

    fs::remove_dir_all(&state).unwrap();
    let mut command = cloud.application("environment");
    command.env("AZURE_CLIENT_SECRET", "a-secret-of-some-length");
    for value in ["", "0", "false"] {
        signs_in(command.env("KVCERT_TOKEN_CACHE", value), "environment");
        assert!(!state.exists());
    }
    signs_in(command.env("KVCERT_TOKEN_CACHE", "1"), "environment");
    token_file(&folder);
    signs_in(command.env("KVCERT_TOKEN_CACHE", "here"), "environment");
    token_file(&cloud.folder.join("here"));
    remembers(
        &mut with_secret_in(&cloud, "--token-cache=here"),
        "environment",
    );
}

#[test]
fn twenty_processes_sign_in_once() {
    let cloud = Cloud::with_entra(|_| {
        std::thread::sleep(std::time::Duration::from_millis(300));
        Reply::json(json!({"access_token": TOKEN, "expires_in": 3599}))
    });
    let mut commands: Vec<_> = (0..20).map(|_| with_secret(&cloud)).collect();
    let start = |command: &mut Command| {
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let processes: Vec<_> = commands.iter_mut().map(start).collect();
    for process in processes {
        let output = process.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
    }
    assert_eq!(cloud.forms().len(), 1);
}

#[test]
fn another_application_or_vault_has_another_token() {
    let cloud = Cloud::new();
    signs_in(&mut with_secret(&cloud), "environment");
    let another = "99999999-7777-8888-9999-000000000000";
    signs_in(
        with_secret(&cloud).env("AZURE_CLIENT_ID", another),
        "environment",
    );
    signs_in(
        with_secret(&cloud).env("AZURE_TENANT_ID", "example.com"),
        "environment",
    );
    assert_eq!(cloud.forms().len(), 3);
}

#[test]
fn a_kept_token_that_is_refused_is_replaced() {
    let cloud = Cloud::new();
    signs_in(&mut with_secret(&cloud), "environment");
    let file = token_file(&cloud.folder.join("state/tokens"));
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace(TOKEN, "eyJ0.revoked-meanwhile.c2ln")).unwrap();
    signs_in(&mut with_secret(&cloud), "environment");
    assert!(fs::read_to_string(&file).unwrap().contains(TOKEN));
    assert_eq!(cloud.forms().len(), 2);
}

#[test]
fn a_kept_token_that_is_not_safe_or_damaged_is_replaced_with_a_word() {
    let cloud = Cloud::new();
    signs_in(&mut with_secret(&cloud), "environment");
    let folder = cloud.folder.join("state/tokens");
    let file = token_file(&folder);
    fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let said = signs_in(&mut with_secret(&cloud), "environment");
    assert!(said.contains("warning: the token in") && said.contains("others may open it"));
    assert_eq!(mode(&file), 0o600);
    fs::write(&file, "{\"token\":\"eyJ0").unwrap();
    let said = signs_in(&mut with_secret(&cloud), "environment");
    assert!(said.contains("it is damaged"), "{said}");
    remembers(&mut with_secret(&cloud), "environment");

    fs::set_permissions(&folder, PermissionsExt::from_mode(0o777)).unwrap();
    let said = signs_in(&mut with_secret(&cloud), "environment");
    assert!(said.contains("others may write to it"), "{said}");
}

#[test]
fn az_is_asked_again_when_someone_else_has_signed_in_to_it() {
    let cloud = Cloud::new();
    cloud.program("az", &az_gives_a_token());
    let profile = cloud.folder.join("azureProfile.json");
    let az = || {
        let mut command = cloud.kvcert("azure-cli");
        command
            .arg("--token-cache")
            .env("AZURE_CONFIG_DIR", cloud.folder.path());
        command
    };
    let asked = || {
        cloud
            .arguments("az")
            .iter()
            .filter(|it| *it == "account")
            .count()
    };
    // Who is signed in cannot be told: nothing is kept.
    signs_in(&mut az(), "azure-cli");
    signs_in(&mut az(), "azure-cli");
    fs::write(&profile, r#"{"subscriptions":[{"user":"anna"}]}"#).unwrap();
    signs_in(&mut az(), "azure-cli");
    remembers(&mut az(), "azure-cli");
    assert_eq!(asked(), 3);
    fs::write(&profile, r#"{"subscriptions":[{"user":"ben"}]}"#).unwrap();
    signs_in(&mut az(), "azure-cli");
    assert_eq!(asked(), 4);
    cloud.program("azd", &azd_gives_a_token());
    for _ in 0..2 {
        signs_in(cloud.kvcert("azd").arg("--token-cache"), "azd");
    }
}

/// What was not there a moment ago need not be looked for again.
#[test]
fn the_probe_is_spared() {
    let cloud = Cloud::new();
    cloud.program("az", &az_gives_a_token());
    fs::write(cloud.folder.join("azureProfile.json"), "{}").unwrap();
    let other = Replay::plain(|_| Reply::new(404, "<html>"));
    let auto = || {
        let mut command = cloud.kvcert("auto");
        command
            .arg("--token-cache")
            .env("AZURE_CONFIG_DIR", cloud.folder.path())
            .env(
                "AZURE_POD_IDENTITY_AUTHORITY_HOST",
                crate::platforms::at(&other),
            );
        command
    };
    signs_in(&mut auto(), "azure-cli");
    let said = remembers(&mut auto(), "azure-cli");
    assert!(
        said.contains("managed-identity: skipped: it was not there"),
        "{said}"
    );
    assert_eq!(other.seen().len(), 1);
}

#[test]
fn logout_forgets() {
    let cloud = Cloud::new();
    let logout = |arguments: &[&str]| {
        let mut command = support::kvcert(cloud.folder.path());
        let (code, output, errors) = run(command.arg("logout").args(arguments));
        assert_eq!((code, errors.as_str()), (0, ""));
        output
    };
    assert!(logout(&[]).starts_with("0 tokens removed from "));
    signs_in(&mut with_secret(&cloud), "environment");
    signs_in(
        &mut with_secret_in(&cloud, "--token-cache=here"),
        "environment",
    );
    let receipt: Value = serde_json::from_str(&logout(&["--json"])).unwrap();
    assert_eq!(receipt["removed"], 1);
    assert_eq!(
        logout(&["--token-cache=here"]),
        "1 token removed from here\n"
    );
    signs_in(&mut with_secret(&cloud), "environment");
}

/// Files of others go neither by their names nor by their place.
#[test]
fn logout_leaves_the_files_of_others_alone() {
    let cloud = Cloud::new();
    let folder = cloud.folder.join("project");
    fs::create_dir(&folder).unwrap();
    let digest = "0123456789abcdef0123456789abcdef";
    let others = [
        "Cargo.lock",
        "yarn.lock",
        "api.token",
        &format!("{digest}.lock"),
        &format!("{digest}.token"),
    ];
    for name in others {
        fs::write(folder.join(name), "").unwrap();
    }
    let logout = || {
        let mut command = support::kvcert(&folder);
        run(command.args(["logout", "--token-cache=."]))
    };
    let (code, _, errors) = logout();
    assert_eq!(code, 8, "{errors}");
    assert!(errors.contains("it is not a token cache"), "{errors}");
    signs_in(
        &mut with_secret_in(&cloud, "--token-cache=project"),
        "environment",
    );
    let (code, output, errors) = logout();
    assert_eq!(
        (code, output.as_str()),
        (0, "1 token removed from .\n"),
        "{errors}"
    );
    assert_eq!(Scratch::names_in(&folder).len(), others.len());
}
