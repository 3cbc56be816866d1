//! `kvcert get`: from the vault to files.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use kvcert::export::Exporter;
use kvcert::given::Given;
use kvcert::retrieve::{Retrieval, RetrieveError, RetrieveOptions, Verify, Wanted};
use kvcert::vault::VaultClient;
use kvcert::vault::address::{CertificateRef, Pasted, VaultUrl};

use super::show_receipt::{Report, tell};
use super::{input_flags, output_flags};
use crate::cli::{GetArgs, VerifyArg};
use crate::failure::output::print_failed;
use crate::failure::{Failure, Reason, unreachable, usage};
use crate::session::{self, Context, Session};

pub(super) async fn run(args: &GetArgs, context: &Context<'_>) -> Result<(), Failure> {
    let report = retrieve(args, &Session::new(context)?, context).await?;
    report
        .print(output_flags::is_stdout(&args.output), context.console)
        .map_err(print_failed)?;
    report.into_result()
}

/// Every certificate is tried; the report knows the worst failure.
pub(super) async fn retrieve(
    args: &GetArgs,
    session: &Session,
    context: &Context<'_>,
) -> Result<Report, Failure> {
    let exporter = Exporter::new(output_flags::options(&args.output, context)?)?;
    let wanted = wanted(args, session, context)?;
    wanted.check(args.resume, &exporter)?;
    let password = input_flags::password(&args.password, "the secret's PFX", context)?;
    let options = RetrieveOptions {
        verify: match args.verify {
            VerifyArg::Auto => Verify::Auto,
            VerifyArg::Require => Verify::Require,
            VerifyArg::Off => Verify::Off,
        },
        resume: args.resume,
        read: input_flags::read_options(password, &args.input),
    };
    let console = context.console.clone();
    let progress = console.progress("retrieved");
    let retrieval = Retrieval::new(wanted, options, exporter)?
        .on_event(Arc::new(move |event| tell(&event, &progress, &console)));
    // From here on a signal no longer ends the process: what is being written will be whole.
    let signal = Cell::new(Signal::Interrupt);
    let receipt = retrieval
        .run(async { signal.set(Signal::received(context.deadline).await) })
        .await?;
    let (is_interrupted, written) = (receipt.is_interrupted, receipt.certificates.len());
    let explain =
        |certificate: &str, error: RetrieveError| explain(certificate, error, signal.get());
    let report = Report::new(receipt, explain, context.console);
    if is_interrupted {
        return Ok(report.ended_early(signal.get().failure(written), context.console));
    }
    Ok(report)
}

/// One budget of calls for each vault.
fn wanted(args: &GetArgs, session: &Session, context: &Context<'_>) -> Result<Wanted, Failure> {
    let client = |vault: &VaultUrl| {
        let budget = args.rate.map_or(VaultClient::BUDGET, |rate| rate as usize);
        session.vault_at(vault).with_budget(budget)
    };
    let vaults = session.vaults();
    if args.all {
        return Ok(Wanted::all(vaults, client)?);
    }
    let names = match args.certificates.as_slice() {
        [] => session::named_with_vaults(context, &[])?,
        names => {
            return Ok(Wanted::named(&in_full(names, context)?, vaults, client)?);
        }
    };
    if names.is_empty() {
        return Err(usage::no_certificate());
    }
    let names: Vec<String> = names.iter().map(CertificateRef::identifier).collect();
    Ok(Wanted::named(&names, vaults, client)?)
}

/// The names, and those that name a vault without its domain as identifiers.
fn in_full(names: &[String], context: &Context<'_>) -> Result<Vec<String>, Failure> {
    let full = |name: &String| match Pasted::parse(name, context.cloud)? {
        None => Ok(name.clone()),
        Some(_) => Ok(CertificateRef::parse(name, context.cloud)?.identifier()),
    };
    names.iter().map(full).collect()
}

fn explain(certificate: &str, error: RetrieveError, signal: Signal) -> Failure {
    let failure = match error {
        error @ (RetrieveError::List { .. } | RetrieveError::NoMatch { .. }) => {
            return error.into();
        }
        RetrieveError::Interrupted => signal.failure_of_one(),
        error => error.into(),
    };
    failure.context(format!("cannot get {}", Given::from(certificate)))
}

/// Ctrl-C, SIGTERM or the deadline, for a run that is to end in good order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signal {
    Interrupt,
    Terminate,
    Deadline(Duration),
}

impl Signal {
    /// Waits for one. From the first call on, neither signal ends the process by itself.
    async fn received(deadline: Duration) -> Self {
        tokio::select! {
            signal = Self::of_the_system() => signal,
            () = tokio::time::sleep(deadline) => Self::Deadline(deadline),
        }
    }

    async fn of_the_system() -> Self {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            if let Ok(mut terminate) = signal(SignalKind::terminate()) {
                return tokio::select! {
                    () = interrupt() => Self::Interrupt,
                    _ = terminate.recv() => Self::Terminate,
                };
            }
        }
        interrupt().await;
        Self::Interrupt
    }

    fn failure(self, written: usize) -> Failure {
        match written {
            0 => self.failure_of_one(),
            1 => self.went_on("1 certificate"),
            many => self.went_on(&format!("{many} certificates")),
        }
    }

    fn went_on(self, written: &str) -> Failure {
        self.ended(&format!("; {written} written"))
            .with_hint("run the same command with `--resume` to continue")
    }

    /// Where nothing has been written.
    fn failure_of_one(self) -> Failure {
        self.ended("; nothing was written")
            .with_hint("run it again")
    }

    fn ended(self, what: &str) -> Failure {
        let reason = match self {
            Self::Interrupt => Reason::Interrupted,
            Self::Terminate => Reason::Terminated,
            Self::Deadline(limit) => return unreachable::deadline_passed(limit, what),
        };
        Failure::message(reason, format!("{} early{what}", reason.name()))
    }
}

async fn interrupt() {
    if tokio::signal::ctrl_c().await.is_err() {
        // Then the signal still does what it does by default.
        std::future::pending::<()>().await;
    }
}
