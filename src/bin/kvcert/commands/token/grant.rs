//! The grants: the application's own, and those in a person's name.

use std::path::Path;
use std::process::{Command, Stdio};

use kvcert::identity::{
    AccessToken, Application, BearerToken, BrowserSignIn, Grant, Granted, RefreshToken,
    token_from_pasted,
};
use kvcert::output::{Policy, Secrecy, Writer};
use reqwest::Url;

use super::explain;
use crate::cli::{GrantArg, TokenArgs};
use crate::commands::input_flags;
use crate::failure::{Failure, output, token};
use crate::session::{Context, Session, warn_if_exposed};

/// Asks for the token by this flow.
pub(super) async fn ask(
    grant: GrantArg,
    application: &Application,
    scope: &str,
    args: &TokenArgs,
    session: &Session,
    context: &Context<'_>,
) -> Result<AccessToken, Failure> {
    let transport = session.transport();
    let keeps = args.refresh_token_file.as_deref();
    let scope = match keeps {
        Some(_) => format!("{scope} offline_access"),
        None => scope.to_owned(),
    };
    let granted = match grant {
        GrantArg::OnBehalfOf => {
            let token: BearerToken =
                token_in(args.assertion_file.as_deref(), "--assertion-file", context)?;
            let grant = Grant::OnBehalfOf(&token);
            application.request(transport, &scope, grant).await
        }
        GrantArg::RefreshToken => {
            let token: RefreshToken = token_in(keeps, "--refresh-token-file", context)?;
            let grant = Grant::RefreshToken(&token);
            application.request(transport, &scope, grant).await
        }
        GrantArg::DeviceCode => {
            let console = context.console;
            let prompt = |message: &str| console.prompt(message);
            application.by_device_code(transport, &scope, &prompt).await
        }
        GrantArg::Browser => {
            let port = args.redirect_port.unwrap_or(0);
            let begun = BrowserSignIn::begin(application, &scope, port).await;
            let sign_in = begun.map_err(|error| token::no_port(port, error))?;
            open_browser(&sign_in.url(), context);
            sign_in.finish(transport).await
        }
        _ => {
            let grant = Grant::ClientCredentials;
            application.request(transport, &scope, grant).await
        }
    };
    let granted = granted.map_err(|error| explain(error, application))?;
    if let Some(file) = keeps {
        keep(file, &granted, context)?;
    }
    Ok(granted.token)
}

/// A token in a file; any character that a token cannot have would be refused by Entra without a
/// good word.
fn token_in<T: TryFrom<String>>(
    file: Option<&Path>,
    flag: &'static str,
    context: &Context<'_>,
) -> Result<T, Failure> {
    let Some(file) = file else {
        return Err(token::no_token(flag));
    };
    warn_if_exposed(file, flag, context);
    let bytes = input_flags::read_secret(file, flag)?;
    token_from_pasted(&bytes).map_err(|problem| token::not_a_token(flag, problem))
}

/// Entra gives a new one most times, and then the old one is to be forgotten.
fn keep(file: &Path, granted: &Granted, context: &Context<'_>) -> Result<(), Failure> {
    let Some(token) = &granted.refresh_token else {
        context.console.note("note: no refresh token was given");
        return Ok(());
    };
    let bytes = token.expose().as_bytes().to_vec();
    // It is replaced by every run, and for the user alone, whatever its mode was.
    Writer::new(Policy::for_own_files())
        .write_file(file, bytes, Secrecy::Private)
        .map(drop)
        .map_err(output::of_one_file)
}

/// Opens the page, and prints its address in any case: the browser may be another one.
fn open_browser(url: &Url, context: &Context<'_>) {
    let prompt = |text: &str| context.console.prompt(text);
    let opened = browser(context).is_some_and(|mut command| {
        let quiet = command.arg(url.as_str()).stdin(Stdio::null());
        quiet.stdout(Stdio::null()).stderr(Stdio::null());
        for name in context.environment.secrets() {
            quiet.env_remove(name);
        }
        quiet.spawn().is_ok()
    });
    if opened {
        prompt("sign in in the browser window; if none opens, open this page on this machine:");
    } else {
        prompt("open this page in a browser on this machine:");
    }
    prompt(url.as_str());
}

/// The program that opens pages; none where there is no screen.
fn browser(context: &Context<'_>) -> Option<Command> {
    if cfg!(target_os = "macos") {
        return Some(Command::new("open"));
    }
    if cfg!(windows) {
        let mut command = Command::new("rundll32");
        command.arg("url.dll,FileProtocolHandler");
        return Some(command);
    }
    let screens = ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME"];
    let has_screen = screens
        .iter()
        .any(|name| context.environment.get(name).is_some());
    has_screen.then(|| Command::new("xdg-open"))
}
