//! [`Reader`]: which programs can read a file, why others cannot, and the command that converts it.
//!
//! The verdicts follow from the algorithms in the file alone. The facts are from the documentation
//! of the programs and from their error reports.

mod traits;

use kvcert_pki::format::OpenedWith;
use kvcert_pki::format::anatomy::{Anatomy, Structure};
use serde::Serialize;
use traits::Traits;

/// A program that reads key stores, and whether it can read this one.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reader {
    /// Such as `Windows Server 2016`.
    pub name: &'static str,
    /// Whether it can read the file.
    pub verdict: Verdict,
    /// What it cannot read, or may not.
    pub because: Vec<String>,
    /// The command that converts the file to one that it can read.
    #[serde(rename = "mend")]
    pub fix: Option<String>,
}

/// Whether a program can read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It can.
    Reads,
    /// Some versions do, others do not.
    Perhaps,
    /// It cannot.
    Trips,
}

/// Which programs can read the file. `command` is how kvcert begins to convert it, such as
/// `kvcert convert web.pfx`.
pub(super) fn judge(command: &str, anatomy: &Anatomy) -> Vec<Reader> {
    match &anatomy.structure {
        Structure::Pkcs12(pfx) => {
            let traits = Traits::of(pfx, anatomy);
            // No program documents what it does with damaged or unknown contents.
            if traits.is_unreadable {
                return Vec::new();
            }
            let fix = |profile: &str| {
                let asks = if pfx.opened_with == Some(OpenedWith::Given) || traits.is_locked {
                    " --password-prompt"
                } else {
                    ""
                };
                format!("{command}{asks} --format pfx{profile} --key-password-prompt")
            };
            vec![
                reader(OPENSSL, traits.openssl(), fix("")),
                reader(WINDOWS, traits.windows(), fix(LEGACY)),
                reader(MACOS, traits.macos(), fix(LEGACY)),
                reader(JAVA, traits.java(), fix(LEGACY)),
            ]
        }
        Structure::Pem { .. } if !anatomy.keys.is_empty() => {
            let fix = format!("{command} --format pfx{LEGACY} --key-password-prompt");
            let no_pem = "it accepts a key with its certificate only as a PFX";
            let trips = || vec![(Verdict::Trips, no_pem.to_owned())];
            vec![
                reader(OPENSSL, Vec::new(), String::new()),
                reader(WINDOWS, trips(), fix.clone()),
                reader(JAVA, trips(), fix),
            ]
        }
        _ => Vec::new(),
    }
}

fn reader(name: &'static str, because: Vec<(Verdict, String)>, fix: String) -> Reader {
    let verdicts = because.iter().map(|(verdict, _)| *verdict);
    let verdict = verdicts.fold(Verdict::Reads, |worst, it| match (worst, it) {
        (Verdict::Trips, _) | (_, Verdict::Trips) => Verdict::Trips,
        (Verdict::Perhaps, _) | (_, Verdict::Perhaps) => Verdict::Perhaps,
        _ => Verdict::Reads,
    });
    Reader {
        name,
        verdict,
        because: because.into_iter().map(|(_, why)| why).collect(),
        fix: (verdict != Verdict::Reads).then_some(fix),
    }
}

const OPENSSL: &str = "OpenSSL 3 without its legacy provider";
const WINDOWS: &str = "Windows Server 2016 and earlier";
const MACOS: &str = "macOS Keychain";
const JAVA: &str = "Java 8 before 8u301";
const LEGACY: &str = " --pfx-profile legacy";
