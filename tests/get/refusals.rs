//! What the service said when it refused: every recorded challenge and error.

use serde_json::Value;

use crate::corpus::{Recording, challenge_of, each, kvcert, recordings};
use crate::support::replay::{Replay, Reply};
use crate::support::{self, Scratch, failure, run};

#[test]
fn every_recorded_error() {
    let Some(recordings) = recordings(&["http-error", "http-error-reported"]) else {
        return;
    };
    let done = each(&recordings, |recording, vault, folder| {
        let (code, output, errors) = kvcert(folder, vault, &["get", "some-name", "-o", "out"]);
        let error = failure(&errors);
        let found = (code, error["reason"].as_str().unwrap());
        let expected = expected(recording);
        assert_eq!(found, expected, "{}: {errors}", recording.file);
        assert!(!folder.join("out").exists());
        assert!(error["hint"].is_string(), "{errors}");
        let receipt: Value = serde_json::from_str(&output).unwrap();
        assert_eq!(receipt["failures"][0]["error"], error);
        if expected.1 != "disabled" {
            assert!(says(&error, recording), "{}: {errors}", recording.file);
        }
        let (listed, _, errors) = kvcert(folder, vault, &["list"]);
        assert_eq!(
            (listed, &failure(&errors)["reason"]),
            (code, &error["reason"])
        );
    });
    support::say(&format!(
        "{} recorded errors, each for get and for list",
        done.len()
    ));
}

#[test]
fn every_recorded_challenge() {
    let Some(recordings) = recordings(&["http-challenge"]) else {
        return;
    };
    for recording in &recordings {
        let header = recording.header("www-authenticate").unwrap().to_owned();
        let challenge = recording.reply().header("WWW-Authenticate", &header);
        let server = Replay::start(move |_| challenge.clone());
        let folder = Scratch::new();
        let (code, _, errors) = run(&mut server.kvcert(folder.path(), &["get", "web"]));
        let reason = failure(&errors)["reason"].clone();
        assert_eq!((code, reason), (4, "challenge-refused".into()), "{header}");
        assert!(!server.got_a_token());

        let server = Replay::start(move |seen| match seen.authorization {
            None => challenge_of(&seen.host, &header),
            Some(_) => Reply::refusal(409, "Conflict", None),
        });
        let (code, _, errors) = run(&mut server.kvcert(folder.path(), &["get", "web"]));
        assert_eq!(code, 6, "{errors}");
        assert_eq!(server.seen().len(), 2);
    }
    support::say(&format!("{} recorded challenges", recordings.len()));
}

/// Exit code and reason, by the status and codes that the service documents.
fn expected(recording: &Recording) -> (i32, &'static str) {
    let body: Value = serde_json::from_str(recording.body()).unwrap_or_default();
    let inner = body["error"]["innererror"]["code"].as_str();
    match (recording.status(), inner) {
        (400, _) if !body["error"].is_null() => (2, "rejected"),
        (401, _) => (4, "token-refused"),
        (403, Some("SecretDisabled")) => (3, "disabled"),
        (403, Some("AccessDenied")) => (5, "access-denied"),
        (403, Some("ForbiddenByRbac")) => (5, "forbidden-by-rbac"),
        (403, Some("ForbiddenByPolicy")) => (5, "forbidden-by-policy"),
        (403, Some("ForbiddenByFirewall")) => (5, "forbidden-by-firewall"),
        (403, Some("ForbiddenByConnection")) => (5, "forbidden-by-connection"),
        (403, _) if body["error"].is_null() => (5, "forbidden-by-proxy"),
        (403, _) => (5, "forbidden"),
        (404, _) => (3, "not-found"),
        (409, Some("ObjectIsDeletedButRecoverable")) => (3, "deleted"),
        (409, _) => (6, "conflict"),
        (500.., _) => (6, "service-failed"),
        _ => (6, "unexpected-reply"),
    }
}

/// Whether the failure has the service's own words; of a body that is no JSON, its type.
fn says(error: &Value, recording: &Recording) -> bool {
    let body: Value = serde_json::from_str(recording.body()).unwrap_or_default();
    let words = match body["error"]["message"].as_str() {
        Some(message) => message.split_whitespace().collect::<Vec<_>>().join(" "),
        None => recording
            .header("content-type")
            .unwrap_or_default()
            .to_owned(),
    };
    let start: String = words.chars().take(60).collect();
    error
        .to_string()
        .contains(serde_json::to_string(&start).unwrap().trim_matches('"'))
}
