//! The certificate that signs in: from the vault with its key, from the vault without it, or from
//! a file.

use std::fmt::Display;
use std::path::Path;

use kvcert::cloud::Cloud;
use kvcert::given::Given;
use kvcert::identity::{Algorithm, Assertor};
use kvcert::input::{AskPassword, InputError, ReadOptions};
use kvcert::retrieve::certified_key;
use kvcert::vault::address::{CertificateRef, Pasted};
use kvcert::vault::{RemoteKey, VaultClient};
use kvcert_pki::certificate::Certificate;
use kvcert_pki::certified_key::CertifiedKey;
use kvcert_pki::chain::Chain;
use kvcert_pki::format::{self, Limits, Password};
use kvcert_pki::validity::{Dated, Lapse, Moment, Status, Validity};

use crate::cli::{AlgorithmArg, AppArgs, InputArgs, PasswordArgs};
use crate::commands::input_flags;
use crate::failure::{Failure, token, usage};
use crate::session::{Context, Session};

/// A certificate that can sign in.
pub(crate) enum Loaded {
    /// With its key.
    Whole(Box<CertifiedKey>),
    /// The vault keeps the key.
    Vaulted {
        /// The leaf, and what else is to be sent along.
        chain: Box<Chain>,
        /// Who signs.
        key: RemoteKey,
    },
}

impl Loaded {
    pub(crate) fn chain(&self) -> &Chain {
        match self {
            Self::Whole(certified) => certified.chain(),
            Self::Vaulted { chain, .. } => chain,
        }
    }

    /// What makes assertions.
    pub(crate) fn assertor(self, args: &AppArgs) -> Result<Assertor, Failure> {
        let algorithm = match args.algorithm {
            AlgorithmArg::Ps256 => Algorithm::Ps256,
            AlgorithmArg::Rs256 => Algorithm::Rs256,
        };
        let chain = (args.send_chain).then(|| self.chain().certificates().to_vec());
        let assertor = match self {
            Self::Whole(certified) => Assertor::local(&certified)?,
            Self::Vaulted { chain, key } => Assertor::new(key, chain.leaf())?,
        };
        let assertor = assertor.with_algorithm(algorithm);
        Ok(match chain {
            Some(chain) => assertor.sending(&chain),
            None => assertor,
        })
    }
}

/// Whether this is a file rather than a name or an identifier: names have no dots.
pub(super) fn is_file(text: &str) -> bool {
    let is_pasted = !matches!(Pasted::parse(text, Cloud::default()), Ok(None));
    !text.contains("://")
        && !is_pasted
        && (text == "-" || text.starts_with('/') || text.contains(['.', '\\']))
}

/// What a certificate is loaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To sign in to Entra, which refuses an expired one.
    SignIn,
    /// To give it to a program as files.
    Files,
}

impl Purpose {
    fn failed(self, failure: Failure, what: impl Display) -> Failure {
        match self {
            Self::SignIn => {
                token::needs_key(failure).context(format!("cannot sign in with {what}"))
            }
            Self::Files => failure.context(format!("cannot give the program the files of {what}")),
        }
    }
}

/// Gets the certificate, and checks its validity.
pub(crate) async fn load(
    text: &str,
    purpose: Purpose,
    args: &AppArgs,
    (password, choice): (&PasswordArgs, &InputArgs),
    session: &Session,
    context: &Context<'_>,
) -> Result<Loaded, Failure> {
    let (loaded, lapses) = if is_file(text) {
        from_file(Path::new(text), purpose, args, (password, choice), context)?
    } else {
        let wanted = CertificateRef::parse(text, context.cloud)?;
        let client = session.vault(wanted.vault.as_ref())?;
        let loaded = if args.sign_in_vault {
            from_vault_without_key(client, &wanted, args).await
        } else {
            let password = input_flags::password(password, "the secret's PFX", context)?;
            from_vault(&client, &wanted, password, choice).await
        };
        loaded.map_err(|failure| purpose.failed(failure, format_args!("`{wanted}`")))?
    };
    check_validity(loaded.chain().leaf(), purpose, &lapses, context)?;
    Ok(loaded)
}

fn from_file(
    path: &Path,
    purpose: Purpose,
    args: &AppArgs,
    (password, choice): (&PasswordArgs, &InputArgs),
    context: &Context<'_>,
) -> Result<(Loaded, Vec<Lapse>), Failure> {
    if args.sign_in_vault {
        return Err(usage::flags_conflict(
            "`--sign-in-vault` needs a certificate in the vault, not a file",
            "name the certificate, or leave `--sign-in-vault` out",
        ));
    }
    let bytes = input_flags::read(path, input_flags::limits(&choice.limits).max_bytes)?;
    let shown = Given::from(path).to_string();
    let given = input_flags::password(password, &shown, context)?;
    let read = ReadOptions {
        password_was_typed: password.is_typed(),
        ..input_flags::read_options(given, choice)
    };
    let ask: Option<AskPassword<'_>> = match context.console.can_ask() {
        true => Some(&input_flags::ask_for),
        false => None,
    };
    let certified = read
        .contents_or_ask(&bytes, path, true, ask)
        .and_then(|mut contents| {
            contents.choose(&read.key).map_err(InputError::Content)?;
            contents.into_certified_key().map_err(InputError::Content)
        });
    let certified = certified.map_err(|error| purpose.failed(error.into(), Given::from(path)))?;
    let lapses = certified.chain().lapses(Moment::default());
    Ok((Loaded::Whole(Box::new(certified)), lapses))
}

async fn from_vault(
    client: &VaultClient,
    wanted: &CertificateRef,
    password: Option<Password>,
    choice: &InputArgs,
) -> Result<(Loaded, Vec<Lapse>), Failure> {
    let read = input_flags::read_options(password, choice);
    let certified = certified_key(client, wanted, &read).await;
    certified
        .map(|(certified, lapses)| (Loaded::Whole(Box::new(certified)), lapses))
        .map_err(Failure::from)
}

/// The public certificate, and the key of its very version.
async fn from_vault_without_key(
    client: VaultClient,
    wanted: &CertificateRef,
    args: &AppArgs,
) -> Result<(Loaded, Vec<Lapse>), Failure> {
    let object = client
        .certificate(&wanted.name, wanted.version.as_ref())
        .await?;
    let leaf = Certificate::from_der(&object.der)?;
    let others = match &args.chain_file {
        Some(file) => certificates(file)?,
        None => Vec::new(),
    };
    let certificates = std::iter::once(leaf.clone()).chain(others).collect();
    let chain = Chain::from_leaf(0, certificates)?;
    let key = RemoteKey::new(client, &object, leaf.public_key())?;
    let moment = Moment::default();
    let mut lapses = chain.lapses(moment);
    let label = format!("certificate `{}`", wanted.name);
    lapses.extend(Lapse::of_object(label, object.bounds, &leaf, moment));
    let chain = Box::new(chain);
    Ok((Loaded::Vaulted { chain, key }, lapses))
}

fn certificates(file: &Path) -> Result<Vec<Certificate>, Failure> {
    let limits = Limits::default();
    let bytes = input_flags::read(file, limits.max_bytes)?;
    let contents = format::read(&bytes, &Password::none(), &limits);
    let what = || format!("cannot read the chain from {}", Given::from(file));
    Ok(contents
        .map_err(|error| Failure::from(error).context(what()))?
        .certificates)
}

/// Entra refuses what is expired, with fewer words.
fn check_validity(
    leaf: &Certificate,
    purpose: Purpose,
    lapses: &[Lapse],
    context: &Context<'_>,
) -> Result<(), Failure> {
    for lapse in lapses {
        match &lapse.what {
            Dated::Leaf(_) if lapse.validity.is_expired() && purpose == Purpose::SignIn => {
                return Err(token::certificate_expired(&lapse.to_string()));
            }
            Dated::Leaf(_) | Dated::Issuer(_) | Dated::Object(_) => {
                context.console.alert(&lapse.to_string());
            }
        }
    }
    let validity = Validity::of(leaf, Moment::default());
    if validity.status == Status::ExpiresSoon {
        let (label, sentence) = (leaf.label(), validity.sentence());
        let text = format!("the certificate of `{label}` {sentence}");
        context.console.warning(&text);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::is_file;

    #[test]
    fn files_and_names_cannot_be_mistaken() {
        for file in [
            "./web", "app.pfx", "/etc/app", "a/b.pem", "-", ".\\app", "../x",
        ] {
            assert!(is_file(file), "{file}");
        }
        let version = "web/0123456789abcdef0123456789abcdef";
        for name in ["web", version, "https://v.vault.azure.net/secrets/web"] {
            assert!(!is_file(name), "{name}");
        }
    }
}
