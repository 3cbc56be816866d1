//! From flags to a credential, and to the token cache.

use std::path::Path;
use std::sync::Arc;

use kvcert::identity::cache::TokenCache;
use kvcert::identity::{
    self, BearerToken, Credential, Event, ReadyToken, SetupError, SignInMethod, SignInOptions,
};
use kvcert::input;

use super::{Context, environment};
use crate::cli::Global;
use crate::failure::Failure;

/// The credential that `--auth` asks for; `-v` tells how that goes.
pub(crate) fn credential(flags: &Global, context: &Context<'_>) -> Result<Credential, Failure> {
    let method = flags.auth.unwrap_or_default();
    let takes_token = matches!(method, SignInMethod::Auto | SignInMethod::Token);
    let token_file = flags.token_file.as_deref().filter(|_| takes_token);
    let options = SignInOptions {
        identity: flags.identity.clone(),
        token: token_file
            .map(|file| token_in(file, "--token-file", context))
            .transpose()?,
        ..options(flags, context)
    };
    let sources = identity::sources(method, &options, context.environment)?;
    observed(Credential::new(sources), context)
}

/// What the flags say about signing in, but for secrets.
pub(super) fn options(flags: &Global, context: &Context<'_>) -> SignInOptions {
    let console = context.console.clone();
    SignInOptions {
        cloud: context.cloud,
        tenant: flags.tenant.clone(),
        client_id: flags.client_id.clone(),
        prompt: Some(Arc::new(move |message| console.prompt(message))),
        ..SignInOptions::default()
    }
}

/// The credential; `-v` tells how it signs in, and its tokens are cached where that is asked for.
pub(super) fn observed(
    credential: Credential,
    context: &Context<'_>,
) -> Result<Credential, Failure> {
    let console = context.console.clone();
    let credential = credential.with_observer(Arc::new(move |event| match event {
        Event::Attempt(attempt) => console.detail(&attempt.to_string()),
        Event::SignedIn(name) => console.detail(&format!("signed in by {name}")),
        Event::Cached(name) => console.detail(&format!("using the cached token of {name}")),
    }));
    Ok(match token_cache(context)? {
        Some(cache) => credential.with_token_cache(cache),
        None => credential,
    })
}

/// Warns of a file with a token that others can read or may have written.
pub(crate) fn warn_if_exposed(file: &Path, flag: &'static str, context: &Context<'_>) {
    if let Some(problem) = input::exposure(file) {
        let console = context.console;
        console.warning(&format!("the token of {flag} is exposed: {problem}"));
    }
}

/// Where tokens are cached between runs, if they are to be.
pub(crate) fn token_cache(context: &Context<'_>) -> Result<Option<TokenCache>, Failure> {
    let folder = environment::token_cache(context.global, context.environment)?;
    Ok(folder.map(|folder| {
        let console = context.console.clone();
        TokenCache::new(folder).on_warning(Arc::new(move |text| console.warning(text)))
    }))
}

/// A source of the token that a file holds.
pub(super) fn ready_token(
    file: &Path,
    flag: &'static str,
    context: &Context<'_>,
) -> Result<ReadyToken, Failure> {
    token_in(file, flag, context).map(ReadyToken::new)
}

fn token_in(
    file: &Path,
    flag: &'static str,
    context: &Context<'_>,
) -> Result<BearerToken, Failure> {
    warn_if_exposed(file, flag, context);
    let bytes = input::read_secret(file, flag)?;
    let token = BearerToken::from_pasted(&bytes);
    token.map_err(|problem| {
        let place = format!("the file of `{flag}`");
        SetupError::Token { place, problem }.into()
    })
}
