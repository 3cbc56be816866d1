//! Every format that kvcert writes, read back by programs that are not kvcert: a few keys made
//! for the purpose, and then everything that the fixtures and the corpus hold.
#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test may panic, and sets its own scene"
)]

mod converting;
mod everything;
mod fresh;
mod inputs;
mod judging;
mod options;
mod shapes;
#[path = "../support/mod.rs"]
mod support;
