//! Asking before something is lost.

use std::io;

use super::Context;
use crate::failure::{Failure, usage};

/// Goes on only if someone says yes: on the terminal, or with `--yes`.
pub(super) fn confirm(question: &str, yes: bool, context: &Context<'_>) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    let console = context.console;
    if !console.can_ask() {
        return Err(usage::not_confirmed(question));
    }
    console.ask(&format!("{question} [y/N] "));
    let mut answer = String::new();
    io::stdin()
        .read_line(&mut answer)
        .map_err(anyhow::Error::from)?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(usage::declined())
}
