//! Chains: however certificates are related and in whatever order they come, the right one.
//! What is right follows from how they were made.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test may panic, and sets its own scene"
)]

mod awkward;
mod limits;
mod lines;
mod making;
#[path = "../support/mod.rs"]
mod support;
mod validity;
