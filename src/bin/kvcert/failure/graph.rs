//! What to do about Graph's refusals.

use kvcert::graph::GraphError;

use super::{Failure, Kind};

impl From<GraphError> for Failure {
    fn from(error: GraphError) -> Self {
        let (kind, reason, hint) = match error {
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
                return Self::new(Kind::Forbidden, "denied-by-graph", error).with_hint(hint);
            }
            GraphError::Unauthorized { .. } => (
                Kind::SignIn,
                "token-refused",
                "the token must be for `https://graph.microsoft.com`, and not expired",
            ),
            GraphError::NotFound { .. } => (
                Kind::NotFound,
                "not-found",
                "check `--app` and `--tenant`; what is new takes some seconds to be known",
            ),
            GraphError::Refused { status: 429, .. } => (
                Kind::Unavailable,
                "throttled",
                "wait a minute, then try again",
            ),
            GraphError::Refused { status: 500.., .. } => (
                Kind::Unavailable,
                "service-failed",
                "try again; if it stays, look at the Azure status page",
            ),
            _ => (
                Kind::Unavailable,
                "refused-by-graph",
                "look at what Graph says; `--dry-run` shows the calls",
            ),
        };
        Self::new(kind, reason, error).with_hint(hint)
    }
}
