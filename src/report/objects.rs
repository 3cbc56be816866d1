//! [`CertificateReport`]: a certificate of a vault with its three objects, side by side.

mod fields;
mod part;
mod ties;

pub use fields::Field;
use kvcert_pki::certificate::Certificate;
use kvcert_pki::validity::{Bounds, Dated, Lapse, Moment, Validity};
pub use part::{Outcome, Part, PermissionFacts, Problem};
use serde::Serialize;
pub use ties::Tie;

use super::certificate::{CertificateFacts, Role, Warning};
use super::file::FileReport;
use crate::input::ReadOptions;
use crate::transport::Message;
use crate::unpack;
use crate::vault::address::{ObjectName, Version};
use crate::vault::{
    CertificateItem, CertificateObject, KeyObject, SecretValue, VaultClient, VaultError, WithRaw,
};

/// A certificate of a vault.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CertificateReport {
    /// The vault's URL.
    pub vault: String,
    /// The certificate's name.
    pub name: String,
    /// The three objects.
    pub parts: Parts,
    /// What ties them together.
    pub ties: Vec<Tie>,
    /// Which objects may not be used now, by attributes that differ from the certificate's validity.
    pub warnings: Vec<Warning>,
    /// The certificate in the certificate object.
    pub leaf: Option<CertificateFacts>,
    /// The secret's value taken apart.
    pub contents: Option<FileReport>,
    /// All versions, the newest first; empty if they cannot be had.
    pub versions: Vec<VersionRow>,
    /// Each request and reply, secrets masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http: Option<Vec<Message>>,
}

/// The three objects.
#[derive(Debug, Serialize)]
pub struct Parts {
    /// The certificate object.
    pub certificate: Part,
    /// The key object.
    pub key: Part,
    /// The secret.
    pub secret: Part,
}

/// One version.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VersionRow {
    /// The version.
    pub version: String,
    /// Whether it is the one shown above.
    pub is_shown: bool,
    /// When it may be used.
    #[serde(flatten)]
    pub validity: Validity,
    /// SHA-1, hexadecimal.
    pub thumbprint: Option<String>,
}

/// How a certificate of a vault is looked at.
#[derive(Debug, Default)]
pub struct CertificateOptions {
    /// Leaves the secret alone, so that nothing private is fetched.
    pub public_only: bool,
    /// How the secret's value is read.
    pub read: ReadOptions,
}

/// What the vault says to each call.
struct Answers {
    certificate: Result<WithRaw<CertificateObject>, VaultError>,
    key: Result<WithRaw<KeyObject>, VaultError>,
    /// `None` if it was not asked for.
    secret: Option<Result<WithRaw<SecretValue>, VaultError>>,
    versions: Result<Vec<CertificateItem>, VaultError>,
}

impl CertificateReport {
    /// Asks `client`'s vault for the three objects of one version (without one, of the current
    /// version), and for the list of versions; seen at `moment`. An object that is
    /// forbidden, disabled or not there is reported in its place.
    ///
    /// # Errors
    /// A [`VaultError`] that is not about one object alone, such as a failed sign-in; the first
    /// refusal if there is nothing to show.
    pub async fn fetch(
        client: &VaultClient,
        name: &ObjectName,
        version: Option<&Version>,
        options: &CertificateOptions,
        moment: Moment,
    ) -> Result<Self, VaultError> {
        let answers = Answers::fetch(client, name, version, options.public_only).await?;
        let secret = answers.secret();
        let contents = secret.and_then(|seen| contents(&seen.object, options, moment));
        let secret_leaf = secret.and_then(|seen| leaf(&seen.object, options));
        let certificate = answers.certificate.as_ref();
        let (of_certificate, of_key) = (certificate.ok(), answers.key.as_ref().ok());
        let shown = of_certificate.map(|seen| seen.object.version.to_string());
        let leaf = of_certificate.and_then(|seen| Certificate::from_der(&seen.object.der).ok());
        Ok(Self {
            vault: client.vault().to_string(),
            name: name.to_string(),
            parts: Parts {
                certificate: Part::certificate(name, certificate),
                key: Part::key(name, answers.key.as_ref()),
                secret: Part::secret(name, answers.secret.as_ref().map(Result::as_ref)),
            },
            warnings: lapses(
                of_certificate,
                secret,
                leaf.as_ref().or(secret_leaf.as_ref()),
                moment,
            ),
            ties: ties::of(of_certificate, of_key, secret, secret_leaf.as_ref()),
            leaf: leaf.map(|leaf| CertificateFacts::new(&leaf, Role::Leaf, moment)),
            contents,
            versions: VersionRow::all(
                answers.versions.unwrap_or_default(),
                &shown.unwrap_or_default(),
                moment,
            ),
            http: None,
        })
    }
}

impl Answers {
    /// The first call is alone, so that one signs in for all.
    async fn fetch(
        client: &VaultClient,
        name: &ObjectName,
        version: Option<&Version>,
        public_only: bool,
    ) -> Result<Self, VaultError> {
        let certificate = client.certificate_with_raw(name, version).await;
        let shown = certificate.as_ref().ok();
        let shown = shown.map(|seen| seen.object.version.clone());
        // All three of one version, also if a new one is made between the answers.
        let version = shown.as_ref().or(version);
        let secret = async {
            if public_only {
                None
            } else {
                Some(client.secret_with_raw(name, version).await)
            }
        };
        let (key, secret, versions) = tokio::join!(
            client.key_with_raw(name, version),
            secret,
            client.certificate_versions(name)
        );
        Self {
            certificate,
            key,
            secret,
            versions,
        }
        .worth_showing()
    }

    /// Fails if an error concerns more than its object, or if there is no object to show.
    fn worth_showing(self) -> Result<Self, VaultError> {
        let errors = [
            self.certificate.as_ref().err(),
            self.key.as_ref().err(),
            self.secret
                .as_ref()
                .and_then(|secret| secret.as_ref().err()),
        ];
        let is_fatal = |error: &VaultError| !is_about_one_object(error);
        let is_lost = errors.into_iter().flatten().any(is_fatal);
        if !is_lost && (self.certificate.is_ok() || self.key.is_ok() || self.secret().is_some()) {
            return Ok(self);
        }
        let secret = self.secret.and_then(Result::err);
        let errors = [self.certificate.err(), self.key.err(), secret];
        let mut errors: Vec<VaultError> = errors.into_iter().flatten().collect();
        let at = errors.iter().position(is_fatal);
        Err(errors.swap_remove(at.unwrap_or(0)))
    }

    fn secret(&self) -> Option<&WithRaw<SecretValue>> {
        self.secret.as_ref().and_then(|secret| secret.as_ref().ok())
    }
}

fn is_about_one_object(error: &VaultError) -> bool {
    matches!(
        error,
        VaultError::Forbidden { .. }
            | VaultError::NotFound { .. }
            | VaultError::Deleted { .. }
            | VaultError::NotIssued { .. }
            | VaultError::Disabled { .. }
    )
}

/// What is outside the validity that the vault's attributes (`nbf`, `exp`) give it.
fn lapses(
    certificate: Option<&WithRaw<CertificateObject>>,
    secret: Option<&WithRaw<SecretValue>>,
    leaf: Option<&Certificate>,
    moment: Moment,
) -> Vec<Warning> {
    let certificate = certificate.map(|it| (String::from("certificate object"), it.object.bounds));
    let secret = secret.map(|it| (it.object.label(), it.object.bounds));
    let objects = certificate.into_iter().chain(secret);
    let lapse = |(object, bounds): (String, Bounds)| match leaf {
        Some(leaf) => Lapse::of_object(object, bounds, leaf, moment),
        None => Lapse::new(Dated::Object(object), bounds.validity(moment)),
    };
    let warning = |lapse: Lapse| Warning {
        kind: lapse.kind(),
        message: lapse.to_string(),
    };
    objects.filter_map(lapse).map(warning).collect()
}

/// The secret's value taken apart, if it is a key store.
fn contents(
    secret: &SecretValue,
    options: &CertificateOptions,
    moment: Moment,
) -> Option<FileReport> {
    let name = format!("the value of the secret `{}`", secret.name);
    let command = format!("kvcert get {}", secret.name);
    let bytes = secret.value.expose().as_bytes();
    let (password, limits) = (&options.read.password, &options.read.limits);
    FileReport::read(&name, &command, bytes, password, limits, moment).ok()
}

/// The certificate of the secret's private key; if the key is not exportable, the leaf alone.
fn leaf(secret: &SecretValue, options: &CertificateOptions) -> Option<Certificate> {
    let contents = unpack::contents(secret, &options.read).ok()?;
    contents.into_chain().ok().map(|chain| chain.leaf().clone())
}

impl VersionRow {
    /// The newest first.
    fn all(mut items: Vec<CertificateItem>, shown: &str, moment: Moment) -> Vec<Self> {
        items.sort_by_key(|item| std::cmp::Reverse(item.created));
        let row = |item: CertificateItem| {
            let version = item.version.as_ref()?.to_string();
            let validity = Validity::new(item.not_before, item.expires, moment);
            Some(Self {
                is_shown: version == shown,
                version,
                validity: validity.enabled(item.enabled),
                thumbprint: item.sha1.map(hex::encode),
            })
        };
        items.into_iter().filter_map(row).collect()
    }
}
