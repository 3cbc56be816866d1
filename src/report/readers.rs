//! [`Reader`]: which programs read a file, which trip over it, and what mends it.
//!
//! What trips whom follows from the algorithms alone; the facts are those of the readers'
//! documentation and of their error reports.

mod traits;

use kvcert_pki::format::OpenedWith;
use kvcert_pki::format::anatomy::{Anatomy, Structure};
use serde::Serialize;
use traits::Traits;

/// A program that reads key stores, and what it makes of this one.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reader {
    /// Such as `Windows Server 2016`.
    pub name: &'static str,
    /// Whether it reads the file.
    pub verdict: Verdict,
    /// What it trips over, or may.
    pub because: Vec<String>,
    /// The command that makes a file which it reads.
    pub mend: Option<String>,
}

/// Whether a program reads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// It does.
    Reads,
    /// Some versions do, others do not.
    Perhaps,
    /// It does not.
    Trips,
}

/// What each reader makes of the file that `command` begins to convert, such as
/// `kvcert convert web.pfx`.
pub(super) fn judge(command: &str, anatomy: &Anatomy) -> Vec<Reader> {
    match &anatomy.structure {
        Structure::Pkcs12(pfx) => {
            let traits = Traits::of(pfx, anatomy);
            // Nobody knows what others make of what is damaged or unknown.
            if traits.is_unreadable {
                return Vec::new();
            }
            let mend = |profile: &str| {
                let asks = if pfx.opened_with == Some(OpenedWith::Given) || traits.is_locked {
                    " --password-prompt"
                } else {
                    ""
                };
                format!("{command}{asks} --format pfx{profile} --key-password-prompt")
            };
            vec![
                reader(OPENSSL, traits.openssl(), mend("")),
                reader(WINDOWS, traits.windows(), mend(LEGACY)),
                reader(MACOS, traits.macos(), mend(LEGACY)),
                reader(JAVA, traits.java(), mend(LEGACY)),
            ]
        }
        Structure::Pem { .. } if !anatomy.keys.is_empty() => {
            let mend = format!("{command} --format pfx{LEGACY} --key-password-prompt");
            let no_pem = "it takes a key and its certificate as a PFX only";
            let trips = || vec![(Verdict::Trips, no_pem.to_owned())];
            vec![
                reader(OPENSSL, Vec::new(), String::new()),
                reader(WINDOWS, trips(), mend.clone()),
                reader(JAVA, trips(), mend),
            ]
        }
        _ => Vec::new(),
    }
}

fn reader(name: &'static str, because: Vec<(Verdict, String)>, mend: String) -> Reader {
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
        mend: (verdict != Verdict::Reads).then_some(mend),
    }
}

const OPENSSL: &str = "OpenSSL 3 without its legacy provider";
const WINDOWS: &str = "Windows Server 2016 and before";
const MACOS: &str = "macOS Keychain";
const JAVA: &str = "Java 8 before 8u301";
const LEGACY: &str = " --pfx-profile legacy";
