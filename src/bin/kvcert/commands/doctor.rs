//! `kvcert doctor`: the way to a vault, rung by rung.

mod ladder;

use kvcert::vault::address::CertificateRef;
use ladder::Ladder;
use serde::Serialize;

use super::{Context, print_failed};
use crate::cli::DoctorArgs;
use crate::failure::{Failure, FailureJson};
use crate::session::Session;

/// Climbs as far as it goes. The exit code is that of the rung that failed.
pub(super) async fn run(args: &DoctorArgs, context: &Context<'_>) -> Result<(), Failure> {
    let certificate: Option<CertificateRef> =
        args.certificate.as_deref().map(str::parse).transpose()?;
    let named = certificate.as_ref().and_then(|it| it.vault.as_ref());
    let session = Session::new(context)?;
    let client = session.vault(named)?;
    let mut report = Report {
        vault: client.vault().to_string(),
        rungs: Vec::new(),
        stopped_at: None,
    };
    let failed = Ladder::new(&client, context)
        .climb(certificate.as_ref(), &mut |rung| {
            if !context.console.is_json() {
                context
                    .console
                    .result(&rung.to_text())
                    .map_err(print_failed)?;
            }
            report.rungs.push(rung);
            Ok(())
        })
        .await?;
    report.stopped_at = failed.as_ref().map(|(name, _)| *name);
    if context.console.is_json() {
        context.console.json(&report).map_err(print_failed)?;
    }
    match failed {
        Some((name, failure)) => Err(failure.context(format!("stopped at: {name}"))),
        None => Ok(()),
    }
}

/// The whole way, in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    vault: String,
    rungs: Vec<Rung>,
    /// The first rung that failed.
    stopped_at: Option<&'static str>,
}

/// One step and what became of it.
#[derive(Serialize)]
struct Rung {
    name: &'static str,
    outcome: Outcome,
    detail: String,
    milliseconds: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FailureJson>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Ok,
    Failed,
    Skipped,
}

impl Rung {
    fn to_text(&self) -> String {
        let sign = match self.outcome {
            Outcome::Ok => "ok",
            Outcome::Failed => "FAILED",
            Outcome::Skipped => "-",
        };
        let (name, detail, took) = (self.name, &self.detail, self.milliseconds);
        format!("{sign:<6}  {name:<9}  {took:>5} ms  {detail}\n")
    }
}
