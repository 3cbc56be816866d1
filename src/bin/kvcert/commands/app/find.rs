//! Which application is meant.

use kvcert::graph::{Application, Call, GraphError};

use super::app_session::AppSession;
use super::steps::Steps;
use crate::failure::{Failure, graph};

/// The word that kvcert leaves on an application: which certificate it is for. An application
/// that someone else called the same is not taken for it.
pub(super) fn tag(session: &AppSession<'_>) -> String {
    let (vault, name) = (session.target.client.vault(), &session.target.name);
    let name = name.as_str().to_ascii_lowercase();
    format!("kvcert:{}/certificates/{name}", vault.host_and_port())
}

/// The application that `--app` names, or that kvcert registered under `display_name` for this
/// certificate; with its certificates.
pub(super) async fn application(
    app: Option<&str>,
    display_name: &str,
    session: &AppSession<'_>,
    steps: &Steps<'_>,
) -> Result<Option<Application>, Failure> {
    let found = match app {
        Some(app_id) if is_guid(app_id) => match steps.read(&Call::application(app_id)).await {
            Ok(found) => Some(found),
            Err(GraphError::NotFound { .. }) => return Err(graph::no_such_application(app_id)),
            Err(error) => return Err(cannot_read(error)),
        },
        Some(name) => Some(
            only(called(name, session).await?, name)?
                .ok_or_else(|| graph::no_such_application(name))?,
        ),
        None => {
            let all = called(display_name, session).await?;
            let tag = tag(session);
            let is_ours = |app: &Application| app.tags.contains(&tag);
            let (ours, others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_ours);
            if let (true, Some(other)) = (ours.is_empty(), others.first()) {
                return Err(graph::name_taken(other));
            }
            only(ours, display_name)?
        }
    };
    let Some(found) = found else {
        return Ok(None);
    };
    steps
        .await_read(&Call::application_keys(&found.id))
        .await
        .map(Some)
}

async fn called(name: &str, session: &AppSession<'_>) -> Result<Vec<Application>, Failure> {
    let call = Call::applications_called(name);
    session.graph.list(&call).await.map_err(cannot_read)
}

fn only(mut all: Vec<Application>, name: &str) -> Result<Option<Application>, Failure> {
    if all.len() <= 1 {
        return Ok(all.pop());
    }
    let ids: Vec<&str> = all.iter().map(|app| app.app_id.as_str()).collect();
    Err(graph::ambiguous(name, &ids))
}

/// The one that `rotate` and `show` are about must be there.
pub(super) fn must_be_there(
    found: Option<Application>,
    session: &AppSession<'_>,
) -> Result<Application, Failure> {
    found.ok_or_else(|| graph::none_registered(&session.target.name))
}

fn cannot_read(error: GraphError) -> Failure {
    Failure::from(error).context("cannot look for the application")
}

fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12]
        && parts
            .iter()
            .all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::is_guid;

    #[test]
    fn client_ids_and_names() {
        assert!(is_guid("29232cdf-9323-42fd-ade2-1d097af3e4de"));
        for name in [
            "mailbot",
            "",
            "29232cdf-9323-42fd-ade2",
            "29232cdf932342fdade21d097af3e4de",
        ] {
            assert!(!is_guid(name), "{name}");
        }
    }
}
