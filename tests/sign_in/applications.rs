//! Applications: a workload's token, a certificate, a job of GitHub Actions.

use std::fs;
use std::process::Command;

use base64::Engine;
use base64::prelude::*;
use serde_json::{Value, json};

use crate::cloud::{CLIENT, Cloud, TENANT, TOKEN, asks_to_wait, fails, says, signs_in};
use crate::support::openssl;
use crate::support::replay::{Replay, Reply};

/// The fields of a posted form.
fn field(form: &str, name: &str) -> String {
    let fields = form_urlencoded::parse(form.as_bytes());
    let mut found = fields.filter(|(there, _)| there == name);
    let value = found
        .next()
        .unwrap_or_else(|| panic!("no {name} in {form}"));
    value.1.into_owned()
}

const ASSERTION: &str = "eyJ0.assertion-of-another-issuer.c2ln";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn workload(cloud: &Cloud) -> Command {
    let mut command = cloud.application("workload-identity");
    command.env("AZURE_FEDERATED_TOKEN_FILE", cloud.folder.join("federated"));
    command
}

#[test]
fn a_workloads_token_is_exchanged() {
    let cloud = Cloud::new();
    fs::write(cloud.folder.join("federated"), format!("{ASSERTION}\n")).unwrap();
    signs_in(&mut workload(&cloud), "workload-identity");
    let seen = cloud.server.seen();
    let login = seen
        .iter()
        .find(|seen| seen.host.starts_with("login."))
        .unwrap();
    assert_eq!(login.path, format!("/{TENANT}/oauth2/v2.0/token"));
    let form = &cloud.forms()[0];
    assert_eq!(field(form, "client_id"), CLIENT);
    assert_eq!(field(form, "grant_type"), "client_credentials");
    assert_eq!(
        field(form, "scope"),
        format!("{}/.default", cloud.resource())
    );
    assert_eq!(field(form, "client_assertion_type"), JWT_BEARER);
    assert_eq!(field(form, "client_assertion"), ASSERTION);
    // The assertion goes to the authority alone, the token to the vault alone.
    for seen in &seen {
        let all = format!("{seen:?} {}", String::from_utf8_lossy(&seen.body));
        let to_authority = seen.host.starts_with("login.");
        assert_eq!(all.contains("assertion-of-another-issuer"), to_authority);
        assert!(!(to_authority && all.contains(TOKEN)));
    }
}

#[test]
fn a_workload_without_its_token() {
    let cloud = Cloud::new();
    let failure = fails(&mut workload(&cloud), "unreadable-file");
    says(&failure, "AZURE_FEDERATED_TOKEN_FILE");
    for odd in ["", "two words", "\u{fffd}"] {
        fs::write(cloud.folder.join("federated"), odd).unwrap();
        says(
            &fails(&mut workload(&cloud), "unreadable-file"),
            "does not hold a token",
        );
    }
    fs::write(cloud.folder.join("federated"), "x".repeat(100_000)).unwrap();
    says(
        &fails(&mut workload(&cloud), "unreadable-file"),
        "longer than",
    );
    assert!(cloud.forms().is_empty());
    let failure = fails(&mut cloud.kvcert("workload-identity"), "no-credential");
    let hint = failure["hint"].as_str().unwrap();
    assert!(hint.contains("AZURE_TENANT_ID") && hint.contains("AZURE_FEDERATED_TOKEN_FILE"));
}

#[test]
fn what_entra_says_is_told() {
    let refusal = r#"{"error":"invalid_client","error_description":"AADSTS700213: No matching federated identity record found for presented assertion subject 'repo:a/b'.\r\nTrace ID: x","error_codes":[700213]}"#;
    let cloud = Cloud::with_entra(move |_| Reply::new(401, refusal));
    fs::write(cloud.folder.join("federated"), ASSERTION).unwrap();
    let failure = fails(&mut workload(&cloud), "no-federated-credential");
    says(
        &failure,
        "AADSTS700213: No matching federated identity record found",
    );
    assert!(failure["hint"].as_str().unwrap().contains("federated"));
}

/// A key and a certificate, made by openssl: in PEM, and in a PFX with a password.
fn certificate(cloud: &Cloud, algorithm: &[&str]) -> String {
    let path = |name: &str| cloud.folder.join(name).to_str().unwrap().to_owned();
    let (key, certificate) = (path("app.key"), path("app.crt"));
    let new = [
        "req",
        "-x509",
        "-nodes",
        "-subj",
        "/CN=app",
        "-keyout",
        &key,
        "-out",
        &certificate,
    ];
    openssl(&[&new[..], algorithm].concat());
    let both = fs::read_to_string(&key).unwrap() + &fs::read_to_string(&certificate).unwrap();
    fs::write(path("app.pem"), both).unwrap();
    let pfx = path("app.pfx");
    let export = [
        "pkcs12",
        "-export",
        "-in",
        &certificate,
        "-inkey",
        &key,
        "-out",
        &pfx,
    ];
    openssl(&[&export[..], &["-passout", "pass:secret-of-the-pfx"]].concat());
    certificate
}

const RSA: [&str; 2] = ["-newkey", "rsa:2048"];

fn by_certificate(cloud: &Cloud, file: &str) -> Command {
    let mut command = cloud.application("environment");
    command.env("AZURE_CLIENT_CERTIFICATE_PATH", cloud.folder.join(file));
    command
}

/// openssl and the RFCs are the judges of the assertion.
#[test]
fn a_certificate_signs_an_assertion() {
    let cloud = Cloud::new();
    let certificate = certificate(&cloud, &RSA);
    let password = ("AZURE_CLIENT_CERTIFICATE_PASSWORD", "secret-of-the-pfx");
    signs_in(&mut by_certificate(&cloud, "app.pem"), "environment");
    let mut pfx = by_certificate(&cloud, "app.pfx");
    pfx.env(password.0, password.1)
        .env("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN", "true");
    signs_in(&mut pfx, "environment");
    let der = openssl(&["x509", "-in", &certificate, "-outform", "PEM"]);
    let body: String = der
        .lines()
        .filter(|line| !line.starts_with("---"))
        .collect();
    let der = BASE64_STANDARD.decode(&body).unwrap();
    let forms = cloud.forms();
    let assertions: Vec<String> = forms
        .iter()
        .map(|form| field(form, "client_assertion"))
        .collect();
    assert_eq!(assertions.len(), 2);
    for (assertion, chain) in assertions.iter().zip([false, true]) {
        let (input, signature) = assertion.rsplit_once('.').unwrap();
        let (header, claims) = input.split_once('.').unwrap();
        let part = |text: &str| -> Value {
            serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
        };
        let (header, claims) = (part(header), part(claims));
        let thumbprint = <sha2::Sha256 as sha2::Digest>::digest(&der);
        assert_eq!(header["alg"], "PS256");
        assert_eq!(header["typ"], "JWT");
        assert_eq!(
            header["x5t#S256"],
            BASE64_URL_SAFE_NO_PAD.encode(thumbprint)
        );
        assert_eq!(header.get("x5c").is_some(), chain);
        if chain {
            assert_eq!(header["x5c"], json!([body]));
        }
        let endpoint = format!("{}/{TENANT}/oauth2/v2.0/token", cloud.authority());
        assert_eq!(claims["aud"], endpoint);
        assert_eq!(
            (&claims["iss"], &claims["sub"]),
            (&CLIENT.into(), &CLIENT.into())
        );
        let lifetime = claims["exp"].as_u64().unwrap() - claims["nbf"].as_u64().unwrap();
        assert_eq!(lifetime, 600);
        verify(&cloud, &certificate, input, signature);
    }
    let id = |assertion: &String| assertion.split('.').nth(1).unwrap().to_owned();
    assert_ne!(id(&assertions[0]), id(&assertions[1]));
}

fn verify(cloud: &Cloud, certificate: &str, input: &str, signature: &str) {
    let path = |name: &str| cloud.folder.join(name).to_str().unwrap().to_owned();
    let (public, signed, sealed) = (path("public"), path("signed"), path("signature"));
    let key = openssl(&["x509", "-in", certificate, "-noout", "-pubkey"]);
    fs::write(&public, key).unwrap();
    fs::write(&signed, input).unwrap();
    fs::write(&sealed, BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let pss = [
        "-sigopt",
        "rsa_padding_mode:pss",
        "-sigopt",
        "rsa_pss_saltlen:32",
    ];
    let check = ["dgst", "-sha256", "-verify", &public, "-signature", &sealed];
    openssl(&[&check[..], &pss, &[&signed]].concat());
}

#[test]
fn certificates_that_cannot_sign() {
    let cloud = Cloud::new();
    certificate(
        &cloud,
        &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    );
    let failure = fails(&mut by_certificate(&cloud, "app.pem"), "unfit-certificate");
    says(
        &failure,
        "its key is EC P-256; Entra takes assertions by RSA keys only",
    );
    for (file, reason) in [
        ("app.pfx", "wrong-password"),
        ("app.crt", "no-private-key"),
        ("nothing", "no-such-file"),
    ] {
        let failure = fails(&mut by_certificate(&cloud, file), reason);
        let hint = failure["hint"].as_str().unwrap();
        assert!(hint.contains("AZURE_CLIENT_CERTIFICATE_PATH"), "{hint}");
    }
    assert!(cloud.forms().is_empty());
}

/// Whose authority signs in, the URL says that a vault or a certificate was given by; a proxy that
/// lets nobody through sees whom kvcert asks first.
/// Where an application with a secret signs in: the host that the proxy was asked for, or why nowhere.
fn signs_in_at(arguments: &[&str], authority: &str) -> String {
    let proxy = Replay::plain(|_| Reply::new(502, ""));
    let folder = crate::support::Scratch::new();
    let mut command = crate::support::kvcert(folder.path());
    command
        .args(["--json", "--auth", "environment"])
        .args(arguments)
        .env("HTTPS_PROXY", format!("http://127.0.0.1:{}", proxy.port))
        .env("AZURE_TENANT_ID", "t")
        .env("AZURE_CLIENT_ID", "c")
        .env("AZURE_CLIENT_SECRET", "a-secret-of-some-length")
        .env("AZURE_AUTHORITY_HOST", authority);
    let (code, _, errors) = crate::support::run(&mut command);
    assert_ne!(code, 0, "{arguments:?}");
    let mut asked: Vec<String> = proxy.seen().into_iter().map(|seen| seen.path).collect();
    asked.dedup();
    match asked.is_empty() {
        true => crate::support::failure(&errors)["reason"]
            .as_str()
            .unwrap()
            .to_owned(),
        false => asked.join(" ").replace(":443", ""),
    }
}

const CHINA_ID: &str = "https://contoso.vault.azure.cn/secrets/web";
const GOV_URL: &str = "https://contoso.vault.usgovcloudapi.net";

/// A URL or an identifier names a resource. Only a flag or a variable moves a secret.
#[test]
fn a_url_does_not_move_the_secret_to_another_cloud() {
    let [public, china, usgov] = [
        "login.microsoftonline.com",
        "login.chinacloudapi.cn",
        "login.microsoftonline.us",
    ];
    let reference = format!("@Microsoft.KeyVault(SecretUri={CHINA_ID})");
    let other = "other-cloud";
    let cases: [(&[&str], &str, &str); 18] = [
        (&["get", "web", "--vault", "contoso"], "", public),
        (&["get", CHINA_ID], "", other),
        (&["get", "contoso.vault.azure.cn/secrets/web"], "", other),
        (&["get", &reference], "", other),
        (&["delete", CHINA_ID, "--yes"], "", other),
        (&["get", "--vault", CHINA_ID], "", other),
        (
            &[
                "token",
                CHINA_ID,
                "--client-id",
                "x",
                "--tenant",
                "y",
                "--for",
                "graph",
            ],
            "",
            other,
        ),
        (&["list", "--vault", GOV_URL], "", other),
        (
            &["list", "--vault", GOV_URL, "--cloud", "public"],
            "",
            other,
        ),
        (&["list", "--vault", GOV_URL, "--cloud", "china"], "", other),
        (&["list", "--vault", GOV_URL, "--cloud", "usgov"], "", usgov),
        (
            &["list", "--vault", "contoso", "--cloud", "china"],
            "",
            china,
        ),
        (&["get", CHINA_ID, "--cloud", "china"], "", china),
        (&["get", CHINA_ID], china, china),
        (&["list", "--vault", "contoso"], china, china),
        (&["list", "--vault", GOV_URL], china, other),
        (
            &["list", "--vault", GOV_URL],
            "login.microsoftonline.us",
            usgov,
        ),
        (
            &["list", "--vault", GOV_URL, "--cloud", "usgov"],
            china,
            "flags-conflict",
        ),
    ];
    for (arguments, authority, expected) in cases {
        assert_eq!(
            signs_in_at(arguments, authority),
            expected,
            "{arguments:?} {authority}"
        );
    }
}

/// An identifier takes no other name of the command along.
#[test]
fn a_name_beside_an_identifier_stays_in_its_cloud() {
    let [public, web] = ["login.microsoftonline.com", "web"];
    let found = signs_in_at(&["--vault", "contoso", "get", web, CHINA_ID], "");
    assert!(found == public || found == "other-cloud", "{found}");
    let vaults = ["list", "--vault", "contoso", "--vault", GOV_URL];
    let found = signs_in_at(&vaults, "");
    assert!(found == public || found == "other-cloud", "{found}");
}

#[test]
fn an_authority_with_a_password_is_refused_and_not_shown() {
    for authority in [
        "https://me:hunter2-4711@login.example",
        "https://hunter2-4711@login.example",
        "me:hunter2-4711@login.example",
        "hunter2-4711@login.microsoftonline.com",
    ] {
        let cloud = Cloud::with_entra(|_| unreachable!("nothing is sent"));
        let mut command = cloud.kvcert("environment");
        command
            .env("AZURE_TENANT_ID", "t")
            .env("AZURE_CLIENT_ID", "c")
            .env("AZURE_CLIENT_SECRET", "a-secret-of-some-length")
            .env("AZURE_AUTHORITY_HOST", authority);
        let (code, output, errors) = crate::support::run(&mut command);
        assert_eq!(code, 2, "{errors}");
        assert!(!format!("{output}{errors}").contains("hunter2"), "{errors}");
    }
}

/// The way out is one that the command has.
#[test]
fn a_second_factor_is_for_people() {
    let cloud = Cloud::with_entra(|_| {
        let body = r#"{"error":"invalid_grant","error_description":"AADSTS50076: use MFA"}"#;
        Reply::new(400, body)
    });
    let mut command = cloud.application("environment");
    command.env("AZURE_CLIENT_SECRET", "a-secret-of-some-length");
    let failure = fails(&mut command, "second-factor");
    let hint = failure["hint"].as_str().unwrap();
    assert!(hint.contains("--auth device-code"), "{hint}");
}

/// Entra may be busy, and say for how long, or stumble.
#[test]
fn entra_is_asked_again() {
    let times = std::sync::atomic::AtomicUsize::new(0);
    let cloud = Cloud::with_entra(move |_| {
        let body =
            r#"{"error":"temporarily_unavailable","error_description":"AADSTS90033: later"}"#;
        match times.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            0 => Reply::new(429, body).header("Retry-After", "0"),
            1 => Reply::new(503, "<html>").header("Retry-After", "0"),
            // The numbers of the v1 endpoint are strings.
            _ => Reply::json(json!({"access_token": TOKEN, "expires_in": "3599"})),
        }
    });
    let mut command = cloud.application("environment");
    command.env("AZURE_CLIENT_SECRET", "a-secret-of-some-length");
    signs_in(&mut command, "environment");
    assert_eq!(cloud.forms().len(), 3);

    for (status, reason) in [(429, "throttled"), (503, "service-failed")] {
        let cloud =
            Cloud::with_entra(move |_| Reply::new(status, "{}").header("Retry-After", "3600"));
        let mut command = cloud.application("environment");
        command.env("AZURE_CLIENT_SECRET", "a-secret-of-some-length");
        asks_to_wait(&mut command, reason, 3600);
        assert_eq!(cloud.forms().len(), 1);
    }
}

/// What no header can carry is no token, whoever gives it.
#[test]
fn a_token_that_is_none() {
    for odd in ["", "two words", "two\nlines"] {
        let cloud = Cloud::with_entra(move |_| {
            Reply::json(json!({"access_token": odd, "expires_in": 3599}))
        });
        let mut command = cloud.application("environment");
        command.env("AZURE_CLIENT_SECRET", "a-secret-of-some-length");
        let failure = fails(&mut command, "sign-in-refused");
        says(&failure, "is not one that Entra gives");
        assert_eq!(cloud.server.seen().len(), 2);
    }
}

#[test]
fn a_job_of_github_actions() {
    const JOB: &str = "job-token-of-some-length";
    let cloud = Cloud::new();
    let github = Replay::start(|seen| match seen.authorization.as_deref() {
        Some(held) if held == format!("Bearer {JOB}") => Reply::json(json!({"value": ASSERTION})),
        _ => Reply::new(401, "no"),
    });
    let url = format!(
        "https://login.localhost:{}/token?api-version=2.0",
        github.port
    );
    let kvcert = |token: &str| {
        let mut command = cloud.application("github");
        command
            .env("ACTIONS_ID_TOKEN_REQUEST_URL", &url)
            .env("ACTIONS_ID_TOKEN_REQUEST_TOKEN", token);
        command
    };
    let said = signs_in(&mut kvcert(JOB), "github");
    assert!(!said.contains(JOB));
    let query = github.seen()[0].query.clone();
    assert_eq!(
        query,
        "api-version=2.0&audience=api%3A%2F%2FAzureADTokenExchange"
    );
    assert_eq!(field(&cloud.forms()[0], "client_assertion"), ASSERTION);

    let failure = fails(&mut kvcert("another-job-token"), "identity-refused");
    says(&failure, "GitHub Actions: HTTP 401");
    let hint = failure["hint"].as_str().unwrap();
    assert!(hint.contains("id-token: write"), "{hint}");
    let hint = fails(&mut cloud.application("github"), "no-credential")["hint"].to_string();
    assert!(hint.contains("id-token: write"), "{hint}");
    // Never over plain http: the job's token goes along.
    let mut plain = kvcert(JOB);
    plain.env("ACTIONS_ID_TOKEN_REQUEST_URL", url.replace("https", "http"));
    fails(&mut plain, "no-identity-endpoint");
    assert_eq!(github.seen().len(), 2);
}
