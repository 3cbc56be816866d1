//! Secrets in the place of a path, a name or an id: in every flag and argument of every command, and
//! in every variable. None may be shown.

use std::process::Command;

use crate::hunt::Hunt;
use crate::support::{Scratch, dev, kvcert, openssl, run};

const PASSWORD: &str = "correct horse battery staple";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJtYWlsYm90In0.c2lnbmF0dXJlLW9mLXNvbWUtbGVuZ3Ro";

/// A secret, as someone may paste it.
struct Secret {
    text: String,
    hunt: Hunt,
}

/// Of every kind one: a key in PEM, the same in one line, base64 of a PFX, a token, several lines with
/// Windows' line ends.
fn secrets(folder: &Scratch) -> Vec<Secret> {
    assert_eq!(run(dev::kvcert(folder.path()).args(["get", "web"])).0, 0);
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (key, pfx) = (path("web.key"), path("web.pfx"));
    let files = ["-in", &path("web.crt"), "-inkey", &key, "-out", &pfx];
    let export = ["pkcs12", "-export", "-passout", "pass:"];
    openssl(&[&export[..], &files].concat());
    let pem = std::fs::read_to_string(&key).unwrap();
    let one_line = pem.replace('\n', " ");
    let base64 = openssl(&["base64", "-A", "-in", &pfx]);
    let lines = "first-line-of-a-secret\r\nsecond-line-of-a-secret\r\n";
    let of_text = |text: &str| Secret {
        text: text.to_owned(),
        hunt: Hunt::default().text("the secret", text.trim()),
    };
    let of_key = |text: String| Secret {
        hunt: Hunt::default()
            .key(&folder.join("web.key"))
            .text("the text", text.trim()),
        text,
    };
    vec![
        of_key(pem),
        of_key(one_line),
        of_text(&base64),
        of_text(TOKEN),
        of_text(lines),
    ]
}

/// A command's help says which flags take a value; each as the words before its value.
struct Usage {
    command: Vec<String>,
    flags: Vec<String>,
    /// How many arguments without a flag it takes, at least one.
    arguments: usize,
}

fn help(command: &[String]) -> String {
    let (code, output, errors) = run(kvcert(Scratch::new().path()).args(command).arg("--help"));
    assert_eq!((code, errors.as_str()), (0, ""), "{command:?}");
    output
}

/// Every command below this one, and itself.
fn usages(command: &[String]) -> Vec<Usage> {
    let text = help(command);
    let section = text.split_once("\nCommands:\n").map(|(_, list)| list);
    let names = section.into_iter().flat_map(|list| {
        let lines = list.lines().take_while(|line| !line.is_empty());
        lines.filter(|line| !line.starts_with("   "))
    });
    let names = names.filter_map(|line| line.split_whitespace().next());
    let names = names.filter(|name| *name != "help");
    let mut found: Vec<Usage> = names
        .flat_map(|name| usages(&[command, &[name.to_owned()]].concat()))
        .collect();
    if command.is_empty() {
        found.extend(usages(&["exec-wipe".to_owned()]));
    }
    let flags = text.lines().filter_map(flag_with_value);
    found.push(Usage {
        flags: flags.collect(),
        arguments: text.matches("\n  [").count() + text.matches("\n  <").count(),
        command: command.to_vec(),
    });
    found
}

/// `  -o, --out <DIR>`, or `      --token-cache[=<DIR>]`.
fn flag_with_value(line: &str) -> Option<String> {
    let line = line.trim_start();
    let at = line.find("--").filter(|_| line.starts_with('-'))?;
    let rest = &line[at..];
    let end = rest.find(|c: char| c != '-' && !c.is_ascii_alphanumeric())?;
    let (name, after) = rest.split_at(end);
    match after {
        after if after.starts_with("[=<") => Some(format!("{name}=")),
        after if after.starts_with(" <") || after.starts_with(" [<") => Some(name.to_owned()),
        _ => None,
    }
}

#[test]
fn help_is_understood() {
    assert_eq!(
        flag_with_value("  -o, --out <DIR>").as_deref(),
        Some("--out")
    );
    let cache = flag_with_value("      --token-cache[=<DIR>]");
    assert_eq!(cache.as_deref(), Some("--token-cache="));
    assert_eq!(flag_with_value("      --json"), None);
    let all = usages(&[]);
    let of = |name: &str| {
        let is_it = |usage: &&Usage| usage.command.join(" ") == name;
        all.iter().find(is_it).unwrap_or_else(|| panic!("{name}"))
    };
    for flag in [
        "--password-file",
        "--password-env",
        "--ca-file",
        "--out",
        "--vault",
        "--name",
    ] {
        assert!(of("get").flags.contains(&flag.to_owned()), "{flag}");
    }
    assert!(
        of("app create")
            .flags
            .contains(&"--graph-token-file".to_owned())
    );
    assert_eq!(of("import").arguments, 2);
    assert!(all.len() > 25, "{}", all.len());
}

/// In which forms a command speaks.
const FORMS: [&[&str]; 3] = [&[], &["--json"], &["-v"]];

#[track_caller]
fn nothing_shown(command: &mut Command, secret: &Secret, what: &str) -> i32 {
    let (code, output, errors) = run(command);
    secret.hunt.nothing_in(what, &output);
    secret.hunt.nothing_in(what, &errors);
    let said = output + &errors;
    assert!(!said.contains("-----BEGIN"), "{what}: {said}");
    code
}

#[test]
fn in_every_flag_and_argument() {
    let folder = Scratch::new();
    let secrets = secrets(&folder);
    let mut count = 0;
    for usage in usages(&[]) {
        let mut places: Vec<Vec<String>> = usage.flags.iter().map(|it| vec![it.clone()]).collect();
        // One more than it takes, too.
        places.extend((0..=usage.arguments).map(|number| vec!["x".to_owned(); number]));
        for place in places {
            for secret in &secrets {
                let form = FORMS[count % FORMS.len()];
                count += 1;
                let mut words = usage.command.clone();
                words.extend(place.clone());
                match words.last() {
                    Some(last) if last.ends_with('=') => {
                        let joined = words.pop().unwrap() + &secret.text;
                        words.push(joined);
                    }
                    _ => words.push(secret.text.clone()),
                }
                let what = format!("{:?} {place:?} {form:?}", usage.command);
                let mut command = kvcert(folder.path());
                let code = nothing_shown(command.args(&words).args(form), secret, &what);
                assert_eq!(code, 2, "{what}");
            }
        }
    }
    assert!(count > 2000, "{count}");
}

/// What no form gives away: these are named by their flag alone.
#[test]
fn in_flags_of_passwords_and_tokens() {
    let folder = Scratch::new();
    std::fs::write(folder.join("web.pem"), "x").unwrap();
    let secret = Secret {
        text: PASSWORD.to_owned(),
        hunt: Hunt::default().text("the password", PASSWORD),
    };
    let application = ["--tenant", "t", "--client-id", "c", "--scope", "x/.default"];
    let token = [&["token"][..], &application].concat();
    let commands: [(&[&str], &str); 10] = [
        (&["convert", "web.pem"], "--password-file"),
        (&["convert", "web.pem"], "--password-env"),
        (&["convert", "web.pem"], "--key-password-file"),
        (&["convert", "web.pem"], "--key-password-env"),
        (&["inspect", "web.pem"], "--password-file"),
        (&["import", "web", "web.pem"], "--password-env"),
        (&["list", "--vault", "contoso"], "--token-file"),
        (
            &[
                "token",
                "./web.pem",
                "--tenant",
                "t",
                "--client-id",
                "c",
                "--for",
                "graph",
            ],
            "--password-file",
        ),
        (
            &[&token[..], &["--flow", "refresh-token"]].concat(),
            "--refresh-token-file",
        ),
        (
            &[
                "app",
                "show",
                "web",
                "--vault",
                "contoso",
                "--auth",
                "azure-cli",
            ],
            "--graph-token-file",
        ),
    ];
    for (words, flag) in commands {
        for form in FORMS {
            let mut command = kvcert(folder.path());
            command.args(words).arg(flag).arg(PASSWORD).args(form);
            let (code, output, errors) = run(&mut command);
            let what = format!("{words:?} {flag} {form:?}");
            secret.hunt.nothing_in(&what, &output);
            secret.hunt.nothing_in(&what, &errors);
            assert_eq!(code, 2, "{what}: {errors}");
            assert!(errors.contains(flag), "{what}: {errors}");
        }
    }
}

/// Every variable that holds a path, a name or an id, with what reads it.
const VARIABLES: &[(&str, &[&str])] = &[
    ("AZURE_TENANT_ID", ENVIRONMENT),
    ("AZURE_CLIENT_ID", ENVIRONMENT),
    ("AZURE_CLIENT_CERTIFICATE_PATH", ENVIRONMENT),
    ("AZURE_AUTHORITY_HOST", ENVIRONMENT),
    ("AZURE_TENANT_ID", &["list", "--vault", "contoso"]),
    (
        "AZURE_CLIENT_CERTIFICATE_PATH",
        &["list", "--vault", "contoso"],
    ),
    (
        "AZURE_FEDERATED_TOKEN_FILE",
        &["list", "--vault", "contoso", "--auth", "workload-identity"],
    ),
    ("AZURE_TOKEN_CREDENTIALS", &["list", "--vault", "contoso"]),
    (
        "AZURE_CLIENT_ID",
        &["list", "--vault", "contoso", "--auth", "managed-identity"],
    ),
    (
        "IDENTITY_ENDPOINT",
        &["list", "--vault", "contoso", "--auth", "managed-identity"],
    ),
    (
        "MSI_ENDPOINT",
        &["list", "--vault", "contoso", "--auth", "managed-identity"],
    ),
    ("KVCERT_VAULT", &["list"]),
    ("KVCERT_STATE_DIR", &["dev", "switches"]),
    ("KVCERT_STATE_DIR", &["logout"]),
    ("KVCERT_TOKEN_CACHE", &["logout"]),
    ("KVCERT_TOKEN_CACHE", &["list", "--vault", "contoso"]),
    (
        "KVCERT_GRAPH",
        &["app", "show", "web", "--vault", "contoso", "--tenant", "t"],
    ),
    (
        "AZURE_TENANT_ID",
        &["token", "--flow", "azure-cli", "--for", "graph"],
    ),
    (
        "AZURE_CLIENT_ID",
        &["token", "--flow", "managed-identity", "--for", "graph"],
    ),
];
const ENVIRONMENT: &[&str] = &["list", "--vault", "contoso", "--auth", "environment"];

#[test]
fn in_every_variable() {
    let folder = Scratch::new();
    for secret in &secrets(&folder) {
        for (variable, words) in VARIABLES {
            for form in FORMS {
                let mut command = kvcert(folder.path());
                for (name, value) in [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c")] {
                    command.env(name, value);
                }
                command.env(variable, &secret.text).args(*words).args(form);
                let what = format!("{variable} {words:?} {form:?}");
                let (code, output, errors) = run(&mut command);
                secret.hunt.nothing_in(&what, &output);
                secret.hunt.nothing_in(&what, &errors);
                // The platform sets these, and what it sets is refused by its name.
                if !variable.ends_with("_ENDPOINT") {
                    assert_eq!(code, 2, "{what}: {errors}");
                    assert!(errors.contains(variable), "{what}: {errors}");
                }
            }
        }
    }
}

/// A password after a flag that asks for one has nothing that marks it as a secret.
#[test]
fn a_password_joined_to_its_prompt_is_not_repeated() {
    let folder = Scratch::new();
    for flag in [
        "--password-prompt",
        "--key-in-password-prompt",
        "--key-password-prompt",
    ] {
        for json in [&["--json"][..], &[]] {
            let flag = format!("{flag}=hunter2");
            let mut command = kvcert(folder.path());
            let (code, output, errors) =
                run(command.args(["convert", "web.pfx", &flag]).args(json));
            assert_eq!((code, output.as_str()), (2, ""));
            assert!(errors.contains("prompt"), "{errors}");
            assert!(!errors.contains("hunter2"), "{errors}");
        }
    }
}
