//! `kvcert app show`: which certificates an application has, and which of them are in the vault.

use kvcert::graph::{Application, KeyCredential};
use kvcert::vault::CertificateItem;
use kvcert_pki::validity::{Moment, Validity, rfc3339};
use serde::Serialize;

use super::app_session::AppSession;
use super::create::Named;
use super::find;
use super::steps::Steps;
use crate::cli::{AppShowArgs, WaitArgs};
use crate::failure::Failure;
use crate::failure::output::print_failed;
use crate::session::Context;

pub(super) async fn run(args: &AppShowArgs, context: &Context<'_>) -> Result<(), Failure> {
    let session = AppSession::new(&args.registered, context).await?;
    let failed = session.target.failed("show the application of");
    let wait = WaitArgs {
        no_wait: true,
        wait: std::time::Duration::ZERO,
    };
    let steps = Steps::new(&session.graph, false, &wait, context);
    let (app, name) = (args.registered.app.as_deref(), &session.target.name);
    let app = find::application(app, name.as_str(), &session, &steps).await;
    let app = app
        .and_then(|app| find::must_be_there(app, &session))
        .map_err(&failed)?;
    let versions = session.target.client.certificate_versions(name).await;
    let versions = versions.map_err(Failure::from).map_err(&failed)?;
    let shown = Shown::new(&app, &versions, Moment::now(args.soon));
    let console = context.console;
    if console.is_json() {
        return console.json(&shown).map_err(print_failed);
    }
    console.result(&shown.to_text()).map_err(print_failed)
}

/// The JSON field names are part of the contract.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    application: Named,
    certificates: Vec<Row>,
    /// Versions in the vault that could sign in, were they registered.
    not_registered: Vec<Unregistered>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    /// SHA-1, lower-case hexadecimal.
    thumbprint: Option<String>,
    key_id: Option<String>,
    display_name: Option<String>,
    not_after: Option<String>,
    days_left: Option<i64>,
    #[serde(skip)]
    validity: Option<Validity>,
    in_vault: bool,
    version: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Unregistered {
    version: String,
    thumbprint: String,
    not_after: Option<String>,
}

impl Shown {
    fn new(app: &Application, versions: &[CertificateItem], moment: Moment) -> Self {
        let lasts = |version: &&CertificateItem| {
            let validity = Validity::new(version.not_before, version.expires, moment);
            version.enabled && !validity.is_expired()
        };
        let unregistered = versions.iter().filter(lasts).filter_map(|version| {
            let sha1 = version.sha1?;
            let is_known = app
                .key_credentials
                .iter()
                .any(|it| it.has_thumbprint(&sha1));
            (!is_known).then(|| Unregistered {
                version: version
                    .version
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                thumbprint: hex::encode(sha1),
                not_after: version.expires.map(rfc3339),
            })
        });
        let rows = app
            .key_credentials
            .iter()
            .map(|credential| Row::new(credential, versions, moment));
        Self {
            application: Named::of(app),
            certificates: rows.collect(),
            not_registered: unregistered.collect(),
        }
    }

    fn to_text(&self) -> String {
        let mut text = format!("{}\n", self.application.app_id);
        for row in &self.certificates {
            let left = row.validity.map(|validity| validity.to_string());
            text.push_str(&format!(
                "{}  until {} ({})  {}\n",
                row.thumbprint.as_deref().unwrap_or("no thumbprint"),
                row.not_after.as_deref().unwrap_or("?"),
                left.as_deref().unwrap_or("unknown"),
                match &row.version {
                    Some(version) => format!("in the vault, version {version}"),
                    None => String::from("not in the vault"),
                }
            ));
        }
        for version in &self.not_registered {
            let Unregistered {
                thumbprint,
                version,
                ..
            } = version;
            text.push_str(&format!(
                "{thumbprint}  NOT REGISTERED  version {version}\n"
            ));
        }
        text
    }
}

impl Row {
    fn new(credential: &KeyCredential, versions: &[CertificateItem], moment: Moment) -> Self {
        let thumbprint = credential.thumbprint();
        let in_vault = versions.iter().find(|version| {
            version
                .sha1
                .is_some_and(|sha1| credential.has_thumbprint(&sha1))
        });
        let end = credential.end();
        let validity = credential.validity(moment);
        Self {
            thumbprint: thumbprint.map(hex::encode),
            key_id: credential
                .key_id()
                .map(|id| kvcert_pki::text::excerpt(id, 40)),
            display_name: credential.display_name(),
            days_left: validity.and_then(|it| it.days_left),
            validity,
            not_after: end,
            in_vault: in_vault.is_some(),
            version: in_vault
                .and_then(|it| it.version.as_ref())
                .map(ToString::to_string),
        }
    }
}
