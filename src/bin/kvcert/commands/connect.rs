//! From settings to a vault client that can sign in.

use std::path::Path;
use std::sync::Arc;

use kvcert::identity::Credential;
use kvcert::transport::{Transcript, Transport, TransportOptions};
use kvcert::vault::VaultClient;
use kvcert::vault::address::VaultUrl;

use super::{Context, input, sign_in};
use crate::failure::{Failure, Reason};
use crate::settings::VaultSettings;

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
        let settings = VaultSettings::resolve(context.global, context.environment, context.cloud)?;
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
            credential: Arc::new(sign_in::credential(settings.ways, context)?),
            vaults: settings.vaults,
        })
    }

    /// The dev vault tells everything that there is to know.
    #[cfg(feature = "dev-vault")]
    pub(super) fn to_dev_vault(
        access: &kvcert_dev::Access,
        context: &Context<'_>,
    ) -> Result<Self, Failure> {
        use kvcert::identity::{Application, ClientSecret};
        use kvcert_pki::sensitive::Sensitive;

        let options = TransportOptions {
            ca_pem: access.ca_pem.clone().into_bytes(),
            only_this_ca: true,
            timeout: context.global.timeout.map(std::time::Duration::from_secs),
        };
        let authority = access.authority.parse();
        let credential = Credential::by(ClientSecret {
            application: Application {
                authority: authority.map_err(|e| anyhow::anyhow!("{e}"))?,
                tenant: access.tenant_id.clone(),
                client_id: access.client_id.clone(),
            },
            secret: Sensitive::new(access.client_secret.expose().clone()),
        });
        Ok(Self {
            transport: transport(&options, context)?,
            credential: Arc::new(sign_in::observed(credential, context)?),
            vaults: vec![VaultUrl::parse(&access.vault_url, Default::default())?],
        })
    }

    /// The same, which keeps the requests and replies, secrets masked.
    pub(super) fn kept_in(self, transcript: &Transcript) -> Self {
        Self {
            transport: self.transport.kept_in(transcript.clone()),
            ..self
        }
    }

    /// A client for the one vault of the settings.
    pub(super) fn client(&self) -> Result<VaultClient, Failure> {
        match self.vaults()? {
            [vault] => Ok(self.client_for(vault)),
            _ => Err(Failure::message(
                Reason::SeveralVaults,
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

    /// How everyone signs in.
    pub(super) fn credential(&self) -> Arc<Credential> {
        Arc::clone(&self.credential)
    }

    /// What everything goes through.
    pub(super) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The vaults of the settings, at least one.
    pub(super) fn vaults(&self) -> Result<&[VaultUrl], Failure> {
        if self.vaults.is_empty() {
            return Err(
                Failure::message(Reason::NoVault, "which vault?").with_hint(
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
        return Err(Failure::message(Reason::TooLong, message).with_hint(
            "`--ca-file` takes the certificates that the system does not trust, in PEM",
        ));
    }
    Ok(pem.to_vec())
}

pub(super) fn transport(
    options: &TransportOptions,
    context: &Context<'_>,
) -> Result<Transport, Failure> {
    let transport = Transport::new(options).map_err(|error| {
        Failure::new(Reason::TlsSetup, error.context("cannot set up TLS"))
            .with_hint("`--ca-file` takes certificates in PEM")
    })?;
    Ok(match context.console.observer() {
        Some(observer) => transport.observed_by(observer),
        None => transport,
    })
}

const MAX_CA_FILE: usize = 4 << 20;
