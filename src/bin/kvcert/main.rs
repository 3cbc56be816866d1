//! kvcert, the command line: parse, run, print the failure, exit code.

mod cli;
mod command_line;
mod commands;
mod console;
mod failure;
mod quoted;
mod render;
mod session;
mod style;

use std::alloc::System;
use std::io::{Write, stdout};
use std::panic;

use zeroizing_alloc::ZeroAlloc;

use crate::console::Console;
use crate::failure::Failure;

/// Freed memory is wiped: libraries make copies of keys that no type of ours can reach.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() {
    failure::silence_panics();
    no_core_dumps();
    let code = run();
    // What is left unwritten could not be told to anyone either.
    let _ = stdout().flush();
    // Not by way of `exit`: aws-lc then locks its random state away, and aborts the process if
    // another thread, such as one in a handshake, is just drawing from it.
    signal_hook::low_level::exit(code.into())
}

/// Does what the command line says; gives back the exit code.
fn run() -> u8 {
    let (cli, secrets) = match command_line::parse() {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    let console = Console::new(&cli.global).for_call(session::this_call(&cli));
    let environment = session::capture().with_secrets(secrets);
    let result = panic::catch_unwind(panic::AssertUnwindSafe(|| {
        commands::run(&cli, &environment, &console)
    }));
    match result.unwrap_or_else(|_| Err(Failure::from_panic())) {
        Ok(()) => 0,
        Err(failure) => {
            console.failure(&failure);
            failure.kind.exit_code()
        }
    }
}

/// Keeps secrets in: no core dumps, and on Linux other processes of the same user cannot read this
/// one's memory.
#[cfg(unix)]
fn no_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};

    // A limit that cannot be set is no reason to refuse the work.
    let _ = setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    );
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(not(unix))]
fn no_core_dumps() {}
