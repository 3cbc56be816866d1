//! What opens encrypted files: ciphers, passwords and their byte forms; and what is said about
//! those that kvcert cannot open. The files are made by other programs as the tests run.
#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test may panic, and sets its own scene"
)]

mod ciphers;
mod keys;
mod making;
mod passwords;
#[cfg(target_os = "linux")]
mod prompt;
mod public_part;
#[path = "../support/mod.rs"]
mod support;
#[cfg(target_os = "linux")]
mod terminal;
