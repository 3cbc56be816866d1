//! `kvcert token`: from a certificate, or another identity, to an access token.

mod application;
mod certificate;
mod grant;
mod show;

use std::sync::Arc;

use kvcert::identity::{AccessToken, Application, Audience, Proof, SignInMethod, TokenRequest};

pub(super) use self::application::{cached, explain, of_certificate};
pub(super) use self::certificate::{Loaded, Purpose, load};
#[cfg(feature = "dev-vault")]
pub(super) use self::show::claims;
pub(super) use self::show::until;
use crate::cli::{FlowArg, Global, GrantArg, TokenArgs};
use crate::failure::{Failure, token, usage};
use crate::session::{self, Context, Session};

/// A token, and the application it belongs to.
pub(super) struct TokenResult {
    pub(super) token: Arc<AccessToken>,
    pub(super) scope: String,
    pub(super) tenant: Option<String>,
    pub(super) client_id: Option<String>,
}

pub(super) async fn run(args: &TokenArgs, context: &Context<'_>) -> Result<(), Failure> {
    show::check(args, context)?;
    let flow = flow(args)?;
    let session = Session::beside_application(&args.app, context)?;
    let result = match flow {
        FlowArg::SignIn(method) => by_sign_in(method, args, &session, context).await?,
        FlowArg::Grant(grant) => by_application(grant, args, &session, context).await?,
    };
    show::show(&result, args, context)
}

/// A token by certificate, as `kvcert token` gets it.
#[cfg(feature = "dev-vault")]
pub(super) async fn by_certificate(
    args: &TokenArgs,
    session: &Session,
    context: &Context<'_>,
) -> Result<TokenResult, Failure> {
    by_application(GrantArg::ClientCredentials, args, session, context).await
}

/// The flow that was asked for, or that follows from what was given.
fn flow(args: &TokenArgs) -> Result<FlowArg, Failure> {
    let has_proof = args.certificate.is_some() || args.client_secret_from.is_some();
    let flow = match args.flow {
        Some(flow) => flow,
        None if args.assertion_file.is_some() => FlowArg::Grant(GrantArg::OnBehalfOf),
        None if args.refresh_token_file.is_some() => FlowArg::Grant(GrantArg::RefreshToken),
        None => FlowArg::Grant(GrantArg::ClientCredentials),
    };
    match flow {
        FlowArg::Grant(GrantArg::Password) => Err(token::password_flow()),
        FlowArg::Grant(GrantArg::Implicit) => Err(token::implicit_flow()),
        FlowArg::Grant(GrantArg::ClientCredentials | GrantArg::OnBehalfOf) if !has_proof => {
            Err(token::no_identity())
        }
        FlowArg::SignIn(_) if has_proof => Err(usage::flags_conflict(
            "this flow uses its own identity",
            "leave the certificate or secret out, or choose another `--flow`",
        )),
        flow => Ok(flow),
    }
}

/// What signs in to vaults gets tokens for everything else too.
async fn by_sign_in(
    method: SignInMethod,
    args: &TokenArgs,
    session: &Session,
    context: &Context<'_>,
) -> Result<TokenResult, Failure> {
    let scope = session.scope(&args.app, context)?;
    let Some(resource) = scope.strip_suffix("/.default") else {
        return Err(token::not_a_default_scope(&scope));
    };
    let flags = Global {
        auth: Some(method),
        ..context.global.clone()
    };
    let credential = session::credential(&flags, context)?;
    let request = TokenRequest {
        audience: Audience {
            resource: resource.to_owned(),
            tenant: None,
        },
        claims: None,
        // It is printed.
        is_named: true,
    };
    let token = credential.token(session.transport(), &request).await?;
    Ok(TokenResult {
        token,
        scope,
        tenant: flags.tenant,
        client_id: flags.client_id,
    })
}

async fn by_application(
    grant: GrantArg,
    args: &TokenArgs,
    session: &Session,
    context: &Context<'_>,
) -> Result<TokenResult, Failure> {
    let scope = session.scope(&args.app, context)?;
    let asks_vault = application::asks_vault(args);
    let is_person = matches!(grant, GrantArg::Browser | GrantArg::DeviceCode);
    let (tenant, client_id) = session.application(asks_vault, is_person, context)?;
    // What the application is, before its proof is asked for.
    let named = Application {
        authority: session.authority(context)?,
        tenant: tenant.clone(),
        client_id: client_id.clone(),
        proof: Proof::None,
    };
    let given = args
        .certificate
        .as_ref()
        .or(args.client_secret_from.as_ref());
    let key = application::cache_key(&named, grant, &scope, given.map(String::as_str), session)?;
    let fetch = || async {
        let application = Application {
            proof: application::proof(args, session, context).await?,
            ..named
        };
        // A person takes longer than an assertion is valid.
        let application = match is_person {
            true => application,
            false => application.signed().await?,
        };
        grant::ask(grant, &application, &scope, args, session, context).await
    };
    // Who acts on behalf of someone has their token at hand, and it may be another's next time.
    let token = match grant {
        GrantArg::OnBehalfOf => fetch().await?,
        _ => cached(&key, context, fetch).await?,
    };
    Ok(TokenResult {
        token: Arc::new(token),
        scope,
        tenant: Some(tenant),
        client_id: Some(client_id),
    })
}
