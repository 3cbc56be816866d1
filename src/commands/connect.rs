//! From settings to a vault client that can sign in.

use std::{path::Path, sync::Arc};

use super::{Context, input};
use crate::{
    failure::{Failure, Kind},
    sensitive::Sensitive,
    settings::{SignIn, VaultSettings},
    transport::{Transport, TransportOptions},
    vault::{
        VaultClient,
        address::VaultUrl,
        credential::{ClientSecret, Credential},
    },
};

/// Makes clients for vaults, all with one transport and one way to sign in.
pub(super) struct Connector {
    transport: Transport,
    credential: Arc<Credential>,
    vaults: Vec<VaultUrl>,
}

impl Connector {
    pub(super) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        #[cfg(feature = "dev-vault")]
        if context.global.dev {
            return Self::to_dev_vault(&super::dev::running(context)?, context);
        }
        let settings = VaultSettings::resolve(context.global, context.environment)?;
        let ca_pem = match &settings.ca_file {
            Some(file) => ca_certificates(file)?,
            None => Vec::new(),
        };
        let options = TransportOptions {
            ca_pem,
            only_this_ca: false,
            timeout: settings.timeout,
        };
        Ok(Self {
            transport: transport(&options, context)?,
            credential: Arc::new(credential(settings.sign_in, context)?),
            vaults: settings.vaults,
        })
    }

    /// The dev vault tells everything that there is to know.
    #[cfg(feature = "dev-vault")]
    pub(super) fn to_dev_vault(
        access: &crate::devvault::Access,
        context: &Context<'_>,
    ) -> Result<Self, Failure> {
        let options = TransportOptions {
            ca_pem: access.ca_pem.clone().into_bytes(),
            only_this_ca: true,
            timeout: context.global.timeout.map(std::time::Duration::from_secs),
        };
        let credential = Credential::ClientSecret(ClientSecret {
            authority: access
                .authority
                .parse()
                .map_err(|e| anyhow::anyhow!("{e}"))?,
            tenant: access.tenant_id.clone(),
            client_id: access.client_id.clone(),
            secret: Sensitive::new(access.client_secret.expose().clone()),
        });
        Ok(Self {
            transport: transport(&options, context)?,
            credential: Arc::new(credential),
            vaults: vec![VaultUrl::parse(&access.vault_url, Default::default())?],
        })
    }

    /// A client for the one vault of the settings.
    pub(super) fn client(&self) -> Result<VaultClient, Failure> {
        match self.vaults()? {
            [vault] => Ok(self.client_for(vault)),
            _ => Err(Failure::message(
                Kind::Usage,
                "several-vaults",
                "this command takes one vault; several were given",
            )
            .with_hint("run it once for each vault")),
        }
    }

    /// A client for a vault that an identifier named.
    pub(super) fn client_for(&self, vault: &VaultUrl) -> VaultClient {
        let credential = Arc::clone(&self.credential);
        VaultClient::new(self.transport.clone(), vault.clone(), credential)
    }

    /// The vaults of the settings, at least one.
    pub(super) fn vaults(&self) -> Result<&[VaultUrl], Failure> {
        if self.vaults.is_empty() {
            return Err(
                Failure::message(Kind::Usage, "no-vault", "which vault?").with_hint(
                    "give `--vault NAME`, set KVCERT_VAULT, or name the certificate by its full identifier",
                ),
            );
        }
        Ok(&self.vaults)
    }
}

fn ca_certificates(file: &Path) -> Result<Vec<u8>, Failure> {
    let pem = input::read(file, MAX_CA_FILE)?;
    if pem.len() > MAX_CA_FILE {
        let message = format!(
            "`{}` is too long for a file of CA certificates",
            file.display()
        );
        return Err(
            Failure::message(Kind::Usage, "too-long", message).with_hint(
                "`--ca-file` takes the certificates that the system does not trust, in PEM",
            ),
        );
    }
    Ok(pem.to_vec())
}

fn transport(options: &TransportOptions, context: &Context<'_>) -> Result<Transport, Failure> {
    let transport = Transport::new(options).map_err(|error| {
        Failure::new(Kind::Usage, "tls-setup", error.context("cannot set up TLS"))
            .with_hint("`--ca-file` takes certificates in PEM")
    })?;
    Ok(match context.console.observer() {
        Some(observer) => transport.observed_by(observer),
        None => transport,
    })
}

fn credential(sign_in: SignIn, context: &Context<'_>) -> Result<Credential, Failure> {
    let variable =
        |name: &str| Sensitive::new(context.environment.get(name).unwrap_or_default().to_owned());
    Ok(match sign_in {
        SignIn::TokenVariable => bearer(variable("KVCERT_ACCESS_TOKEN"))?,
        SignIn::TokenFile(file) => {
            let bytes = input::first_line(&file)?;
            bearer(Sensitive::new(String::from_utf8_lossy(&bytes).into_owned()))?
        }
        SignIn::ClientSecret {
            authority,
            tenant,
            client_id,
        } => {
            let authority = authority.parse().map_err(|problem| {
                Failure::message(
                    Kind::Usage,
                    "invalid-authority",
                    format!("`{authority}` is no sign-in authority: {problem}"),
                )
                .with_hint("AZURE_AUTHORITY_HOST looks like `https://login.microsoftonline.com`")
            })?;
            let secret = variable("AZURE_CLIENT_SECRET");
            Credential::ClientSecret(ClientSecret {
                authority,
                tenant,
                client_id,
                secret,
            })
        }
        SignIn::None(advice) => Credential::None(advice),
    })
}

/// A bearer token is one run of visible ASCII (RFC 6750 section 2.1); anything else would be
/// refused as a header, with no good words.
fn bearer(token: Sensitive<String>) -> Result<Credential, Failure> {
    let visible = token.expose().bytes().all(|byte| byte.is_ascii_graphic());
    if !visible || token.expose().is_empty() {
        let message = "the access token is not a bearer token";
        return Err(Failure::message(Kind::Usage, "invalid-token", message)
            .with_hint("the file or KVCERT_ACCESS_TOKEN holds the token alone, without `Bearer`"));
    }
    Ok(Credential::Token(token))
}

const MAX_CA_FILE: usize = 4 << 20;
