//! `--auth auto`: the order, what is skipped, what ends it.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::cloud::{Cloud, ends, fails, signs_in};
use crate::platforms::{OTHERS, at, imds, of_imds};
use crate::support::replay::{Replay, Reply};
use crate::tools::{az_gives_a_token, azd_gives_a_token};

const BASE: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";

/// The ways that the failure's causes name, in order.
fn tried(failure: &Value) -> Vec<&str> {
    let causes = failure["causes"].as_array().unwrap().iter();
    causes
        .map(|cause| cause.as_str().unwrap().split(": ").next().unwrap())
        .filter(|way| !way.starts_with("cannot ") && !way.starts_with("no way"))
        .collect()
}

#[test]
fn the_first_that_is_there_wins() {
    let (cloud, imds) = (Cloud::new(), imds());
    cloud.program("az", &az_gives_a_token());
    cloud.program("azd", &azd_gives_a_token());
    let token_file = cloud.folder.join("federated");
    std::fs::write(&token_file, "eyJ.federated.token").unwrap();

    let mut everything = cloud.application("auto");
    everything
        .env(BASE, at(&imds))
        .env("AZURE_CLIENT_SECRET", "a-secret-of-some-length")
        .env("AZURE_FEDERATED_TOKEN_FILE", &token_file);
    let said = signs_in(&mut everything, "environment");
    assert!(!said.contains("skipped"));
    signs_in(
        everything.env_remove("AZURE_CLIENT_SECRET"),
        "workload-identity",
    );
    // What came later in the order was not asked.
    assert!(imds.seen().is_empty());
    assert!(cloud.arguments("az").is_empty());

    let said = signs_in(
        everything.env_remove("AZURE_FEDERATED_TOKEN_FILE"),
        "managed-identity",
    );
    assert!(
        said.contains("environment: skipped: not set: AZURE_CLIENT_SECRET"),
        "{said}"
    );
    assert!(said.contains("workload-identity: skipped: not set: AZURE_FEDERATED_TOKEN_FILE"));
    // The probe, and the request.
    assert_eq!(imds.seen().len(), 2);
    assert!(cloud.arguments("az").is_empty());

    let said = signs_in(&mut cloud.kvcert("auto"), "azure-cli");
    assert!(
        said.contains("managed-identity: skipped: this is no machine of Azure"),
        "{said}"
    );
    assert!(cloud.arguments("azd").is_empty());

    let login = "echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1";
    cloud.program("az", login);
    let said = signs_in(&mut cloud.kvcert("auto"), "azd");
    assert!(
        said.contains("azure-cli: skipped: no one is signed in to `az`"),
        "{said}"
    );
    // A tool that fails leaves the next its turn.
    cloud.program("az", "echo 'something broke' >&2; exit 1");
    let said = signs_in(&mut cloud.kvcert("auto"), "azd");
    assert!(
        said.contains("azure-cli: failed: `az` failed: something broke"),
        "{said}"
    );
}

#[test]
fn all_that_was_tried_is_told_in_order() {
    let cloud = Cloud::new();
    let failure = fails(&mut cloud.kvcert("auto"), "no-credential");
    let order = [
        "environment",
        "workload-identity",
        "managed-identity",
        "azure-cli",
        "azd",
    ];
    assert_eq!(tried(&failure), order);
    for cause in failure["causes"].as_array().unwrap() {
        let cause = cause.as_str().unwrap();
        assert!(
            cause.contains(": skipped: ") || cause == "no way to sign in",
            "{cause}"
        );
    }
}

#[test]
fn what_was_deployed_and_fails_ends_the_chain() {
    let refusal = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided.\r\nTrace ID: x","error_codes":[7000215]}"#;
    let cloud = Cloud::with_entra(move |_| Reply::new(401, refusal));
    cloud.program("az", &az_gives_a_token());
    let mut command = cloud.application("auto");
    command.env("AZURE_CLIENT_SECRET", "a-secret-of-some-length");
    let failure = fails(&mut command, "wrong-secret");
    assert_eq!(tried(&failure), ["environment"]);
    assert!(failure["hint"].as_str().unwrap().contains("not its id"));

    let mut command = cloud.application("auto");
    command.env("AZURE_FEDERATED_TOKEN_FILE", cloud.folder.join("nothing"));
    let failure = fails(&mut command, "unreadable-file");
    assert_eq!(tried(&failure), ["environment", "workload-identity"]);

    let service = Replay::plain(|_| Reply::new(500, "{}"));
    let mut command = cloud.kvcert("auto");
    command
        .env("IDENTITY_ENDPOINT", at(&service))
        .env("IDENTITY_HEADER", "x");
    let failure = ends(&mut command, 6, "service-failed");
    assert_eq!(
        tried(&failure),
        ["environment", "workload-identity", "managed-identity"]
    );
    assert!(cloud.arguments("az").is_empty());
}

/// IMDS that is there but has no identity to give is as good as none.
#[test]
fn a_machine_without_an_identity_is_passed_over() {
    let cloud = Cloud::new();
    cloud.program("az", &az_gives_a_token());
    let imds = Replay::plain(|_| of_imds(400, "Identity not found"));
    let said = signs_in(cloud.kvcert("auto").env(BASE, at(&imds)), "azure-cli");
    assert!(
        said.contains("managed-identity: skipped: this machine has no identity"),
        "{said}"
    );
}

/// Other clouds have a service at the same address.
#[test]
fn another_clouds_metadata_service_is_passed_over() {
    let cloud = Cloud::new();
    cloud.program("az", &az_gives_a_token());
    for (status, body) in OTHERS {
        let other = Replay::plain(move |_| Reply::new(status, body));
        let started = Instant::now();
        let said = signs_in(cloud.kvcert("auto").env(BASE, at(&other)), "azure-cli");
        assert!(said.contains("is not IMDS"), "{said}");
        assert_eq!(other.seen().len(), 1);
        assert!(started.elapsed() < Duration::from_secs(5));
    }
}

/// What answers the probe as only IMDS does, or plays it without insisting on the header, is IMDS.
#[test]
fn imds_that_is_busy_or_played_is_there() {
    let cloud = Cloud::new();
    for status in [200, 410, 429] {
        let first = std::sync::atomic::AtomicBool::new(true);
        let imds = Replay::plain(move |_| {
            let is_first = first.swap(false, std::sync::atomic::Ordering::SeqCst);
            match (is_first, status) {
                (true, 410 | 429) => of_imds(status, "later"),
                _ => crate::cloud::identity_token(),
            }
        });
        signs_in(
            cloud.kvcert("auto").env(BASE, at(&imds)),
            "managed-identity",
        );
        assert_eq!(imds.seen().len(), 2);
    }
    let page = Replay::plain(|_| Reply::new(200, "<html>"));
    cloud.program("az", &az_gives_a_token());
    let said = signs_in(cloud.kvcert("auto").env(BASE, at(&page)), "azure-cli");
    assert!(said.contains("is not IMDS (HTTP 200)"), "{said}");
}

/// Something that takes a connection and never answers costs the probe's second, and no more.
#[test]
fn the_probe_ends() {
    let cloud = Cloud::new();
    cloud.program("az", &az_gives_a_token());
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", silent.local_addr().unwrap());
    let started = Instant::now();
    let said = signs_in(cloud.kvcert("auto").env(BASE, base), "azure-cli");
    assert!(said.contains("no answer in time"), "{said}");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn the_receipt_names_the_winner() {
    let cloud = crate::support::Scratch::new();
    let mut command = crate::support::dev::kvcert_by_environment(cloud.path());
    let (code, output, errors) = crate::support::run(command.args(["--json", "-v", "get", "web"]));
    assert_eq!(code, 0, "{errors}");
    let receipt: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(receipt["signIn"], "environment");
    assert!(errors.contains("signed in by environment"));
}
