//! Every way to sign in, by the real binary, against what the ways talk to: the vault, Entra, the
//! identity endpoints of Azure's platforms, and the tools `az` and `azd`.
#![cfg(all(feature = "cli", feature = "dev-vault", unix))]
// The modules are private to this program; and clippy takes only the test functions themselves
// for tests, not what they are made of.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)]

mod applications;
mod authorities;
mod chain;
mod claims;
mod cloud;
mod kept;
mod people;
mod platforms;
mod proxies;
#[path = "../support/mod.rs"]
mod support;
mod tools;
