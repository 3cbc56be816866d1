//! What the process does before anything else to keep secrets in.

use std::panic;
use std::sync::OnceLock;

/// Turns core dumps off, keeps other processes of the same user from reading this one's memory
/// (Linux), and makes panics silent: what a panic would print may quote data.
/// [`Failure::from_panic`](crate::failure::Failure::from_panic) speaks instead, and says where.
pub(crate) fn apply() {
    panic::set_hook(Box::new(|panic| {
        if let Some(place) = panic.location() {
            // Only the first panic is the cause.
            let _ = PLACE.set(format!("{}:{}", place.file(), place.line()));
        }
    }));
    no_core_dumps();
}

/// Where in the sources the process panicked first, if it did.
pub(crate) fn panic_place() -> Option<&'static str> {
    PLACE.get().map(String::as_str)
}

static PLACE: OnceLock<String> = OnceLock::new();

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
