//! How the process ends.

use crate::support::{Scratch, kvcert, run};

/// What fails at once ends while threads that were started along the way still run. None of them may
/// turn the exit code into a signal: one run in a thousand did.
#[test]
fn quick_failures_keep_their_exit_code() {
    let scratch = Scratch::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..400 {
                    let mut command = kvcert(scratch.path());
                    command.args(["--vault", "https://x.vault.azure.net", "list"]);
                    command.env("KVCERT_ACCESS_TOKEN", "Basic of-no-use");
                    let (code, _, errors) = run(&mut command);
                    assert_eq!(code, 2, "{errors}");
                }
            });
        }
    });
}

/// What ends well, or by a refusal, while connections are still being made or kept.
#[cfg(feature = "dev-vault")]
#[test]
fn every_end_has_an_exit_code() {
    let folder = Scratch::new();
    let (out, none) = ("out", "no-such-certificate");
    let commands: [(i32, &[&str]); 8] = [
        (0, &["list"]),
        (0, &["get", "web", "--force", "-o", out]),
        (0, &["token", "web", "--for", "graph"]),
        (0, &["token", "web", "--for", "graph", "--sign-in-vault"]),
        (0, &["exec", "web", "--", "true"]),
        (3, &["get", none]),
        (3, &["exec", none, "--", "true"]),
        (7, &["token", "vaulted", "--for", "graph"]),
    ];
    std::thread::scope(|scope| {
        for (expected, arguments) in commands {
            let folder = &folder;
            scope.spawn(move || {
                for _ in 0..25 {
                    let mut command = crate::support::dev::kvcert(folder.path());
                    command.env("PATH", "/usr/bin:/bin").args(arguments);
                    let (code, _, errors) = run(&mut command);
                    assert_eq!(code, expected, "{arguments:?}: {errors}");
                }
            });
        }
    });
}
