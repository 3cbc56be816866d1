//! `Debug` of every public type that can hold a secret, with a secret in it.

use std::fmt::Debug;
use std::sync::Arc;

use kvcert::identity::{Application, Credential, Proof, ReadyToken};
use kvcert::input::ReadOptions;
use kvcert::output::{PlannedFile, Secrecy};
use kvcert::transport::{Transport, TransportOptions};
use kvcert::unpack;
use kvcert::vault::address::{ObjectName, VaultUrl};
use kvcert::vault::{SecretValue, VaultClient, VaultError};
use kvcert_dev::{DevVault, Options};
use kvcert_pki::certified_key::NamedKey;
use kvcert_pki::format::{self, Limits, Password, pem};
use kvcert_pki::key::PrivateKey;
use kvcert_pki::sensitive::Sensitive;

use crate::hunt::Hunt;
use crate::support::replay::TOKEN;
use crate::support::{Scratch, dev, run};

impl Hunt {
    /// Nothing in `{:?}`, nothing in `{:#?}`.
    #[track_caller]
    fn nothing_in_debug(&self, value: &dyn Debug) {
        let text = format!("{value:?}");
        let name: String = text.chars().take(20).collect();
        self.nothing_in(&name, text);
        self.nothing_in(&name, format!("{value:#?}"));
    }
}

fn client(secret: &str) -> VaultClient {
    let access = dev::access();
    let transport = Transport::new(&TransportOptions {
        ca_pem: access.ca_pem.clone().into_bytes(),
        only_this_ca: true,
        ..TransportOptions::default()
    });
    let credential = Credential::by(Application {
        authority: access.authority.parse().unwrap(),
        tenant: access.tenant_id.clone(),
        client_id: access.client_id.clone(),
        proof: Proof::Secret(Sensitive::new(secret.to_owned())),
    });
    let vault = VaultUrl::parse(&access.vault_url, Default::default()).unwrap();
    VaultClient::new(transport.unwrap(), vault, Arc::new(credential))
}

async fn secret(client: &VaultClient, name: &str) -> Result<SecretValue, VaultError> {
    let name: ObjectName = name.parse().unwrap();
    client.secret(&name, None).await
}

/// A hunt for the key of this certificate of the dev vault.
fn hunt_for_key(name: &str) -> Hunt {
    let folder = Scratch::new();
    assert_eq!(run(dev::kvcert(folder.path()).args(["get", name])).0, 0);
    Hunt::default().key(&folder.join(format!("{name}.key")))
}

#[tokio::test]
async fn on_the_way_from_the_vault_to_files() {
    let app_secret = dev::access().client_secret.expose();
    for name in ["web", "web-pem", "api-ec", "api-ec-pem"] {
        let client = client(app_secret);
        let value = secret(&client, name).await.unwrap();
        let hunt = hunt_for_key(name)
            .text("the value", value.value.expose())
            .text("the client secret", app_secret);
        hunt.nothing_in_debug(&client);
        hunt.nothing_in_debug(&client.credential());
        hunt.nothing_in_debug(&value);
        let hunt = hunt_for_key(name);
        let mut contents = unpack::contents(&value, &ReadOptions::default()).unwrap();
        hunt.nothing_in_debug(&contents);
        hunt.nothing_in_debug(&contents.keys);
        hunt.nothing_in_debug(&contents.keys[0].key);
        let named = contents.keys.pop().unwrap();
        let again = PrivateKey::from_pkcs8(named.key.secret_pkcs8_der()).unwrap();
        contents.keys.push(NamedKey {
            key: again,
            ..named
        });
        let certified = contents.into_certified_key().unwrap();
        hunt.nothing_in_debug(&certified);
        hunt.nothing_in_debug(certified.key());
        hunt.nothing_in_debug(certified.chain());
        let mut text = Default::default();
        pem::encode("PRIVATE KEY", certified.key().secret_pkcs8_der(), &mut text);
        hunt.all_in(text.as_bytes());
        let bytes = text.as_bytes().to_vec();
        hunt.nothing_in_debug(&PlannedFile::new("web.key", bytes, Secrecy::Private));
        hunt.nothing_in_debug(&certified.into_chain());
    }
}

#[tokio::test]
async fn of_sign_ins_and_their_errors() {
    let wrong = "wrong-secret-of-some-length";
    let hunt = Hunt::default()
        .text("the secret", wrong)
        .text("the token", TOKEN);
    let client = client(wrong);
    let error = secret(&client, "web").await.unwrap_err();
    hunt.nothing_in_debug(&error);
    hunt.nothing_in_debug(&client);
    hunt.nothing_in("its words", format!("{:#}", anyhow::Error::new(error)));
    hunt.nothing_in_debug(&ReadyToken::new(TOKEN.to_owned().try_into().unwrap()));
    hunt.nothing_in_debug(&Sensitive::new(TOKEN.to_owned()));
    hunt.nothing_in_debug(&Sensitive::new(TOKEN.as_bytes().to_vec()));
}

#[test]
fn of_passwords_and_damaged_keys() {
    let phrase = "correct horse battery staple";
    let hunt = hunt_for_key("web").text("the password", phrase);
    hunt.nothing_in_debug(&Password::new(phrase.as_bytes().to_vec()));
    let folder = Scratch::new();
    assert_eq!(run(dev::kvcert(folder.path()).args(["get", "web"])).0, 0);
    let key = std::fs::read(folder.join("web.key")).unwrap();
    let password = Password::new(phrase.as_bytes().to_vec());
    // Cut off, or with a byte that does not belong, at every tenth place.
    for at in (0..key.len()).step_by(10) {
        let mut altered = key.clone();
        altered[at] = b'!';
        for bytes in [&key[..at], &altered] {
            match format::read(bytes, &password, &Limits::default()) {
                Ok(contents) => hunt.nothing_in_debug(&contents),
                Err(error) => {
                    hunt.nothing_in_debug(&error);
                    hunt.nothing_in("its words", error.to_string());
                }
            }
        }
    }
}

#[test]
fn of_the_dev_vault() {
    let vault = DevVault::open(Options::default()).unwrap();
    let access = vault.access(1);
    let hunt = Hunt::default().text("the client secret", access.client_secret.expose());
    hunt.nothing_in_debug(&access);
    hunt.nothing_in_debug(&vault);
    hunt.nothing_in_debug(&Options::default());
}
