//! The dev vault over real TLS, judged by other programs where there are any.
#![cfg(feature = "dev-vault")]
// Clippy takes only the test functions themselves for tests, not what they are made of.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../support/mod.rs"]
mod support;

mod assertions;
mod authority;
mod certificates;
mod graph;
mod issued;
mod keys;
mod life;
mod lifecycle;
mod managed_identity;
mod nonsense;
mod objects;
mod openssl;
mod pages;
mod people;
mod program;
mod roles;
mod running;
mod secrets;
mod seed;
mod several;
mod sign_in;
mod strangers;
mod switches;
