//! What a key does inside the vault.

use serde::{Deserialize, Serialize};

use super::handler::Handler;
use super::refusal;
use super::route::KeyOperation;
use crate::encoding::{base64url, from_base64url};
use crate::http::reply::Reply;
use crate::keys::encrypt::EncryptionAlgorithm;
use crate::keys::sign::SignatureAlgorithm;
use crate::keys::spec::KeySpec;
use crate::store::model::{Collection, Content, KeyContent, Version};

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

impl Handler<'_> {
    /// Signs, verifies, encrypts, decrypts, wraps or unwraps.
    pub(crate) fn use_key(&self, operation: KeyOperation) -> Result<Reply, Reply> {
        let (object, version) = self.find(&self.store.read()?)?;
        let Content::Key(key) = &version.content else {
            return Err(refusal::not_found(Collection::Keys, self.name()));
        };
        self.may(operation, key, &version)?;
        let task: Task = self.read()?;
        let algorithm = task.alg.as_deref().unwrap_or_default();
        let value = match operation {
            KeyOperation::Sign => sign(key, algorithm, &task)?,
            KeyOperation::Verify => {
                let value = verify(key, algorithm, &task)?;
                return Ok(Reply::ok(&Verdict { value }));
            }
            KeyOperation::Encrypt | KeyOperation::WrapKey => encrypt(key, algorithm, &task)?,
            KeyOperation::Decrypt | KeyOperation::UnwrapKey => decrypt(key, algorithm, &task)?,
        };
        Ok(Reply::ok(&Done {
            kid: self.id("keys", &object.name, Some(&version.version)),
            value,
        }))
    }

    /// No environment can attest itself here, so no key is released. The
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
    fn may(
        &self,
        operation: KeyOperation,
        key: &KeyContent,
        version: &Version,
    ) -> Result<(), Reply> {
        let word = operation.name();
        if !version.enabled {
            return Err(refusal::disabled(Collection::Keys, word));
        }
        if !key.operations.iter().any(|operation| operation == word) {
            let message = format!("Operation {word} is not permitted on this key.");
            return Err(Reply::forbidden("KeyOperationForbidden", &message));
        }
        match operation {
            KeyOperation::Decrypt | KeyOperation::UnwrapKey | KeyOperation::Verify => return Ok(()),
            KeyOperation::Sign | KeyOperation::Encrypt | KeyOperation::WrapKey => {}
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
}

fn sign(key: &KeyContent, algorithm: &str, task: &Task) -> Result<String, Reply> {
    let private = key.private.expose();
    let (algorithm, spec) = signature_algorithm(private, algorithm)?;
    let digest = bytes(task.value.as_deref(), "value")?;
    check_length(algorithm, spec, task, &digest)?;
    Ok(base64url(algorithm.sign(private, &digest)?))
}

fn verify(key: &KeyContent, algorithm: &str, task: &Task) -> Result<bool, Reply> {
    let private = key.private.expose();
    let (algorithm, spec) = signature_algorithm(private, algorithm)?;
    let digest = bytes(task.digest.as_deref(), "digest")?;
    check_length(algorithm, spec, task, &digest)?;
    let signature = bytes(task.value.as_deref(), "value")?;
    Ok(algorithm.verify(private, &digest, &signature)?)
}

fn signature_algorithm(private: &[u8], name: &str) -> Result<(SignatureAlgorithm, KeySpec), Reply> {
    let (spec, _) = KeySpec::of(private)?;
    SignatureAlgorithm::parse(name)
        .filter(|algorithm| algorithm.fits(spec))
        .map(|algorithm| (algorithm, spec))
        .ok_or_else(|| unfit(name))
}

fn check_length(
    algorithm: SignatureAlgorithm,
    spec: KeySpec,
    task: &Task,
    digest: &[u8],
) -> Result<(), Reply> {
    let lengths = algorithm.lengths(spec);
    if lengths.contains(&digest.len()) {
        return Ok(());
    }
    Err(Reply::bad(&format!(
        "Invalid length of 'value': {} bytes. {} requires {} bytes, encoded with base64url.",
        digest.len(),
        task.alg.as_deref().unwrap_or_default(),
        lengths.end()
    )))
}

fn encrypt(key: &KeyContent, algorithm: &str, task: &Task) -> Result<String, Reply> {
    let (algorithm, value) = encryption_algorithm(key, algorithm, task)?;
    let encrypted = algorithm.encrypt(key.private.expose(), &value)?;
    Ok(base64url(encrypted.ok_or_else(incorrect)?))
}

fn decrypt(key: &KeyContent, algorithm: &str, task: &Task) -> Result<String, Reply> {
    let (algorithm, value) = encryption_algorithm(key, algorithm, task)?;
    let plain = algorithm.decrypt(key.private.expose(), &value)?;
    Ok(base64url(plain.ok_or_else(incorrect)?))
}

fn encryption_algorithm(
    key: &KeyContent,
    name: &str,
    task: &Task,
) -> Result<(EncryptionAlgorithm, Vec<u8>), Reply> {
    let known = EncryptionAlgorithm::parse(name).filter(|_| key.kty.is_rsa());
    let known = known.ok_or_else(|| unfit(name))?;
    Ok((known, bytes(task.value.as_deref(), "value")?))
}

fn incorrect() -> Reply {
    Reply::bad("The parameter is incorrect.\r\n")
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
