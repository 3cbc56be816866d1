//! The library does the whole job: what `kvcert get` does, against a dev vault in this process.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::future::{pending, ready};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use kvcert::export::{
    Destination, ExportError, ExportOptions, Exporter, Format, Part, Receipt, SkipReason,
};
use kvcert::identity::{Application, Credential, Proof};
use kvcert::retrieve::{Conflict, Retrieval, RetrieveError, RetrieveOptions, Wanted};
use kvcert::transport::{Transport, TransportOptions};
use kvcert::vault::VaultClient;
use kvcert::vault::address::VaultUrl;
use kvcert_dev::{DevVault, RunningVault};
use kvcert_pki::sensitive::Sensitive;
use serde_json::Value;

/// A vault, and a folder that is removed in the end.
struct Setting {
    vault: RunningVault,
    folder: PathBuf,
}

impl Setting {
    async fn new(name: &str) -> Self {
        let name = format!("kvcert-library-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        Self {
            vault: DevVault::start().await.unwrap(),
            folder,
        }
    }

    fn wanted(&self, names: &[&str]) -> Wanted {
        let access = self.vault.access();
        let credential = Arc::new(Credential::by(Application {
            authority: access.authority.parse().unwrap(),
            tenant: access.tenant_id.clone(),
            client_id: access.client_id.clone(),
            proof: Proof::Secret(Sensitive::new(access.client_secret.expose().clone())),
        }));
        let transport = Transport::new(&TransportOptions {
            ca_pem: access.ca_pem.clone().into_bytes(),
            only_this_ca: true,
            ..TransportOptions::default()
        });
        let transport = transport.unwrap();
        let vaults = [VaultUrl::parse(&access.vault_url, Default::default()).unwrap()];
        Wanted::named(names, &vaults, |vault| {
            VaultClient::new(transport.clone(), vault.clone(), Arc::clone(&credential))
        })
        .unwrap()
    }

    fn options(&self, format: Format) -> ExportOptions {
        ExportOptions {
            destination: Destination::Folder(self.folder.clone()),
            format,
            ..ExportOptions::default()
        }
    }

    async fn get(&self, names: &[&str], format: Format, resume: bool) -> Receipt<RetrieveError> {
        let options = RetrieveOptions {
            resume,
            ..RetrieveOptions::default()
        };
        let exporter = Exporter::new(self.options(format)).unwrap();
        let retrieval = Retrieval::new(self.wanted(names), options, exporter).unwrap();
        retrieval.run(pending()).await.unwrap()
    }
}

impl Drop for Setting {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn names(receipt: &Receipt<RetrieveError>) -> Vec<&str> {
    let certificates = receipt.certificates.iter();
    certificates.map(|it| it.name.as_str()).collect()
}

#[tokio::test]
async fn a_pattern_becomes_files_and_a_receipt() {
    let setting = Setting::new("pattern").await;
    let receipt = setting.get(&["web*"], Format::Combined, false).await;
    assert_eq!(names(&receipt), ["web", "web-pem"]);
    for (name, count) in [("web", 3), ("web-pem", 1)] {
        let pem = fs::read_to_string(setting.folder.join(format!("{name}.pem"))).unwrap();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----"));
        assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), count);
    }
    let json: Value = serde_json::to_value(&receipt).unwrap();
    let web = &json["certificates"][0];
    assert_eq!(web["subject"], "CN=web.example.com");
    assert_eq!(web["checks"]["certificateObject"], "agrees");
    assert_eq!(web["files"][0]["outcome"], "created");
    assert_eq!(json["failures"], Value::Array(Vec::new()));

    let again = setting
        .get(&["web*", "api-ec"], Format::Combined, true)
        .await;
    assert_eq!(names(&again), ["api-ec"]);
    let present = again.skipped.iter();
    let present = present.filter(|it| it.reason == SkipReason::Present);
    assert_eq!(present.count(), 2);
}

#[tokio::test]
async fn what_fails_is_a_typed_error_in_the_receipt() {
    let setting = Setting::new("failures").await;
    let names = ["nothing-here", "vaulted", "no-such-*"];
    let receipt = setting.get(&names, Format::Pem, false).await;
    let failures: Vec<_> = receipt.failures.iter().map(|it| &it.error).collect();
    assert!(matches!(
        failures[..],
        [
            RetrieveError::NoMatch { .. },
            RetrieveError::Vault(_),
            RetrieveError::NotExportable { .. },
        ]
    ));
    let json = serde_json::to_value(&receipt).unwrap();
    let message = &json["failures"][0]["error"]["message"];
    assert_eq!(message, "no certificate is called `no-such-*`");
    assert!(!setting.folder.exists());
}

#[tokio::test]
async fn a_run_that_is_cancelled_writes_nothing_more() {
    let setting = Setting::new("cancelled").await;
    for (names, named) in [(&["web*"][..], 0), (&["web", "api-ec"], 2), (&["web"], 1)] {
        let exporter = Exporter::new(setting.options(Format::Pem)).unwrap();
        let wanted = setting.wanted(names);
        let retrieval = Retrieval::new(wanted, RetrieveOptions::default(), exporter).unwrap();
        let receipt = retrieval.run(ready(())).await.unwrap();
        assert!(receipt.is_interrupted);
        assert!(receipt.certificates.is_empty());
        // What was named is reported.
        let is_cut_off = |error: &RetrieveError| matches!(error, RetrieveError::Interrupted);
        assert!(receipt.failures.iter().all(|it| is_cut_off(&it.error)));
        assert_eq!(receipt.failures.len(), named);
    }
    assert!(!setting.folder.exists());
}

#[tokio::test]
async fn a_stream_takes_one_certificate_as_one_file() {
    let setting = Setting::new("stream").await;
    let streamed: Arc<Mutex<Vec<u8>>> = Arc::default();
    let options = |format| {
        let sink = Arc::clone(&streamed);
        let sink = move |bytes: &[u8]| {
            sink.lock().unwrap().extend_from_slice(bytes);
            Ok(())
        };
        ExportOptions {
            destination: Destination::Stream(Arc::new(sink)),
            format,
            ..ExportOptions::default()
        }
    };
    let refused = Exporter::new(options(Format::Certbot)).unwrap_err();
    assert!(matches!(
        refused,
        ExportError::SeveralFiles(Format::Certbot)
    ));
    let new = |names| {
        let exporter = Exporter::new(options(Format::Pem)).unwrap();
        Retrieval::new(setting.wanted(names), RetrieveOptions::default(), exporter)
    };
    assert!(matches!(
        new(&["web", "api-ec"]),
        Err(RetrieveError::Conflict(Conflict::StreamForSeveral))
    ));
    let receipt = new(&["web"]).unwrap().run(pending()).await.unwrap();
    assert!(receipt.certificates[0].files.is_empty());
    let pem = String::from_utf8(streamed.lock().unwrap().clone()).unwrap();
    assert!(pem.contains("PRIVATE KEY") && pem.contains("CERTIFICATE"));
}

/// Each format writes the files that its row in the table names.
#[tokio::test]
async fn the_table_of_formats_is_what_is_written() {
    let mut setting = Setting::new("formats").await;
    let folder = setting.folder.clone();
    for format in Format::ALL {
        setting.folder = folder.join(format.name());
        let receipt = setting.get(&["web"], format, false).await;
        let written = &receipt.certificates[0].files;
        let files = format.row().files;
        assert_eq!(written.len(), files.len());
        for (file, (ending, part)) in written.iter().zip(files) {
            let ending = match part {
                Part::Stored => ".pfx",
                _ => ending,
            };
            let path = setting.folder.join(format!("web{ending}"));
            assert_eq!(Path::new(&file.path), path);
            assert!(path.is_file());
        }
        assert_eq!(format.name().parse(), Ok(format));
    }
    setting.folder = folder;
}
