//! The command line itself: help, exit codes, hints, streams, colours.
#![cfg(all(feature = "cli", feature = "dev-vault"))]
// The modules are private to this program; and clippy takes only the test functions themselves
// for tests, not what they are made of.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)]

mod endings;
mod help;
mod hints;
mod streams;
#[path = "../support/mod.rs"]
mod support;
