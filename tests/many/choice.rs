//! Names, patterns, `--all`, several vaults: what is asked for, what is fetched, where it goes.

use serde_json::json;

use crate::support::replay::{Replay, Reply};
use crate::support::{self, Scratch, failure};
use crate::vault::{self, VERSION, count, good, got, name};

#[test]
fn all_is_one_call_a_page_and_one_a_certificate() {
    let (server, folder) = (good(60), Scratch::new());
    let got = got(&server, &folder, &["--all"]);
    assert_eq!(got.code, 0, "{}", got.errors);
    assert_eq!(got.names(), (0..60).map(name).collect::<Vec<_>>());
    assert_eq!(
        (count(&server, "/certificates"), count(&server, "/secrets")),
        (3, 60)
    );
    // The one without a token comes on top.
    assert_eq!(server.seen().len(), 64);
    for number in [0, 24, 25, 59] {
        let file = |ending| folder.join(format!("out/{}.{ending}", name(number)));
        support::pair(&file("crt"), &file("key"));
    }
    assert_eq!(std::fs::read_dir(folder.join("out")).unwrap().count(), 120);
    let checks = &got.receipt["certificates"][7]["checks"];
    assert_eq!(checks["certificateObject"], "agrees");
    assert_eq!(checks["keyObject"], "off");
}

#[test]
fn with_verify_required_all_three_objects_are_asked_for() {
    let (server, folder) = (good(5), Scratch::new());
    let got = got(&server, &folder, &["--all", "--verify", "require"]);
    assert_eq!(got.code, 0, "{}", got.errors);
    assert_eq!(count(&server, "/certificates/"), 5);
    assert_eq!(
        (count(&server, "/keys/"), count(&server, "/secrets/")),
        (5, 5)
    );
    assert_eq!(
        got.receipt["certificates"][4]["checks"]["keyObject"],
        "agrees"
    );
}

#[test]
fn one_certificate_is_one_call_or_three() {
    for (verify, calls) in [("off", 1), ("auto", 3)] {
        let (server, folder) = (good(1), Scratch::new());
        assert_eq!(
            got(&server, &folder, &["c0000", "--verify", verify]).code,
            0
        );
        assert_eq!(count(&server, "/"), calls);
    }
}

#[test]
fn patterns_and_names_together_without_doubles() {
    let (server, folder) = (good(30), Scratch::new());
    let pinned = format!("C0007/{VERSION}");
    let arguments = ["c0020", "c000[1-3]", "c0020", "c002?", &pinned];
    let got = got(&server, &folder, &arguments);
    assert_eq!(got.code, 0, "{}", got.errors);
    let listed = [1, 2, 3, 21, 22, 23, 24, 25, 26, 27, 28, 29];
    let mut expected = vec![name(20), String::from("C0007")];
    expected.extend(listed.map(name));
    assert_eq!(got.names(), expected);
    assert_eq!(count(&server, "/secrets/c0020"), 1);
}

/// Their files would have the same names, and with `--force` the last one would win.
#[test]
fn versions_of_one_certificate_are_refused_before_anything_is_fetched() {
    let (server, folder) = (good(3), Scratch::new());
    let (first, other) = (
        format!("c0001/{VERSION}"),
        format!("c0001/{}", "f".repeat(32)),
    );
    let clashes: [&[&str]; 6] = [
        &[&first, &other],
        &[&first, "c0001"],
        &["c0001", "c0002", &first],
        &["c0001", &first.replace("c0001", "C0001")],
        &["c*", &first],
        &[&first, "C000?", "--resume"],
    ];
    for arguments in clashes {
        for force in [&["--force"][..], &[]] {
            if arguments.contains(&"--resume") && !force.is_empty() {
                continue;
            }
            let got = got(&server, &folder, &[arguments, force].concat());
            let error = failure(&got.errors);
            let found = (got.code, &error["reason"]);
            assert_eq!(
                found,
                (2, &json!("same-name")),
                "{arguments:?}: {}",
                got.errors
            );
            assert!(server.seen().is_empty());
        }
    }
    let refused = got(&server, &folder, &[&first, &other]);
    let error = failure(&refused.errors);
    let message = format!("`{first}` and `{other}` would both be written to `c0001.crt`");
    assert_eq!(error["message"], message);
    // What the hint says works as it stands.
    let hint = error["hint"].as_str().unwrap();
    let command = hint.split('`').nth(1).unwrap();
    let words: Vec<&str> = command.split(' ').collect();
    assert_eq!(words[..4], ["kvcert", "get", &other, "--name"]);
    let mut again = server.kvcert(
        folder.path(),
        &["get", &first, "-o", "out", words[3], words[4]],
    );
    let (code, _, errors) = support::run(&mut again);
    assert_eq!(code, 0, "{errors}");
    assert!(folder.join("out/c0001-ffffffff.key").exists());

    // Of one name in two vaults, each has a folder; of two versions in each, the hint names one.
    let of_y = format!("https://y.vault.localhost:{}", server.port);
    let both = ["--vault", &of_y];
    assert_eq!(
        got(&server, &folder, &[&["c0001"][..], &both].concat()).code,
        0
    );
    let refused = got(
        &server,
        &folder,
        &[&[first.as_str(), &other], &both[..]].concat(),
    );
    let error = failure(&refused.errors);
    let hint = error["hint"].as_str().unwrap();
    assert!(
        hint.contains(&format!(
            "kvcert get https://x.vault.localhost:{}/certificates/{other}",
            server.port
        )),
        "{hint}"
    );
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .ends_with("`x/c0001.crt`")
    );
}

#[test]
fn a_pattern_that_finds_nothing_is_a_failure_and_an_empty_vault_is_none() {
    let (server, folder) = (good(3), Scratch::new());
    let with_typo = got(&server, &folder, &["c*", "d*"]);
    assert_eq!(with_typo.code, 3);
    assert_eq!(failure(&with_typo.errors)["reason"], "no-match");
    assert_eq!(with_typo.names().len(), 3);
    let empty = good(0);
    assert_eq!(got(&empty, &folder, &["--all"]).code, 0);
    let told = vault::told(&empty, &folder, &["--all"]);
    assert_eq!(told, "no certificates found\n");
}

#[test]
fn two_vaults_have_a_folder_each() {
    let (server, folder) = (good(26), Scratch::new());
    let other = format!("https://y.vault.localhost:{}", server.port);
    let got = got(
        &server,
        &folder,
        &["--all", "--vault", &server.url(), "--vault", &other],
    );
    assert_eq!(got.code, 0, "{}", got.errors);
    assert_eq!(got.names().len(), 52);
    for vault in ["x", "y"] {
        let file = |ending| folder.join(format!("out/{vault}/c0025.{ending}"));
        support::pair(&file("crt"), &file("key"));
    }
    assert_eq!(
        got.receipt["certificates"][1]["files"][0]["path"],
        "out/y/c0000.crt"
    );
    // Those before the command and those after it add up.
    let mut command = server.kvcert(folder.path(), &["get", "--all", "--dry-run", "-o", "new"]);
    let (code, output, errors) = support::run(command.args(["--vault", &other]));
    assert_eq!(code, 0, "{errors}");
    let receipt: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(receipt["certificates"].as_array().unwrap().len(), 52);
    // `list` shows several, each once; what is about one vault refuses them.
    let of = |arguments: &[&str]| {
        let mut command = server.kvcert(folder.path(), arguments);
        support::run(command.args(["--vault", &other, "--vault", &other]))
    };
    let (code, output, errors) = of(&["list"]);
    assert_eq!(code, 0, "{errors}");
    let list: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(list["certificates"].as_array().unwrap().len(), 52);
    assert_eq!(list["vaults"].as_array().unwrap().len(), 2);
    assert_eq!(list["vault"], serde_json::Value::Null);
    assert_eq!(of(&["inspect", "--all"]).0, 2);
}

#[test]
fn a_failure_says_of_which_vault() {
    let server = vault::vault(1, |seen| {
        let is_missing = seen.host.starts_with("y.") && seen.path == "/secrets/c0000";
        is_missing.then(|| Reply::refusal(404, "SecretNotFound", None))
    });
    let (folder, other) = (Scratch::new(), server.url().replace("//x.", "//y."));
    let got = got(&server, &folder, &["--all", "--vault", &other]);
    assert_eq!((got.code, got.names()), (3, vec![name(0)]));
    assert_eq!(failure(&got.errors)["message"], "cannot get `y/c0000`");
}

#[test]
fn what_cannot_be_had_is_passed_over_if_nobody_named_it() {
    let server = || {
        vault::vault(3, |seen| match seen.path.as_str() {
            "/certificates" => Some(Reply::json(json!({"value": [
                {"id": "https://x.vault.localhost/certificates/off", "attributes": {"enabled": false}},
                {"id": "https://x.vault.localhost/certificates/kept", "x5t": vault::thumbprint(0)},
                {"id": "https://x.vault.localhost/certificates/good", "x5t": vault::thumbprint(0)},
                {"id": "https://x.vault.localhost/certificates/bad", "x5t": vault::thumbprint(0)},
            ]}))),
            "/secrets/kept" => {
                let public = vault::pair(0)
                    .pem
                    .split("-----END PRIVATE KEY-----")
                    .nth(1)
                    .unwrap();
                let id = format!("https://x.vault.localhost/secrets/kept/{VERSION}");
                Some(Reply::json(
                    json!({"id": id, "value": public, "managed": true}),
                ))
            }
            "/secrets/bad" => Some(Reply::refusal(403, "Forbidden", Some("ForbiddenByRbac"))),
            _ => None,
        })
    };
    let folder = Scratch::new();
    let all = got(&server(), &folder, &["--all"]);
    assert_eq!(all.code, 5, "{}", all.errors);
    assert_eq!(all.names(), ["good"]);
    assert_eq!(all.all("skipped", "certificate"), ["kept", "off"]);
    assert_eq!(all.all("skipped", "reason"), ["not-exportable", "disabled"]);
    assert_eq!(all.all("failures", "certificate"), ["bad"]);
    let named = got(&server(), &folder, &["kept", "good"]);
    assert_eq!((named.code, named.names()), (7, vec![String::from("good")]));
    let public = got(&server(), &folder, &["k*", "--no-key", "--force"]);
    assert_eq!(
        (public.code, public.names()),
        (0, vec![String::from("kept")])
    );
}

#[test]
fn what_was_renewed_since_the_list_is_looked_at_again() {
    let server = vault::vault(3, |seen| {
        let is_new = seen.path.contains("/c0001") && seen.path != "/certificates";
        is_new.then(|| vault::object(&seen.path, 1))
    });
    let folder = Scratch::new();
    let got = got(&server, &folder, &["--all"]);
    assert_eq!(got.code, 0, "{}", got.errors);
    assert_eq!(got.names(), [0, 1, 2].map(name));
    assert_eq!(
        got.receipt["certificates"][1]["checks"]["keyObject"],
        "agrees"
    );

    let lying = vault::vault(3, |seen| {
        (seen.path == "/secrets/c0001").then(|| vault::object(&seen.path, 1))
    });
    let got = vault::got(&lying, &Scratch::new(), &["--all"]);
    assert_eq!(got.code, 7);
    assert_eq!(failure(&got.errors)["reason"], "objects-disagree");
    assert_eq!(got.names(), [0, 2].map(name));
}

#[test]
fn the_next_page_stays_on_the_vault_and_leads_on() {
    let other = good(3);
    let there = format!(
        "https://other.vault.localhost:{}/certificates?x=1",
        other.port
    );
    let links = [there, String::from("back")];
    for link in links {
        let server: Replay = vault::vault(3, move |seen| {
            (seen.path == "/certificates").then(|| {
                let item = json!({"id": "https://x.vault.localhost/certificates/c0000"});
                let back = format!("https://{}/certificates?api-version=7.4", seen.host);
                let next = if link == "back" { &back } else { &link };
                Reply::json(json!({"value": [item], "nextLink": next}))
            })
        });
        let got = got(&server, &Scratch::new(), &["--all"]);
        assert_eq!(got.code, 6, "{}", got.errors);
        assert_eq!(failure(&got.errors)["reason"], "unexpected-reply");
        // What the first page named is there all the same.
        assert_eq!(got.names(), ["c0000"]);
        assert_eq!(count(&server, "/certificates?"), 0);
    }
    assert!(other.seen().is_empty());
}
