//! Nothing secret gets out: not into what is printed, not into `Debug`, not into the process
//! table, not into a file that others can open.
#![cfg(all(feature = "cli", feature = "dev-vault", unix))]
// The modules are private to this program; and clippy takes only the test functions themselves
// for tests, not what they are made of.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)]

mod debug;
mod hunt;
mod memory;
mod misplaced;
mod printed;
mod process;
#[path = "../support/mod.rs"]
mod support;
