//! `kvcert app create`: each step is looked for first, and taken if it is missing.

use kvcert::graph::{
    Application, Assignment, Call, GraphError, KeyCredential, RoleAssignment, ServicePrincipal,
};
use kvcert::vault::CertificateObject;
use kvcert_pki::certificate::Certificate;
use kvcert_pki::key::PublicKey;
use kvcert_pki::validity::{Moment, Validity};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::super::stored::Stored;
use super::app_session::AppSession;
use super::find;
use super::purpose::{self, Purpose};
use super::steps::{Step, Steps};
use super::token::{self, Got};
use crate::cli::AppCreateArgs;
use crate::failure::output::print_failed;
use crate::failure::{Failure, Kind, graph};
use crate::session::Context;

pub(super) async fn run(args: &AppCreateArgs, context: &Context<'_>) -> Result<(), Failure> {
    let session = AppSession::new(&args.registered, context).await?;
    let failed = session.target.failed("register an application for");
    let object = session
        .target
        .client
        .certificate(&session.target.name, None)
        .await;
    let object = object.map_err(Failure::from).map_err(&failed)?;
    let certificate = usable(&object).map_err(&failed)?;
    let job = Job {
        args,
        session: &session,
        purpose: Purpose::of(args.purpose, session.cloud),
        credential: KeyCredential::of(&certificate),
        sha1: certificate.sha1(),
    };
    let mut steps = Steps::new(&session.graph, args.dry_run, &args.wait, context);
    let (app, principal) = job.register(&mut steps).await.map_err(&failed)?;
    job.grant(&app, &principal, &mut steps)
        .await
        .map_err(&failed)?;
    job.assign_role(&principal, &mut steps)
        .await
        .map_err(&failed)?;
    let got = match args.dry_run {
        true => None,
        false => {
            let role = Some(job.purpose.permission_name);
            let scope = &job.purpose.scope;
            let got = token::get(&app.app_id, &object, scope, role, &session, &mut steps).await;
            Some(got.map_err(&failed)?)
        }
    };
    let receipt = Receipt {
        outcome: if args.dry_run { "planned" } else { "ready" },
        application: Named::of(&app),
        service_principal: principal,
        tenant: session.tenant.clone(),
        certificate: Stored::new(&session.target.client, &object)?,
        steps: steps.into_taken(),
        token: got,
    };
    if args.role.is_none() {
        context.console.note(NO_ROLE);
    }
    report(&receipt, &session)
}

const NO_ROLE: &str = "no directory role was assigned, and Exchange Online requires one: add `--role` with the smallest that is enough, such as `--role exchange-recipient-administrator` or `--role global-reader`";

/// What Entra would refuse is refused before anything is registered.
fn usable(object: &CertificateObject) -> Result<Certificate, Failure> {
    let certificate = Certificate::from_der(&object.der)?;
    if !matches!(certificate.public_key(), PublicKey::Rsa { .. }) {
        return Err(graph::not_rsa(certificate.public_key()));
    }
    let validity = Validity::of(&certificate, Moment::default());
    if validity.is_expired() {
        return Err(graph::certificate_expired(&validity));
    }
    Ok(certificate)
}

struct Job<'a> {
    args: &'a AppCreateArgs,
    session: &'a AppSession<'a>,
    purpose: Purpose,
    credential: KeyCredential,
    sha1: [u8; 20],
}

impl Job<'_> {
    /// The application with its certificate, and its service principal's id.
    async fn register(&self, steps: &mut Steps<'_>) -> Result<(Application, String), Failure> {
        let name = match &self.args.display_name {
            Some(name) => name.clone(),
            None => self.session.target.name.to_string(),
        };
        let app = self.args.registered.app.as_deref();
        let app = match find::application(app, &name, self.session, steps).await? {
            Some(app) => {
                self.complete(&app, steps)
                    .await
                    .map_err(ask_for_registration)?;
                app
            }
            None => self.new_application(&name, steps).await?,
        };
        let principal = self.principal(&app, steps).await?;
        Ok((app, principal))
    }

    async fn new_application(
        &self,
        name: &str,
        steps: &mut Steps<'_>,
    ) -> Result<Application, Failure> {
        let tag = find::tag(self.session);
        let access = self.purpose.access();
        let call = Call::create_application(name, &tag, &self.credential, &access);
        let step = format!("register the application `{name}` with the certificate");
        let made = steps
            .change(step, &call)
            .await
            .map_err(ask_for_registration)?;
        Ok(made.unwrap_or_else(|| planned(name)))
    }

    /// What an application that is there still lacks.
    async fn complete(&self, app: &Application, steps: &mut Steps<'_>) -> Result<(), Failure> {
        let name = kvcert_pki::text::excerpt(&app.display_name, 120);
        let mut changes = Map::new();
        let tag = find::tag(self.session);
        if !app.tags.contains(&tag) {
            let tags: Vec<&String> = app.tags.iter().chain([&tag]).collect();
            changes.insert("tags".into(), json!(tags));
        }
        if let Some(list) = self.purpose.added_to(&app.required_resource_access) {
            changes.insert("requiredResourceAccess".into(), Value::Array(list));
        }
        let step = format!("register the application `{name}`");
        if changes.is_empty() {
            steps.present(step);
        } else {
            let call = Call::change_application(&app.id, Value::Object(changes));
            let step = format!("tag the application `{name}` as managed by kvcert");
            steps.change::<Value>(step, &call).await?;
        }
        let step = format!("give `{name}` the certificate");
        if app
            .key_credentials
            .iter()
            .any(|it| it.has_thumbprint(&self.sha1))
        {
            steps.present(step);
            return Ok(());
        }
        // The list is replaced as a whole: the others go along.
        let mut all = app.key_credentials.clone();
        all.push(self.credential.clone());
        let call = Call::set_keys(&app.id, &all);
        steps.change::<Value>(step, &call).await.map(drop)
    }

    async fn principal(&self, app: &Application, steps: &mut Steps<'_>) -> Result<String, Failure> {
        let step = String::from("create its service principal");
        let look = Call::service_principal(&app.app_id);
        // A planned application has no principal to look for.
        let is_planned = app.app_id.starts_with('{');
        if !is_planned {
            match steps.read::<ServicePrincipal>(&look).await {
                Ok(found) => {
                    steps.present(step);
                    return Ok(found.id);
                }
                Err(error) if error.may_be_too_early() => {}
                Err(error) => return Err(error.into()),
            }
        }
        let call = Call::create_service_principal(&app.app_id);
        let made = steps.change::<ServicePrincipal>(step, &call).await;
        match made.map_err(ask_for_registration)? {
            Some(made) => Ok(made.id),
            None if steps.is_dry_run() => Ok(String::from("{servicePrincipal}")),
            None => Ok(steps.await_read::<ServicePrincipal>(&look).await?.id),
        }
    }

    /// Grants the permission: that is the administrator's consent.
    async fn grant(
        &self,
        app: &Application,
        principal: &str,
        steps: &mut Steps<'_>,
    ) -> Result<(), Failure> {
        let Purpose {
            api_name,
            permission_name,
            ..
        } = self.purpose;
        let step = format!("grant it {permission_name} at {api_name}");
        let call = Call::service_principal(self.purpose.api);
        let resource = steps.read::<ServicePrincipal>(&call).await;
        let resource = resource
            .map_err(|error| self.ask_for_consent(app, self.no_such_api(error)))?
            .id;
        if !principal.starts_with('{') {
            let call = Call::assignments(principal);
            let there: Vec<Assignment> = match steps.await_list(&call).await {
                // Whoever may not look may still be allowed to grant.
                Err(GraphError::Denied { .. }) => Vec::new(),
                result => result?,
            };
            let same = |it: &Assignment| {
                it.resource_id == resource
                    && it.app_role_id.eq_ignore_ascii_case(self.purpose.permission)
            };
            if there.iter().any(same) {
                steps.present(step);
                return Ok(());
            }
        }
        let call = Call::assign(principal, &resource, self.purpose.permission);
        let granted = steps.change::<Value>(step, &call).await;
        granted
            .map(drop)
            .map_err(|failure| self.ask_for_consent(app, failure))
    }

    async fn assign_role(&self, principal: &str, steps: &mut Steps<'_>) -> Result<(), Failure> {
        let Some((name, role)) = self.args.role.and_then(purpose::role) else {
            return Ok(());
        };
        let step = format!("assign it the directory role {name}");
        if !principal.starts_with('{') {
            let call = Call::role_assignments(principal, role);
            match self.session.graph.list::<RoleAssignment>(&call).await {
                Ok(there) => {
                    let same = |it: &RoleAssignment| {
                        it.role_definition_id == role && it.directory_scope_id == "/"
                    };
                    if there.iter().any(same) {
                        steps.present(step);
                        return Ok(());
                    }
                }
                // Whoever may not look may still be allowed to assign.
                Err(GraphError::Denied { .. }) => {}
                Err(error) if error.may_be_too_early() => {}
                Err(error) => return Err(error.into()),
            }
        }
        let call = Call::assign_role(principal, role);
        let assigned = steps.change::<Value>(step, &call).await;
        assigned.map(drop).map_err(|failure| {
            only_if_denied(failure, || format!(
                "ask a Privileged Role Administrator to assign the role `{name}` to the service principal {principal} (Entra admin centre, Roles and administrators), then run this again; or `--role none`"
            ))
        })
    }

    fn no_such_api(&self, error: GraphError) -> Failure {
        let api = self.purpose.api_name;
        match error {
            GraphError::NotFound { .. } => graph::no_such_api(api, error),
            error => error.into(),
        }
    }

    /// The static list of the application is consented to, which needs no redirect of its own.
    fn ask_for_consent(&self, app: &Application, failure: Failure) -> Failure {
        let AppSession {
            authority, tenant, ..
        } = self.session;
        only_if_denied(failure, || {
            format!(
                "ask a Privileged Role Administrator or Global Administrator to open {authority}/{tenant}/adminconsent?client_id={} and consent, then run this again; or to grant this caller AppRoleAssignment.ReadWrite.All",
                app.app_id
            )
        })
    }
}

fn ask_for_registration(failure: Failure) -> Failure {
    only_if_denied(failure, || {
        String::from(
            "ask an Application Administrator to run this, or to grant this caller Application.ReadWrite.OwnedBy (a person: the role Application Developer)",
        )
    })
}

/// Other failures have hints of their own.
pub(super) fn only_if_denied(failure: Failure, hint: impl FnOnce() -> String) -> Failure {
    if failure.kind == Kind::Forbidden {
        return failure.with_hint(hint());
    }
    failure
}

/// What stands for an application that a dry run has not made.
fn planned(name: &str) -> Application {
    Application {
        id: String::from("{application}"),
        app_id: String::from("{appId}"),
        display_name: name.to_owned(),
        tags: Vec::new(),
        key_credentials: Vec::new(),
        required_resource_access: Vec::new(),
    }
}

/// An application, by all its names. The JSON field names are part of the contract.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Named {
    pub(super) app_id: String,
    object_id: String,
    display_name: String,
}

impl Named {
    pub(super) fn of(app: &Application) -> Self {
        Self {
            app_id: kvcert_pki::text::excerpt(&app.app_id, 40),
            object_id: kvcert_pki::text::excerpt(&app.id, 40),
            display_name: kvcert_pki::text::excerpt(&app.display_name, 256),
        }
    }
}

/// What was done. The JSON field names are part of the contract.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    outcome: &'static str,
    application: Named,
    service_principal: String,
    tenant: String,
    certificate: Stored,
    steps: Vec<Step>,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<Got>,
}

fn report(receipt: &Receipt, session: &AppSession<'_>) -> Result<(), Failure> {
    let console = session.context.console;
    if console.is_json() {
        return console.json(receipt).map_err(print_failed);
    }
    if receipt.token.is_some() {
        let (name, app_id, tenant) = (
            &session.target.name,
            &receipt.application.app_id,
            &session.tenant,
        );
        let next = console.next(&format!(
            "token {name} --sign-in-vault --for exchange --tenant {tenant} --client-id {app_id}"
        ));
        console.note(&format!("it works; get a token: {next}"));
    }
    let result = format!("{}\n", receipt.application.app_id);
    console.result(&result).map_err(print_failed)
}
