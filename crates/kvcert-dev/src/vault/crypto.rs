//! What a key does inside the vault.

use serde::{Deserialize, Serialize};

use super::route::{Collection, Verb};
use super::{Desk, refusal};
use crate::encoding::{base64url, from_base64url};
use crate::http::reply::Reply;
use crate::keys::KeySpec;
use crate::keys::encrypt::EncryptionAlgorithm;
use crate::keys::sign::SignatureAlgorithm;
use crate::store::model::{Content, KeyContent, Object, Version};

#[derive(Deserialize, Default)]
#[serde(default)]
struct Task {
    alg: Option<String>,
    value: Option<String>,
    digest: Option<String>,
}

#[derive(Serialize)]
struct Done {
    kid: String,
    value: String,
}

#[derive(Serialize)]
struct Verdict {
    value: bool,
}

impl Desk<'_> {
    /// Signs, verifies, encrypts, decrypts, wraps or unwraps.
    pub(crate) fn use_key(&self) -> Result<Reply, Reply> {
        let verb = self.route.operation.verb;
        let (object, version) = self.find(&self.store.read()?)?;
        let Content::Key(key) = &version.content else {
            return Err(refusal::not_found(Collection::Keys, self.name()));
        };
        self.may(verb, key, &version)?;
        let task: Task = self.read()?;
        let algorithm = task.alg.as_deref().unwrap_or_default();
        match verb {
            Verb::Sign | Verb::Verify => self.signature(key, algorithm, &task, &object, &version),
            _ => self.encryption(key, algorithm, &task, &object, &version),
        }
    }

    /// Nothing attests here that an environment may be trusted with a key, so none is released. The
    /// service says the same of a key that is not there.
    pub(crate) fn release_key(&self) -> Result<Reply, Reply> {
        #[derive(Deserialize)]
        struct Target {
            target: Option<String>,
        }
        let body: Target = self.read()?;
        match body.target.as_deref() {
            None | Some("") => Err(refusal::invalid("target", "")),
            Some(_) => Err(refusal::not_attested()),
        }
    }

    /// Outside its validity a key still undoes what was done with it before.
    fn may(&self, verb: Verb, key: &KeyContent, version: &Version) -> Result<(), Reply> {
        let word = key_operation(verb);
        if !version.enabled {
            return Err(refusal::disabled(Collection::Keys, word));
        }
        if !key.operations.iter().any(|operation| operation == word) {
            let message = format!("Operation {word} is not permitted on this key.");
            return Err(Reply::forbidden("KeyOperationForbidden", &message));
        }
        if matches!(verb, Verb::Decrypt | Verb::UnwrapKey | Verb::Verify) {
            return Ok(());
        }
        let refuse = |why: &str, state: &str| {
            let message = format!("Operation {word} is not allowed on {state} key.");
            Err(Reply::forbidden(why, &message))
        };
        match (version.nbf, version.exp) {
            (Some(nbf), _) if self.now < nbf => refuse("KeyNotYetValid", "a not yet valid"),
            (_, Some(exp)) if self.now >= exp => refuse("KeyExpired", "an expired"),
            _ => Ok(()),
        }
    }

    fn signature(
        &self,
        key: &KeyContent,
        algorithm: &str,
        task: &Task,
        object: &Object,
        version: &Version,
    ) -> Result<Reply, Reply> {
        let private = key.private.expose();
        let (spec, _) = KeySpec::of(private)?;
        let algorithm = SignatureAlgorithm::parse(algorithm)
            .filter(|algorithm| algorithm.fits(spec))
            .ok_or_else(|| unfit(algorithm))?;
        let verifies = self.route.operation.verb == Verb::Verify;
        let digest = if verifies { &task.digest } else { &task.value };
        let digest = bytes(digest.as_deref(), if verifies { "digest" } else { "value" })?;
        let lengths = algorithm.lengths(spec);
        if !lengths.contains(&digest.len()) {
            return Err(Reply::bad(&format!(
                "Invalid length of 'value': {} bytes. {} requires {} bytes, encoded with base64url.",
                digest.len(),
                task.alg.as_deref().unwrap_or_default(),
                lengths.end()
            )));
        }
        if verifies {
            let signature = bytes(task.value.as_deref(), "value")?;
            let value = algorithm.verify(private, &digest, &signature)?;
            return Ok(Reply::ok(&Verdict { value }));
        }
        let value = algorithm.sign(private, &digest)?;
        Ok(self.done(object, version, &value))
    }

    fn encryption(
        &self,
        key: &KeyContent,
        algorithm: &str,
        task: &Task,
        object: &Object,
        version: &Version,
    ) -> Result<Reply, Reply> {
        let known = EncryptionAlgorithm::parse(algorithm).filter(|_| key.kty.is_rsa());
        let known = known.ok_or_else(|| unfit(algorithm))?;
        let value = bytes(task.value.as_deref(), "value")?;
        let private = key.private.expose();
        let incorrect = || Reply::bad("The parameter is incorrect.\r\n");
        if matches!(self.route.operation.verb, Verb::Encrypt | Verb::WrapKey) {
            let encrypted = known.encrypt(private, &value)?.ok_or_else(incorrect)?;
            return Ok(self.done(object, version, &encrypted));
        }
        let plain = known.decrypt(private, &value)?.ok_or_else(incorrect)?;
        Ok(self.done(object, version, &plain))
    }

    fn done(&self, object: &Object, version: &Version, value: &[u8]) -> Reply {
        Reply::ok(&Done {
            kid: self.id("keys", &object.name, Some(&version.version)),
            value: base64url(value),
        })
    }
}

fn key_operation(verb: Verb) -> &'static str {
    match verb {
        Verb::Verify => "verify",
        Verb::Encrypt => "encrypt",
        Verb::Decrypt => "decrypt",
        Verb::WrapKey => "wrapKey",
        Verb::UnwrapKey => "unwrapKey",
        _ => "sign",
    }
}

fn bytes(text: Option<&str>, property: &str) -> Result<Vec<u8>, Reply> {
    text.and_then(from_base64url)
        .filter(|bytes| !bytes.is_empty())
        .ok_or_else(|| refusal::invalid(property, ""))
}

fn unfit(algorithm: &str) -> Reply {
    let shown: String = algorithm.chars().take(30).collect();
    Reply::bad(&format!(
        "Key and signing algorithm are incompatible, or the algorithm is not supported: {shown}"
    ))
}
