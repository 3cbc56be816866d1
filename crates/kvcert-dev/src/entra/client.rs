//! Which application asks, and its proof.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use sha2::{Digest, Sha256};

use super::assertion;
use super::minting::Proof;
use super::refusal::Refusal;
use super::request::TokenRequest;
use crate::directory::Records;
use crate::directory::record::{Application, ServicePrincipal};
use crate::tokens::jws::{Jws, Key};

/// An application that is known here and proved what it had to.
pub(crate) struct Client {
    pub(crate) app_id: String,
    pub(crate) application: Option<Application>,
    pub(crate) proof: Proof,
}

impl Client {
    /// Its principal, without which it cannot sign in itself.
    pub(crate) fn principal(
        &self,
        records: &Records,
        tenant: &str,
    ) -> Result<ServicePrincipal, Refusal> {
        let app_id = &self.app_id;
        records.principal(app_id).cloned().ok_or_else(|| {
            let message = format!(
                "The client application {app_id} is missing service principal in the tenant \
                 {tenant}. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119"
            );
            Refusal::named("unauthorized_client", 7000229, &message)
        })
    }
}

/// Finds the application without asking for a proof.
pub(crate) fn find(request: &TokenRequest<'_>) -> Result<Client, Refusal> {
    let client_id = request.form.get("client_id")?;
    if let Some((app_id, _)) = first_party(client_id) {
        return Ok(Client {
            app_id: (*app_id).to_owned(),
            application: None,
            proof: Proof::Public,
        });
    }
    let records = request.entra.directory.read();
    let application = records.application(client_id).cloned();
    drop(records);
    let application =
        application.ok_or_else(|| unknown(client_id, &request.entra.directory.tenant.id))?;
    Ok(Client {
        app_id: application.app_id.clone(),
        application: Some(application),
        proof: Proof::Public,
    })
}

/// What people know the application by.
pub(crate) fn display_name(request: &TokenRequest<'_>, app_id: &str) -> String {
    if let Some((_, name)) = first_party(app_id) {
        return (*name).to_owned();
    }
    let records = request.entra.directory.read();
    let application = records.application(app_id);
    application.map_or_else(String::new, |application| application.display_name.clone())
}

/// Finds the application, and demands its proof unless it is a public client.
pub(crate) fn authenticate(request: &TokenRequest<'_>) -> Result<Client, Refusal> {
    let client = find(request)?;
    let form = &request.form;
    let presented =
        form.optional("client_secret").is_some() || form.optional("client_assertion").is_some();
    let public = client.application.as_ref().is_none_or(|a| a.public_client);
    if public && presented {
        let message = format!(
            "Client is public so neither 'client_assertion' nor 'client_secret' should be \
             presented: '{}'.",
            client.app_id
        );
        return Err(Refusal::client(700025, &message));
    }
    if public {
        return Ok(client);
    }
    prove(request, client)
}

/// Finds the application and demands its proof.
pub(crate) fn authenticate_confidential(request: &TokenRequest<'_>) -> Result<Client, Refusal> {
    let client = authenticate(request)?;
    match client.proof {
        Proof::Public => Err(Refusal::client(7000218, MISSING)),
        Proof::Secret | Proof::Assertion => Ok(client),
    }
}

fn prove(request: &TokenRequest<'_>, client: Client) -> Result<Client, Refusal> {
    let Some(application) = &client.application else {
        return Ok(client);
    };
    let form = &request.form;
    let proof = if let Some(token) = form.optional("client_assertion") {
        check_assertion(request, application, token)?;
        Proof::Assertion
    } else if let Some(secret) = form.optional("client_secret") {
        check_secret(application, secret, request.call.now)?;
        Proof::Secret
    } else {
        return Err(Refusal::client(7000218, MISSING));
    };
    Ok(Client { proof, ..client })
}

fn check_secret(application: &Application, secret: &str, now: i64) -> Result<(), Refusal> {
    let hash = Sha256::digest(secret);
    let matches = |known: &[u8]| verify_slices_are_equal(&hash, known).is_ok();
    let app_id = &application.app_id;
    match application
        .secrets
        .iter()
        .find(|known| matches(&known.sha256))
    {
        Some(known) if now >= known.start && now < known.end => Ok(()),
        Some(_) => {
            let message = format!(
                "The provided client secret keys for app '{app_id}' are expired. Visit the Azure \
                 portal to create new keys for your app: https://aka.ms/NewClientSecret, or \
                 consider using certificate credentials for added security: \
                 https://aka.ms/certCreds."
            );
            Err(Refusal::client(7000222, &message))
        }
        None => {
            let message = format!(
                "Invalid client secret provided. Ensure the secret being sent in the request is \
                 the client secret value, not the client secret ID, for a secret added to app \
                 '{app_id}'."
            );
            Err(Refusal::client(7000215, &message))
        }
    }
}

fn check_assertion(
    request: &TokenRequest<'_>,
    application: &Application,
    token: &str,
) -> Result<(), Refusal> {
    let kind = request.form.get("client_assertion_type")?;
    if kind != JWT_BEARER {
        let message = format!("The 'client_assertion_type' must be '{JWT_BEARER}', not '{kind}'.");
        return Err(Refusal::request(90023, &message));
    }
    let assertion = Jws::parse(token)
        .ok_or_else(|| Refusal::request(50027, "JWT token is invalid or malformed."))?;
    let issuer = assertion.text("iss").unwrap_or_default();
    let federated = application
        .federated
        .iter()
        .any(|other| other.issuer == issuer);
    let by_itself = assertion.header.thumbprint().is_some()
        || assertion.header.certificate().is_some()
        || issuer.eq_ignore_ascii_case(&application.app_id);
    if federated || !by_itself && issuer.contains("://") {
        return check_federated(request, application, &assertion);
    }
    let now = request.call.now;
    assertion::check(
        &assertion,
        application,
        |name| request.is_audience(name),
        now,
    )?;
    let Some(jti) = assertion.text("jti") else {
        return Ok(());
    };
    let until = assertion.time("exp").unwrap_or(now).min(now + DAY);
    let key = format!("{}/{jti}", application.app_id);
    let used = &request.entra.used;
    used.expect_new(&key, token, &request.call.body, until, now)
}

/// The token of another issuer: its issuer, subject and audience must be those of one of the
/// application's [federated credentials](https://learn.microsoft.com/entra/workload-id/workload-identity-federation).
fn check_federated(
    request: &TokenRequest<'_>,
    application: &Application,
    token: &Jws<'_>,
) -> Result<(), Refusal> {
    let (issuer, subject) = (token.text("iss"), token.text("sub"));
    let (issuer, subject) = (issuer.unwrap_or_default(), subject.unwrap_or_default());
    let unmatched = |number, what: &str, presented: &str| {
        let message = format!(
            "No matching federated identity record found for presented assertion {what} \
             '{presented}'. Check your federated identity credential Subject, Audience and Issuer \
             against the presented assertion. https://learn.microsoft.com/entra/workload-id/\
             workload-identity-federation"
        );
        Err(Refusal::client(number, &message))
    };
    let of_issuer = || {
        application
            .federated
            .iter()
            .filter(|one| one.issuer == issuer)
    };
    if of_issuer().next().is_none() {
        return unmatched(700211, "issuer", issuer);
    }
    if !of_issuer().any(|one| one.subject == subject) {
        return unmatched(700213, "subject", subject);
    }
    let mut of_subject = of_issuer().filter(|one| one.subject == subject);
    if !of_subject.any(|one| token.is_for(|name| one.audiences.iter().any(|a| a == name))) {
        let presented = token.text("aud").unwrap_or_default();
        return unmatched(700212, "audience", presented);
    }
    assertion::expect_in_time(token, request.call.now)?;
    let records = request.entra.directory.read();
    let trusted = records.issuers.iter().find(|trusted| trusted.id == issuer);
    let keys = trusted.map_or(&[][..], |trusted| &trusted.keys);
    let named = |jwk: &&serde_json::Value| {
        token.header.kid.is_none() || jwk["kid"].as_str() == token.header.kid.as_deref()
    };
    let mut keys = keys.iter().filter(named).filter_map(Key::of_jwk);
    if keys.any(|key| token.is_signed_by(&key)) {
        Ok(())
    } else {
        let kid = token.header.kid.as_deref().unwrap_or_default();
        let message = format!(
            "Assertion failed signature validation. [Reason - The key was not found or did \
                 not sign it., Key used by client: '{kid}', issuer '{issuer}']"
        );
        Err(Refusal::client(50013, &message))
    }
}

fn unknown(client_id: &str, tenant: &str) -> Refusal {
    let shown: String = client_id.chars().take(100).collect();
    let message = format!(
        "Application with identifier '{shown}' was not found in the directory '{tenant}'. This \
         can happen if the application has not been installed by the administrator of the tenant \
         or consented to by any user in the tenant. You may have sent your authentication request \
         to the wrong tenant."
    );
    Refusal::named("unauthorized_client", 700016, &message)
}

/// Microsoft's own tools, which every tenant knows, and their names.
pub(crate) fn first_party(client_id: &str) -> Option<&'static (&'static str, &'static str)> {
    FIRST_PARTY
        .iter()
        .find(|(app_id, _)| app_id.eq_ignore_ascii_case(client_id))
}

const FIRST_PARTY: &[(&str, &str)] = &[
    (
        "04b07795-8ddb-461a-bbee-02f9e1bf7b46",
        "Microsoft Azure CLI",
    ),
    (
        "1950a258-227b-4e31-a9cf-717495945fc2",
        "Microsoft Azure PowerShell",
    ),
    (
        "14d82eec-204b-4c2f-b7e8-296a70dab67e",
        "Microsoft Graph Command Line Tools",
    ),
    ("aebc6443-996d-45c2-90f0-388ff96faa56", "Visual Studio Code"),
    (
        "fb78d390-0c51-40cd-8e17-fdbfab77341b",
        "Microsoft Exchange REST API Based Powershell",
    ),
];
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const MISSING: &str =
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
const DAY: i64 = 86_400;
