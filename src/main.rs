//! kvcert, the command line: parse, run, print the failure, exit code.

use std::{alloc::System, panic, process::ExitCode};

use clap::Parser;
use kvcert::{cli::Cli, commands, console::Console, failure::Failure, settings::Environment};
use zeroizing_alloc::ZeroAlloc;

/// Freed memory is wiped: libraries make copies of keys that no type of ours can reach.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    kvcert::hardening::apply();
    let cli = Cli::parse();
    let console = Console::new(&cli.global);
    let environment = Environment::capture();
    let result = panic::catch_unwind(panic::AssertUnwindSafe(|| {
        commands::run(&cli, &environment, &console)
    }));
    match result.unwrap_or_else(|_| Err(Failure::from_panic())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            console.failure(&failure);
            ExitCode::from(failure.kind.exit_code())
        }
    }
}
