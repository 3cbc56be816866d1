//! `kvcert token`: from a certificate, or another identity, to an access token.

mod browser;
mod certificate;
mod delegated;
mod identity;
mod kept;
mod party;
mod present;
mod refusal;

#[cfg(feature = "dev-vault")]
pub(super) use self::present::claims;
use std::sync::Arc;

use kvcert::identity::{AccessToken, Audience, Client, TokenRequest};

pub(super) use self::certificate::{Loaded, load};
pub(super) use self::identity::application;
pub(super) use self::kept::{Whose, kept, proof};
pub(super) use self::party::Party;
pub(super) use self::present::until;
pub(super) use self::refusal::explain;
use super::Context;
use crate::cli::{AuthArg, FlowArg, Global, TokenArgs};
use crate::failure::{Failure, Reason};
use crate::session;

/// A token, and whom it is of.
pub(super) struct Gotten {
    pub(super) token: Arc<AccessToken>,
    pub(super) scope: String,
    pub(super) tenant: Option<String>,
    pub(super) client_id: Option<String>,
}

pub(super) async fn run(args: &TokenArgs, context: &Context<'_>) -> Result<(), Failure> {
    present::check(args, context)?;
    let flow = flow(args)?;
    let party = Party::new(&args.app, context)?;
    let gotten = match way(flow) {
        Some(auth) => by_way(auth, args, &party, context).await?,
        None => by_application(flow, args, &party, context).await?,
    };
    present::show(&gotten, args, context)
}

/// A token by certificate, as `kvcert token` gets it.
#[cfg(feature = "dev-vault")]
pub(super) async fn by_certificate(
    args: &TokenArgs,
    party: &Party<'_>,
    context: &Context<'_>,
) -> Result<Gotten, Failure> {
    by_application(FlowArg::ClientCredentials, args, party, context).await
}

/// The flow that was asked for, or that follows from what was given.
fn flow(args: &TokenArgs) -> Result<FlowArg, Failure> {
    let has_proof = args.certificate.is_some() || args.client_secret_from.is_some();
    let flow = match args.flow {
        Some(flow) => flow,
        None if args.assertion_file.is_some() => FlowArg::OnBehalfOf,
        None if args.refresh_token_file.is_some() => FlowArg::RefreshToken,
        None => FlowArg::ClientCredentials,
    };
    let refuse =
        |reason, message: &str, hint: &str| Err(Failure::message(reason, message).with_hint(hint));
    match flow {
        FlowArg::Password => refuse(
            Reason::RetiredFlow,
            "Entra is retiring sign-ins by user name and password: they know no second factor",
            "a person signs in with `--flow browser` or `--flow device-code`; a program has a certificate",
        ),
        FlowArg::Implicit => refuse(
            Reason::RetiredFlow,
            "the implicit flow is retired: it puts tokens into the browser's address bar",
            "use `--flow browser`, which is the authorization code flow with PKCE",
        ),
        FlowArg::ClientCredentials | FlowArg::OnBehalfOf if !has_proof => refuse(
            Reason::NoIdentity,
            "which identity?",
            "name a certificate (`kvcert token CERT …`) or a file, or `--client-secret-from SECRET`, or choose a `--flow`",
        ),
        flow if way(flow).is_some() && has_proof => refuse(
            Reason::FlagsConflict,
            "this flow has an identity of its own",
            "leave the certificate or secret out, or choose another `--flow`",
        ),
        flow => Ok(flow),
    }
}

/// The ways that sign in to vaults give tokens for everything else too.
fn way(flow: FlowArg) -> Option<AuthArg> {
    match flow {
        FlowArg::ManagedIdentity => Some(AuthArg::ManagedIdentity),
        FlowArg::WorkloadIdentity => Some(AuthArg::WorkloadIdentity),
        FlowArg::Github => Some(AuthArg::Github),
        FlowArg::AzureCli => Some(AuthArg::AzureCli),
        FlowArg::Azd => Some(AuthArg::Azd),
        _ => None,
    }
}

async fn by_way(
    auth: AuthArg,
    args: &TokenArgs,
    party: &Party<'_>,
    context: &Context<'_>,
) -> Result<Gotten, Failure> {
    let scope = party.scope(&args.app)?;
    let Some(resource) = scope.strip_suffix("/.default") else {
        let message = format!("this flow takes a whole resource, not `{scope}`");
        return Err(Failure::message(Reason::MalformedScope, message)
            .with_hint("such a scope ends with `/.default`"));
    };
    let flags = Global {
        auth: Some(auth),
        ..context.global.clone()
    };
    let ways = session::ways(&flags, context.environment, context.cloud)?;
    let credential = session::credential(ways, context)?;
    let request = TokenRequest {
        audience: Audience {
            resource: resource.to_owned(),
            tenant: None,
        },
        claims: None,
    };
    let token = credential.token(party.transport(), &request).await?;
    Ok(Gotten {
        token,
        scope,
        tenant: flags.tenant,
        client_id: flags.client_id,
    })
}

async fn by_application(
    flow: FlowArg,
    args: &TokenArgs,
    party: &Party<'_>,
    context: &Context<'_>,
) -> Result<Gotten, Failure> {
    let scope = party.scope(&args.app)?;
    let asks_vault = identity::asks_vault(args);
    let is_person = matches!(flow, FlowArg::Browser | FlowArg::DeviceCode);
    let (tenant, client_id) = party.application(asks_vault, is_person)?;
    let authority = party.authority()?;
    let given = args
        .certificate
        .as_ref()
        .or(args.client_secret_from.as_ref());
    let proof = given.map(|text| proof(text, party)).transpose()?;
    let fetch = || async {
        let client = Client {
            authority: authority.clone(),
            tenant: tenant.clone(),
            client_id: client_id.clone(),
            identity: identity::of(args, party, context).await?,
        };
        delegated::ask(flow, &client, &scope, args, party, context).await
    };
    let whose = Whose {
        flow: name(flow),
        authority: &authority,
        tenant: &tenant,
        client_id: &client_id,
        scope: &scope,
        proof: proof.as_deref().unwrap_or_default(),
    };
    // Who acts on behalf of someone has their token at hand, and it may be another's next time.
    let token = match flow {
        FlowArg::OnBehalfOf => fetch().await?,
        _ => kept(&whose, context, fetch).await?,
    };
    Ok(Gotten {
        token: Arc::new(token),
        scope,
        tenant: Some(tenant),
        client_id: Some(client_id),
    })
}

/// What an application gets for itself, as [`kept`] calls it.
pub(super) const APPLICATION: &str = "application";

/// A name for what is kept.
fn name(flow: FlowArg) -> &'static str {
    match flow {
        FlowArg::Browser | FlowArg::DeviceCode | FlowArg::RefreshToken => "person",
        _ => APPLICATION,
    }
}
