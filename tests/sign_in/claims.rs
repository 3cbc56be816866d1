//! Claims challenges (continuous access evaluation): the vault takes a token back before its end.

use base64::Engine;
use base64::prelude::*;
use serde_json::json;

use crate::cloud::{Cloud, TENANT, fails, says, signs_in};
use crate::support::replay::{Replay, Reply, ca_file, resource};
use crate::tools::az_gives_a_token;

const CLAIMS: &str = r#"{"access_token":{"nbf":{"essential":true,"value":"1700000000"}}}"#;
const OLD: &str = "eyJ0.taken-back.c2ln";
const NEW: &str = "eyJ0.given-anew.c2ln";

fn claims_challenge() -> Reply {
    let claims = BASE64_STANDARD.encode(CLAIMS);
    let header = format!(
        "Bearer authorization=\"https://login.localhost/{TENANT}\", error=\"insufficient_claims\", error_description=\"Continuous access evaluation, a=b\", claims=\"{claims}\""
    );
    Reply::new(401, "").header("WWW-Authenticate", &header)
}

/// A vault and an Entra: the token that was gotten without claims is taken back, and if the vault
/// never has enough, the other one too.
fn cloud(never_enough: bool) -> Cloud {
    let mut cloud = Cloud::new();
    cloud.server = Replay::start(move |seen| {
        if seen.host.starts_with("login.") {
            let asked = String::from_utf8_lossy(&seen.body).contains("&claims=");
            let token = if asked { NEW } else { OLD };
            return Reply::json(json!({"access_token": token, "expires_in": 3599}));
        }
        match seen.authorization.as_deref() {
            None => Reply::challenge(&resource(&seen.host)),
            Some(held) if held.ends_with(NEW) && !never_enough => Reply::json(json!({"value": []})),
            Some(_) => claims_challenge(),
        }
    });
    cloud
}

#[test]
fn one_is_answered() {
    let cloud = cloud(false);
    let mut command = cloud.application("environment");
    command
        .env("AZURE_CLIENT_SECRET", "a-secret-of-some-length")
        .env("AZURE_TENANT_ID", "t");
    signs_in(&mut command, "environment");
    let forms = cloud.forms();
    assert_eq!(forms.len(), 2);
    let mut fields = form_urlencoded::parse(forms[1].as_bytes());
    let (_, claims) = fields.find(|(name, _)| name == "claims").unwrap();
    let claims: serde_json::Value = serde_json::from_str(&claims).unwrap();
    assert_eq!(claims["access_token"]["nbf"]["value"], "1700000000");
    assert_eq!(claims["access_token"]["xms_cc"], json!({"values": ["CP1"]}));
    // The plain challenge and the claims challenge: three requests to the vault, two to Entra.
    assert_eq!(cloud.server.seen().len(), 5);
}

#[test]
fn a_second_one_is_not() {
    let cloud = cloud(true);
    let mut command = cloud.application("environment");
    command
        .env("AZURE_CLIENT_SECRET", "a-secret-of-some-length")
        .env("AZURE_TENANT_ID", "t");
    fails(&mut command, "token-refused");
    assert_eq!(cloud.forms().len(), 2);
}

#[test]
fn az_cannot_pass_it_on() {
    let cloud = cloud(false);
    cloud.program("az", &az_gives_a_token());
    ca_file(cloud.folder.path());
    let failure = fails(&mut cloud.kvcert("azure-cli"), "claims-challenge");
    says(&failure, "which `azure-cli` cannot pass on");
}
