//! `kvcert dev`: run the local dev vault, and find the one that runs.

mod control;
mod pages;
mod variables;

use std::{
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
};

use super::{Context, input, print_failed};
use crate::{
    cli::{DevArgs, PfxStyle},
    devvault::{self, Access, DevVault, Options, Seed},
    failure::{Failure, Kind},
    output::{PlannedFile, Policy, Secrecy, write_set},
};

/// Serves until Ctrl-C or SIGTERM, or asks the vault that runs.
pub(super) async fn run(args: &DevArgs, context: &Context<'_>) -> Result<(), Failure> {
    if let Some(command) = &args.command {
        return control::run(command, &running(context)?, context).await;
    }
    if let Some(shell) = args.print_env {
        let ca_file = folder(context)?.join(CA_FILE);
        return variables::print(&running(context)?, &ca_file, shell, args.force, context);
    }
    serve(args, context).await
}

async fn serve(args: &DevArgs, context: &Context<'_>) -> Result<(), Failure> {
    let listener = bind(args.port)?;
    let port = listener.local_addr().map_err(anyhow::Error::from)?.port();
    let options = Options {
        data: args.data.clone(),
        vault: args.name.clone(),
        empty: args.empty,
        pfx_style: match args.pfx_style {
            PfxStyle::Current => devvault::PfxStyle::Current,
            PfxStyle::Year2016 => devvault::PfxStyle::Year2016,
        },
    };
    let vault = DevVault::open(options).map_err(|error| {
        Failure::new(
            Kind::Output,
            "dev-vault",
            error.context("cannot open the dev vault"),
        )
        .with_hint(
            "choose another folder with `--data`, or leave it out to keep the vault in memory",
        )
    })?;
    if let Some(file) = &args.seed {
        plant(&vault, file, context)?;
    }
    let vault = vault.with_managed_identity(bind(0)?)?;
    let access = vault.access(port);
    let announced = announce(&access, context)?;
    let result = match ready(&access, context) {
        Ok(()) => {
            let pages = pages::draw(vault.pages(), &access, context);
            tokio::select! {
                served = vault.serve(listener, interrupted()) => served.map_err(Failure::from),
                never = pages => match never {},
            }
        }
        Err(failure) => Err(failure),
    };
    // Another dev vault may have announced itself since; that one's word stays.
    if running(context).is_ok_and(|announced| announced.pid == access.pid) {
        for file in announced {
            let _ = std::fs::remove_file(file);
        }
    }
    result
}

/// Puts the seed of a file into the vault's tenant.
fn plant(vault: &DevVault, file: &Path, context: &Context<'_>) -> Result<(), Failure> {
    let failed = |error: anyhow::Error| {
        let error = error.context(format!("cannot use the seed `{}`", file.display()));
        Failure::new(Kind::Usage, "seed", error)
            .with_hint("the README shows what a seed holds; secrets come from files or variables")
    };
    let bytes = input::read(file, MAX_SEED)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| failed(error.into()))?;
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let seed = Seed::parse(text, folder).map_err(failed)?;
    let variable = |name: &str| context.environment.get(name).map(String::from);
    vault.plant(&seed, &variable).map_err(failed)
}

/// What a running dev vault said about itself.
pub(super) fn running(context: &Context<'_>) -> Result<Access, Failure> {
    let none = |why: &str| {
        Failure::message(
            Kind::Unavailable,
            "no-dev-vault",
            format!("no dev vault is running here{why}"),
        )
        .with_hint("start one with `kvcert dev`, in another terminal")
    };
    let file = folder(context)?.join(ANNOUNCEMENT);
    let bytes = input::read(&file, MAX_ANNOUNCEMENT).map_err(|_| none(""))?;
    serde_json::from_slice(&bytes).map_err(|_| none(": what the last one left cannot be read"))
}

fn bind(port: u16) -> Result<TcpListener, Failure> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| {
        Failure::new(Kind::Unavailable, "port-in-use", error)
            .context(format!("cannot listen on port {port}"))
            .with_hint("is a dev vault running already? `--port 0` takes a free port")
    })
}

/// Writes what clients need to the state folder: 0600, as it holds a client secret. The CA has a
/// file of its own besides, for clients that take only a file.
fn announce(access: &Access, context: &Context<'_>) -> Result<[PathBuf; 2], Failure> {
    let folder = folder(context)?;
    let json = serde_json::to_vec_pretty(access).map_err(anyhow::Error::from)?;
    let ca = access.ca_pem.clone().into_bytes();
    let files = [
        PlannedFile::new(CA_FILE, ca, Secrecy::Public),
        PlannedFile::new(ANNOUNCEMENT, json, Secrecy::Private),
    ];
    write_set(
        &folder,
        &files,
        &Policy {
            force: true,
            ..Policy::default()
        },
    )?;
    Ok([ANNOUNCEMENT, CA_FILE].map(|name| folder.join(name)))
}

fn folder(context: &Context<'_>) -> Result<PathBuf, Failure> {
    context.environment.state_folder().ok_or_else(|| {
        Failure::message(
            Kind::Usage,
            "no-state-folder",
            "no folder for the dev vault's state",
        )
        .with_hint("set HOME or KVCERT_STATE_DIR")
    })
}

fn ready(access: &Access, context: &Context<'_>) -> Result<(), Failure> {
    let console = context.console;
    console
        .result(&format!("{}\n", access.vault_url))
        .map_err(print_failed)?;
    console.note(&format!("sign-in at {}", access.authority));
    if let Some(identity) = &access.managed_identity {
        console.note(&format!("managed identity at {}", identity.machine_host));
    }
    console.note("in another terminal: kvcert --dev list");
    console.note("                     kvcert --dev get web");
    console.note("for other clients:   eval \"$(kvcert dev --print-env)\"");
    console.note("in a browser:        the same address shows it, its requests and its switches");
    console.note("stop with Ctrl-C");
    Ok(())
}

/// Done when the user or the system says stop.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};

        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = tokio::signal::ctrl_c() => return,
            }
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

const ANNOUNCEMENT: &str = "dev.json";
const CA_FILE: &str = "dev-ca.pem";
const MAX_SEED: usize = 1 << 20;
const MAX_ANNOUNCEMENT: usize = 64 * 1024;
