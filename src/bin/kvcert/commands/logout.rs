//! `kvcert logout`: forget the tokens that were kept.

use kvcert::given;
use kvcert::identity::cache::TokenCache;
use serde::Serialize;

use crate::failure::output::print_failed;
use crate::failure::{Failure, token};
use crate::session;
use crate::session::Context;

/// What `--json` prints.
#[derive(Serialize)]
struct Forgotten {
    folder: String,
    removed: usize,
}

pub(super) fn run(context: &Context<'_>) -> Result<(), Failure> {
    let folder = session::token_folder(context.global, context.environment)?;
    let removed = TokenCache::new(&folder)
        .clear()
        .map_err(|error| token::cache(&folder, error))?;
    let folder = folder.display().to_string();
    let console = context.console;
    if console.is_json() {
        console.json(&Forgotten { folder, removed })
    } else {
        let tokens = if removed == 1 { "token" } else { "tokens" };
        console.result(&given::plain(&format!(
            "{removed} {tokens} removed from {folder}\n"
        )))
    }
    .map_err(print_failed)
}
