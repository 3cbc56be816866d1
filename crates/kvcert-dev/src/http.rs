//! Requests and replies, below whatever answers them.

pub(crate) mod bounds;
pub(crate) mod call;
pub(crate) mod hosts;
pub(crate) mod log;
pub(crate) mod reply;
