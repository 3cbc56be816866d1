//! From nothing to a working application: create, merge, import, register, delete, restore.
#![cfg(all(feature = "cli", feature = "dev-vault"))]
// The modules are private to this program; and clippy takes only the test functions themselves for tests, not what they are made of.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)]

mod bodies;
mod creating;
mod forbidden;
mod importing;
mod killed;
mod lifecycle;
mod making;
#[path = "../support/mod.rs"]
mod support;
mod whole;
