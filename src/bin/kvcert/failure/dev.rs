//! The dev vault: starting it, finding it, its switches.

use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::path::Path;

use kvcert::given::Given;
use kvcert_dev::InUse;

use super::{Failure, Reason};

/// This one was not announced; those of the other `names` were.
pub(crate) fn not_running(name: Option<&str>, names: &[String]) -> Failure {
    let (which, start) = match name {
        None => (String::new(), String::from("kvcert dev")),
        Some(name) => (
            format!(" named `{name}`"),
            format!("kvcert dev --as {name}"),
        ),
    };
    let message = format!("no dev vault{which} is running here");
    let hint = match names {
        [] => format!("start one with `{start}`, in another terminal"),
        names => {
            let flags: Vec<String> = names.iter().map(|name| format!("`--dev={name}`")).collect();
            format!("use {}, or start one with `{start}`", flags.join(" or "))
        }
    };
    Failure::message(Reason::NoDevVault, message).with_hint(hint)
}

/// The announcement is there, and of no use.
pub(crate) fn not_readable(error: impl Into<anyhow::Error>) -> Failure {
    Failure::new(Reason::NoDevVault, error)
        .context("cannot use the announcement of a dev vault")
        .with_hint("remove the file, and start the dev vault again with `kvcert dev`")
}

/// Another dev vault has the name.
pub(crate) fn name_taken(name: Option<&str>) -> Failure {
    let Some(name) = name else {
        return super::usage::flags_conflict("`--as` needs a name", "such as `--as ci`");
    };
    let message = format!("a dev vault named `{name}` is already running");
    super::usage::flags_conflict(message, "choose another name with `--as`")
}

/// A name was given to find one, where one is to be started.
pub(crate) fn name_to_find(flag: &str) -> Failure {
    let message = format!("`{flag}` finds a running dev vault, and `kvcert dev` starts another");
    super::usage::flags_conflict(message, "name the new one with `--as NAME`")
}

/// The state folder cannot be written.
pub(crate) fn no_state(path: &Path, error: io::Error) -> Failure {
    Failure::new(Reason::NoFolder, error)
        .context(format!("cannot write to {}", Given::from(path)))
        .with_hint("set KVCERT_STATE_DIR to a directory of your own")
}

/// One was announced, and does not answer.
pub(crate) fn not_reached(error: impl Into<anyhow::Error>) -> Failure {
    Failure::new(Reason::NoDevVault, error)
        .context("cannot reach the dev vault")
        .with_hint("start one with `kvcert dev`; the last one may have stopped")
}

pub(crate) fn not_opened(error: anyhow::Error) -> Failure {
    let hint = match error.is::<InUse>() {
        true => {
            "use that one (`kvcert --dev list`), stop it, or choose another directory with `--data`; without `--data` the vault is in memory"
        }
        false => {
            "choose another directory with `--data`, or leave it out to keep the vault in memory"
        }
    };
    let error = error.context("cannot open the dev vault");
    Failure::new(Reason::DevVaultFolder, error).with_hint(hint)
}

pub(crate) fn cannot_listen(address: IpAddr, port: u16, error: io::Error) -> Failure {
    match error.kind() {
        ErrorKind::AddrNotAvailable => Failure::new(Reason::NoSuchAddress, error)
            .context(format!("cannot listen on {address}"))
            .with_hint("give `--listen` an address of this machine; 0.0.0.0 means all of them"),
        _ => Failure::new(Reason::PortInUse, error)
            .context(format!("cannot listen on port {port}"))
            .with_hint("is a dev vault running already? `--port 0` picks a free port"),
    }
}

pub(crate) fn invalid_seed(file: &Path, error: anyhow::Error) -> Failure {
    let error = error.context(format!("cannot use the seed {}", Given::from(file)));
    Failure::new(Reason::InvalidSeed, error)
        .with_hint("docs/dev-vault.md describes the format; secrets come from files or variables")
}

pub(crate) fn no_such_switch(message: &str) -> Failure {
    Failure::message(Reason::NoSuchSwitch, message)
        .with_hint("`kvcert dev set --help` lists the switches")
}

pub(crate) fn secret_on_terminal() -> Failure {
    let message = "not showing the client secret on a terminal";
    Failure::message(Reason::SecretOnTerminal, message)
        .with_hint("use `eval \"$(kvcert dev --print-env)\"`, or show it with `--force`")
}

pub(crate) fn not_a_variable() -> Failure {
    let message = "the path of the state directory contains characters that a variable cannot hold";
    Failure::message(Reason::NoVariable, message)
        .with_hint("set KVCERT_STATE_DIR to a path without line breaks, in UTF-8")
}

pub(crate) fn no_demo_folder(path: &Path, error: io::Error) -> Failure {
    Failure::new(Reason::NoFolder, error)
        .context(format!("cannot create the directory {}", Given::from(path)))
        .with_hint("name a directory that does not exist yet with `-o`")
}
