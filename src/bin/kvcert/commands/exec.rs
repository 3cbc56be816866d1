//! `kvcert exec`: runs a program that has the certificate as files, and perhaps a token.
//!
//! The program takes the place of this process (`execve`) instead of being its child. Then there
//! is nobody to pass signals, the terminal and the exit code on, who could be killed apart from it;
//! and nothing of kvcert, which knew more than the program is to know, stays in memory.
//!
//! The files are in memory (`memfd_create`). Their paths go by a process (`/proc/PID/fd/N`), not by
//! `/proc/self`, so that the programs that it starts can use them too. The certificate is held open
//! by the program itself; what has the key, by the [`wiper`], a process that empties it when the
//! program has ended, whatever ended it. For programs that want files with names there is a
//! [`folder`], which it wipes then.

#[cfg(unix)]
mod folder;
mod program;
#[cfg(unix)]
mod wiper;

use kvcert::identity::AccessToken;
use kvcert_pki::format::pem;
use zeroize::Zeroizing;

use super::token::{Loaded, Purpose, cached, explain, load, of_certificate};
use crate::cli::{ExecArgs, FilesArg};
use crate::failure::{Failure, token};
use crate::session::{Context, Session, block_on_until};

#[cfg(unix)]
pub(super) use self::wiper::wipe;

/// What the program is given.
#[derive(Default)]
struct Given {
    /// Names for people, and the bytes.
    files: Vec<File>,
    token: Option<AccessToken>,
}

/// A file of the program.
struct File {
    /// `cert`, `key` or `pem`.
    name: &'static str,
    bytes: Zeroizing<String>,
}

/// Gets everything, then lets the program take over. What comes back is why it did not.
pub(super) fn run(args: &ExecArgs, context: &Context<'_>) -> Result<(), Failure> {
    let given = block_on_until(context, given(args, context))?;
    program::start(args, &given, context)
}

async fn given(args: &ExecArgs, context: &Context<'_>) -> Result<Given, Failure> {
    let wants_token = args.app.scope.is_some() || args.app.api.is_some();
    if wants_token != args.token {
        return Err(match args.token {
            true => token::exec_without_scope(),
            false => token::exec_without_token(),
        });
    }
    let session = Session::beside_application(&args.app, context)?;
    let files = (&args.password, &args.input);
    let purpose = match args.token {
        true => Purpose::SignIn,
        false => Purpose::Files,
    };
    let loaded = load(
        &args.certificate,
        purpose,
        &args.app,
        files,
        &session,
        context,
    )
    .await?;
    let files = self::files(&loaded);
    let token = match args.token {
        true => Some(token(loaded, args, &session, context).await?),
        false => None,
    };
    Ok(Given { files, token })
}

async fn token(
    loaded: Loaded,
    args: &ExecArgs,
    session: &Session,
    context: &Context<'_>,
) -> Result<AccessToken, Failure> {
    let scope = session.scope(&args.app, context)?;
    let (name, app) = (&args.certificate, &args.app);
    let (application, key) = of_certificate(name, loaded, app, &scope, session, context)?;
    let fetch = || async {
        let asked = application.token(session.transport(), &scope).await;
        asked.map_err(|error| explain(error, &application))
    };
    cached(&key, context, fetch).await
}

/// Without the key there is the certificate alone.
fn files(loaded: &Loaded) -> Vec<File> {
    let mut chain = Zeroizing::default();
    for certificate in loaded.chain().certificates() {
        pem::encode("CERTIFICATE", certificate.der(), &mut chain);
    }
    let mut files = Vec::new();
    if let Loaded::Whole(certified) = loaded {
        let mut key = Zeroizing::default();
        pem::encode("PRIVATE KEY", certified.key().secret_pkcs8_der(), &mut key);
        let mut both = Zeroizing::new(String::with_capacity(key.len() + chain.len()));
        both.push_str(&key);
        both.push_str(&chain);
        files.push(File::new("key", key));
        files.push(File::new("pem", both));
    }
    files.push(File::new("cert", chain));
    files
}

impl File {
    fn new(name: &'static str, bytes: Zeroizing<String>) -> Self {
        Self { name, bytes }
    }

    /// The variable with its path.
    fn variable(&self) -> String {
        format!("KVCERT_{}_FILE", self.name.to_ascii_uppercase())
    }
}

/// Memory, where the system has it.
fn place(args: &ExecArgs) -> FilesArg {
    let default = match cfg!(target_os = "linux") {
        true => FilesArg::Memory,
        false => FilesArg::Folder,
    };
    args.files.unwrap_or(default)
}
