//! The dev vault judged by the official clients: Python's, JavaScript's and Azure CLI, with their
//! checks of the challenge left on. They talk to the real binary.
#![cfg(all(unix, feature = "dev-vault"))]
// Clippy takes only the test functions themselves for tests, not what they are made of.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../support/mod.rs"]
mod support;

mod az;
mod command;
mod installed;
mod js;
mod python;
mod token;
mod vault;
