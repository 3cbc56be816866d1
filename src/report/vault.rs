//! [`VaultReport`]: all certificates of a vault, or of several.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use kvcert_pki::certificate::Certificate;
use kvcert_pki::validity::{Moment, Status, Validity, rfc3339};
use serde::{Serialize, Serializer};

use crate::given::Given;
use crate::vault::address::ObjectName;
use crate::vault::{
    CertificateItem, CertificateObject, Conflict, NamePattern, VaultClient, VaultError,
};

/// The certificates of a vault, or of several.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VaultReport {
    /// The vault's URL, if it is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vault: Option<String>,
    /// The URLs of all vaults.
    pub vaults: Vec<String>,
    /// The moment that days are counted from, RFC 3339.
    pub seen_at: String,
    /// The certificates.
    pub certificates: Vec<VaultRow>,
    /// The same moment in Unix seconds.
    #[serde(skip)]
    pub now: i64,
}

/// The current version of one certificate.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VaultRow {
    /// The URL of its vault.
    #[serde(serialize_with = "text")]
    pub vault: Arc<str>,
    /// Its name.
    pub name: String,
    /// Its identifier.
    pub id: String,
    /// Whether it may be used.
    pub enabled: bool,
    /// When it may be used.
    #[serde(flatten)]
    pub validity: Validity,
    /// The end of validity again, under the name that Key Vault has for it; RFC 3339.
    pub expires: Option<String>,
    /// When this version was made, RFC 3339.
    pub created: Option<String>,
    /// When it was last changed, RFC 3339.
    pub updated: Option<String>,
    /// SHA-1, hexadecimal.
    pub thumbprint: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// What happens on deletion, such as `Recoverable+Purgeable`.
    pub recovery_level: Option<&'static str>,
    /// For how many days it can be recovered after deletion.
    pub recoverable_days: Option<u16>,
    /// The subject, if the vault lists it or details were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// What the list does not say; only if details were asked for.
    #[serde(flatten)]
    pub details: Option<RowDetails>,
    /// What a pending one waits for; only if details were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<WaitsFor>,
}

/// What a certificate that has not been issued waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum WaitsFor {
    /// The certificate that an authority outside the vault issues, to be merged.
    Merge,
    /// The issuer, or the vault itself.
    Issuer,
}

/// What only the certificate object says.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RowDetails {
    /// The subject alternative names, each with its kind.
    pub subject_alternative_names: Vec<String>,
    /// The issuer.
    pub issuer: String,
    /// The kind and size of its key.
    pub key: String,
    /// Whether the secret holds the private key.
    pub exportable: Option<bool>,
}

/// What is listed, and how.
#[derive(Debug, Clone, Copy)]
pub struct ListOptions<'a> {
    /// Names and patterns; everything if there are none.
    pub names: &'a [NamePattern],
    /// The order.
    pub order: Order,
    /// When validity is judged.
    pub moment: Moment,
    /// Whether each certificate is asked for what the list does not say: a call each.
    pub details: bool,
}

/// The order of a vault's certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By name.
    Name,
    /// Those that expire first come first; equals by name.
    Expiry,
}

/// Something that is missing in a report.
#[derive(Debug)]
pub enum ListError {
    /// A vault did not give its list.
    List {
        /// The vault's URL.
        vault: String,
        /// Why.
        source: VaultError,
    },
    /// A certificate did not give its details. If it is forbidden, the others were not asked.
    Details {
        /// The certificate.
        name: ObjectName,
        /// The vault's URL.
        vault: String,
        /// Why.
        source: VaultError,
    },
    /// No certificate of any vault is called like that.
    NoMatch {
        /// The name or pattern.
        pattern: String,
    },
}

/// Hears how many certificates are known, and for how many of them there are details.
pub type OnDetails<'a> = &'a (dyn Fn(Counted) + Sync);

/// How far the details are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// So many more are to be asked for.
    Expected(usize),
    /// One more is there.
    Done,
}

impl VaultReport {
    /// Lists `client`'s vault, seen at `moment`. The list alone is read: neither a
    /// certificate nor a secret is fetched.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn fetch(
        client: &VaultClient,
        order: Order,
        moment: Moment,
    ) -> Result<Self, VaultError> {
        let options = ListOptions {
            names: &[],
            order,
            moment,
            details: false,
        };
        let rows = VaultRow::all(client, &options).await?;
        Ok(Self::of(&[client], rows, &options))
    }

    /// Lists the vaults of `clients` side by side. What cannot be had is missing, and is told.
    pub async fn fetch_all(
        clients: &[&VaultClient],
        options: &ListOptions<'_>,
        on_details: OnDetails<'_>,
    ) -> (Self, Vec<ListError>) {
        let of_vault = async |client: &VaultClient| {
            let vault = client.vault().to_string();
            let listed = VaultRow::all(client, options).await;
            let mut rows = listed.map_err(|source| ListError::List { vault, source })?;
            let problems = match options.details {
                true => add_details(client, &mut rows, on_details).await,
                false => Vec::new(),
            };
            Ok((rows, problems))
        };
        let listed = join_all(clients.iter().map(|client| of_vault(client))).await;
        let (mut rows, mut problems) = (Vec::new(), Vec::new());
        for result in listed {
            match result {
                Ok((more, missing)) => {
                    rows.extend(more);
                    problems.extend(missing);
                }
                Err(problem) => problems.push(problem),
            }
        }
        let is_list = |problem: &ListError| matches!(problem, ListError::List { .. });
        // What is missing may be in the vault that was not listed.
        if !problems.iter().any(is_list) {
            let is_idle = |name: &&NamePattern| rows.iter().all(|row| !name.matches(&row.name));
            let idle = options.names.iter().filter(is_idle);
            problems.extend(idle.map(|name| ListError::NoMatch {
                pattern: name.as_str().to_owned(),
            }));
        }
        (Self::of(clients, rows, options), problems)
    }

    fn of(
        clients: &[&VaultClient],
        mut certificates: Vec<VaultRow>,
        options: &ListOptions<'_>,
    ) -> Self {
        certificates.sort_by(|a, b| (&a.name, &a.vault).cmp(&(&b.name, &b.vault)));
        if options.order == Order::Expiry {
            certificates.sort_by_key(|row| row.validity.not_after.unwrap_or(i64::MAX));
        }
        let vaults: Vec<String> = clients.iter().map(|it| it.vault().to_string()).collect();
        Self {
            vault: (vaults.len() == 1).then(|| vaults[0].clone()),
            vaults,
            seen_at: rfc3339(options.moment.now),
            certificates,
            now: options.moment.now,
        }
    }

    /// The vaults, for people.
    pub fn title(&self) -> String {
        self.vaults.join(", ")
    }
}

impl VaultRow {
    /// The rows that `options` want, with their names.
    async fn all(client: &VaultClient, options: &ListOptions<'_>) -> Result<Vec<Self>, VaultError> {
        let vault: Arc<str> = client.vault().to_string().into();
        let names = options.names;
        let is_wanted = |item: &CertificateItem| {
            names.is_empty() || names.iter().any(|name| name.matches(item.name.as_str()))
        };
        let items = client.certificates().await?.into_iter();
        let row = |item: CertificateItem| Self::new(&vault, item, options.moment);
        Ok(items.filter(is_wanted).map(row).collect())
    }

    fn new(vault: &Arc<str>, item: CertificateItem, moment: Moment) -> Self {
        // The dates of one that has not been issued are not those that it will have.
        let validity = match item.sha1 {
            Some(_) => Validity::new(item.not_before, item.expires, moment).enabled(item.enabled),
            None => Validity::new(None, None, moment).pending(),
        };
        let more = item.more.map(|more| *more).unwrap_or_default();
        Self {
            vault: Arc::clone(vault),
            name: item.name.to_string(),
            enabled: item.enabled,
            expires: validity.not_after.map(rfc3339),
            validity,
            created: item.created.map(rfc3339),
            updated: item.updated.map(rfc3339),
            thumbprint: item.sha1.map(hex::encode),
            id: item.id,
            tags: more.tags,
            recovery_level: more.recovery_level,
            recoverable_days: more.recoverable_days,
            subject: more.subject,
            details: None,
            waits_for: None,
        }
    }

    /// Whether it has not been issued yet.
    pub fn is_pending(&self) -> bool {
        self.validity.status == Status::Pending
    }

    fn add(&mut self, object: &CertificateObject) {
        let Ok(certificate) = Certificate::from_der(&object.der) else {
            return;
        };
        self.subject = Some(certificate.subject().to_owned());
        self.details = Some(RowDetails {
            subject_alternative_names: certificate.alternative_names().to_vec(),
            issuer: certificate.issuer().to_owned(),
            key: certificate.public_key().to_string(),
            exportable: object.exportable,
        });
    }
}

/// Asks for the certificate object of each row. Where one is forbidden, so are the others.
async fn add_details(
    client: &VaultClient,
    rows: &mut [VaultRow],
    on_details: OnDetails<'_>,
) -> Vec<ListError> {
    on_details(Counted::Expected(rows.len()));
    let mut problems = Vec::new();
    let ask = async |row| {
        let row: &mut VaultRow = row;
        // It was a name when the list came.
        let name = row.name.parse::<ObjectName>().ok()?;
        Some((row, client.certificate(&name, None).await, name))
    };
    let mut asked = stream::iter(rows.iter_mut().map(ask)).buffer_unordered(AT_ONCE);
    while let Some(answer) = asked.next().await {
        on_details(Counted::Done);
        let Some((row, object, name)) = answer else {
            continue;
        };
        match object {
            Ok(object) => row.add(&object),
            Err(VaultError::NotIssued {
                waits_for_merge, ..
            }) => {
                row.waits_for = Some(match waits_for_merge {
                    true => WaitsFor::Merge,
                    false => WaitsFor::Issuer,
                });
            }
            // There is no certificate yet, or no longer.
            Err(
                VaultError::NotFound { .. }
                | VaultError::Conflict {
                    kind: Conflict::Pending,
                    ..
                },
            ) => {}
            Err(source) => {
                let is_forbidden = matches!(source, VaultError::Forbidden { .. });
                let vault = client.vault().to_string();
                problems.push(ListError::Details {
                    name,
                    vault,
                    source,
                });
                if is_forbidden {
                    break;
                }
            }
        }
    }
    problems
}

fn text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

impl fmt::Display for ListError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List { vault, .. } => write!(f, "cannot list `{vault}`"),
            Self::Details { name, vault, .. } => {
                write!(f, "cannot get details of `{name}` in `{vault}`")
            }
            Self::NoMatch { pattern } => {
                let pattern = Given::from(pattern.as_str());
                write!(f, "no certificate is called {pattern}")
            }
        }
    }
}

impl std::error::Error for ListError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::List { source, .. } | Self::Details { source, .. } => Some(source),
            Self::NoMatch { .. } => None,
        }
    }
}

/// How many certificates of a vault are asked for at a time; the client has its own limit of calls.
const AT_ONCE: usize = 16;
