//! Bodies that are broken on the way.

use std::time::{Duration, Instant};

use crate::lists::bounded;
use crate::support::replay::{Replay, Reply};
use crate::support::{Scratch, failure, run};
use crate::{VERSION, accepted, good, refused, refused_with};

#[test]
fn an_endless_body_is_cut_off() {
    let server = Replay::script(vec![Reply::endless()]);
    let folder = Scratch::new();
    let command = server.kvcert(folder.path(), &["get", "web", "-o", "out"]);
    let (code, _, errors) = run(&mut bounded(&command));
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (6, &"broken-reply".into()),
        "{errors}"
    );
    assert!(!folder.join("out").exists());
    refused(&Replay::start(|_| Reply::endless()), 6, "broken-reply");
}

#[test]
fn a_body_that_is_announced_as_huge_is_not_waited_for() {
    let server = Replay::script(vec![Reply::json(good()).announcing(10_000_000_000)]);
    let error = refused(&server, 6, "broken-reply");
    assert!(error.to_string().contains("longer than"), "{error}");
}

#[test]
fn slowness_ends_at_the_timeout() {
    let slow = Replay::script(vec![Reply::slow()]);
    let silent = Replay::start(|_| {
        std::thread::sleep(Duration::from_secs(60));
        Reply::json(good())
    });
    for server in [slow, silent] {
        let start = Instant::now();
        refused_with(&server, &["--timeout", "1"], 6, "timed-out");
        let elapsed = start.elapsed();
        assert!(elapsed > Duration::from_millis(900), "{elapsed:?}");
        assert!(elapsed < Duration::from_secs(5), "{elapsed:?}");
    }
}

#[test]
fn a_wrong_length() {
    let body = good().to_string();
    let long = Reply::json(good()).announcing(body.len() + 1);
    refused(&Replay::script(vec![long]), 6, "broken-reply");
    let half = Reply::new(200, &body[..body.len() / 2]).announcing(body.len());
    refused(&Replay::script(vec![half]), 6, "broken-reply");
    let short = Reply::json(good()).announcing(body.len() / 2);
    refused(&Replay::script(vec![short]), 6, "unexpected-reply");
    refused(
        &Replay::script(vec![Reply::new(200, "").announcing(1)]),
        6,
        "broken-reply",
    );
}

#[test]
fn a_head_without_end() {
    let reply = Reply::json(good()).header("X-Filler", &"x".repeat(2_000_000));
    refused(&Replay::script(vec![reply]), 6, "broken-reply");
}

#[test]
fn compression_that_was_not_asked_for_is_not_undone() {
    // 10 MB of zeros in gzip, by hand: one stored block would do for a test, but a bomb it is.
    let bomb = gzip_of_zeros();
    for encoding in ["gzip", "deflate", "br", "zstd"] {
        let reply = Reply::new(200, bomb.clone()).header("Content-Encoding", encoding);
        let server = Replay::script(vec![reply]);
        let folder = Scratch::new();
        let command = server.kvcert(folder.path(), &["get", "web", "-o", "out"]);
        let (code, _, errors) = run(&mut bounded(&command));
        assert_eq!(
            (code, &failure(&errors)["reason"]),
            (6, &"unexpected-reply".into())
        );
    }
}

#[test]
fn bytes_that_are_no_json() {
    let id = format!("\"id\": \"https://x.vault.localhost/secrets/web/{VERSION}\"");
    let whole = good().to_string();
    let bodies: [Vec<u8>; 10] = [
        Vec::new(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"\"web\"".to_vec(),
        b"<html><body>Sign in to the hotel network</body></html>".to_vec(),
        [b"{\"value\": \"\xff\xfe\", ", id.as_bytes(), b"}"].concat(),
        // Not even where nobody reads it.
        [
            &whole.as_bytes()[..whole.len() - 1],
            b", \"tags\": {\"a\": \"\xff\"}}",
        ]
        .concat(),
        format!("{{\"value\": \"\\ud800\", {id}}}").into_bytes(),
        format!("{{\"value\": 5, {id}}}").into_bytes(),
        [vec![b'['; 900_000], vec![b']'; 900_000]].concat()[..1_000_000].to_vec(),
    ];
    for body in bodies {
        refused(
            &Replay::script(vec![Reply::new(200, body)]),
            6,
            "unexpected-reply",
        );
    }
}

#[test]
fn a_key_that_stands_there_twice() {
    let body = good().to_string();
    let first = body.strip_suffix('}').unwrap();
    for repeated in ["\"value\":\"x\"", "\"id\":\"x\"", "\"attributes\":{}"] {
        let body = format!("{first},{repeated}}}");
        refused(
            &Replay::script(vec![Reply::new(200, body)]),
            6,
            "unexpected-reply",
        );
    }
}

#[test]
fn depth_in_a_field_that_nobody_reads() {
    let body = good().to_string();
    let first = body.strip_suffix('}').unwrap();
    let (open, close) = ("[".repeat(400_000), "]".repeat(400_000));
    let body = format!("{first},\"tags\":{open}{close}}}");
    accepted(&Replay::script(vec![Reply::new(200, body)]));
}

/// A gzip file of a megabyte of zeros, as `gzip -9` makes it.
fn gzip_of_zeros() -> Vec<u8> {
    let zeros = Scratch::new();
    let file = zeros.join("zeros");
    std::fs::write(&file, vec![0; 10_000_000]).unwrap();
    let mut gzip = std::process::Command::new("gzip");
    let output = gzip.args(["-9", "-c"]).arg(&file).output().unwrap();
    assert!(output.stdout.starts_with(b"\x1f\x8b") && output.stdout.len() < 100_000);
    output.stdout
}
