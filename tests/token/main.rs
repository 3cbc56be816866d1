//! `kvcert token` and `kvcert exec`, by the real binary, against a vault and an Entra.
#![cfg(all(feature = "cli", feature = "dev-vault", unix))]
// The modules are private to this program; and clippy takes only the test functions themselves
// for tests, not what they are made of.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)]

mod alphabet;
mod application;
mod assertion;
mod cache;
mod dev;
mod exec;
mod fake;
#[path = "../secrecy/hunt.rs"]
mod hunt;
mod output;
mod people;
mod precedence;
mod refusals;
mod secrecy;
#[path = "../support/mod.rs"]
mod support;
mod traces;
