//! Microsoft Graph's refusals, and what to do.

use kvcert::graph::GraphError;

use super::{Failure, Reason, unreachable};

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        let (reason, hint) = match error {
            GraphError::SignIn(error) => {
                return Self::from(error).context("cannot sign in to Microsoft Graph");
            }
            GraphError::Denied { permission, .. } => {
                let hint = format!("ask an administrator to grant `{permission}` to this caller");
                return Self::new(Reason::DeniedByGraph, error).with_hint(hint);
            }
            GraphError::Unreachable { ref source, .. } => unreachable::advice(source),
            GraphError::Unauthorized { .. } => (
                Reason::TokenRefused,
                "get a new token for `https://graph.microsoft.com`",
            ),
            GraphError::NotFound { .. } => (
                Reason::NotFound,
                "check `--app` and `--tenant`; new objects take some seconds to appear",
            ),
            GraphError::Refused { status: 429, .. } => {
                (Reason::Throttled, "wait a minute, then run it again")
            }
            GraphError::Refused { status: 500.., .. } => {
                (Reason::ServiceFailed, unreachable::SERVICE_FAILED)
            }
            GraphError::Refused { .. } | GraphError::Nonsense { .. } => (
                Reason::RefusedByGraph,
                "read Graph's message above; `--dry-run` shows the calls",
            ),
        };
        Self::new(reason, error).with_hint(hint)
    }
}
