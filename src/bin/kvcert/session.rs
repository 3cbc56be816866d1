//! [`Session`]: `--vault`, `--dev`, `--auth`, `--cloud`, `--ca-file` and the token cache, resolved
//! once. A command asks it for a client or a token.

mod application;
#[cfg(feature = "dev-vault")]
mod dev;
mod environment;
mod scope;
mod sign_in;
mod this_call;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kvcert::cloud::Cloud;
use kvcert::identity::{Authority, Credential, Environment, InvalidSetting};
use kvcert::input;
use kvcert::transport::{ProxySettings, Transcript, Transport, TransportOptions};
use kvcert::vault::VaultClient;
use kvcert::vault::address::{CertificateRef, Pasted, VaultUrl, Version};

use self::application::DevDirectory;
pub(crate) use self::application::check_tenant;
#[cfg(feature = "dev-vault")]
pub(crate) use self::dev::{Claim, dev_ca_file, running};
pub(crate) use self::environment::{capture, token_folder};
pub(crate) use self::sign_in::{credential, token_cache, warn_if_exposed};
pub(crate) use self::this_call::this_call;
use crate::cli::Global;
use crate::console::Console;
use crate::failure::{Failure, unreachable, usage};

/// What every command receives.
pub(crate) struct Context<'a> {
    pub(crate) environment: &'a Environment,
    pub(crate) console: &'a Console,
    pub(crate) global: &'a Global,
    /// The cloud that is meant.
    pub(crate) cloud: Cloud,
    /// The time for the whole command.
    pub(crate) deadline: Duration,
}

/// As [`block_on`], for at most the time of `--deadline`: work that takes longer is dropped where it waits.
pub(crate) fn block_on_until<T>(
    context: &Context<'_>,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let limit = context.deadline;
    block_on(async {
        match tokio::time::timeout(limit, work).await {
            Ok(result) => result,
            Err(_) => Err(unreachable::deadline_passed(limit, "")),
        }
    })
}

/// One thread is enough to wait for answers, and starts fastest.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)?
        .block_on(work)
}

/// Makes clients and gets tokens, all with one transport and one way to sign in.
pub(crate) struct Session {
    transport: Transport,
    credential: Arc<Credential>,
    vaults: Vec<VaultUrl>,
    cloud: Cloud,
    dev: Option<DevDirectory>,
}

impl Session {
    /// Flags go before the environment, the environment before defaults.
    pub(crate) fn new(context: &Context<'_>) -> Result<Self, Failure> {
        #[cfg(feature = "dev-vault")]
        if context.global.dev.is_some() {
            return Self::to_dev_vault(&running(context)?, context);
        }
        if let Some(vault) = context.environment.get("KVCERT_VAULT")
            && context.global.vault.is_empty()
        {
            InvalidSetting::check("KVCERT_VAULT", vault)?;
        }
        let vaults = vaults(context.global, context.environment)
            .into_iter()
            .map(|vault| VaultUrl::parse(vault, context.cloud))
            .collect::<Result<_, _>>()?;
        let credential = credential(context.global, context)?;
        let ca_pem = match &context.global.ca_file {
            Some(file) => ca_certificates(file)?,
            None => Vec::new(),
        };
        let options = TransportOptions {
            ca_pem,
            only_this_ca: false,
            timeout: context.global.timeout.map(Duration::from_secs),
            proxies: ProxySettings::new(|name| context.environment.get(name)),
        };
        Ok(Self {
            transport: transport(&options, context)?,
            credential: Arc::new(credential),
            vaults,
            cloud: context.cloud,
            dev: None,
        })
    }

    /// Everything comes from the running dev vault.
    #[cfg(feature = "dev-vault")]
    pub(crate) fn to_dev_vault(
        access: &kvcert_dev::Access,
        context: &Context<'_>,
    ) -> Result<Self, Failure> {
        use kvcert::identity::{Application, Proof};
        use kvcert_pki::sensitive::Sensitive;

        let options = TransportOptions {
            ca_pem: access.ca_pem.clone().into_bytes(),
            only_this_ca: true,
            timeout: context.global.timeout.map(Duration::from_secs),
            proxies: ProxySettings::default(),
        };
        let client_id = &access.client_id;
        let application = Application {
            authority: application::authority(&access.authority)?,
            tenant: access.tenant_id.clone(),
            client_id: client_id.clone(),
            proof: Proof::Secret(Sensitive::new(access.client_secret.expose().clone())),
        };
        let exchange = access.exchange_client_id.as_ref();
        Ok(Self {
            transport: transport(&options, context)?,
            credential: Arc::new(sign_in::observed(Credential::by(application), context)?),
            vaults: vec![VaultUrl::parse(&access.vault_url, Cloud::default())?],
            cloud: context.cloud,
            dev: Some(DevDirectory {
                authority: access.authority.clone(),
                tenant: access.tenant_id.clone(),
                client_id: exchange.unwrap_or(client_id).clone(),
                public_client_id: client_id.clone(),
            }),
        })
    }

    /// Records the requests and replies in `transcript`, secrets masked.
    pub(crate) fn with_transcript(self, transcript: &Transcript) -> Self {
        Self {
            transport: self.transport.with_transcript(transcript.clone()),
            ..self
        }
    }

    /// A client for the vault that an identifier named, or else for the one vault of the settings.
    pub(crate) fn vault(&self, named: Option<&VaultUrl>) -> Result<VaultClient, Failure> {
        match (named, self.vaults.as_slice()) {
            (Some(vault), _) | (None, [vault]) => Ok(self.vault_at(vault)),
            (None, []) => Err(usage::no_vault()),
            (None, _) => Err(usage::several_vaults()),
        }
    }

    /// A client for this vault.
    pub(crate) fn vault_at(&self, vault: &VaultUrl) -> VaultClient {
        let credential = Arc::clone(&self.credential);
        let client = VaultClient::new(self.transport.clone(), vault.clone(), credential);
        match self.vaults.contains(vault) {
            true => client,
            false => client.by_identifier(),
        }
    }

    /// What everything goes through.
    pub(crate) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The cloud of vaults that are named without their domain.
    pub(crate) fn cloud(&self) -> Cloud {
        self.cloud
    }

    /// The vaults of the settings, perhaps none.
    pub(crate) fn vaults(&self) -> &[VaultUrl] {
        &self.vaults
    }
}

/// The cloud that names mean, and whose authority signs people in: that of `--cloud`, else of
/// AZURE_AUTHORITY_HOST, else the public one. No identifier or URL decides it: it would take secrets
/// and other names along.
///
/// # Errors
/// Flag and variable contradict each other.
pub(crate) fn cloud(flags: &Global, environment: &Environment) -> Result<Cloud, Failure> {
    let authority = environment.get("AZURE_AUTHORITY_HOST");
    // What cannot be read is refused where it is used.
    let authority = authority.and_then(|text| text.parse::<Authority>().ok());
    let of_variable = authority.and_then(|authority| authority.cloud());
    match (flags.cloud, of_variable) {
        (Some(flag), Some(variable)) if flag != variable => {
            Err(usage::other_cloud_in_variable(flag, variable))
        }
        (flag, variable) => Ok(flag.or(variable).unwrap_or_default()),
    }
}

/// The certificates that were named with the vaults, as in `--vault
/// https://contoso.vault.azure.net/secrets/web`.
///
/// # Errors
/// One of `named`, which were named without it, is another.
pub(crate) fn named_with_vaults(
    context: &Context<'_>,
    named: &[&str],
) -> Result<Vec<CertificateRef>, Failure> {
    #[cfg(feature = "dev-vault")]
    if context.global.dev.is_some() {
        return Ok(Vec::new());
    }
    let mut found: Vec<CertificateRef> = Vec::new();
    for text in vaults(context.global, context.environment) {
        let pasted = Pasted::parse(text, context.cloud).map_err(|error| error.for_vault(text))?;
        if let Some(Pasted { vault, object }) = pasted
            && let Some((name, version)) = object
        {
            let vault = Some(vault);
            found.push(CertificateRef {
                vault,
                name,
                version,
            });
        }
    }
    for text in named.iter().filter(|_| !found.is_empty()) {
        let is_it = |found: &CertificateRef| match CertificateRef::parse(text, context.cloud) {
            Ok(named) => found.name.is_same(&named.name) && agree(&found.version, &named.version),
            // A pattern, or a file.
            Err(_) => true,
        };
        if !found.iter().any(is_it) {
            return Err(usage::other_certificate(text, &found[0]));
        }
    }
    Ok(found)
}

/// Whether these are one version, as far as they are given.
fn agree(one: &Option<Version>, other: &Option<Version>) -> bool {
    one.is_none() || other.is_none() || one == other
}

/// The vaults as they were given: by flags, or by the environment.
fn vaults<'a>(flags: &'a Global, environment: &'a Environment) -> Vec<&'a str> {
    let mut vaults: Vec<&str> = flags.vault.iter().map(String::as_str).collect();
    if vaults.is_empty() {
        vaults.extend(environment.get("KVCERT_VAULT"));
    }
    vaults
}

fn ca_certificates(file: &Path) -> Result<Vec<u8>, Failure> {
    let pem = input::read(file, MAX_CA_FILE)?;
    if pem.len() > MAX_CA_FILE {
        return Err(usage::ca_file_too_long(file));
    }
    Ok(pem.to_vec())
}

/// The transport; `-v` tells of each request.
pub(crate) fn transport(
    options: &TransportOptions,
    context: &Context<'_>,
) -> Result<Transport, Failure> {
    if !options.only_this_ca {
        options.proxies.check().map_err(usage::invalid_proxy)?;
    }
    let transport = Transport::new(options).map_err(usage::tls_setup)?;
    Ok(match context.console.observer() {
        Some(observer) => transport.observed_by(observer),
        None => transport,
    })
}

const MAX_CA_FILE: usize = 4 << 20;
