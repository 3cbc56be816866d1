//! `--token-cache`: what is kept, and that it saves every request.

use crate::fake::{CLIENT, Fake, TENANT, TOKEN, granted};
use crate::support::replay::Reply;
use crate::support::{Scratch, mode, run};

#[test]
fn a_kept_token_costs_no_request() {
    let fake = Fake::new();
    let keep = "--token-cache=kept";
    for way in [&["app"][..], &["app", "--sign-in-vault"], &["./app.pem"]] {
        for _ in 0..2 {
            let (code, output, errors) = run(fake.token(way).arg(keep));
            assert_eq!((code, output.trim_end()), (0, TOKEN), "{errors}");
        }
    }
    // The certificate of the vault is one application's, however it signs; a file is another.
    assert_eq!(fake.forms().len(), 2);
    let asked = fake.server.seen().len();
    let program = [
        "--token",
        "--for",
        "graph",
        "--tenant",
        TENANT,
        "--client-id",
        CLIENT,
    ];
    let mut command = fake.kvcert(&["exec", "app", keep]);
    command
        .args(program)
        .args(["--", "/bin/sh", "-c", "echo $KVCERT_TOKEN"]);
    let (code, output, errors) = run(&mut command);
    assert_eq!((code, output.trim_end()), (0, TOKEN), "{errors}");
    // Its files do take the vault, but its token takes nobody.
    assert_eq!(fake.forms().len(), 2);
    assert!(fake.server.seen().len() > asked);
    // Another tenant, application or scope has a token of its own.
    let mut other = fake.kvcert(&["token", "app", keep, "--for", "arm", "--tenant", TENANT]);
    assert_eq!(run(other.args(["--client-id", CLIENT])).0, 0);
    assert_eq!(fake.forms().len(), 3);
    let kept = fake.path("kept");
    assert_eq!(mode(&kept), 0o700);
    for name in Scratch::names_in(&kept) {
        assert_eq!(mode(&kept.join(name)) & 0o077, 0);
    }
}

/// Who acts on behalf of people has a token for each of them.
#[test]
fn a_persons_token_is_not_anothers() {
    let fake = Fake::new();
    for person in ["one", "two"] {
        std::fs::write(fake.path(person), format!("eyJ0.token-of-{person}.c2ln")).unwrap();
        let arguments = ["app", "--token-cache=kept", "--assertion-file", person];
        assert_eq!(run(&mut fake.token(&arguments)).0, 0);
    }
    assert_eq!(fake.forms().len(), 2);
}

/// Side by side they sign in once.
#[test]
fn many_processes() {
    let fake = Fake::with_entra(|_| {
        std::thread::sleep(std::time::Duration::from_millis(300));
        granted()
    });
    let mut command = fake.token(&["./app.pem", "--token-cache=kept"]);
    command.stdout(std::process::Stdio::piped());
    let children: Vec<_> = (0..6).map(|_| command.spawn().unwrap()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim_end(), TOKEN);
    }
    assert_eq!(fake.forms().len(), 1);
}

/// One that ends soon is replaced ahead of its end; if that fails, it serves to its end.
#[test]
fn ahead_of_the_end() {
    let answers = std::sync::atomic::AtomicUsize::new(0);
    let fake = Fake::with_entra(move |_| {
        match answers.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            2 => Reply::new(400, "{}"),
            _ => Reply::json(serde_json::json!({"access_token": TOKEN, "expires_in": 200})),
        }
    });
    for asked in 1..=3 {
        let (code, output, errors) = run(&mut fake.token(&["./app.pem", "--token-cache=kept"]));
        assert_eq!((code, output.trim_end()), (0, TOKEN), "{errors}");
        assert_eq!(fake.forms().len(), asked);
    }
}
