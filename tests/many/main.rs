//! `kvcert get` for many certificates at once, the real binary against a vault of the test.
#![cfg(all(feature = "cli", feature = "dev-vault"))]
// The modules are private to this program; and clippy takes only the test functions themselves
// for tests, not what they are made of.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)]

mod choice;
mod interruption;
mod resume;
#[path = "../support/mod.rs"]
mod support;
mod vault;
mod weather;
