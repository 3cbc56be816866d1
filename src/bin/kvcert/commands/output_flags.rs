//! From flags to what is exported, and how.

use std::path::Path;
use std::sync::Arc;

use kvcert::export::{Certificates, Destination, ExportOptions, KeyFormat};
use kvcert::output::{Policy, Principal};
use kvcert_pki::format::Password;
use kvcert_pki::format::pkcs12::Profile;

use super::input_flags;
use crate::cli::{KeyFormatArg, OutputArgs, PfxProfileArg};
use crate::failure::{Failure, usage};
use crate::session::Context;

/// What the flags ask for. The password for the key is read here, if there is to be one.
pub(super) fn options(args: &OutputArgs, context: &Context<'_>) -> Result<ExportOptions, Failure> {
    with_password(checked(args, context)?, args, context)
}

/// Reads the password for the key, if there is to be one.
pub(super) fn with_password(
    options: ExportOptions,
    args: &OutputArgs,
    context: &Context<'_>,
) -> Result<ExportOptions, Failure> {
    let password = input_flags::key_password(args, context)?;
    Ok(ExportOptions {
        password,
        ..options
    })
}

/// What the flags ask for, before anyone is asked for a password.
pub(super) fn checked(args: &OutputArgs, context: &Context<'_>) -> Result<ExportOptions, Failure> {
    let destination = if is_stdout(args) {
        to_stdout(args, context)?
    } else {
        args.out
            .clone()
            .map_or_else(Destination::default, Destination::Folder)
    };
    let options = ExportOptions {
        destination,
        format: args.format,
        name: args.name.clone(),
        without_key: args.no_key,
        certificates: match (args.no_chain, args.all_certs) {
            (true, _) => Certificates::Leaf,
            (false, true) => Certificates::All,
            (false, false) => Certificates::Chain,
        },
        key_format: args.key_format.map(|format| match format {
            KeyFormatArg::Pkcs8 => KeyFormat::Pkcs8,
            KeyFormatArg::Pkcs1 => KeyFormat::Pkcs1,
            KeyFormatArg::Sec1 => KeyFormat::Sec1,
        }),
        pfx_profile: args.pfx_profile.map(|profile| match profile {
            PfxProfileArg::Modern => Profile::Modern,
            PfxProfileArg::Legacy => Profile::Legacy,
        }),
        password: args.has_key_password().then(Password::none),
        min_days: args.min_days,
        soon: args.soon,
        policy: Policy {
            force: args.force,
            replace_links: args.replace_links,
            afresh: false,
            dry_run: args.dry_run,
            mode: args.mode,
            owner: args.owner.as_deref().map(principal),
            group: args.group.as_deref().map(principal),
        },
    };
    options.check()?;
    Ok(options)
}

/// Whether standard output carries the result itself.
pub(super) fn is_stdout(args: &OutputArgs) -> bool {
    args.out.as_deref() == Some(Path::new("-"))
}

fn to_stdout(args: &OutputArgs, context: &Context<'_>) -> Result<Destination, Failure> {
    let console = context.console.clone();
    if console.is_json() {
        return Err(usage::two_results());
    }
    if console.is_terminal() && !args.no_key && !args.force {
        return Err(usage::key_to_terminal());
    }
    Ok(Destination::Stream(Arc::new(move |bytes| {
        console.raw(bytes)
    })))
}

fn principal(text: &str) -> Principal {
    text.parse().unwrap_or_else(|never| match never {})
}
