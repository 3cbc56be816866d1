//! `kvcert demo`: the whole story, on a dev vault in this process, with the code of every command.

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::{io, thread};

use kvcert::input::ReadOptions;
use kvcert::unpack;
use kvcert::vault::VaultClient;
use kvcert::vault::address::ObjectName;
use kvcert_dev::{Access, DevVault, Options};
use kvcert_pki::certificate::Certificate;
use kvcert_pki::validity::rfc3339;
use tokio::sync::oneshot;

use super::{get, show_receipt, token};
use crate::cli::{ApiArg, AppArgs, DemoArgs, OutputArgs, TokenArgs};
use crate::failure::output::print_failed;
use crate::failure::{self, Failure};
use crate::session::{Context, Session, block_on};

/// Starts the vault on a thread of its own, tells the story, stops the vault.
pub(super) fn run(args: &DemoArgs, context: &Context<'_>) -> Result<(), Failure> {
    let folder = fresh_folder(args.out.as_deref())?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(anyhow::Error::from)?;
    let port = listener.local_addr().map_err(anyhow::Error::from)?.port();
    let vault = DevVault::open(Options::default())?;
    let access = vault.access(port);
    let (stop, stopped) = oneshot::channel::<()>();
    let server = thread::spawn(move || {
        block_on(async { Ok(vault.serve(listener, async { drop(stopped.await) }).await?) })
    });
    let story = block_on(tell(&access, &folder, context));
    // The story's connections are closed by now; the server has nothing left to wait for.
    let _ = stop.send(());
    server
        .join()
        .unwrap_or_else(|_| Err(Failure::from_panic()))?;
    story
}

/// One teller a chapter.
async fn tell(access: &Access, folder: &Path, context: &Context<'_>) -> Result<(), Failure> {
    let client = Session::to_dev_vault(access, context)?.vault(None)?;
    let name: ObjectName = "web".parse()?;
    let story = Story {
        client,
        name,
        context,
    };
    story.say(&format!(
        "A dev vault runs in this process at {}.\nIt stores the certificate `web`, as Key Vault does, as three objects with one name and version.",
        access.vault_url
    ))?;
    story.certificate().await?;
    story.key().await?;
    story.secret().await?;
    story.export(access, folder).await?;
    story.token(access).await?;
    story.next(folder)
}

struct Story<'a> {
    client: VaultClient,
    name: ObjectName,
    context: &'a Context<'a>,
}

impl Story<'_> {
    async fn certificate(&self) -> Result<(), Failure> {
        let object = self.client.certificate(&self.name, None).await?;
        let certificate = Certificate::from_der(&object.der)?;
        self.say(&format!(
            "\n1. The certificate   GET /certificates/{}\n     {}\n     {}, valid until {}\n     SHA-1 thumbprint {}\n     no private key: a request for \"the certificate\" returns only this",
            self.name,
            object.id,
            certificate.subject(),
            rfc3339(certificate.not_after()),
            hex::encode(certificate.sha1()),
        ))
    }

    async fn key(&self) -> Result<(), Failure> {
        let object = self.client.key(&self.name, None).await?;
        let size = object.public.map(|public| public.to_string());
        self.say(&format!(
            "\n2. The key           GET /keys/{}\n     {}\n     {} {}, may {}\n     no private key either: it is used inside the vault and never leaves",
            self.name,
            object.id,
            object.key_type,
            size.unwrap_or_default(),
            object.operations.join(", "),
        ))
    }

    async fn secret(&self) -> Result<(), Failure> {
        let secret = self.client.secret(&self.name, None).await?;
        let contents = unpack::contents(&secret, &ReadOptions::default())?;
        self.say(&format!(
            "\n3. The secret        GET /secrets/{}\n     {}\n     {}, {} characters: {} certificates in no particular order,\n     and the private key. kvcert fetches this one",
            self.name,
            secret.id,
            secret.content_type.as_deref().unwrap_or("no content type"),
            secret.value.expose().len(),
            contents.certificates.len(),
        ))
    }

    /// The very code of `kvcert get`.
    async fn export(&self, access: &Access, folder: &Path) -> Result<(), Failure> {
        self.say(&format!(
            "\n4. The export        kvcert get {} -o {}",
            self.name,
            folder.display()
        ))?;
        let args = crate::cli::GetArgs {
            certificates: vec![self.name.to_string()],
            output: OutputArgs {
                out: Some(folder.to_owned()),
                ..OutputArgs::default()
            },
            ..Default::default()
        };
        let session = Session::to_dev_vault(access, self.context)?;
        let report = get::retrieve(&args, &session, self.context).await?;
        for certificate in &report.receipt.certificates {
            self.say(&format!("     {certificate}"))?;
            for line in show_receipt::file_lines(certificate).lines() {
                self.say(&format!("     {line}"))?;
            }
        }
        report.into_result()?;
        self.say("     the key matches the leaf, each certificate is signed by the next one,\n     and only you can read the key file")
    }

    /// The very code of `kvcert token`, twice: with the key, and with the vault that keeps it.
    async fn token(&self, access: &Access) -> Result<(), Failure> {
        self.say(
            "\n5. The token         kvcert token web --tenant T --client-id ID --for exchange",
        )?;
        for sign_in_vault in [false, true] {
            let args = TokenArgs {
                certificate: Some(self.name.to_string()),
                app: AppArgs {
                    api: Some(ApiArg::Exchange),
                    sign_in_vault,
                    ..AppArgs::default()
                },
                ..TokenArgs::default()
            };
            let session = Session::to_dev_vault(access, self.context)?;
            let result = token::by_certificate(&args, &session, self.context).await?;
            let claims = token::claims(&result.token);
            let how = match sign_in_vault {
                false => "the key signed a client assertion in memory; Entra checked it and issued",
                true => "with `--sign-in-vault` the vault signed, and the key never left it:",
            };
            self.say(&format!(
                "     {how}\n     a token for {}, role {}, until {}",
                claims["aud"].as_str().unwrap_or("nothing"),
                claims["roles"][0].as_str().unwrap_or("none"),
                token::until(&result.token).unwrap_or_default(),
            ))?;
        }
        self.say("     Use it with Exchange Online, in PowerShell:\n       Connect-ExchangeOnline -AccessToken $token -Organization contoso.onmicrosoft.com")
    }

    fn next(&self, folder: &Path) -> Result<(), Failure> {
        let folder = folder.display();
        self.say(&format!(
            "\nCheck it yourself:\n  openssl x509 -in {folder}/web.crt -noout -subject -issuer -enddate\n  openssl pkey -in {folder}/web.key -noout -check\n\nNext:\n  kvcert dev                        run a dev vault, in another terminal\n  kvcert --dev list                 list its certificates\n  kvcert --dev get web              export one of them\n  kvcert get NAME --vault VAULT     from a real vault\n\nOnly {folder} remains on disk."
        ))
    }

    fn say(&self, text: &str) -> Result<(), Failure> {
        self.context
            .console
            .result(&format!("{text}\n"))
            .map_err(print_failed)
    }
}

/// Makes a folder that was not there, for the user alone, so that nothing of anyone is in the way.
fn fresh_folder(wanted: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(path) = wanted {
        return make_folder(path)
            .map(|()| path.to_owned())
            .map_err(|error| failure::dev::no_demo_folder(path, error));
    }
    let base = std::env::temp_dir();
    let mut number = 1;
    loop {
        let path = base.join(format!("kvcert-demo-{number}"));
        match make_folder(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 1000 => {
                number += 1;
            }
            Err(error) => return Err(failure::dev::no_demo_folder(&path, error)),
        }
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
