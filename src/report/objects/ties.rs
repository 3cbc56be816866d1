//! [`Tie`]: what ties the three objects together, each really checked.

use kvcert_pki::certificate::Certificate;
use serde::Serialize;
use serde_json::Value;

use crate::agreement;
use crate::vault::{CertificateObject, KeyObject, SecretValue, WithRaw};

/// Something that two of the objects have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tie {
    /// What is compared, such as `version` or `public key`.
    pub what: &'static str,
    /// Where: `certificate`, `key`, `secret`.
    pub between: [&'static str; 2],
    /// Whether it holds; `None` if one of them is not there to look at.
    pub holds: Option<bool>,
    /// What was compared with what.
    pub detail: String,
}

/// All ties between what there is; `leaf` is the certificate of the secret's private key.
pub(super) fn of(
    certificate: Certificates<'_>,
    key: Keys<'_>,
    secret: Secrets<'_>,
    leaf: Option<&Certificate>,
) -> Vec<Tie> {
    let mut ties = Vec::new();
    names(certificate, key, secret, &mut ties);
    pointers(certificate, key, secret, &mut ties);
    contents(certificate.map(|it| &it.object), key, leaf, &mut ties);
    ties
}

type Certificates<'a> = Option<&'a WithRaw<CertificateObject>>;
type Keys<'a> = Option<&'a WithRaw<KeyObject>>;
type Secrets<'a> = Option<&'a WithRaw<SecretValue>>;

fn names(certificate: Certificates<'_>, key: Keys<'_>, secret: Secrets<'_>, ties: &mut Vec<Tie>) {
    let certificate = certificate.map(|it| it.object.id.as_str());
    let key = key.map(|it| it.object.id.as_str());
    let secret = secret.map(|it| it.object.id.as_str());
    // https://VAULT/COLLECTION/NAME/VERSION
    for (what, place) in [("name", 4), ("version", 5)] {
        let part = |id: Option<&str>| {
            id.and_then(|id| id.split('/').nth(place))
                .map(str::to_owned)
        };
        for (other, id) in [("key", key), ("secret", secret)] {
            let (ours, theirs) = (part(certificate), part(id));
            ties.push(tie(what, ["certificate", other], ours, theirs));
        }
    }
}

/// `kid` and `sid` name the other objects.
fn pointers(
    certificate: Certificates<'_>,
    key: Keys<'_>,
    secret: Secrets<'_>,
    ties: &mut Vec<Tie>,
) {
    let member = |document: Option<&Value>, name: &str| {
        document.and_then(|it| it[name].as_str()).map(str::to_owned)
    };
    let own = certificate.map(|it| &it.document);
    let key_id = key.map(|it| it.object.id.clone());
    let secret_id = secret.map(|it| it.object.id.clone());
    let kid = member(own, "kid");
    ties.push(tie("kid", ["certificate", "key"], kid, key_id.clone()));
    let sid = member(own, "sid");
    ties.push(tie("sid", ["certificate", "secret"], sid, secret_id));
    let kid = member(secret.map(|it| &it.document), "kid");
    ties.push(tie("kid", ["secret", "key"], kid, key_id));
}

/// Thumbprint to thumbprint, public key to public key.
fn contents(
    certificate: Option<&CertificateObject>,
    key: Keys<'_>,
    leaf: Option<&Certificate>,
    ties: &mut Vec<Tie>,
) {
    let stated = certificate.and_then(|it| it.x5t.as_ref()).map(hex::encode);
    let actual = certificate.map(|it| hex::encode(Certificate::sha1_of(&it.der)));
    let places = ["certificate", "certificate"];
    ties.push(tie("x5t", places, stated, actual.clone()));
    let of_leaf = leaf.map(|leaf| hex::encode(leaf.sha1()));
    let places = ["certificate", "secret"];
    ties.push(tie("thumbprint", places, actual, of_leaf));
    let own = certificate.and_then(|it| Certificate::from_der(&it.der).ok());
    for (place, certificate) in [("certificate", own.as_ref()), ("secret", leaf)] {
        let both = key.zip(certificate);
        ties.push(Tie {
            what: "public key",
            between: [place, "key"],
            holds: both.map(|(key, it)| agreement::is_public_key_of(&key.object, it)),
            detail: match both {
                Some((_, certificate)) => certificate.public_key().to_string(),
                None => String::from(NOT_THERE),
            },
        });
    }
}

fn tie(
    what: &'static str,
    between: [&'static str; 2],
    ours: Option<String>,
    theirs: Option<String>,
) -> Tie {
    let both = ours.zip(theirs);
    Tie {
        what,
        between,
        // Key Vault compares names without regard to case.
        holds: both.as_ref().map(|(a, b)| a.eq_ignore_ascii_case(b)),
        detail: kvcert_pki::text::printable(&match both {
            None => String::from(NOT_THERE),
            Some((a, b)) if a.eq_ignore_ascii_case(&b) => path(&a).to_owned(),
            Some((a, b)) => format!("{a} differs from {b}"),
        }),
    }
}

/// An identifier without its vault, which is the same for all.
fn path(id: &str) -> &str {
    let rest = id
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'));
    rest.map_or(id, |(_, path)| path)
}

const NOT_THERE: &str = "not compared: one was not fetched";
