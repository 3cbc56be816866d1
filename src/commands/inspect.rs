//! `kvcert inspect`: what is inside, part by part.

mod file;

use super::{Context, print_failed};
use crate::{cli::InspectArgs, failure::Failure, view::text::Style};

pub(super) fn run(args: &InspectArgs, context: &Context<'_>) -> Result<(), Failure> {
    let report = file::report(&args.what, args, context)?;
    let console = context.console;
    if console.is_json() {
        return console.json(&report).map_err(print_failed);
    }
    let text = crate::view::text::file(&report, style(context));
    console.result(&text).map_err(print_failed)
}

fn style(context: &Context<'_>) -> Style {
    if context.console.is_fancy() {
        Style::Fancy
    } else {
        Style::Plain
    }
}
