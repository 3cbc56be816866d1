//! `kvcert get` and `list`, the real binary: against the dev vault, and against every recorded
//! reply of the real service that the corpus has.
#![cfg(all(feature = "cli", feature = "dev-vault"))]
// The modules are private to this program; and clippy takes only the test functions themselves for tests, not what they are made of.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::disallowed_methods)]

mod advice;
mod corpus;
mod dev;
mod doctor;
mod flags;
mod kept;
mod least;
mod list;
mod objects;
mod pasted;
mod recorded;
mod refusals;
mod running;
mod several;
#[path = "../support/mod.rs"]
mod support;
