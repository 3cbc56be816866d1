//! Opens the browser, if there is one.

use std::process::{Command, Stdio};

use reqwest::Url;

use crate::commands::Context;

/// Opens the page, and prints its address in any case: the browser may be another one.
pub(super) fn open(url: &Url, context: &Context<'_>) {
    let prompt = |text: &str| context.console.prompt(text);
    let opened = command(context).is_some_and(|mut command| {
        let quiet = command.arg(url.as_str()).stdin(Stdio::null());
        quiet.stdout(Stdio::null()).stderr(Stdio::null());
        quiet.env_remove("KVCERT_ACCESS_TOKEN").spawn().is_ok()
    });
    if opened {
        prompt(
            "sign in with the browser that opens; if none does, open this page on this machine:",
        );
    } else {
        prompt("open this page in a browser on this machine:");
    }
    prompt(url.as_str());
}

/// The program that opens pages; none where there is no screen.
fn command(context: &Context<'_>) -> Option<Command> {
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
