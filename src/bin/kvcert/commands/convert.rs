//! `kvcert convert`: from local files to files, no network.

use std::path::{Path, PathBuf};

use kvcert::convert::{Conversion, count_sources};
use kvcert::export::{Event, Exporter};
use kvcert::given::Given;
use kvcert::input::ReadOptions;

use super::show_receipt::{Report, tell};
use super::{input_flags, output_flags};
use crate::cli::ConvertArgs;
use crate::failure::output::print_failed;
use crate::failure::{Failure, usage};
use crate::session::Context;

/// Every file is tried; the exit code is that of the worst.
pub(super) fn run(args: &ConvertArgs, context: &Context<'_>) -> Result<(), Failure> {
    read_standard_input_once(args)?;
    let (console, files) = (context.console, args.files.as_slice());
    let is_stdout = output_flags::is_stdout(&args.output);
    // Before anyone is asked for a password.
    let options = output_flags::checked(&args.output, context)?;
    let count = count_sources(files, &options)?;
    let shown = match files {
        [file] => Given::from(file.as_path()).to_string(),
        _ => String::from("the files"),
    };
    let password = input_flags::password(&args.password, &shown, context)?;
    let exporter = Exporter::new(output_flags::with_password(options, &args.output, context)?)?;
    let progress = console.progress("converted");
    let conversion = Conversion {
        read: &ReadOptions {
            password_was_typed: args.password.is_typed(),
            ..input_flags::read_options(password, &args.input)
        },
        exporter: &exporter,
        ask: (count == 1 && console.can_ask()).then_some(&input_flags::ask_for),
        on_event: &|event: Event<'_>| tell(&event, &progress, console),
    };
    let receipt = conversion.run(files)?;
    drop(progress);
    let explain = |file: &str, error| {
        Failure::from(error).context(format!("cannot convert {}", Given::from(file)))
    };
    let report = Report::new(receipt, explain, console);
    report.print(is_stdout, console).map_err(print_failed)?;
    report.into_result()
}

fn read_standard_input_once(args: &ConvertArgs) -> Result<(), Failure> {
    let readers = args
        .files
        .iter()
        .map(PathBuf::as_path)
        .chain(args.password.file.password_file.as_deref())
        .chain(args.password.key.key_in_password_file.as_deref())
        .chain(args.output.key_password_file.as_deref());
    if readers.filter(|path| *path == Path::new("-")).count() > 1 {
        return Err(usage::flags_conflict(
            "standard input can be read only once",
            "read the password from a file or an environment variable",
        ));
    }
    Ok(())
}
