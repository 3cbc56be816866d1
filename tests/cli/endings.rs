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
                    command.env("KVCERT_ACCESS_TOKEN", "Bearer of-no-use");
                    let (code, _, errors) = run(&mut command);
                    assert_eq!(code, 2, "{errors}");
                }
            });
        }
    });
}
