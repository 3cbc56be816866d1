//! `kvcert doctor`: where the way to a vault ends, step by step.

use std::time::Duration;

use kvcert::diagnosis::{Fact, Finding, Options, Outcome, Step, diagnose};
use kvcert::vault::address::CertificateRef;
use kvcert_pki::validity::rfc3339;
use serde::Serialize;

use crate::cli::DoctorArgs;
use crate::console::Console;
use crate::failure::output::print_failed;
use crate::failure::{Failure, FailureJson, Reason};
use crate::session::{Context, Session};

/// Goes as far as it can. The exit code is that of the first step that failed.
pub(super) async fn run(args: &DoctorArgs, context: &Context<'_>) -> Result<(), Failure> {
    let options = Options {
        certificate: (args.certificate.as_deref())
            .map(|text| CertificateRef::parse(text, context.cloud))
            .transpose()?,
        patience: context.global.timeout.map(|seconds| {
            let seconds = seconds.min(PATIENCE);
            Duration::from_secs(seconds)
        }),
        has_proxy: ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
            .into_iter()
            .any(|name| context.environment.get(name).is_some()),
    };
    let named = options
        .certificate
        .as_ref()
        .and_then(|it| it.vault.as_ref());
    let client = Session::new(context)?.vault(named)?;
    let mut report = Report {
        vault: client.vault().to_string(),
        rungs: Vec::new(),
        stopped_at: None,
    };
    let (mut first_failure, mut printed) = (None, Ok(()));
    diagnose(&client, &options, &mut |finding| {
        let (rung, failure) = Rung::new(client.vault().host(), finding, context.console);
        if printed.is_ok() && !context.console.is_json() {
            printed = context.console.result(&rung.to_text());
        }
        if first_failure.is_none() {
            first_failure = failure.map(|failure| (rung.name, failure));
        }
        report.rungs.push(rung);
    })
    .await;
    printed.map_err(print_failed)?;
    report.stopped_at = first_failure.as_ref().map(|(name, _)| *name);
    if context.console.is_json() {
        context.console.json(&report).map_err(print_failed)?;
    }
    match first_failure {
        Some((name, failure)) => Err(failure.context(format!("failed at: {name}"))),
        None => Ok(()),
    }
}

/// The whole way, in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report {
    vault: String,
    rungs: Vec<Rung>,
    /// The first step that failed.
    stopped_at: Option<&'static str>,
}

/// One step and what became of it.
#[derive(Serialize)]
struct Rung {
    name: &'static str,
    outcome: &'static str,
    detail: String,
    milliseconds: u128,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<FailureJson>,
}

impl Rung {
    fn new(host: &str, finding: Finding, console: &Console) -> (Self, Option<Failure>) {
        let (outcome, detail, failure) = match finding.outcome {
            Outcome::Passed(fact) => ("ok", describe(host, &fact), None),
            Outcome::Skipped => ("skipped", why_skipped(finding.step).to_owned(), None),
            Outcome::Failed(error) => {
                let failure = Failure::from(error);
                ("failed", last_cause(&failure), Some(failure))
            }
        };
        let rung = Self {
            name: finding.step.name(),
            outcome,
            detail,
            milliseconds: finding.elapsed.as_millis(),
            error: (failure.as_ref()).map(|failure| console.failure_json(failure)),
        };
        (rung, failure)
    }

    fn to_text(&self) -> String {
        let sign = match self.outcome {
            "ok" => "ok",
            "failed" => "FAILED",
            _ => "-",
        };
        let (name, detail, took) = (self.name, &self.detail, self.milliseconds);
        format!("{sign:<6}  {name:<9}  {took:>5} ms  {detail}\n")
    }
}

fn describe(host: &str, fact: &Fact) -> String {
    match fact {
        Fact::Resolved(addresses) => {
            let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            format!("{host} is {}", addresses.join(", "))
        }
        Fact::Connected(address) => format!("connected to {address}"),
        Fact::Trusted => String::from("the server's certificate is trusted"),
        Fact::Greeted(greeting) => {
            let mut text = format!("wants a token for {}", greeting.resource);
            if let Some(tenant) = &greeting.tenant {
                text += &format!(", tenant {tenant}");
            }
            if let Some(ahead) = greeting.clock_ahead {
                text += &format!("; this machine's clock is off by {ahead} s");
            }
            text
        }
        Fact::SignedIn(way) => format!("got a token by: {}", way.unwrap_or("token")),
        Fact::Listed { count, has_more } => {
            let more = if *has_more { " and more" } else { "" };
            format!("{count} certificates{more}")
        }
        Fact::Read { label, not_after } => {
            let end = rfc3339(*not_after);
            format!("`{label}` with its private key, valid until {end}")
        }
    }
}

fn why_skipped(step: Step) -> &'static str {
    match step {
        Step::Get => "name a certificate to try this too",
        _ => "requests go through a proxy",
    }
}

/// The last cause says most, but where several ways failed each for its own: then it is the first.
fn last_cause(failure: &Failure) -> String {
    match failure.reason {
        Reason::NoCredential => failure.error.to_string(),
        _ => failure.error.root_cause().to_string(),
    }
}

/// Seconds for one step.
const PATIENCE: u64 = 10;
