//! `kvcert inspect`: what it shows, judged by golden files, by the index of the corpus, by openssl.
#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    unreachable_pub,
    reason = "a test may panic"
)]

mod corpus;
#[cfg(feature = "dev-vault")]
mod docs;
mod file;
mod golden;
mod hostile;
mod openssl;
mod page;
mod schema;
#[path = "../support/mod.rs"]
mod support;
#[cfg(feature = "dev-vault")]
mod vault;
