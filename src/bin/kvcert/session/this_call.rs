//! What [`ThisCall`] takes over from the command line.

use std::path::Path;

use kvcert::identity::UserAssigned;
use kvcert::vault::NamePattern;
use kvcert::vault::address::CertificateRef;

use crate::cli::Cli;
use crate::failure::ThisCall;

/// The flags of the session. Variables need no flag: they are there for the next command too.
pub(crate) fn this_call(cli: &Cli) -> ThisCall {
    let global = &cli.global;
    let certificates = cli.command.certificates();
    let only = match certificates.as_slice() {
        [only] if !NamePattern::is_pattern(only) => only.parse::<CertificateRef>().ok(),
        _ => None,
    };
    let mut call = ThisCall::about(only.as_ref().map(|only| only.name.to_string()));
    #[cfg(feature = "dev-vault")]
    if let Some(name) = &global.dev {
        return call.flag(&name.flag(), None);
    }
    // An identifier names its vault itself.
    match only.and_then(|only| only.vault) {
        Some(vault) => call = call.flag("--vault", Some(&vault)),
        None => {
            for vault in global.vault.iter() {
                call = call.flag("--vault", Some(vault));
            }
        }
    }
    if let Some(cloud) = global.cloud {
        call = call.flag("--cloud", Some(&cloud.endpoints().name));
    }
    if let Some(auth) = global.auth {
        call = call.flag("--auth", Some(&auth.describe().0));
    }
    for (flag, value) in [
        ("--tenant", &global.tenant),
        ("--client-id", &global.client_id),
    ] {
        if let Some(value) = value {
            call = call.flag(flag, Some(value));
        }
    }
    if let Some(identity) = &global.identity {
        let value = match identity {
            UserAssigned::Client(id) | UserAssigned::Resource(id) => id.clone(),
            UserAssigned::Object(id) => format!("object:{id}"),
        };
        call = call.flag("--identity", Some(&value));
    }
    for (flag, file) in [
        ("--token-file", &global.token_file),
        ("--ca-file", &global.ca_file),
    ] {
        if let Some(file) = file.as_deref().filter(|file| *file != Path::new("-")) {
            call = call.flag(flag, Some(&file.display()));
        }
    }
    call
}
