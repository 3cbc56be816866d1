//! How a token is printed.

use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kvcert::identity::AccessToken;
use kvcert::output::{self, Secrecy};
use kvcert_pki::validity::rfc3339;
use serde::Serialize;

use super::TokenResult;
use crate::cli::{TokenArgs, TokenOutputArg};
use crate::commands::file;
use crate::failure::output::print_failed;
use crate::failure::{Failure, token};
use crate::quoted;
use crate::session::Context;

/// Refuses before anyone is asked for anything.
pub(super) fn check(args: &TokenArgs, context: &Context<'_>) -> Result<(), Failure> {
    let to_stdout = args.curl_config.as_deref().is_none_or(is_stdout);
    if to_stdout && !args.decode && context.console.is_terminal() && !args.force {
        return Err(token::to_terminal());
    }
    if args.output == TokenOutputArg::Github && runner_files(context).is_empty() {
        return Err(token::no_runner());
    }
    Ok(())
}

/// Prints or writes the token as the flags say.
pub(super) fn show(
    result: &TokenResult,
    args: &TokenArgs,
    context: &Context<'_>,
) -> Result<(), Failure> {
    let (token, variable) = (result.token.expose(), args.variable.as_str());
    let print = |text: &str| context.console.raw(text.as_bytes()).map_err(print_failed);
    if let Some(file) = &args.curl_config {
        let header = quoted::curl_config(&format!("Authorization: Bearer {token}"));
        let config = format!("header = {header}\n");
        return match is_stdout(file) {
            true => print(&config),
            false => {
                let bytes = config.into_bytes();
                file::write(file, bytes, Secrecy::Private, args.force, context.console).map(drop)
            }
        };
    }
    if args.decode {
        return decode(result, context);
    }
    let expires = expires(result);
    match args.output {
        TokenOutputArg::Json => json(result, context),
        TokenOutputArg::Token if context.console.is_json() => json(result, context),
        TokenOutputArg::Token => print(&format!("{token}\n")),
        TokenOutputArg::Header => print(&format!("Authorization: Bearer {token}\n")),
        TokenOutputArg::Env => {
            let mut text = format!("export {variable}={}\n", quoted::shell(token));
            if let Some(end) = expires {
                text += &format!("export {variable}_EXPIRES={}\n", quoted::shell(&end));
            }
            print(&text)
        }
        TokenOutputArg::Powershell => {
            let mut text = format!("$env:{variable} = {}\n", quoted::powershell(token));
            if let Some(end) = expires {
                text += &format!("$env:{variable}_EXPIRES = {}\n", quoted::powershell(&end));
            }
            print(&text)
        }
        TokenOutputArg::AzurePipelines => print(&format!(
            "##vso[task.setsecret]{token}\n##vso[task.setvariable variable={variable};issecret=true]{token}\n"
        )),
        TokenOutputArg::Github => {
            print(&format!("::add-mask::{token}\n"))?;
            github(token, variable, context)
        }
    }
}

/// The runner reads these files after the step. A delimiter that nobody can guess keeps a value
/// from ending before its end.
fn github(token: &str, variable: &str, context: &Context<'_>) -> Result<(), Failure> {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| anyhow::anyhow!("no randomness"))?;
    let end = format!("kvcert_{}", hex::encode(random));
    let entry = format!("{variable}<<{end}\n{token}\n{end}\n");
    for file in runner_files(context) {
        output::append(Path::new(file), entry.as_bytes())?;
    }
    Ok(())
}

fn runner_files<'a>(context: &Context<'a>) -> Vec<&'a str> {
    let names = ["GITHUB_ENV", "GITHUB_OUTPUT"].into_iter();
    names
        .filter_map(|name| context.environment.get(name))
        .collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TokenJson<'a> {
    access_token: &'a str,
    token_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_on: Option<String>,
    scope: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
}

fn json(result: &TokenResult, context: &Context<'_>) -> Result<(), Failure> {
    let json = TokenJson {
        access_token: result.token.expose(),
        token_type: "Bearer",
        expires_on: expires(result),
        scope: &result.scope,
        tenant: result.tenant.as_deref(),
        client_id: result.client_id.as_deref(),
    };
    context.console.json(&json).map_err(print_failed)
}

/// What is in a JWT; its signature stays where it is.
#[derive(Serialize)]
struct Decoded {
    header: serde_json::Value,
    claims: serde_json::Value,
}

impl Decoded {
    fn of(token: &AccessToken) -> Option<Self> {
        let mut parts = token.expose().split('.');
        let mut part = || {
            let bytes = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
            serde_json::from_slice(&bytes).ok()
        };
        let header = part()?;
        let claims = part()?;
        Some(Self { header, claims })
    }
}

/// What a token says, to be shown and no more.
#[cfg(feature = "dev-vault")]
pub(crate) fn claims(token: &AccessToken) -> serde_json::Value {
    Decoded::of(token).map_or_else(Default::default, |decoded| decoded.claims)
}

fn decode(result: &TokenResult, context: &Context<'_>) -> Result<(), Failure> {
    let Some(decoded) = Decoded::of(&result.token) else {
        return Err(token::opaque());
    };
    context.console.note(
        "note: only the API that a token is for may rely on what is in it; the form can change any day",
    );
    context.console.json(&decoded).map_err(print_failed)
}

fn expires(result: &TokenResult) -> Option<String> {
    until(&result.token)
}

/// When a token ends, RFC 3339.
pub(crate) fn until(token: &AccessToken) -> Option<String> {
    let end = token.not_after()?;
    let since = end.duration_since(std::time::SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok().map(rfc3339)
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new("-")
}
