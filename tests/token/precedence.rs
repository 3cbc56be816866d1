//! The tenant and the application of a token: the flag goes before the dev vault, that before the
//! variable, and the variable before the default.

use std::process::Command;

use serde_json::{Value, json};

use crate::fake::{Fake, granted};
use crate::support::replay::Reply;
use crate::support::{Scratch, dev, run};

/// The tenant in the path that was asked, and the client id in the form.
#[track_caller]
fn asked(fake: &Fake, command: &mut Command) -> (String, String) {
    let (code, _, errors) = run(command);
    assert_eq!(code, 0, "{errors}");
    let seen = fake.server.seen();
    let path = seen.last().unwrap().path.clone();
    let tenant = path.split('/').nth(1).unwrap().to_owned();
    (tenant, fake.forms().last().unwrap().field("client_id"))
}

/// What is asked for `flags`, with these two variables or without them.
#[track_caller]
fn check(fake: &Fake, call: &[&str], variables: bool, flags: &[&str], expected: (&str, &str)) {
    let mut command = fake.kvcert(&["token", "--for", "graph"]);
    command.args(call).args(flags);
    if variables {
        command.env("AZURE_TENANT_ID", "tenant-of-the-variable");
        command.env("AZURE_CLIENT_ID", "client-of-the-variable");
    }
    let (tenant, client) = asked(fake, &mut command);
    assert_eq!((tenant.as_str(), client.as_str()), expected, "{flags:?}");
}

const TENANT: [&str; 2] = ["--tenant", "tenant-of-the-flag"];
const CLIENT: [&str; 2] = ["--client-id", "client-of-the-flag"];

#[track_caller]
fn flags_before_variables(fake: &Fake, call: &[&str]) {
    let (t, c) = ("tenant-of-the-variable", "client-of-the-variable");
    check(fake, call, true, &[], (t, c));
    check(fake, call, true, &TENANT, (TENANT[1], c));
    check(fake, call, true, &CLIENT, (t, CLIENT[1]));
    let both = [TENANT, CLIENT].concat();
    check(fake, call, true, &both, (TENANT[1], CLIENT[1]));
    check(fake, call, false, &both, (TENANT[1], CLIENT[1]));
}

#[test]
fn of_an_application() {
    flags_before_variables(&Fake::new(), &["./app.pem"]);
}

/// A person may be of any tenant, and use the application of Microsoft's own tools: both are as in
/// the Azure SDKs.
#[test]
fn of_a_person() {
    let fake = Fake::with_entra(|seen| match seen.path.ends_with("/devicecode") {
        true => Reply::json(json!({
            "device_code": "the-device-code-is-secret", "message": "enter ABC123",
            "expires_in": 900, "interval": 1,
        })),
        false => granted(),
    });
    let call = ["--flow", "device-code"];
    flags_before_variables(&fake, &call);
    let default = ("organizations", "04b07795-8ddb-461a-bbee-02f9e1bf7b46");
    check(&fake, &call, false, &[], default);
    check(&fake, &call, false, &TENANT, (TENANT[1], default.1));
    check(&fake, &call, false, &CLIENT, (default.0, CLIENT[1]));
}

#[test]
fn of_a_dev_vault() {
    let folder = Scratch::new();
    let token = |flags: &[&str]| {
        let mut command = dev::kvcert(folder.path());
        command
            .args(["token", "web", "--for", "exchange", "--decode"])
            .args(flags)
            .env("AZURE_TENANT_ID", "tenant-of-the-variable")
            .env("AZURE_CLIENT_ID", "client-of-the-variable");
        run(&mut command)
    };
    let (code, output, errors) = token(&[]);
    assert_eq!(code, 0, "{errors}");
    let decoded: Value = serde_json::from_str(&output).unwrap();
    let access = dev::access();
    assert_eq!(decoded["claims"]["tid"], access.tenant_id);
    let client = access.exchange_client_id.as_deref().unwrap();
    assert_eq!(decoded["claims"]["appid"], client);
    // Its Entra knows neither of these.
    for flag in [TENANT, CLIENT] {
        let (code, _, errors) = token(&flag);
        assert_eq!(code, 4, "{errors}");
        assert!(errors.contains(flag[1]), "{errors}");
    }
}
