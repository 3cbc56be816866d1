//! Callers who lack a right get as far as it goes, and hear what to ask whom for.

use serde_json::{Value, json};

use crate::{
    support::{
        Scratch, failure,
        replay::{Replay, Reply},
        run,
    },
    whole::Stage,
};

/// The first application of the dev vault may do everything at Graph. One that kvcert registers
/// may not; it has a token for Graph all the same.
#[test]
fn an_application_that_may_not_register_says_so() {
    let stage = Stage::new();
    stage.good(&["create", "mailbot"]);
    let ready = stage.good(&["app", "create", "mailbot", "--for", "exchange"]);
    let app_id = ready["application"]["appId"].as_str().unwrap();
    let tenant = &stage.access.tenant_id;
    let output = stage.folder.join("graph-token");
    let scope = format!(
        "{}/.default",
        stage.access.authority.replace("login", "graph")
    );
    let mut command = crate::support::dev::kvcert_at(&stage.access, stage.folder.path());
    let (code, token, errors) = run(command.args([
        "token",
        "mailbot",
        "--sign-in-vault",
        "--scope",
        &scope,
        "--tenant",
        tenant,
        "--client-id",
        app_id,
    ]));
    assert_eq!(code, 0, "{errors}");
    std::fs::write(&output, token).unwrap();

    stage.good(&["create", "other"]);
    let file = output.to_str().unwrap();
    let (code, _, errors) = stage.run(&[
        "app",
        "create",
        "other",
        "--for",
        "exchange",
        "--graph-token-file",
        file,
    ]);
    let told = failure(&errors);
    assert_eq!(
        (code, &told["reason"]),
        (5, &json!("denied-by-graph")),
        "{errors}"
    );

    // An application may roll its own certificates, with proofs: but it must be able to look.
    let rotated = stage.good(&[
        "app",
        "rotate",
        "mailbot",
        "--by",
        "proof",
        "--overlap",
        "0s",
    ]);
    assert_eq!(rotated["outcome"], "rotated");
    let (code, errors) = stage.sign_in("mailbot", app_id);
    assert_eq!(code, 0, "{errors}");
    let shown = stage.good(&["app", "show", "mailbot"]);
    assert_eq!(shown["certificates"].as_array().unwrap().len(), 1);
}

#[test]
fn an_application_of_that_name_is_not_taken_for_ours() {
    let stage = Stage::new();
    stage.good(&["create", "one"]);
    stage.good(&["create", "two"]);
    let flags = ["app", "create", "one", "--for", "exchange"];
    let ready = stage.good(&flags);
    let app_id = ready["application"]["appId"].as_str().unwrap();
    let (code, _, errors) = stage.run(&[
        "app",
        "create",
        "two",
        "--for",
        "exchange",
        "--display-name",
        "one",
    ]);
    let told = failure(&errors);
    assert_eq!((code, &told["reason"]), (2, &json!("name-taken")));
    assert!(told["hint"].as_str().unwrap().contains(app_id));
    // Named, it is taken: and keeps the certificate that it had.
    for app in [app_id, "one"] {
        let taken = stage.good(&["app", "create", "two", "--for", "exchange", "--app", app]);
        assert_eq!(taken["application"]["appId"], app_id);
    }
    let shown = stage.good(&["app", "show", "one"]);
    assert_eq!(shown["certificates"].as_array().unwrap().len(), 2);
    // Rotating the one leaves the other alone.
    stage.good(&["app", "rotate", "two", "--app", app_id, "--overlap", "0s"]);
    let shown = stage.good(&["app", "show", "one"]);
    let of_one = |row: &&Value| row["inVault"] == true;
    let rows = shown["certificates"].as_array().unwrap();
    assert_eq!((rows.len(), rows.iter().filter(of_one).count()), (2, 1));
    let (code, _, errors) = stage.run(&["app", "show", "two"]);
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (3, &json!("no-such-application"))
    );
}

/// What Graph refuses, step by step, and the words for it.
#[test]
fn each_step_names_whom_to_ask() {
    for (refused, words) in [
        ("/v1.0/applications", "Application Administrator"),
        (
            "/v1.0/servicePrincipals/sp/appRoleAssignments",
            "/adminconsent?client_id=app-id",
        ),
        (
            "/v1.0/roleManagement/directory/roleAssignments",
            "Privileged Role Administrator",
        ),
    ] {
        let folder = Scratch::new();
        crate::making::pair(folder.path(), "web", &["rsa:2048"]);
        let der = crate::making::der(folder.path(), "web");
        let server = Replay::start(move |seen| answer(seen, refused, &der));
        let graph = format!("https://graph.localhost:{}", server.port);
        std::fs::write(folder.join("token"), "opaque-graph-token").unwrap();
        let flags = [
            "app",
            "create",
            "web",
            "--for",
            "exchange",
            "--graph-token-file",
            "token",
            "--tenant",
            "contoso.onmicrosoft.com",
        ];
        let mut command = server.kvcert(folder.path(), &flags);
        let (code, _, errors) = run(command.env("KVCERT_GRAPH", graph));
        let told = failure(&errors);
        assert_eq!(code, 5, "{errors}");
        assert!(told["hint"].as_str().unwrap().contains(words), "{errors}");
        // Each token goes to its own host.
        for seen in server.seen() {
            let is_graph = seen.host.starts_with("graph.");
            let sent = seen.authorization.unwrap_or_default();
            assert_eq!(sent.contains("graph-token"), is_graph, "{}", seen.path);
        }
    }
}

fn answer(seen: &crate::support::replay::Seen, refused: &str, der: &[u8]) -> Reply {
    if !seen.host.starts_with("graph.") {
        return match &seen.authorization {
            None => Reply::challenge(&crate::support::replay::resource(&seen.host)),
            Some(_) => Reply::json(crate::making::bundle(&seen.host, "web", der)),
        };
    }
    if seen.method == "POST" && seen.path == refused {
        let error =
            json!({"code": "Authorization_RequestDenied", "message": "Insufficient privileges"});
        return Reply::new(403, json!({ "error": error }).to_string());
    }
    let app = json!({"id": "object-id", "appId": "app-id", "displayName": "web"});
    match (seen.method.as_str(), seen.path.as_str()) {
        ("POST", "/v1.0/applications") => Reply::new(201, app.to_string()),
        ("POST", _) => Reply::new(201, json!({"id": "sp"}).to_string()),
        (_, path) if path.contains("0ff1-ce00") => Reply::json(json!({"id": "exchange"})),
        (_, path) if path.starts_with("/v1.0/servicePrincipals(") => Reply::new(
            404,
            json!({"error": {"code": "Request_ResourceNotFound", "message": "no"}}).to_string(),
        ),
        _ => Reply::json(json!({"value": []})),
    }
}
