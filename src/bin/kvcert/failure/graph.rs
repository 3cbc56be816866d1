//! What to do about Graph's refusals.

use kvcert::graph::GraphError;

use super::{Failure, Reason};

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        let (reason, hint) = match error {
            GraphError::Unreachable { host, source } => {
                let failure = Self::from_unreachable(&source);
                let error = anyhow::Error::new(source)
                    .context(format!("cannot reach Microsoft Graph at {host}"));
                return Self { error, ..failure };
            }
            GraphError::SignIn(error) => {
                return Self::from(error).context("cannot sign in to Microsoft Graph");
            }
            GraphError::Denied { permission, .. } => {
                let hint = format!("have an administrator grant this caller `{permission}`");
                return Self::new(Reason::DeniedByGraph, error).with_hint(hint);
            }
            GraphError::Unauthorized { .. } => (
                Reason::TokenRefused,
                "the token must be for `https://graph.microsoft.com`, and not expired",
            ),
            GraphError::NotFound { .. } => (
                Reason::NotFound,
                "check `--app` and `--tenant`; what is new takes some seconds to be known",
            ),
            GraphError::Refused { status: 429, .. } => {
                (Reason::Throttled, "wait a minute, then try again")
            }
            GraphError::Refused { status: 500.., .. } => (
                Reason::ServiceFailed,
                "try again; if it stays, look at the Azure status page",
            ),
            _ => (
                Reason::RefusedByGraph,
                "look at what Graph says; `--dry-run` shows the calls",
            ),
        };
        Self::new(reason, error).with_hint(hint)
    }
}
