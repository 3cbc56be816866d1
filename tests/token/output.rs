//! What is printed of a token, and what is written.

use std::fs;
use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::application::fails;
use crate::fake::{CLIENT, Fake, TENANT, TOKEN};
use crate::support::{mode, run};

#[track_caller]
fn prints(fake: &Fake, arguments: &[&str]) -> String {
    let (code, output, errors) = run(fake.token(&["./app.pem"]).args(arguments));
    assert_eq!(code, 0, "{errors}");
    assert!(!errors.contains(TOKEN), "{errors}");
    output
}

#[test]
fn every_form() {
    let fake = Fake::new();
    assert_eq!(prints(&fake, &[]), format!("{TOKEN}\n"));
    let header = format!("Authorization: Bearer {TOKEN}\n");
    assert_eq!(prints(&fake, &["--output", "header"]), header);
    for arguments in [&["--output", "json"][..], &["--json"]] {
        let json: Value = serde_json::from_str(&prints(&fake, arguments)).unwrap();
        assert_eq!(json["accessToken"], TOKEN);
        assert_eq!(json["tokenType"], "Bearer");
        assert_eq!(
            (&json["tenant"], &json["clientId"]),
            (&TENANT.into(), &CLIENT.into())
        );
        assert_eq!(json["scope"], "https://graph.microsoft.com/.default");
        assert!(json["expiresOn"].as_str().unwrap().ends_with('Z'));
    }
    let text = prints(&fake, &["--output", "azure-pipelines"]);
    let set = "##vso[task.setvariable variable=KVCERT_TOKEN;issecret=true]";
    assert_eq!(
        text,
        format!("##vso[task.setsecret]{TOKEN}\n{set}{TOKEN}\n")
    );
    let text = prints(&fake, &["--output", "powershell", "--variable", "T"]);
    assert!(
        text.starts_with(&format!("$env:T = '{TOKEN}'\n$env:T_EXPIRES = '20")),
        "{text}"
    );
}

/// A shell reads it.
#[test]
fn for_a_shell() {
    let fake = Fake::new();
    let script = prints(&fake, &["--output", "env"]) + "env\n";
    let mut shell = std::process::Command::new("sh");
    let mut shell = shell
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    shell
        .stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    let said = String::from_utf8(shell.wait_with_output().unwrap().stdout).unwrap();
    assert!(
        said.lines()
            .any(|line| line == format!("KVCERT_TOKEN={TOKEN}")),
        "{said}"
    );
    assert!(said.contains("KVCERT_TOKEN_EXPIRES=20"), "{said}");
}

#[test]
fn for_a_job_of_github() {
    let fake = Fake::new();
    let (code, _, errors) = run(fake
        .token(&["./app.pem", "--output", "github"])
        .arg("--json"));
    assert_eq!(code, 2, "{errors}");
    let before = "EARLIER=1\n";
    let files = ["env", "output"].map(|name| fake.path(name));
    for file in &files {
        fs::write(file, before).unwrap();
    }
    let mut command = fake.token(&["./app.pem", "--output", "github"]);
    command
        .env("GITHUB_ENV", &files[0])
        .env("GITHUB_OUTPUT", &files[1]);
    let (code, output, errors) = run(&mut command);
    assert_eq!(
        (code, output),
        (0, format!("::add-mask::{TOKEN}\n")),
        "{errors}"
    );
    let texts = files.map(|file| fs::read_to_string(file).unwrap());
    assert_eq!(texts[0], texts[1]);
    let lines: Vec<&str> = texts[0].lines().collect();
    let [first, start, token, end] = lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!((first, token), ("EARLIER=1", TOKEN));
    assert_eq!(start, format!("KVCERT_TOKEN<<{end}"));
    assert!(end.len() > 32, "{end}");
}

#[test]
fn for_curl() {
    let fake = Fake::new();
    let config = format!("header = \"Authorization: Bearer {TOKEN}\"\n");
    assert_eq!(prints(&fake, &["--curl-config", "-"]), config);
    assert_eq!(prints(&fake, &["--curl-config", "curl.conf"]), "");
    let file = fake.path("curl.conf");
    assert_eq!(fs::read_to_string(&file).unwrap(), config);
    assert_eq!(mode(&file), 0o600);
    fs::write(&file, "other").unwrap();
    fails(
        &fake,
        &["./app.pem", "--curl-config", "curl.conf"],
        8,
        "exists",
    );
    prints(&fake, &["--curl-config", "curl.conf", "--force"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), config);
}

/// curl reads the configuration, and sends the token.
#[test]
fn curl_takes_it() {
    if std::process::Command::new("curl")
        .arg("-V")
        .output()
        .is_err()
    {
        return crate::support::say("skipped: there is no `curl`");
    }
    let fake = Fake::new();
    prints(&fake, &["--curl-config", "curl.conf"]);
    let mut curl = std::process::Command::new("curl");
    curl.current_dir(fake.folder.path())
        // The test's certificate is its own authority, which curl takes from nobody.
        .args(["-sSfk", "--noproxy", "*", "-K", "curl.conf"])
        .arg(format!("{}/secrets/app", fake.server.url()));
    let (code, _, errors) = run(&mut curl);
    assert_eq!(code, 0, "{errors}");
    let seen = fake.server.seen().pop().unwrap();
    assert_eq!(seen.authorization, Some(format!("Bearer {TOKEN}")));
}

#[test]
fn what_is_in_it() {
    let fake = Fake::new();
    let (code, output, errors) = run(&mut fake.token(&["./app.pem", "--decode"]));
    assert_eq!(code, 0, "{errors}");
    let decoded: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(decoded["claims"]["aud"], "https://graph");
    assert!(errors.contains("only the API"), "{errors}");
    let signature = TOKEN.rsplit('.').next().unwrap();
    assert!(!output.contains(signature));
    let opaque = serde_json::json!({"access_token": "opaque", "expires_in": 60});
    let fake = Fake::with_entra(move |_| crate::support::replay::Reply::json(opaque.clone()));
    fails(&fake, &["./app.pem", "--decode"], 7, "opaque-token");
}

#[test]
fn scopes_by_name() {
    let fake = Fake::new();
    for (name, scope) in [
        ("exchange", "https://outlook.office365.com/.default"),
        ("arm", "https://management.azure.com/.default"),
        ("key-vault", "https://vault.azure.net/.default"),
    ] {
        let application = ["--tenant", TENANT, "--client-id", CLIENT];
        let mut command = fake.kvcert(&["token", "./app.pem", "--for", name]);
        assert_eq!(run(command.args(application)).0, 0);
        assert_eq!(fake.forms().last().unwrap().field("scope"), scope);
    }
    let application = [
        "--tenant",
        TENANT,
        "--client-id",
        CLIENT,
        "--cloud",
        "usgov",
    ];
    let mut command = fake.kvcert(&["token", "./app.pem", "--for", "exchange"]);
    assert_eq!(run(command.args(application)).0, 0);
    let scope = fake.forms().last().unwrap().field("scope");
    assert_eq!(scope, "https://outlook.office365.us/.default");
}

#[test]
fn not_to_a_terminal() {
    if std::process::Command::new("script")
        .arg("--version")
        .output()
        .is_err()
    {
        return crate::support::say("skipped: there is no `script`");
    }
    let fake = Fake::new();
    let on_terminal = |more: &str| {
        let command = fake.token(&["./app.pem"]);
        let word = |word: &std::ffi::OsStr| word.to_str().unwrap().to_owned();
        let words: Vec<String> = command.get_args().map(word).collect();
        let program = word(command.get_program());
        let line = format!("{program} {} {more}", words.join(" "));
        let mut script = std::process::Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).env_clear();
        script.envs(
            command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        script.env("PATH", "/usr/bin:/bin").env("SHELL", "/bin/sh");
        run(script.current_dir(fake.folder.path()).stdin(Stdio::null()))
    };
    for more in ["", "--output env", "--curl-config -", "--json"] {
        let (code, output, _) = on_terminal(more);
        assert_eq!(code, 2, "{output}");
        assert!(
            !output.contains(TOKEN) && output.contains("--force"),
            "{output}"
        );
    }
    // Nobody was asked for a token that is not shown.
    assert!(fake.forms().is_empty());
    assert!(on_terminal("--force").1.contains(TOKEN));
    assert_eq!(on_terminal("--decode").0, 0);
}
