//! Drawings of the library's reports: as text for a terminal, and as an HTML page.

pub(crate) mod html;
pub(crate) mod text;
mod words;

#[cfg(test)]
#[allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a test reads the environment and prints"
)]
mod tests;
