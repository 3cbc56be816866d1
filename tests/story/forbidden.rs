//! Callers who lack a right get as far as it goes, and hear what to ask whom for.

use serde_json::{Value, json};

use crate::support::replay::{Replay, Reply};
use crate::support::{Scratch, failure, run};
use crate::whole::{CREATE_APP, Stage};

/// Who is in the tenant besides the dev vault's first application, which may do everything.
const CALLERS: &str = r#"
[[app]]
name = "registrar"
client_id = "00000000-0000-4000-8000-000000000001"
certificates = ["registrar.pem"]
permissions = ["Application.ReadWrite.OwnedBy"]

[[app]]
name = "reader"
client_id = "00000000-0000-4000-8000-000000000002"
certificates = ["reader.pem"]
permissions = ["Application.Read.All"]

[[app]]
name = "nobody"
client_id = "00000000-0000-4000-8000-000000000003"
certificates = ["nobody.pem"]
"#;

fn callers() -> Stage {
    Stage::seeded(CALLERS, &["registrar", "reader", "nobody"])
}

/// A file with a token for Graph, of one of them.
fn graph_token(stage: &Stage, name: &str) -> String {
    let number = 1 + ["registrar", "reader", "nobody"]
        .iter()
        .position(|it| *it == name)
        .unwrap();
    let (client, file) = (
        format!("00000000-0000-4000-8000-00000000000{number}"),
        format!("./{name}.pem"),
    );
    let graph = stage.access.authority.replace("login", "graph");
    let scope = format!("{graph}/.default");
    let mut command = crate::support::dev::kvcert_at(&stage.access, stage.folder.path());
    command.args(["token", &file, "--scope", &scope, "--client-id", &client]);
    let (code, token, errors) = run(&mut command);
    assert_eq!(code, 0, "{errors}");
    let file = format!("{name}.token");
    std::fs::write(stage.folder.join(&file), token).unwrap();
    file
}

fn outcomes(receipt: &Value) -> Vec<&str> {
    let steps = receipt["steps"].as_array().unwrap().iter();
    steps
        .map(|step| step["outcome"].as_str().unwrap())
        .collect()
}

/// The hint of a command that Graph denies something.
#[track_caller]
fn denied(stage: &Stage, arguments: &[&str]) -> String {
    let (code, _, errors) = stage.run(arguments);
    let told = failure(&errors);
    assert_eq!(
        (code, &told["reason"]),
        (5, &json!("denied-by-graph")),
        "{errors}"
    );
    told["hint"].as_str().unwrap().to_owned()
}

/// One may register, but not consent. An administrator goes on from there.
#[test]
fn who_may_not_consent_gets_as_far_as_it_goes() {
    let stage = callers();
    stage.good(&["create", "mailbot"]);
    let token = graph_token(&stage, "registrar");
    let app = CREATE_APP;
    let limited = [&app[..], &["--graph-token-file", &token]].concat();
    let mut ids = Vec::new();
    for _ in 0..2 {
        let hint = denied(&stage, &limited);
        let address = format!(
            "{}/{}/adminconsent?client_id=",
            stage.access.authority, stage.access.tenant_id
        );
        let (_, id) = hint.split_once(&address).expect(&hint);
        ids.push(id[..36].to_owned());
        assert!(hint.contains("AppRoleAssignment.ReadWrite.All"), "{hint}");
        assert!(hint.contains("run this again"), "{hint}");
    }
    assert_eq!(ids[0], ids[1]);
    // Nothing that is there is made again.
    let ready = stage.good(&app);
    let expected = ["present", "present", "present", "done", "done", "done"];
    assert_eq!(outcomes(&ready), expected, "{ready}");
    assert_eq!(ready["application"]["appId"], ids[0].as_str());
}

#[test]
fn who_may_not_register_says_so() {
    let stage = callers();
    stage.good(&["create", "mailbot"]);
    for name in ["reader", "nobody"] {
        let token = graph_token(&stage, name);
        let app = CREATE_APP;
        let hint = denied(
            &stage,
            &[&app[..], &["--graph-token-file", &token]].concat(),
        );
        assert!(hint.contains("Application"), "{hint}");
    }
    let shown = stage.run(&["app", "show", "mailbot"]);
    assert_eq!(shown.0, 3, "{}", shown.2);
}

/// Whoever may look but not write has the application roll its own certificates, with proofs that
/// the vault signs.
#[test]
fn who_may_not_write_has_the_application_do_it() {
    let stage = callers();
    stage.good(&["create", "mailbot"]);
    let ready = stage.good(&CREATE_APP);
    let app_id = ready["application"]["appId"].as_str().unwrap();
    let token = graph_token(&stage, "reader");
    let rotate = ["app", "rotate", "mailbot", "--graph-token-file", &token];
    let overlap = [&rotate[..], &["--overlap", "1d"]].concat();
    assert_eq!(stage.good(&overlap)["outcome"], "overlapping");
    let (code, _, errors) = stage.run(&[&rotate[..], &["--by", "admin"]].concat());
    assert_eq!(code, 0, "nothing is left to write: {errors}");
    let rotated = stage.good(&[&rotate[..], &["--overlap", "0s"]].concat());
    assert_eq!(rotated["outcome"], "rotated");
    let (code, errors) = stage.sign_in("mailbot", app_id);
    assert_eq!(code, 0, "{errors}");
    let shown = stage.good(&["app", "show", "mailbot"]);
    assert_eq!(shown["certificates"].as_array().unwrap().len(), 1);
    // Told to be an administrator, it is none.
    let by_admin = [&rotate[..], &["--by", "admin", "--overlap", "0s"]].concat();
    denied(&stage, &by_admin);
    // What that left half done is finished by the other way.
    let rotated = stage.good(&[&rotate[..], &["--by", "proof", "--overlap", "0s"]].concat());
    assert_eq!(rotated["outcome"], "rotated");
}

#[test]
fn an_application_of_that_name_is_not_taken_for_ours() {
    let stage = Stage::new();
    stage.good(&["create", "one"]);
    stage.good(&["create", "two"]);
    let flags = [
        "app",
        "create",
        "one",
        "--for",
        "exchange",
        "--role",
        "exchange-administrator",
    ];
    let ready = stage.good(&flags);
    let app_id = ready["application"]["appId"].as_str().unwrap();
    let (code, _, errors) = stage.run(&[
        "app",
        "create",
        "two",
        "--for",
        "exchange",
        "--role",
        "exchange-administrator",
        "--display-name",
        "one",
    ]);
    let told = failure(&errors);
    assert_eq!((code, &told["reason"]), (2, &json!("name-taken")));
    assert!(told["hint"].as_str().unwrap().contains(app_id));
    // Named, it is taken: and keeps the certificate that it had.
    for app in [app_id, "one"] {
        let taken = stage.good(&[
            "app",
            "create",
            "two",
            "--for",
            "exchange",
            "--role",
            "exchange-administrator",
            "--app",
            app,
        ]);
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
            "--role",
            "exchange-administrator",
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
