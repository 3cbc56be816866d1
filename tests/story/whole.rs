//! The whole story from an empty dev vault, by the real binary: create, register, token, get,
//! convert, rotate; and then the old certificate is good for nothing.

use std::fs;
use std::path::Path;

use kvcert_dev::{Access, DevVault, Options, Seed};
use serde_json::Value;

use crate::support::{Scratch, dev, failure, run};

/// Registers an application with the certificate `mailbot`, as a job for Exchange needs it.
pub const CREATE_APP: [&str; 7] = [
    "app",
    "create",
    "mailbot",
    "--for",
    "exchange",
    "--role",
    "exchange-administrator",
];

/// An empty vault, and a folder for those who use it.
pub struct Stage {
    pub access: Access,
    pub folder: Scratch,
}

impl Stage {
    pub fn new() -> Self {
        let options = Options {
            empty: true,
            ..Options::default()
        };
        Self {
            access: dev::start(options),
            folder: Scratch::new(),
        }
    }

    /// The same, in a tenant as the seed has it; `certificates` are made for it, NAME.pem with the
    /// key.
    pub fn seeded(seed: &str, certificates: &[&str]) -> Self {
        let folder = Scratch::new();
        for name in certificates {
            crate::making::pair(folder.path(), name, &["rsa:2048"]);
            let read = |ending| fs::read_to_string(folder.join(format!("{name}.{ending}")));
            let both = read("key").unwrap() + &read("crt").unwrap();
            fs::write(folder.join(format!("{name}.pem")), both).unwrap();
        }
        let options = Options {
            empty: true,
            ..Options::default()
        };
        let vault = DevVault::open(options).unwrap();
        let seed = Seed::parse(seed, folder.path()).unwrap();
        vault.apply_seed(&seed, &|_| None).unwrap();
        Self {
            access: dev::serve(vault),
            folder,
        }
    }

    pub fn run(&self, arguments: &[&str]) -> (i32, Value, String) {
        let mut command = dev::kvcert_at(&self.access, self.folder.path());
        let (code, output, errors) = run(command.arg("--json").args(arguments));
        (
            code,
            serde_json::from_str(&output).unwrap_or_default(),
            errors,
        )
    }

    #[track_caller]
    pub fn good(&self, arguments: &[&str]) -> Value {
        let (code, output, errors) = self.run(arguments);
        assert_eq!(code, 0, "{arguments:?}: {errors}");
        output
    }

    /// Signs in with a certificate, whose key stays in the vault.
    pub fn sign_in(&self, certificate: &str, app_id: &str) -> (i32, String) {
        let tenant = &self.access.tenant_id;
        let (code, _, errors) = self.run(&[
            "token",
            certificate,
            "--sign-in-vault",
            "--for",
            "exchange",
            "--tenant",
            tenant,
            "--client-id",
            app_id,
        ]);
        (code, errors)
    }
}

fn outcomes(receipt: &Value) -> Vec<&str> {
    let steps = receipt["steps"].as_array().unwrap().iter();
    steps
        .map(|step| step["outcome"].as_str().unwrap())
        .collect()
}

fn text<'a>(receipt: &'a Value, pointer: &str) -> &'a str {
    receipt.pointer(pointer).unwrap().as_str().unwrap()
}

#[test]
fn from_nothing_to_a_working_application() {
    let stage = Stage::new();
    let created = stage.good(&["create", "mailbot"]);
    assert_eq!(created["outcome"], "created");
    let first = text(&created, "/certificate/version").to_owned();
    let thumbprint = text(&created, "/certificate/thumbprints/sha1").to_owned();
    assert_eq!(
        stage.good(&["create", "mailbot", "--if-missing"])["outcome"],
        "present"
    );

    // A dry run tells all of it and does none of it.
    let app = CREATE_APP;
    let dry: Vec<&str> = app.iter().copied().chain(["--dry-run"]).collect();
    for _ in 0..2 {
        let planned = stage.good(&dry);
        assert_eq!(outcomes(&planned), ["planned"; 4]);
        assert_eq!(planned["steps"][0]["call"], "POST /v1.0/applications");
        assert!(planned["token"].is_null());
    }
    assert_eq!(changes_at_graph(&stage), 0);
    // No role unless it is asked for.
    let (code, planned, errors) = stage.run(&[&app[..5], &["--dry-run"]].concat());
    assert_eq!(
        (code, outcomes(&planned)),
        (0, vec!["planned"; 3]),
        "{errors}"
    );
    assert!(
        errors.contains("no directory role was assigned"),
        "{errors}"
    );
    let ready = stage.good(&app);
    assert_eq!(outcomes(&ready), ["done"; 5], "{ready}");
    let changes = changes_at_graph(&stage);
    assert_eq!(changes, 4);
    assert_eq!(ready["token"]["roles"][0], "Exchange.ManageAsApp");
    let app_id = text(&ready, "/application/appId").to_owned();
    // Again: nothing changes.
    let again = stage.good(&app);
    assert_eq!(
        outcomes(&again),
        [
            "present", "present", "present", "present", "present", "done"
        ]
    );
    assert_eq!(text(&again, "/application/appId"), app_id);
    assert_eq!(again["servicePrincipal"], ready["servicePrincipal"]);
    assert_eq!(changes_at_graph(&stage), changes);

    let (code, errors) = stage.sign_in("mailbot", &app_id);
    assert_eq!(code, 0, "{errors}");
    let (code, _, errors) = stage.run(&["get", "mailbot"]);
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (7, &"not-exportable".into())
    );
    stage.good(&["get", "mailbot", "--no-key"]);
    stage.good(&["convert", "mailbot.crt", "--no-key", "--format", "der"]);

    // Both certificates work while they overlap.
    let overlap = stage.good(&["app", "rotate", "mailbot", "--overlap", "1d"]);
    assert_eq!(overlap["outcome"], "overlapping");
    assert_eq!(overlap["waiting"][0]["thumbprint"], thumbprint.as_str());
    let second = text(&overlap, "/certificate/version").to_owned();
    assert_ne!(second, first);
    let old = format!("mailbot/{first}");
    for certificate in ["mailbot", &old] {
        let (code, errors) = stage.sign_in(certificate, &app_id);
        assert_eq!(code, 0, "{certificate}: {errors}");
    }
    // Again within the overlap: no further version is made.
    let again = stage.good(&["app", "rotate", "mailbot", "--overlap", "1d"]);
    assert_eq!(text(&again, "/certificate/version"), second);
    let shown = stage.good(&["app", "show", "mailbot"]);
    assert_eq!(shown["certificates"].as_array().unwrap().len(), 2);

    let rotated = stage.good(&["app", "rotate", "mailbot", "--overlap", "0s"]);
    assert_eq!(rotated["outcome"], "rotated");
    assert_eq!(rotated["removed"][0], thumbprint.as_str());
    assert_eq!(text(&rotated, "/certificate/version"), second);
    let (code, errors) = stage.sign_in("mailbot", &app_id);
    assert_eq!(code, 0, "{errors}");
    let (code, errors) = stage.sign_in(&old, &app_id);
    assert_eq!(code, 4, "{errors}");
    assert!(errors.contains("AADSTS700027"), "{errors}");
    let shown = stage.good(&["app", "show", "mailbot"]);
    assert_eq!(shown["certificates"].as_array().unwrap().len(), 1);
    assert_eq!(shown["certificates"][0]["version"], second.as_str());
    assert_eq!(shown["notRegistered"][0]["version"], first.as_str());
    let flags = ["app", "rotate", "mailbot", "--if-expires-within", "30d"];
    assert_eq!(stage.good(&flags)["outcome"], "unchanged");
    no_private_key_in(stage.folder.path());
    no_call_for_a_key(&stage);
}

/// How many requests asked Graph to change something.
fn changes_at_graph(stage: &Stage) -> usize {
    let log = stage.good(&["dev", "requests"]);
    let is_change = |request: &&Value| {
        request["path"].as_str().unwrap().starts_with("/v1.0/") && request["method"] != "GET"
    };
    let requests = log["requests"].as_array().unwrap().iter();
    requests.filter(is_change).count()
}

/// Nothing that kvcert left on disk has a private key in it, in any form that it could write.
fn no_private_key_in(folder: &Path) {
    let mut seen = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            no_private_key_in(&path);
            continue;
        }
        seen += 1;
        let bytes = fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("PRIVATE KEY"), "{}", path.display());
        // rsaEncryption with its NULL, then an OCTET STRING: the middle of a PKCS#8 key; and the
        // bag of a PKCS#12 file that holds one.
        let pkcs8 = b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00\x04\x82";
        let bag = b"\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01";
        for mark in [&pkcs8[..], &bag[..]] {
            let found = bytes.windows(mark.len()).any(|window| window == mark);
            assert!(!found, "{}", path.display());
        }
    }
    assert!(seen > 0);
}

/// The vault's own log: keys are asked to sign and for nothing else, and no backup or import was
/// made. (The secret that `get` asked for has none: it told so itself.)
fn no_call_for_a_key(stage: &Stage) {
    let log = stage.good(&["dev", "requests"]);
    let requests = log["requests"].as_array().unwrap();
    assert!(requests.len() > 30, "{log}");
    let mut signatures = 0;
    for request in requests {
        let path = request["path"].as_str().unwrap();
        if request["method"] == "POST" && path.starts_with("/keys/") {
            assert!(path.ends_with("/sign"), "{path}");
            signatures += 1;
        }
        for verb in [
            "import",
            "backup",
            "restore",
            "decrypt",
            "unwrapkey",
            "release",
        ] {
            assert!(!path.ends_with(verb), "{path}");
        }
    }
    assert!(signatures >= 7, "{signatures} signatures");
}

/// Exportable, imported, deleted, recovered, backed up, purged and restored.
#[test]
fn a_certificate_goes_and_comes_back() {
    let stage = Stage::new();
    let flags = [
        "create",
        "web",
        "--exportable",
        "--dns",
        "web.example.com",
        "--eku",
        "server",
    ];
    let created = stage.good(&flags);
    let names = &created["certificate"]["subjectAlternativeNames"];
    assert_eq!(names[0], "DNS:web.example.com");
    stage.good(&["get", "web"]);
    let at = |name: &str| stage.folder.join(name);
    let thumbprint = crate::support::pair(&at("web.crt"), &at("web.key"));
    assert_eq!(text(&created, "/certificate/thumbprints/sha1"), thumbprint);

    stage.good(&["backup", "web"]);
    assert_eq!(
        stage.good(&["delete", "web", "--yes"])["outcome"],
        "deleted"
    );
    let (code, _, errors) = stage.run(&["create", "web"]);
    assert_eq!((code, &failure(&errors)["reason"]), (3, &"deleted".into()));
    let back = stage.good(&["recover", "web"]);
    assert_eq!(text(&back, "/certificate/thumbprints/sha1"), thumbprint);
    stage.good(&["delete", "web", "--yes"]);
    stage.good(&["purge", "web", "--yes"]);
    let (code, _, _) = stage.run(&["recover", "web"]);
    assert_eq!(code, 3);
    let back = stage.good(&["restore", "web.kvbackup"]);
    assert_eq!(text(&back, "/certificate/thumbprints/sha1"), thumbprint);

    // The files that were written before go back in, too: into another name, in either form.
    let pem =
        fs::read_to_string(at("web.crt")).unwrap() + &fs::read_to_string(at("web.key")).unwrap();
    fs::write(at("both.pem"), pem).unwrap();
    for (name, kind) in [("as-pem", "pem"), ("as-pfx", "pfx")] {
        let flags = ["import", name, "both.pem", "--content-type", kind];
        let imported = stage.good(&flags);
        assert_eq!(imported["outcome"], "imported");
        assert_eq!(imported["checks"]["certificateObject"], "agrees");
        assert_eq!(imported["checks"]["keyObject"], "agrees");
        assert_eq!(stage.good(&flags)["outcome"], "unchanged");
        stage.good(&["get", name]);
        let file = |ending: &str| at(&format!("{name}.{ending}"));
        assert_eq!(crate::support::pair(&file("crt"), &file("key")), thumbprint);
    }
    let curve = stage.good(&["create", "curve", "--key", "p384", "--exportable"]);
    assert_eq!(curve["certificate"]["key"], "EC P-384");
    let (code, _, errors) = stage.run(&[
        "app",
        "create",
        "curve",
        "--for",
        "exchange",
        "--role",
        "exchange-administrator",
    ]);
    assert_eq!(
        (code, &failure(&errors)["reason"]),
        (4, &"unfit-certificate".into())
    );
}

/// The key is made in the vault, the certificate by openssl, and `merge` brings them together.
#[test]
fn an_authority_outside_signs_the_request() {
    let stage = Stage::new();
    let folder = stage.folder.path();
    crate::making::pair(folder, "ca", &["rsa:2048"]);
    let flags = ["create", "web", "--issuer", "Unknown", "--if-missing"];
    let first = stage.good(&flags);
    assert_eq!(first["outcome"], "requested");
    // Again: the same request, for it is still waited for.
    let again = stage.good(&flags);
    assert_eq!(again["csr"]["outcome"], "unchanged");
    let at = |name: &str, ending: &str| crate::making::file(folder, name, ending);
    let (request, ca, ca_key) = (at("web", "csr"), at("ca", "crt"), at("ca", "key"));
    crate::support::openssl(&[
        "x509",
        "-req",
        "-in",
        &request,
        "-CA",
        &ca,
        "-CAkey",
        &ca_key,
        "-days",
        "30",
        "-out",
        &at("web", "crt"),
    ]);
    let merged = stage.good(&["merge", "web", "web.crt"]);
    assert_eq!(text(&merged, "/certificate/issuer"), "CN=ca");
    assert_eq!(
        stage.good(&["merge", "web", "web.crt"])["outcome"],
        "merged"
    );
    assert_eq!(stage.good(&flags)["outcome"], "present");
}

/// New objects of Graph are hidden for a while, as they are while they are copied: each step waits
/// for the one before.
#[test]
fn what_is_new_is_waited_for() {
    let stage = Stage::seeded("[graph]\nreplication_milliseconds = 1500\n", &[]);
    stage.good(&["create", "mailbot"]);
    let app = CREATE_APP;
    let (code, _, errors) = stage.run(&[&app[..], &["--no-wait"]].concat());
    assert_eq!((code, &failure(&errors)["reason"]), (6, &"not-yet".into()));
    std::thread::sleep(std::time::Duration::from_secs(2));
    let ready = stage.good(&app);
    let expected = ["present", "present", "done", "done", "done", "done"];
    assert_eq!(outcomes(&ready), expected, "{ready}");
    assert_eq!(ready["token"]["roles"][0], "Exchange.ManageAsApp");
    // From nothing, at once.
    stage.good(&["create", "other"]);
    let ready = stage.good(&[
        "app",
        "create",
        "other",
        "--for",
        "exchange",
        "--role",
        "exchange-administrator",
    ]);
    assert_eq!(outcomes(&ready), ["done"; 5], "{ready}");
    let rotated = stage.good(&["app", "rotate", "other", "--overlap", "0s"]);
    assert_eq!(rotated["outcome"], "rotated");
    let (code, errors) = stage.sign_in("other", ready["application"]["appId"].as_str().unwrap());
    assert_eq!(code, 0, "{errors}");
}
