//! Microsoft Graph's refusals, and what to do.

use std::fmt;

use kvcert::given::Given;
use kvcert::graph::{Application, GraphError};
use kvcert::vault::address::ObjectName;
use kvcert_pki::key::PublicKey;
use kvcert_pki::text::excerpt;
use kvcert_pki::validity::Validity;

use super::unreachable::Target;
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
            GraphError::Unreachable { ref source, .. } => {
                let (reason, hint) = unreachable::advice(source, Target::Graph);
                return Self::new(reason, error).with_hint(hint);
            }
            GraphError::Unauthorized { .. } => (
                Reason::TokenRefused,
                "get a new token for `https://graph.microsoft.com`",
            ),
            GraphError::NotFound { .. } => (
                Reason::NotFound,
                "check `--app` and `--tenant`; new objects take some seconds to appear",
            ),
            GraphError::Refused { status, .. } => {
                unreachable::refused_for_now(status).unwrap_or(REFUSED)
            }
            GraphError::Unexpected { .. } => REFUSED,
        };
        Self::new(reason, error).with_hint(hint)
    }
}

const REFUSED: (Reason, &str) = (
    Reason::RefusedByGraph,
    "read Graph's message above; `--dry-run` shows the calls",
);

pub(crate) fn ambiguous(name: &str, ids: &[&str]) -> Failure {
    let ids = ids.join(", ");
    let name = Given::from(name);
    let message = format!("several applications are called {name}: {ids}");
    Failure::message(Reason::Ambiguous, message)
        .with_hint("choose one by its client id: `--app CLIENT-ID`")
}

/// An application of this name exists, and does not have the certificate.
pub(crate) fn name_taken(other: &Application) -> Failure {
    let shown = excerpt(&other.display_name, 120);
    let id = &other.app_id;
    let message = format!("an application called `{shown}` ({id}) exists without this certificate");
    Failure::message(Reason::NameTaken, message).with_hint(format!(
        "use that one with `--app {id}`, or register another with `app create --display-name NAME`"
    ))
}

pub(crate) fn no_such_application(app: &str) -> Failure {
    let shown = Given::from(app);
    let message = format!("application {shown} not found in this tenant");
    Failure::message(Reason::NoSuchApplication, message)
        .with_hint("give `--app` a client id or a display name; check `--tenant`")
}

pub(crate) fn none_registered(certificate: &ObjectName) -> Failure {
    let message = format!("no application is registered for the certificate `{certificate}`");
    Failure::message(Reason::NoSuchApplication, message).with_hint(format!(
        "name it with `--app`, or register one: `kvcert app create {certificate} --for exchange`"
    ))
}

pub(crate) fn not_registered(app: &Application, certificate: &ObjectName) -> Failure {
    let shown = excerpt(&app.display_name, 120);
    let message = format!("the application `{shown}` has no certificate of `{certificate}`");
    let id = &app.app_id;
    Failure::message(Reason::NotRegistered, message).with_hint(format!(
        "register it first: `kvcert app create {certificate} --for exchange --app {id}`"
    ))
}

/// The tenant has no service principal for the API called `api`.
pub(crate) fn no_such_api(api: &str, error: GraphError) -> Failure {
    Failure::new(Reason::NoSuchApi, error)
        .context(format!("this tenant has no {api}"))
        .with_hint("get a license for it: the first Exchange Online license adds it to the tenant")
}

pub(crate) fn changed_meanwhile() -> Failure {
    let message = "the new certificate is no longer registered; nothing was removed";
    Failure::message(Reason::Conflict, message)
        .with_hint("someone else changed the application at the same time; run it again")
}

pub(crate) fn invalid_address(graph: &str, problem: impl fmt::Display) -> Failure {
    let graph = Given::from(graph);
    let message = format!("{graph} is not a valid address of Microsoft Graph: {problem}");
    Failure::message(Reason::InvalidAddress, message)
        .with_hint("check `--cloud`, or the dev vault that announced it")
}

/// Entra signs applications in with RSA keys only.
pub(crate) fn not_rsa(key: &PublicKey) -> Failure {
    let message = format!("its key is {key}; Entra accepts RSA keys only");
    Failure::message(Reason::UnfitCertificate, message)
        .with_hint("create one with an RSA key: `kvcert create NAME`")
}

pub(crate) fn certificate_expired(validity: &Validity) -> Failure {
    Failure::message(Reason::Expired, format!("it {}", validity.sentence()))
        .with_hint("create a new version: `kvcert create NAME --new-version`")
}
