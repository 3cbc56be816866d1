//! From settings to ways of signing in: reads the secrets that the settings point at.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kvcert::identity::cache::TokenCache;
use kvcert::identity::{
    AccessToken, Application, Assertor, Authority, AzureCli, AzureDeveloperCli, ClientCertificate,
    ClientSecret, Credential, CredentialError, DeviceCode, Event, GitHubActions, ManagedIdentity,
    PassedOver, Platform, ReadyToken, UserAssigned, Way, WorkloadIdentity,
};
use kvcert_pki::format::{self, Limits, Password};
use kvcert_pki::sensitive::Sensitive;

use super::Context;
use super::discovery::{App, SignIn};
use crate::commands::input;
use crate::failure::{Failure, Kind, Reason};

/// The credential that tries these ways; `-v` tells how that goes.
pub(crate) fn credential(ways: Vec<SignIn>, context: &Context<'_>) -> Result<Credential, Failure> {
    let ways = ways.into_iter().map(|sign_in| way(sign_in, context));
    observed(Credential::new(ways.collect::<Result<_, _>>()?), context)
}

/// The same credential, with someone to tell, and a token cache if there is to be one.
pub(crate) fn observed(
    credential: Credential,
    context: &Context<'_>,
) -> Result<Credential, Failure> {
    let console = context.console.clone();
    let credential = credential.observed_by(Arc::new(move |event| match event {
        Event::Attempt(attempt) => console.detail(&attempt.to_string()),
        Event::SignedIn(way) => console.detail(&format!("signed in by {way}")),
        Event::Kept(way) => console.detail(&format!("a token was kept of a sign-in by {way}")),
    }));
    Ok(match token_cache(context)? {
        Some(cache) => credential.kept_in(cache),
        None => credential,
    })
}

/// Where tokens are kept between runs, if they are to be.
pub(crate) fn token_cache(context: &Context<'_>) -> Result<Option<TokenCache>, Failure> {
    let folder = super::environment::token_cache(context.global, context.environment)?;
    Ok(folder.map(|folder| {
        let console = context.console.clone();
        TokenCache::new(folder).told_by(Arc::new(move |text| console.warning(text)))
    }))
}

fn way(sign_in: SignIn, context: &Context<'_>) -> Result<Box<dyn Way>, Failure> {
    Ok(match sign_in {
        SignIn::TokenVariable => Box::new(bearer(variable("KVCERT_ACCESS_TOKEN", context))?),
        SignIn::TokenFile(file) => Box::new(token_file(&file)?),
        SignIn::ClientSecret(app) => Box::new(ClientSecret {
            application: application(app)?,
            secret: variable("AZURE_CLIENT_SECRET", context),
        }),
        SignIn::ClientCertificate {
            app,
            file,
            send_chain,
        } => Box::new(ClientCertificate {
            application: application(app)?,
            assertor: assertor(&file, send_chain, context).map_err(no_certificate)?,
        }),
        SignIn::WorkloadIdentity { app, token_file } => Box::new(WorkloadIdentity {
            application: application(app)?,
            token_file,
        }),
        SignIn::ManagedIdentity {
            platform,
            endpoint,
            identity,
            probe,
        } => managed_identity(platform, &endpoint, identity, probe, context),
        SignIn::AzureCli(tenant) => {
            let az = AzureCli::new(search_path(context), tenant);
            Box::new(az.with_profile(azure_profile(context)))
        }
        SignIn::Azd(tenant) => Box::new(AzureDeveloperCli::new(search_path(context), tenant)),
        SignIn::DeviceCode(app) => {
            let console = context.console.clone();
            let prompt = Arc::new(move |message: &str| console.prompt(message));
            Box::new(DeviceCode::new(application(app)?, prompt))
        }
        SignIn::GitHub { app, url } => Box::new(GitHubActions {
            application: application(app)?,
            url: url.parse().map_err(|_| {
                let message = "ACTIONS_ID_TOKEN_REQUEST_URL is no URL";
                Failure::message(Reason::NoCredential, message)
                    .with_hint("`--auth github` works in a job of GitHub Actions only")
            })?,
            token: variable("ACTIONS_ID_TOKEN_REQUEST_TOKEN", context),
        }),
        SignIn::PassedOver { way, reason } => Box::new(PassedOver { way, reason }),
    })
}

fn application(app: App) -> Result<Application, Failure> {
    let App {
        authority,
        tenant,
        client_id,
    } = app;
    Ok(Application {
        authority: self::authority(&authority)?,
        tenant,
        client_id,
    })
}

/// Who signs people in.
pub(crate) fn authority(text: &str) -> Result<Authority, Failure> {
    text.parse().map_err(|problem| {
        let message = format!("`{text}` is no sign-in authority: {problem}");
        Failure::message(Reason::InvalidAuthority, message)
            .with_hint("AZURE_AUTHORITY_HOST looks like `https://login.microsoftonline.com`")
    })
}

/// A bearer token that a file holds.
pub(crate) fn token_file(file: &Path) -> Result<ReadyToken, Failure> {
    let bytes = input::first_line(file)?;
    let token = String::from_utf8_lossy(&bytes).into_owned();
    bearer(Sensitive::new(token))
}

/// A bearer token is one run of visible ASCII (RFC 6750 section 2.1); anything else would be
/// refused as a header, with no good words.
fn bearer(token: Sensitive<String>) -> Result<ReadyToken, Failure> {
    if !AccessToken::is_bearer(token.expose()) {
        let message = "the access token is not a bearer token";
        return Err(Failure::message(Reason::InvalidToken, message)
            .with_hint("the file or KVCERT_ACCESS_TOKEN holds the token alone, without `Bearer`"));
    }
    Ok(ReadyToken::new(token))
}

/// The certificate and key that sign assertions: PEM or PFX, as the bytes say.
fn assertor(file: &Path, send_chain: bool, context: &Context<'_>) -> Result<Assertor, Failure> {
    let limits = Limits::default();
    let bytes = input::read(file, limits.max_bytes)?;
    let password = variable("AZURE_CLIENT_CERTIFICATE_PASSWORD", context);
    let password = Password::new(password.expose().as_bytes().to_vec());
    let what = || format!("cannot sign in with `{}`", file.display());
    let certified = format::read(&bytes, &password, &limits)
        .and_then(format::Contents::into_certified_key)
        .map_err(|error| Failure::from(error).context(what()))?;
    let assertor = Assertor::local(&certified)
        .map_err(|error| Failure::from(CredentialError::from(error)).context(what()))?;
    Ok(if send_chain {
        assertor.sending(certified.chain().certificates())
    } else {
        assertor
    })
}

/// Whatever is wrong with that file, there is no signing in with it.
fn no_certificate(failure: Failure) -> Failure {
    let hint = "look at AZURE_CLIENT_CERTIFICATE_PATH, a PEM or PFX file with an RSA key, and AZURE_CLIENT_CERTIFICATE_PASSWORD";
    Failure {
        kind: Kind::SignIn,
        ..failure.with_hint(hint)
    }
}

/// An endpoint that is not safe to ask is passed over, with the reason.
fn managed_identity(
    platform: Platform,
    endpoint: &str,
    identity: Option<UserAssigned>,
    probe: bool,
    context: &Context<'_>,
) -> Box<dyn Way> {
    let (platform, endpoint) = match platform {
        Platform::Imds if endpoint.starts_with(IMDS) && Path::new(ARC_AGENT).exists() => {
            (Platform::AzureArc, ARC_ENDPOINT)
        }
        platform => (platform, endpoint),
    };
    let secret = match platform {
        Platform::AppService => Some("IDENTITY_HEADER"),
        Platform::AzureMl => Some("MSI_SECRET"),
        _ => None,
    };
    match endpoint.parse() {
        Ok(endpoint) => Box::new(ManagedIdentity {
            platform,
            endpoint,
            secret: secret.map(|name| variable(name, context)),
            arc_keys: arc_keys(context),
            identity,
            probe,
        }),
        Err(problem) => Box::new(PassedOver {
            way: "managed-identity",
            reason: format!("{platform}'s endpoint is refused: {problem}"),
        }),
    }
}

fn variable(name: &str, context: &Context<'_>) -> Sensitive<String> {
    Sensitive::new(context.environment.get(name).unwrap_or_default().to_owned())
}

fn search_path(context: &Context<'_>) -> std::ffi::OsString {
    context.environment.get("PATH").unwrap_or_default().into()
}

/// Where `az` notes who is signed in.
fn azure_profile(context: &Context<'_>) -> Option<PathBuf> {
    let get = |name| context.environment.get(name).map(PathBuf::from);
    let home = || get("HOME").or_else(|| get("USERPROFILE"));
    let folder = get("AZURE_CONFIG_DIR").or_else(|| Some(home()?.join(".azure")))?;
    Some(folder.join("azureProfile.json"))
}

fn arc_keys(context: &Context<'_>) -> PathBuf {
    match context.environment.get("ProgramData") {
        Some(folder) if cfg!(windows) => Path::new(folder)
            .join("AzureConnectedMachineAgent")
            .join("Tokens"),
        _ => "/var/opt/azcmagent/tokens".into(),
    }
}

const IMDS: &str = "http://169.254.169.254/";
const ARC_AGENT: &str = "/opt/azcmagent/bin/himds";
const ARC_ENDPOINT: &str = "http://localhost:40342/metadata/identity/oauth2/token";
