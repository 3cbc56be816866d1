//! Requests and replies, below whatever answers them.

pub(crate) mod log;
pub(crate) mod reply;
