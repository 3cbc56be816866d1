//! Managed identities: IMDS, App Service, Arc, Azure ML, Cloud Shell, Service Fabric.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cloud::{CLIENT, Cloud, asks_to_wait, ends, fails, identity_token, says, signs_in};
use crate::support::replay::{Replay, Reply};

const WAY: &str = "managed-identity";
const BASE: &str = "AZURE_POD_IDENTITY_AUTHORITY_HOST";

/// IMDS: refuses who does not say `Metadata: true`.
pub fn imds() -> Replay {
    Replay::plain(|seen| match seen.header("metadata") {
        Some("true") => identity_token(),
        _ => Reply::new(400, r#"{"error":"bad_request_102"}"#),
    })
}

/// A refusal in IMDS's form.
pub fn of_imds(status: u16, description: &str) -> Reply {
    let body = serde_json::json!({"error": "invalid_request", "error_description": description});
    Reply::new(status, body.to_string())
}

/// What something else says at IMDS's address.
pub const OTHERS: [(u16, &str); 12] = [
    (200, "<html><title>Log in to the network</title>"),
    (200, r#"{"status":"ok"}"#),
    (302, ""),
    (400, "<h1>Bad Request</h1>"),
    (401, ""),
    (
        403,
        "connecting to 169.254.169.254:80: connecting to 169.254.169.254:80: dial tcp: connect: network is unreachable",
    ),
    (404, r#"{"code":"NotFound"}"#),
    (410, "gone"),
    (429, r#"{"message":"slow down"}"#),
    (500, r#"{"error":{"code":500}}"#),
    (502, r#"{"error":"bad gateway"}"#),
    (503, "<html>Service Unavailable"),
];

pub fn at(server: &Replay) -> String {
    format!("http://127.0.0.1:{}", server.port)
}

fn decoded(query: &str) -> String {
    query.replace("%3A", ":").replace("%2F", "/")
}

#[test]
fn imds_gives_a_token() {
    let (cloud, imds) = (Cloud::new(), imds());
    signs_in(cloud.kvcert(WAY).env(BASE, at(&imds)), WAY);
    let seen = imds.seen();
    // Asked for by name, there is no probe.
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].path, "/metadata/identity/oauth2/token");
    let expected = format!("api-version=2018-02-01&resource={}", cloud.resource());
    assert_eq!(decoded(&seen[0].query), expected);
}

#[test]
fn imds_takes_three_names_for_an_identity() {
    let (cloud, imds) = (Cloud::new(), imds());
    let resource = "/subscriptions/s/resourcegroups/g/providers/p";
    for (identity, expected) in [
        ("abc-1", "&client_id=abc-1".to_owned()),
        ("object:abc-1", "&object_id=abc-1".to_owned()),
        (resource, format!("&msi_res_id={resource}")),
    ] {
        let mut command = cloud.kvcert(WAY);
        signs_in(
            command.env(BASE, at(&imds)).args(["--identity", identity]),
            WAY,
        );
        let query = decoded(&imds.seen().last().unwrap().query);
        assert!(query.ends_with(&expected), "{query}");
    }
    signs_in(cloud.application(WAY).env(BASE, at(&imds)), WAY);
    let query = decoded(&imds.seen().last().unwrap().query);
    assert!(query.ends_with(&format!("&client_id={CLIENT}")), "{query}");
}

#[test]
fn imds_may_ask_for_patience() {
    let times = AtomicUsize::new(0);
    let imds = Replay::plain(move |_| match times.fetch_add(1, Ordering::SeqCst) {
        0 => of_imds(429, "Temporarily throttled, too many requests"),
        _ => identity_token(),
    });
    signs_in(Cloud::new().kvcert(WAY).env(BASE, at(&imds)), WAY);
    assert_eq!(imds.seen().len(), 2);
}

/// It may say that it is IMDS in a header only.
#[test]
fn imds_may_have_no_words() {
    let times = AtomicUsize::new(0);
    let imds = Replay::plain(move |_| match times.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::new(503, "").header("Server", "IMDS/150.870.65.1854"),
        _ => identity_token(),
    });
    signs_in(Cloud::new().kvcert(WAY).env(BASE, at(&imds)), WAY);
    assert_eq!(imds.seen().len(), 2);
}

/// And say for how long.
#[test]
fn imds_may_say_how_long() {
    let times = AtomicUsize::new(0);
    let imds = Replay::plain(move |_| match times.fetch_add(1, Ordering::SeqCst) {
        0 => of_imds(503, "later").header("Retry-After", "3"),
        _ => identity_token(),
    });
    let start = std::time::Instant::now();
    signs_in(Cloud::new().kvcert(WAY).env(BASE, at(&imds)), WAY);
    assert!(start.elapsed() >= std::time::Duration::from_secs(3));
}

/// Longer than kvcert waits: no endpoint is asked again.
#[test]
fn an_endpoint_may_ask_for_too_much_time() {
    let busy = || {
        let times = AtomicUsize::new(0);
        Replay::plain(move |_| match times.fetch_add(1, Ordering::SeqCst) {
            0 => of_imds(429, "later").header("Retry-After", "61"),
            _ => identity_token(),
        })
    };
    let cloud = Cloud::new();
    let imds = busy();
    asks_to_wait(cloud.kvcert(WAY).env(BASE, at(&imds)), "throttled", 61);
    let services: [&[&str]; 4] = [
        &["IDENTITY_ENDPOINT", "IDENTITY_HEADER"],
        &["IDENTITY_ENDPOINT", "IMDS_ENDPOINT"],
        &["MSI_ENDPOINT", "MSI_SECRET"],
        &["MSI_ENDPOINT"],
    ];
    for variables in services {
        let service = busy();
        let mut command = cloud.kvcert(WAY);
        for name in variables {
            command.env(name, at(&service));
        }
        asks_to_wait(&mut command, "throttled", 61);
        assert_eq!(service.seen().len(), 1, "{variables:?}");
    }
    assert_eq!(imds.seen().len(), 1);
}

/// What stumbles is asked again, whichever platform it is.
#[test]
fn an_endpoint_is_asked_again() {
    let cloud = Cloud::new();
    for variables in [
        &["IDENTITY_ENDPOINT", "IDENTITY_HEADER"][..],
        &["MSI_ENDPOINT", "MSI_SECRET"],
        &["MSI_ENDPOINT"],
    ] {
        let times = AtomicUsize::new(0);
        let service = Replay::plain(move |_| match times.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::new(503, "{}").header("Retry-After", "0"),
            _ => identity_token(),
        });
        let mut command = cloud.kvcert(WAY);
        for name in variables {
            command.env(name, at(&service));
        }
        signs_in(&mut command, WAY);
        assert_eq!(service.seen().len(), 2, "{variables:?}");
    }
}

/// `--timeout` holds for identity endpoints, too.
#[test]
fn silence_ends_at_the_timeout() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", silent.local_addr().unwrap());
    let start = std::time::Instant::now();
    let cloud = Cloud::new();
    let mut command = cloud.kvcert(WAY);
    command.env(BASE, base).args(["--timeout", "1"]);
    says(&fails(&mut command, "no-identity-endpoint"), "in time");
    assert!(start.elapsed() < std::time::Duration::from_secs(20));
}

/// While IMDS is being updated it is gone (410), for up to 70 seconds: the waits are longer.
#[test]
fn imds_may_be_gone_for_a_while() {
    let times = AtomicUsize::new(0);
    let imds = Replay::plain(move |_| match times.fetch_add(1, Ordering::SeqCst) {
        0 => of_imds(410, "updating"),
        _ => identity_token(),
    });
    let start = std::time::Instant::now();
    signs_in(Cloud::new().kvcert(WAY).env(BASE, at(&imds)), WAY);
    assert_eq!(imds.seen().len(), 2);
    assert!(start.elapsed() >= std::time::Duration::from_secs(4));
}

#[test]
fn a_machine_without_an_identity() {
    let imds = Replay::plain(|_| of_imds(400, "Identity not found"));
    let cloud = Cloud::new();
    let failure = fails(cloud.kvcert(WAY).env(BASE, at(&imds)), "no-credential");
    says(
        &failure,
        "this machine has no identity of its own (Identity not found (HTTP 400))",
    );
    let mut command = cloud.kvcert(WAY);
    command.env(BASE, at(&imds)).args(["--identity", "abc-1"]);
    let failure = fails(&mut command, "no-credential");
    says(&failure, "no identity with the client id `abc-1`");
    let hint = failure["hint"].as_str().unwrap();
    assert!(
        hint.contains("--identity") && hint.contains("AZURE_CLIENT_ID"),
        "{hint}"
    );
}

/// A machine with several identities has to be told which one.
#[test]
fn one_of_several_identities_has_to_be_chosen() {
    let several = "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request";
    let imds = Replay::plain(|_| of_imds(400, several));
    let cloud = Cloud::new();
    for way in [WAY, "auto"] {
        let failure = fails(cloud.kvcert(way).env(BASE, at(&imds)), "identity-refused");
        says(
            &failure,
            "this machine has several identities (Multiple user assigned",
        );
        let hint = failure["hint"].as_str().unwrap();
        assert!(hint.contains("--identity CLIENT-ID"), "{hint}");
        assert!(!hint.contains("az login"), "{hint}");
    }
}

/// What Entra says to IMDS, IMDS repeats.
#[test]
fn imds_repeats_what_entra_says() {
    let imds = Replay::plain(|_| {
        of_imds(
            400,
            "AADSTS500011: The resource principal named x was not found in the tenant",
        )
    });
    let failure = fails(
        Cloud::new().kvcert(WAY).env(BASE, at(&imds)),
        "no-such-resource",
    );
    says(&failure, "the tenant does not know the API");
}

/// Something at IMDS's address that is not IMDS is asked once, and told apart from an identity that
/// is refused.
#[test]
fn what_is_not_imds_is_not_asked_again() {
    let cloud = Cloud::new();
    for (status, body) in OTHERS {
        let other = Replay::plain(move |_| Reply::new(status, body));
        let started = std::time::Instant::now();
        let failure = fails(
            cloud.kvcert(WAY).env(BASE, at(&other)),
            "no-identity-endpoint",
        );
        says(&failure, &format!("is not IMDS (HTTP {status})"));
        assert_eq!(other.seen().len(), 1, "{status} {body}");
        assert!(started.elapsed().as_secs() < 5);
    }
}

/// As with IMDS: a page at the address of an endpoint is not the endpoint.
#[test]
fn what_is_not_the_endpoint_is_not_asked_again() {
    let cloud = Cloud::new();
    let services: [(&[&str], &str); 4] = [
        (&["IDENTITY_ENDPOINT", "IDENTITY_HEADER"], "App Service"),
        (&["IDENTITY_ENDPOINT", "IMDS_ENDPOINT"], "Azure Arc"),
        (&["MSI_ENDPOINT", "MSI_SECRET"], "Azure ML"),
        (&["MSI_ENDPOINT"], "Cloud Shell"),
    ];
    for (variables, name) in services {
        for status in [200, 302, 403, 503] {
            let page = Replay::plain(move |_| {
                Reply::new(status, "<html>").header("Location", "http://127.0.0.1:1/")
            });
            let mut command = cloud.kvcert(WAY);
            for name in variables {
                command.env(name, at(&page));
            }
            let reason = match (name, status) {
                // It did not ask for its key, so its answer is of no use, whatever it is.
                ("Azure Arc", 200) => "identity-refused",
                _ => "no-identity-endpoint",
            };
            says(&fails(&mut command, reason), name);
            assert_eq!(page.seen().len(), 1, "{name} {status}");
        }
    }
}

/// Throttled or failing to the end is the same for every service: exit 6.
#[test]
fn a_failing_endpoint_is_unavailable() {
    let cloud = Cloud::new();
    let service = Replay::plain(|_| Reply::new(500, r#"{"statusCode":500,"message":"broken"}"#));
    let mut command = cloud.kvcert(WAY);
    command
        .env("IDENTITY_ENDPOINT", at(&service))
        .env("IDENTITY_HEADER", "x");
    let failure = ends(&mut command, 6, "service-failed");
    says(&failure, "App Service: broken (HTTP 500)");
    assert_eq!(service.seen().len(), 4);
}

/// App Service has other words for an identity that is not assigned.
#[test]
fn app_service_may_not_have_the_identity() {
    let message = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.";
    let service = Replay::plain(move |_| {
        Reply::new(
            400,
            format!(r#"{{"statusCode":400,"message":"{message}"}}"#),
        )
    });
    let cloud = Cloud::new();
    let mut command = cloud.kvcert(WAY);
    command
        .env("IDENTITY_ENDPOINT", at(&service))
        .env("IDENTITY_HEADER", "x")
        .args(["--identity", "abc-1"]);
    let failure = fails(&mut command, "no-credential");
    says(
        &failure,
        "no identity with the client id `abc-1` (No User Assigned",
    );
}

#[test]
fn no_machine_of_azure() {
    let cloud = Cloud::new();
    let failure = fails(&mut cloud.kvcert(WAY), "no-identity-endpoint");
    says(&failure, "cannot reach IMDS (http://127.0.0.1:1)");
}

#[test]
fn app_service() {
    let cloud = Cloud::new();
    let service = Replay::plain(|seen| match seen.header("x-identity-header") {
        Some("header-secret-4711") => identity_token(),
        _ => Reply::new(401, r#"{"statusCode":401,"message":"wrong header"}"#),
    });
    let kvcert = |header: &str| {
        let mut command = cloud.kvcert(WAY);
        let url = format!("{}/msi/token", at(&service));
        command
            .env("IDENTITY_ENDPOINT", url)
            .env("IDENTITY_HEADER", header);
        command
    };
    let said = signs_in(
        kvcert("header-secret-4711").args(["--identity", "abc"]),
        WAY,
    );
    assert!(!said.contains("4711"));
    let seen = service.seen().pop().unwrap();
    let resource = cloud.resource();
    let expected = format!("api-version=2019-08-01&resource={resource}&client_id=abc");
    assert_eq!(
        (seen.path.as_str(), decoded(&seen.query)),
        ("/msi/token", expected)
    );

    let failure = fails(&mut kvcert("another-4711"), "identity-refused");
    says(&failure, "App Service: wrong header (HTTP 401)");
    assert!(!failure.to_string().contains("4711"));
}

#[test]
fn an_endpoint_elsewhere_gets_nothing() {
    let cloud = Cloud::new();
    for url in [
        "http://metadata.example/token",
        "http://10.0.0.1/",
        "http://u:p@127.0.0.1/",
    ] {
        let mut command = cloud.kvcert(WAY);
        command
            .env("IDENTITY_ENDPOINT", url)
            .env("IDENTITY_HEADER", "header-secret-4711");
        says(
            &fails(&mut command, "no-credential"),
            "App Service's endpoint is refused",
        );
    }
    let mut command = cloud.kvcert(WAY);
    command.env(BASE, "http://metadata.example");
    says(
        &fails(&mut command, "no-credential"),
        "IMDS's endpoint is refused",
    );
}

#[test]
fn an_endpoint_does_not_lead_elsewhere() {
    let cloud = Cloud::new();
    let other = imds();
    let away = format!("{}/metadata", at(&other));
    let imds = Replay::plain(move |_| Reply::new(302, "").header("Location", &away));
    fails(
        cloud.kvcert(WAY).env(BASE, at(&imds)),
        "no-identity-endpoint",
    );
    assert!(other.seen().is_empty());
}

#[test]
fn arc_reads_keys_of_its_agent_only() {
    let cloud = Cloud::new();
    let secret = cloud.folder.join("secret.key");
    std::fs::write(&secret, "a secret of someone").unwrap();
    for (challenge, words) in [
        (
            format!("Basic realm={}", secret.display()),
            "which is no key in",
        ),
        (
            "Basic realm=/var/opt/azcmagent/tokens/../x.key".into(),
            "which is no key in",
        ),
        (
            "Basic realm=/var/opt/azcmagent/tokens/x.txt".into(),
            "which is no key in",
        ),
        (
            "Bearer realm=/var/opt/azcmagent/tokens/x.key".into(),
            "names no key file",
        ),
        (String::from("Basic"), "names no key file"),
    ] {
        let agent = Replay::plain(move |seen| match seen.authorization {
            None => Reply::new(401, "").header("WWW-Authenticate", &challenge),
            Some(_) => identity_token(),
        });
        let mut command = cloud.kvcert(WAY);
        command
            .env("IDENTITY_ENDPOINT", at(&agent))
            .env("IMDS_ENDPOINT", at(&agent));
        let failure = fails(&mut command, "identity-refused");
        says(&failure, "Azure Arc");
        says(&failure, words);
        assert!(!agent.got_a_token());
    }
    let eager = Replay::plain(|_| identity_token());
    let mut command = cloud.kvcert(WAY);
    command
        .env("IDENTITY_ENDPOINT", at(&eager))
        .env("IMDS_ENDPOINT", at(&eager));
    says(
        &fails(&mut command, "identity-refused"),
        "did not ask for its key",
    );
    says(
        &fails(command.args(["--identity", "abc"]), "identity-refused"),
        "user-assigned",
    );
}

#[test]
fn azure_ml_and_cloud_shell() {
    let cloud = Cloud::new();
    let service = Replay::plain(|_| identity_token());
    let mut command = cloud.application(WAY);
    command
        .env("MSI_ENDPOINT", at(&service))
        .env("MSI_SECRET", "header-secret-4711");
    signs_in(&mut command, WAY);
    let seen = service.seen().pop().unwrap();
    let resource = cloud.resource();
    let expected = format!("api-version=2017-09-01&resource={resource}&clientid={CLIENT}");
    assert_eq!(decoded(&seen.query), expected);
    assert_eq!(seen.header("secret"), Some("header-secret-4711"));
    let mut by_object = cloud.kvcert(WAY);
    by_object
        .env("MSI_ENDPOINT", at(&service))
        .env("MSI_SECRET", "s");
    says(
        &fails(
            by_object.args(["--identity", "object:a"]),
            "identity-refused",
        ),
        "client id only",
    );

    signs_in(cloud.kvcert(WAY).env("MSI_ENDPOINT", at(&service)), WAY);
    let seen = service.seen().pop().unwrap();
    assert_eq!((seen.method.as_str(), seen.query.as_str()), ("POST", ""));
    assert_eq!(seen.header("metadata"), Some("true"));
    let body = String::from_utf8(seen.body).unwrap();
    assert_eq!(decoded(&body), format!("resource={resource}"));
}

#[test]
fn service_fabric_is_refused_by_name() {
    let cloud = Cloud::new();
    let mut command = cloud.kvcert(WAY);
    for name in [
        "IDENTITY_ENDPOINT",
        "IDENTITY_HEADER",
        "IDENTITY_SERVER_THUMBPRINT",
    ] {
        command.env(name, "http://127.0.0.1:1");
    }
    says(&fails(&mut command, "no-credential"), "Service Fabric");
}
