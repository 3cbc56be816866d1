//! `kvcert dev`: run the local dev vault, and find the one that runs.

mod control;
mod pages;
mod variables;

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::Path;

use kvcert::given::Given;
use kvcert_dev::{Access, DevVault, Options, Seed};

use super::input_flags;
use crate::cli::{DevArgs, DevName, IdentityFor, PfxStyle};
use crate::failure::output::print_failed;
use crate::failure::{self, Failure};
use crate::session::{Claim, Context, dev_ca_file, running};

/// Serves until Ctrl-C or SIGTERM, or asks the vault that runs.
pub(super) async fn run(args: &DevArgs, context: &Context<'_>) -> Result<(), Failure> {
    if let Some(command) = &args.command {
        return control::run(command, &running(context)?, context).await;
    }
    if let Some(shell) = args.print_env {
        let ca_file = dev_ca_file(context)?;
        return variables::print(&running(context)?, &ca_file, shell, args.force, context);
    }
    serve(args, context).await
}

async fn serve(args: &DevArgs, context: &Context<'_>) -> Result<(), Failure> {
    if let Some(name @ DevName::Named(_)) = &context.global.dev {
        return Err(failure::dev::name_to_find(&name.flag()));
    }
    let listeners = listeners(args)?;
    let addresses = args.listen.into_iter();
    let options = Options {
        data: args.data.clone(),
        vaults: args.name.clone(),
        addresses: addresses.filter(|it| !it.is_unspecified()).collect(),
        empty: args.empty,
        pfx_style: match args.pfx_style {
            PfxStyle::Current => kvcert_dev::PfxStyle::Current,
            PfxStyle::Year2016 => kvcert_dev::PfxStyle::Year2016,
        },
        identity_for_anyone: args.managed_identity == IdentityFor::Anyone,
    };
    let mut vault = DevVault::open(options).map_err(failure::dev::not_opened)?;
    if let Some(file) = &args.seed {
        apply_seed(&vault, file, context)?;
    }
    let (listener, other) = listeners;
    let port = port_of(&listener)?;
    if let Some(other) = other {
        vault = vault.also_on(other);
    }
    let vault = vault.with_managed_identity(bind(LOOPBACK, 0)?)?;
    let access = vault.access(port);
    if let Some(address) = args.listen.filter(|address| !address.is_loopback()) {
        context.console.warning(&format!(
            "other machines can ask this dev vault at {address}, port {port}: keep no real secret in it"
        ));
    }
    let claim = Claim::new(args.name_as.as_ref(), context)?;
    claim.announce(&access)?;
    if vault.has_new_ca() {
        let file = claim.ca_file();
        context.console.warning(&format!(
            "the vault has a new CA, for at most two years and for its own names and addresses: \
             trust {} instead of the old one",
            Given::from(&*file)
        ));
    }
    let result = match ready(&access, claim.name(), args, context) {
        Ok(()) => {
            let pages = pages::draw(vault.pages(), &access, context);
            tokio::select! {
                served = vault.serve(listener, interrupted()) => served.map_err(Failure::from),
                never = pages => match never {},
            }
        }
        Err(failure) => Err(failure),
    };
    claim.withdraw();
    result
}

/// Puts the seed of a file into the vault's tenant.
fn apply_seed(vault: &DevVault, file: &Path, context: &Context<'_>) -> Result<(), Failure> {
    let failed = |error| failure::dev::invalid_seed(file, error);
    let bytes = input_flags::read(file, MAX_SEED)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| failed(error.into()))?;
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let seed = Seed::parse(text, folder).map_err(failed)?;
    let variable = |name: &str| context.environment.get(name).map(String::from);
    vault.apply_seed(&seed, &variable).map_err(failed)
}

/// The listener for this machine, and one for the address of `--listen` if that is another. The
/// unspecified address is this machine's too.
fn listeners(args: &DevArgs) -> Result<(TcpListener, Option<TcpListener>), Failure> {
    match args.listen {
        None | Some(LOOPBACK) => Ok((bind(LOOPBACK, args.port)?, None)),
        Some(address) if address.is_unspecified() => Ok((bind(address, args.port)?, None)),
        Some(address) => {
            let own = bind(LOOPBACK, args.port)?;
            let other = bind(address, port_of(&own)?)?;
            Ok((own, Some(other)))
        }
    }
}

fn bind(address: IpAddr, port: u16) -> Result<TcpListener, Failure> {
    TcpListener::bind((address, port))
        .map_err(|error| failure::dev::cannot_listen(address, port, error))
}

fn port_of(listener: &TcpListener) -> Result<u16, Failure> {
    let address = listener.local_addr().map_err(anyhow::Error::from)?;
    Ok(address.port())
}

fn ready(
    access: &Access,
    name: &DevName,
    args: &DevArgs,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let console = context.console;
    console
        .result(&format!("{}\n", access.vault_url))
        .map_err(print_failed)?;
    console.note(&format!("sign-in at {}", access.authority));
    console.note(&format!(
        "start-up code for its pages: {}",
        access.start_code.expose()
    ));
    if let Some(identity) = &access.managed_identity {
        console.note(&format!("managed identity at {}", identity.machine_host));
    }
    if args.data.is_none() {
        console.note("in memory, gone when it stops; `--data DIR` keeps it");
    }
    let flag = name.flag();
    console.note(&format!("in another terminal: kvcert {flag} list"));
    console.note(&format!("                     kvcert {flag} get web"));
    let of_this = match name {
        DevName::First => String::new(),
        DevName::Named(_) => format!("{flag} "),
    };
    console.note(&format!(
        "for other clients:   eval \"$(kvcert {of_this}dev --print-env)\""
    ));
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

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const MAX_SEED: usize = 1 << 20;
