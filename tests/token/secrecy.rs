//! Nothing secret is printed but the token, and that where it was asked for.

use std::fs;

use crate::fake::{CLIENT, Fake, SECRET, TENANT, TOKEN, VAULT_TOKEN, refused};
use crate::hunt::Hunt;
use crate::support::run;

const PERSON: &str = "eyJ0.token-of-a-person-who-called.c2ln";

fn hunt(fake: &Fake) -> Hunt {
    Hunt::default()
        .key(&fake.path("app.key"))
        .text("the token", TOKEN)
        .text("the vault's token", VAULT_TOKEN)
        .text("the client secret", SECRET)
        .text("the person's token", PERSON)
}

/// All that goes to standard error, and with a refusal to standard output.
#[test]
fn of_every_way_to_a_token() {
    for refuses in [false, true] {
        let fake = match refuses {
            true => Fake::with_entra(|seen| refused(50_013, &String::from_utf8_lossy(&seen.body))),
            false => Fake::new(),
        };
        fs::write(fake.path("person"), PERSON).unwrap();
        let hunt = hunt(&fake);
        // The hunt is for what is there.
        let pem = fs::read_to_string(fake.path("app.pem")).unwrap();
        hunt.all_in([&pem, TOKEN, VAULT_TOKEN, SECRET, PERSON].concat());
        let ways: [&[&str]; 6] = [
            &["app"],
            &["app", "--sign-in-vault", "--send-chain"],
            &["./app.pem"],
            &["--client-secret-from", "app-secret"],
            &["app", "--assertion-file", "person"],
            &["--refresh-token-file", "person", "--output", "env"],
        ];
        for way in ways {
            for more in [&["-v"][..], &["--json", "-v"], &["--color", "always"]] {
                let (code, output, errors) = run(fake.token(way).args(more));
                assert_eq!(code != 0, refuses, "{errors}");
                hunt.nothing_in(&format!("{way:?} {more:?}"), &errors);
                if refuses {
                    hunt.nothing_in("standard output", &output);
                }
                let assertion = fake.forms().pop().unwrap().get("client_assertion");
                if let Some(assertion) = assertion {
                    let hunt = Hunt::default().text("the assertion", &assertion);
                    hunt.nothing_in(&format!("{way:?} {more:?}"), &errors);
                }
            }
        }
    }
}

/// What everyone on the machine can see of the program: its arguments.
#[cfg(target_os = "linux")]
#[test]
fn of_a_program() {
    let fake = Fake::new();
    let hunt = hunt(&fake);
    let token = [
        "--token",
        "--for",
        "graph",
        "--tenant",
        TENANT,
        "--client-id",
        CLIENT,
    ];
    let script = "tr '\\0' ' ' < /proc/$$/cmdline";
    for place in ["memory", "folder"] {
        let mut command = fake.kvcert(&["exec", "app", "-v", "--files", place]);
        command
            .args(token)
            .args(["--", "sh", "-c", script, "{KVCERT_KEY_FILE}"]);
        command.env("PATH", std::env::var_os("PATH").unwrap());
        let (code, output, errors) = run(&mut command);
        assert_eq!(code, 0, "{errors}");
        assert!(
            output.contains(if place == "memory" { "/fd/" } else { "key.pem" }),
            "{output}"
        );
        hunt.nothing_in("the command line", output);
        hunt.nothing_in("standard error", errors);
    }
}
