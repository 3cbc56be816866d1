//! What the process does before anything else to keep secrets in.

use std::panic;

/// Turns core dumps off, keeps other processes of the same user from reading this one's memory
/// (Linux), chooses the one crypto provider, and makes panics silent: what a panic would print
/// may quote data. [`Failure::from_panic`](crate::failure::Failure::from_panic) speaks instead.
pub fn apply() {
    panic::set_hook(Box::new(|_| {}));
    no_core_dumps();
    // Already chosen can only mean that it was this one.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

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
