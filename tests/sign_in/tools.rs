//! `az` and `azd`, as stubs on PATH.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::cloud::{Cloud, TENANT, TOKEN, fails, says, signs_in};
use crate::support::run;

pub fn az_gives_a_token() -> String {
    format!(
        r#"echo '{{"accessToken":"{TOKEN}","expiresOn":"2030-01-01 00:00:00.000000","expires_on":1893456000,"tokenType":"Bearer"}}'"#
    )
}

pub fn azd_gives_a_token() -> String {
    format!(r#"echo '{{"token":"{TOKEN}","expiresOn":"2030-01-01T00:00:00Z"}}'"#)
}

#[test]
fn az_is_asked_for_the_resource() {
    let cloud = Cloud::new();
    cloud.program("az", &az_gives_a_token());
    signs_in(&mut cloud.kvcert("azure-cli"), "azure-cli");
    let resource = cloud.resource();
    let asked = [
        "account",
        "get-access-token",
        "--output",
        "json",
        "--resource",
        &resource,
    ];
    // The challenge of this vault names a tenant.
    assert_eq!(
        cloud.arguments("az"),
        [&asked[..], &["--tenant", "t"]].concat()
    );
    fs::remove_file(cloud.note("az")).unwrap();
    signs_in(
        cloud.kvcert("azure-cli").args(["--tenant", TENANT]),
        "azure-cli",
    );
    assert_eq!(
        cloud.arguments("az"),
        [&asked[..], &["--tenant", TENANT]].concat()
    );
}

#[test]
fn azd_is_asked_for_the_scope() {
    let cloud = Cloud::new();
    cloud.program("azd", &azd_gives_a_token());
    signs_in(&mut cloud.kvcert("azd"), "azd");
    let scope = format!("{}/.default", cloud.resource());
    let asked = [
        "auth",
        "token",
        "--output",
        "json",
        "--no-prompt",
        "--scope",
        &scope,
    ];
    assert_eq!(
        cloud.arguments("azd"),
        [&asked[..], &["--tenant-id", "t"]].concat()
    );
}

#[test]
fn an_old_az_does_too() {
    let cloud = Cloud::new();
    let output = format!(r#"{{"accessToken":"{TOKEN}","expiresOn":"2030-01-01 00:00:00.000000"}}"#);
    cloud.program("az", &format!("echo '{output}'"));
    signs_in(&mut cloud.kvcert("azure-cli"), "azure-cli");
}

/// Tools warn where their result is, too.
#[test]
fn warnings_are_passed_over() {
    let cloud = Cloud::new();
    let warning = "echo 'WARNING: a new version is there'";
    cloud.program("az", &format!("{warning}; {}", az_gives_a_token()));
    signs_in(&mut cloud.kvcert("azure-cli"), "azure-cli");
    cloud.program("azd", &format!("{warning}; {}", azd_gives_a_token()));
    signs_in(&mut cloud.kvcert("azd"), "azd");
    let refused = format!("{warning} >&2; echo 'ERROR: AADSTS50076: use MFA' >&2; exit 1");
    cloud.program("az", &refused);
    let failure = fails(&mut cloud.kvcert("azure-cli"), "program-failed");
    says(&failure, "`az` failed: ERROR: AADSTS50076: use MFA");
}

/// `azd --output json` tells its errors as JSON, on standard output.
#[test]
fn azd_fails_in_json() {
    let cloud = Cloud::new();
    let says_in_json = |message: &str| {
        let line = serde_json::json!({
            "type": "consoleMessage",
            "timestamp": "2026-01-02T03:04:05Z",
            "data": {"message": format!("\n{message}\n")},
        });
        format!("cat <<'END'\n{line}\nEND\nexit 1")
    };
    let path = "PATH=/usr/bin:/bin; ";
    let script = says_in_json("ERROR: not logged in, run `azd auth login` to login");
    cloud.program("azd", &format!("{path}{script}"));
    fails(&mut cloud.kvcert("azd"), "not-signed-in");
    let script = says_in_json("ERROR: fetching token: AADSTS50076: use MFA");
    cloud.program("azd", &format!("{path}{script}"));
    let failure = fails(&mut cloud.kvcert("azd"), "program-failed");
    says(
        &failure,
        "`azd` failed: ERROR: fetching token: AADSTS50076: use MFA\"",
    );
}

#[test]
fn why_there_is_no_token() {
    let cloud = Cloud::new();
    let az = |script: &str, reason: &str, words: &str| {
        cloud.program("az", script);
        let failure = fails(&mut cloud.kvcert("azure-cli"), reason);
        says(&failure, words);
        failure
    };
    says(
        &fails(&mut cloud.kvcert("azure-cli"), "not-installed"),
        "`az` is not installed",
    );
    let login = "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1";
    let failure = az(login, "not-signed-in", "no one is signed in to `az`");
    assert_eq!(failure["hint"], "run `az login`");
    let expired =
        "echo \"ERROR: AADSTS70043: The refresh token has expired. Run: az login\" >&2; exit 1";
    az(expired, "program-failed", "AADSTS70043");
    // A token goes nowhere, not even where the tool itself says it.
    az(
        &format!("echo 'ERROR: bad {TOKEN} here' >&2; exit 1"),
        "program-failed",
        "bad [token] here",
    );
    az(
        "echo 'opaque and secret'; exit 1",
        "program-failed",
        "`az` failed: it did not say why",
    );
    az(
        &format!("echo 'no JSON but {TOKEN}'"),
        "program-failed",
        "is no token",
    );
    az(
        &format!("echo '{{\"accessToken\": [\"{TOKEN}\"]}}'"),
        "program-failed",
        "is no token",
    );
    for odd in ["", "a b", "a\\\\nb"] {
        let script = format!("echo '{{\"accessToken\": \"{odd}\"}}'");
        az(&script, "program-failed", "is no token");
    }
    az("exit 3", "program-failed", "did not say why");
    az("kill -9 $$", "program-failed", "did not say why");

    let failure = fails(&mut cloud.kvcert("azd"), "not-installed");
    says(&failure, "`azd` is not installed");
    cloud.program(
        "azd",
        "echo 'ERROR: not logged in, run `azd auth login` to login' >&2; exit 1",
    );
    let failure = fails(&mut cloud.kvcert("azd"), "not-signed-in");
    assert_eq!(failure["hint"], "run `azd auth login`");
}

#[test]
fn only_programs_on_the_path_are_run() {
    let cloud = Cloud::new();
    // Not executable, not a file, in a relative folder: none is it.
    cloud.program("az", &az_gives_a_token());
    let path = cloud.folder.join("bin/az");
    let mut command = cloud.kvcert("azure-cli");
    fails(command.env("PATH", "bin:.:"), "not-installed");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    fails(&mut cloud.kvcert("azure-cli"), "not-installed");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fails(&mut cloud.kvcert("azure-cli"), "not-installed");
}

#[test]
fn the_tool_sees_neither_our_token_nor_our_folder() {
    let cloud = Cloud::new();
    cloud.program(
        "az",
        &format!("/usr/bin/env >> env.log; {}", az_gives_a_token()),
    );
    let mut command = cloud.kvcert("azure-cli");
    signs_in(
        command
            .env("KVCERT_ACCESS_TOKEN", "a-token-of-kvcert")
            .env("HOME", "/home/x"),
        "azure-cli",
    );
    let seen = fs::read_to_string(cloud.folder.join("bin/env.log")).unwrap();
    assert!(seen.contains("HOME=/home/x") && seen.contains("AZURE_CORE_NO_COLOR=true"));
    assert!(!seen.contains("a-token-of-kvcert"));
}

#[test]
fn a_flood_ends() {
    let cloud = Cloud::new();
    cloud.program(
        "az",
        "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done",
    );
    let (code, ..) = run(&mut cloud.kvcert("azure-cli"));
    assert_eq!(code, 4);
}

/// Other users see the command line of every process: that of the tool, and of kvcert while the
/// tool runs.
#[test]
fn no_command_line_shows_a_secret() {
    let cloud = Cloud::new();
    let secrets = [
        "a-token-of-kvcert",
        "a-secret-of-some-length",
        "a-password-of-a-key",
    ];
    let lines = cloud.folder.join("lines.log");
    let look = format!(
        "cat /proc/$$/cmdline /proc/$PPID/cmdline >> '{}' || exit 9",
        lines.display()
    );
    for (tool, token, way) in [
        ("az", az_gives_a_token(), "azure-cli"),
        ("azd", azd_gives_a_token(), "azd"),
    ] {
        cloud.program(tool, &format!("PATH=/usr/bin:/bin; {look}; {token}"));
        let mut command = cloud.application(way);
        command
            .env("KVCERT_ACCESS_TOKEN", secrets[0])
            .env("AZURE_CLIENT_SECRET", secrets[1])
            .env("AZURE_CLIENT_CERTIFICATE_PASSWORD", secrets[2]);
        signs_in(&mut command, way);
        let seen = String::from_utf8_lossy(&fs::read(&lines).unwrap()).into_owned();
        assert!(
            seen.contains("get-access-token") && seen.contains("--vault"),
            "{seen}"
        );
        let said = cloud.arguments(tool).join(" ");
        for secret in secrets.into_iter().chain([TOKEN]) {
            assert!(!seen.contains(secret) && !said.contains(secret), "{seen}");
        }
    }
}
