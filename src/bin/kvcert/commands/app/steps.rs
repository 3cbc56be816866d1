//! [`Steps`]: what has to be so, is made so, or would be.

use std::time::Duration;

use kvcert::graph::{Call, GraphClient, GraphError};
use kvcert::polling::{PollError, Polling};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::wait::wait;
use crate::cli::WaitArgs;
use crate::failure::Failure;
use crate::session::Context;

/// Takes steps, and remembers them.
pub(super) struct Steps<'a> {
    graph: &'a GraphClient,
    context: &'a Context<'a>,
    dry_run: bool,
    limit: Duration,
    taken: Vec<Step>,
}

/// A step. The JSON field names are part of the contract.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    step: String,
    outcome: &'static str,
    /// What was sent, or would be; `null` if nothing had to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Value>,
}

impl<'a> Steps<'a> {
    pub(super) fn new(
        graph: &'a GraphClient,
        dry_run: bool,
        wait: &WaitArgs,
        context: &'a Context<'a>,
    ) -> Self {
        Self {
            graph,
            context,
            dry_run,
            limit: limit(wait),
            taken: Vec::new(),
        }
    }

    pub(super) fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    pub(super) fn into_taken(self) -> Vec<Step> {
        self.taken
    }

    /// Waits for something that takes its time.
    pub(super) async fn wait<T, E: Into<Failure>>(
        &self,
        what: &str,
        work: impl AsyncFnOnce(&Polling<'_>) -> Result<T, PollError<E>>,
    ) -> Result<T, Failure> {
        wait(what, self.limit, self.context, work).await
    }

    /// Notes that something is so already.
    pub(super) fn present(&mut self, step: String) {
        self.take(step, "present", None);
    }

    /// Notes that something was done otherwise than by a call to Graph, or would be.
    pub(super) fn did(&mut self, step: String) {
        let outcome = if self.dry_run { "planned" } else { "done" };
        self.take(step, outcome, None);
    }

    /// Reads something; what is new and not everywhere yet is waited for.
    pub(super) async fn read<T: DeserializeOwned>(&self, call: &Call) -> Result<T, GraphError> {
        self.graph.send(call).await
    }

    /// Reads something that is there, though perhaps not everywhere yet.
    pub(super) async fn await_read<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Failure> {
        let what = format!("{call} is known everywhere");
        let send = async |polling: &Polling<'_>| self.graph.send_until_found(call, polling).await;
        self.wait(&what, send).await
    }

    /// Reads a list; nothing while the object that it belongs to is not known everywhere.
    pub(super) async fn await_list<T: DeserializeOwned>(
        &self,
        call: &Call,
    ) -> Result<Vec<T>, GraphError> {
        match self.graph.list(call).await {
            Err(error) if error.may_be_too_early() => Ok(Vec::new()),
            result => result,
        }
    }

    /// Makes a change, or with `--dry-run` shows it. `None` if it was not made: a dry run, or
    /// someone was faster.
    pub(super) async fn change<T: DeserializeOwned>(
        &mut self,
        step: String,
        call: &Call,
    ) -> Result<Option<T>, Failure> {
        if self.dry_run {
            self.take(step, "planned", Some(call));
            return Ok(None);
        }
        let send = async |polling: &Polling<'_>| {
            let sent = self.graph.send_until_found(call, polling).await;
            match sent {
                Err(PollError::Failed(error)) if error.already_exists() => Ok(None),
                sent => sent.map(Some).map_err(|error| {
                    error.map(|error| Failure::from(error).context(format!("cannot {step}")))
                }),
            }
        };
        let answer = self.wait(&format!("Graph can {step}"), send).await?;
        let outcome = if answer.is_some() { "done" } else { "present" };
        let call = answer.is_some().then_some(call);
        self.take(step, outcome, call);
        Ok(answer)
    }

    fn take(&mut self, step: String, outcome: &'static str, call: Option<&Call>) {
        let console = self.context.console;
        let body = call
            .and_then(|call| call.body.clone())
            .filter(|_| self.dry_run);
        match (outcome, call) {
            ("planned", Some(call)) => {
                console.note(&format!("would {step}:\n  {call}"));
                if let Some(body) = &body {
                    console.note(&format!("  {body}"));
                }
            }
            ("planned", None) => console.note(&format!("would {step}")),
            ("present", _) => console.note(&format!("already done: {step}")),
            _ => console.note(&format!("done: {step}")),
        }
        self.taken.push(Step {
            step,
            outcome,
            call: call.map(ToString::to_string),
            body,
        });
    }
}

pub(super) fn limit(wait: &WaitArgs) -> Duration {
    if wait.no_wait {
        return Duration::ZERO;
    }
    wait.wait
}
