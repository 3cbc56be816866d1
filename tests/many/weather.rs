//! Throttling and failures in between.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::support::replay::Reply;
use crate::support::{Scratch, failure};
use crate::vault::{self, count, good, got, name};

#[test]
fn throttled_calls_are_sent_again_when_the_service_said() {
    let refused = AtomicUsize::new(0);
    let server = vault::vault(100, move |seen| {
        let is_early = seen.path.contains("/c003") && refused.fetch_add(1, Ordering::Relaxed) < 5;
        is_early
            .then(|| Reply::refusal(429, "Throttled", None).header("x-ms-retry-after-ms", "300"))
    });
    let (folder, start) = (Scratch::new(), Instant::now());
    let got = got(&server, &folder, &["--all"]);
    assert_eq!((got.code, got.names().len()), (0, 100), "{}", got.errors);
    assert_eq!(count(&server, "/secrets"), 105);
    assert!(start.elapsed() >= Duration::from_millis(300));
}

/// A vault that asks to wait for longer than 30 seconds is left alone: what was fetched is written, the
/// rest is not asked for.
#[test]
fn a_vault_that_asks_for_a_long_wait_is_left_alone() {
    for header in [("Retry-After", "31"), ("x-ms-retry-after-ms", "3600000")] {
        let server = vault::vault(500, move |seen| {
            let number = seen.path.strip_prefix("/secrets/c")?;
            let is_late = number.parse::<usize>().unwrap() >= 40;
            let refusal = || Reply::refusal(429, "Throttled", None).header(header.0, header.1);
            is_late.then(refusal)
        });
        let (folder, start) = (Scratch::new(), Instant::now());
        let got = got(&server, &folder, &["--all"]);
        assert!(start.elapsed() < Duration::from_secs(20));
        let error = failure(&got.errors);
        assert_eq!(
            (got.code, &error["reason"]),
            (6, &"throttled".into()),
            "{}",
            got.errors
        );
        let written = got.names().len();
        assert!(0 < written && written <= 40, "{written}");
        // Those that were on their way when the first answer came, and no more.
        let asked = count(&server, "/secrets");
        assert!(asked < 200, "{asked}");
    }
}

#[test]
fn throttled_without_a_word_about_time() {
    let refused = AtomicUsize::new(0);
    let server = vault::vault(30, move |seen| {
        let is_early =
            seen.path.contains("/secrets") && refused.fetch_add(1, Ordering::Relaxed) < 3;
        is_early.then(|| Reply::refusal(429, "Throttled", None))
    });
    let (folder, start) = (Scratch::new(), Instant::now());
    let got = got(&server, &folder, &["--all"]);
    assert_eq!((got.code, got.names().len()), (0, 30), "{}", got.errors);
    let elapsed = start.elapsed();
    assert!(elapsed > Duration::from_millis(900) && elapsed < Duration::from_secs(10));
}

#[test]
fn a_lower_rate_holds() {
    let (server, folder) = (good(12), Scratch::new());
    let start = Instant::now();
    let got = got(&server, &folder, &["--all", "--rate", "10"]);
    assert_eq!((got.code, got.names().len()), (0, 12), "{}", got.errors);
    // The one without a token, the page and twelve secrets: four have to wait.
    assert!(start.elapsed() >= Duration::from_secs(10));
}

#[test]
fn what_fails_is_named_and_the_worst_decides() {
    let server = vault::vault(40, |seen| match seen.path.as_str() {
        "/secrets/c0010" => Some(Reply::refusal(404, "SecretNotFound", None)),
        "/secrets/c0020" => Some(Reply::new(200, "{\"value\": 1}")),
        "/secrets/c0030" => {
            let id = format!("https://x.vault.localhost/secrets/c0030/{}", vault::VERSION);
            let secret = serde_json::json!({"id": id, "value": "what is this", "managed": true});
            Some(Reply::json(secret))
        }
        _ => None,
    });
    let folder = Scratch::new();
    let got = got(&server, &folder, &["--all"]);
    assert_eq!(got.code, 7, "{}", got.errors);
    assert_eq!(got.names().len(), 37);
    assert_eq!(got.all("failures", "certificate"), [10, 20, 30].map(name));
    assert_eq!(failure(&got.errors)["kind"], "content");
    assert!(!folder.join("out/c0030.crt").exists());
}

#[test]
fn an_answer_that_broke_off_is_asked_for_once_more() {
    let broken = AtomicUsize::new(0);
    let server = vault::vault(60, move |seen| {
        let half = Reply::new(200, "{\"value\":").announcing(5000);
        let is_early = seen.path.contains("/c001") && broken.fetch_add(1, Ordering::Relaxed) < 4;
        is_early.then_some(half)
    });
    let folder = Scratch::new();
    let found = got(&server, &folder, &["--all"]);
    assert_eq!(
        (found.code, found.names().len()),
        (0, 60),
        "{}",
        found.errors
    );

    let server = vault::vault(3, |seen| {
        let half = Reply::new(200, "{\"value\":").announcing(5000);
        (seen.path == "/secrets/c0001").then_some(half)
    });
    let found = got(&server, &Scratch::new(), &["--all"]);
    assert_eq!(
        (found.code, found.names().len()),
        (6, 2),
        "{}",
        found.errors
    );
    assert_eq!(count(&server, "/secrets/c0001"), 2);
}

/// The certificates of a page that leads astray are got all the same; the token goes nowhere else.
#[test]
fn a_list_that_leads_astray_ends_where_it_does() {
    let other = good(50);
    // `{}` is this vault's own host.
    let elsewhere = format!("https://other.vault.localhost:{}/certificates", other.port);
    for (link, words) in [
        (elsewhere.as_str(), "another host"),
        (
            "https://{}/certificates?api-version=7.4&skip=0",
            "leads back",
        ),
        ("no link", "is not a URL"),
    ] {
        let link = link.to_owned();
        let server = vault::vault(25, move |seen| {
            let body = vault::list(seen, 25, |_| Some(link.replace("{}", &seen.host)));
            (seen.path == "/certificates").then(|| Reply::json(body))
        });
        let folder = Scratch::new();
        let found = got(&server, &folder, &["--all"]);
        assert_eq!(
            (found.code, found.names().len()),
            (6, 25),
            "{}",
            found.errors
        );
        assert_eq!(failure(&found.errors)["reason"], "unexpected-reply");
        assert!(found.errors.contains(words), "{words}: {}", found.errors);
        assert!(count(&server, "/certificates") <= 2);
    }
    assert!(other.seen().is_empty());
}
