//! `az` and `azd`, as stubs on PATH.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

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
    let failure = fails(&mut cloud.kvcert("azure-cli"), "second-factor");
    says(&failure, "`az` failed: ERROR: AADSTS50076: use MFA");
}

/// A tool signs in by itself: it gets none of the secrets that kvcert has in its environment.
#[test]
fn a_tool_does_not_get_the_secrets_of_kvcert() {
    let cloud = Cloud::new();
    let names = ["AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PASSWORD"];
    for (way, tool, token) in [
        ("azure-cli", "az", az_gives_a_token()),
        ("azd", "azd", azd_gives_a_token()),
    ] {
        let list = cloud.folder.join(format!("{tool}.environment"));
        cloud.program(tool, &format!("/usr/bin/env > {}; {token}", list.display()));
        let mut command = cloud.kvcert(way);
        command.envs(names.map(|name| (name, "not-for-the-tool")));
        signs_in(command.env("OTHER", "kept"), way);
        let environment = fs::read_to_string(&list).unwrap();
        assert!(environment.contains("OTHER=kept"), "{environment}");
        assert!(!environment.contains("not-for-the-tool"), "{environment}");
    }
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
    let failure = fails(&mut cloud.kvcert("azd"), "second-factor");
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
    let failure = az(expired, "refresh-token-expired", "AADSTS70043");
    assert_eq!(failure["hint"], "run `az login`");
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
    let failure = fails(&mut cloud.kvcert("azure-cli"), "not-installed");
    says(&failure, "bin/az` is not executable");
    let hint = failure["hint"].as_str().unwrap();
    assert!(hint.contains("chmod +x"), "{hint}");
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

/// A script that prints `output` and `errors`, byte by byte, and ends with `code`.
fn prints(cloud: &Cloud, output: &[u8], errors: &[u8], code: i32) {
    fs::write(cloud.folder.join("out"), output).unwrap();
    fs::write(cloud.folder.join("err"), errors).unwrap();
    let folder = cloud.folder.path().display();
    cloud.program(
        "az",
        &format!("/bin/cat '{folder}/err' >&2; /bin/cat '{folder}/out'; exit {code}"),
    );
}

/// Colours, marks and warnings around the JSON are not part of it.
#[test]
fn the_json_is_found() {
    let cloud = Cloud::new();
    let json = format!("{{\n  \"accessToken\": \"{TOKEN}\",\n  \"tokenType\": \"Bearer\"\n}}");
    let coloured = json.replace(TOKEN, &format!("\u{1b}[32m{TOKEN}\u{1b}[39m"));
    for output in [
        json.clone(),
        format!("\u{feff}{json}"),
        format!("\u{1b}[0m{coloured}\u{1b}[0m\n"),
        format!("\u{1b}]0;az\u{7}\u{1b}[?25l\u{feff}{json}\r\n\u{1b}[?25h"),
        format!("\u{1b}]8;;https://aka.ms\u{1b}\\ a link \u{1b}]8;;\u{1b}\\\n{json}"),
        format!("WARNING: {{not}} JSON\nwarning: {{}} {{\"a\": 1}}\n{json}\nbye {{}}\n"),
        format!("[{{\"level\": \"warn\"}}] {}", json.replace('\n', "")),
        json.replace("\"Bearer\"", "\"Bearer\", \"expires_on\": null"),
        json.replace("\"Bearer\"", "\"Bearer\", \"expires_on\": 1893456000.5"),
        json.replace("\"Bearer\"", "\"Bearer\", \"expires_on\": {}"),
    ] {
        prints(&cloud, output.as_bytes(), b"", 0);
        signs_in(&mut cloud.kvcert("azure-cli"), "azure-cli");
    }
    for (output, words) in [
        (" \n".to_owned(), "it printed nothing"),
        (format!("{TOKEN}\n"), "is no token"),
        (json[..json.len() - 2].to_owned(), "is no token"),
        ("{".repeat(200_000), "is no token"),
    ] {
        prints(&cloud, output.as_bytes(), b"", 0);
        says(
            &fails(&mut cloud.kvcert("azure-cli"), "program-failed"),
            words,
        );
    }
}

/// All that helps is kept, and what `az` says to run becomes the hint.
#[test]
fn what_az_says_to_run_is_the_hint() {
    let cloud = Cloud::new();
    let check = |errors: &str, reason: &str, words: &[&str], hint: &str| {
        prints(&cloud, b"", errors.as_bytes(), 1);
        let failure = fails(&mut cloud.kvcert("azure-cli"), reason);
        words.iter().for_each(|words| says(&failure, words));
        let found = failure["hint"].as_str().unwrap();
        assert!(found.contains(hint), "{errors}: {found}");
        assert!(!failure.to_string().contains("no one is signed in"));
        failure
    };
    let login =
        format!("az login --tenant \"{TENANT}\" --scope \"https://vault.azure.net/.default\"");
    let with_login =
        |said: &str| format!("{said}\nTrace ID: x\nTo re-authenticate, please run:\n{login}\n");
    let mfa =
        with_login("WARNING: old\nERROR: AADSTS50076: you must use multi-factor authentication");
    let failure = check(
        &mfa,
        "second-factor",
        &[
            "multifactor authentication is required",
            "you must use multi-factor",
            "az login --tenant",
        ],
        &format!("run `{login}`"),
    );
    let text = failure.to_string();
    assert!(
        !text.contains("WARNING: old") && !text.contains("Trace ID"),
        "{text}"
    );
    let interactive = with_login("ERROR: Interactive authentication is needed.");
    check(
        &interactive,
        "program-failed",
        &["Interactive authentication"],
        &login,
    );
    let coloured =
        with_login("\u{1b}[31mERROR: AADSTS700082: The refresh token has expired\u{1b}[0m");
    let failure = check(
        &coloured,
        "refresh-token-expired",
        &["ERROR: AADSTS700082"],
        &login,
    );
    assert!(!failure.to_string().contains("u{1b}"), "{failure}");
    // A claims challenge begins as a token does.
    let challenge = "ERROR: AADSTS50079: enrol\nRun the command below:\naz logout\naz login --tenant \"t\" --claims-challenge \"eyJhY2Nlc3NfdG9rZW4iOnt9fQ==\"\n";
    check(
        challenge,
        "second-factor",
        &[],
        "--claims-challenge \\\"eyJhY2Nlc3"
            .replace('\\', "")
            .as_str(),
    );
    check(
        "ERROR: No subscription found. Run 'az account set' to select a subscription.\n",
        "program-failed",
        &["No subscription found"],
        "az login --allow-no-subscriptions",
    );
    check(
        "ERROR: AADSTS9999999: Something new.\n",
        "program-failed",
        &["AADSTS9999999"],
        "check that `az` gets a token",
    );
    let traceback = "ERROR: The command failed with an unexpected error. Here is the traceback:\nERROR: no module\nTraceback (most recent call last):\n  File \"/x.py\", line 1, in <module>\n    import azure\nModuleNotFoundError: No module named 'azure'\nTo check existing issues, please visit: https://github.com/Azure/azure-cli/issues\n";
    let failure = check(
        traceback,
        "program-failed",
        &["ModuleNotFoundError: No module named"],
        "yourself",
    );
    assert!(!failure.to_string().contains("/x.py"), "{failure}");
}

/// It was found, but cannot run.
#[test]
fn az_does_not_start() {
    let cloud = Cloud::new();
    let path = cloud.folder.join("bin/az");
    for (script, words) in [
        (
            "#!/nowhere/python3 -sm azure.cli\n",
            "its interpreter `/nowhere/python3` does not exist",
        ),
        (
            "#!/usr/bin/env python-that-is-not-there\n",
            "python-that-is-not-there",
        ),
    ] {
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        says(
            &fails(&mut cloud.kvcert("azure-cli"), "program-failed"),
            words,
        );
    }
}

/// One that hangs is ended at the timeout, with all that it started.
#[test]
fn az_that_hangs_is_ended() {
    let cloud = Cloud::new();
    let pids = cloud.folder.join("pids");
    let script = format!(
        "PATH=/usr/bin:/bin\nsleep 600 & echo $! > '{0}'\nsleep 600 & echo $! >> '{0}'\necho $$ >> '{0}'\nwait",
        pids.display()
    );
    cloud.program("az", &script);
    let started = Instant::now();
    let mut command = cloud.kvcert("azure-cli");
    let failure = fails(command.args(["--timeout", "1"]), "program-failed");
    assert!(started.elapsed() < Duration::from_secs(10));
    says(&failure, "`az` failed: no answer in 1 s");
    let hint = failure["hint"].as_str().unwrap();
    assert!(hint.contains("--timeout"), "{hint}");
    if !cfg!(target_os = "linux") {
        return;
    }
    let pids = fs::read_to_string(pids).unwrap();
    assert_eq!(pids.lines().count(), 3);
    for pid in pids.lines() {
        // A zombie has ended.
        let is_over = || {
            let status = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            status.is_empty() || status.contains(") Z ")
        };
        let mut tries = (0..200).map(|_| std::thread::sleep(Duration::from_millis(20)));
        assert!(tries.any(|()| is_over()), "{pid} is still there");
    }
}

/// What it leaves running in the background does not hold kvcert up.
#[test]
fn az_may_leave_something_running() {
    let cloud = Cloud::new();
    let token = az_gives_a_token();
    cloud.program("az", &format!("PATH=/usr/bin:/bin\nsleep 20 &\n{token}"));
    let started = Instant::now();
    signs_in(&mut cloud.kvcert("azure-cli"), "azure-cli");
    assert!(started.elapsed() < Duration::from_secs(10));
}
