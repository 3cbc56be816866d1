//! [`Party`]: the application that a token is for, apart from who signs in to the vault.

#[cfg(feature = "dev-vault")]
use crate::commands::dev;
use kvcert::identity::Authority;
use kvcert::transport::Transport;

use crate::cli::{AppArgs, Global};
use crate::commands::Context;
use crate::failure::{Failure, Reason};
use crate::session::{self, DEVELOPER_TOOLS, Session};

/// What is known of the application, and the way to vaults and Entra.
pub(crate) struct Party<'a> {
    context: &'a Context<'a>,
    session: Session,
    /// What a dev vault says of itself.
    dev: Option<Known>,
}

/// What needs no flag.
#[cfg_attr(
    not(feature = "dev-vault"),
    allow(dead_code, reason = "only a dev vault tells of itself")
)]
struct Known {
    authority: String,
    tenant: String,
    /// The application with a certificate.
    client_id: String,
    /// The one of people.
    first_client_id: String,
    /// What its vaults' tokens are for.
    vaults: String,
}

impl<'a> Party<'a> {
    pub(crate) fn new(args: &AppArgs, context: &'a Context<'a>) -> Result<Self, Failure> {
        #[cfg(feature = "dev-vault")]
        if context.global.dev {
            return Self::of_dev_vault(&dev::running(context)?, context);
        }
        let flags = Global {
            tenant: args.vault_tenant.clone(),
            client_id: args.vault_client_id.clone(),
            ..context.global.clone()
        };
        let for_vault = Context {
            global: &flags,
            ..*context
        };
        Ok(Self {
            context,
            session: Session::new(&for_vault)?,
            dev: None,
        })
    }

    /// The dev vault has an application that signs in with its certificate `web`.
    #[cfg(feature = "dev-vault")]
    pub(crate) fn of_dev_vault(
        access: &kvcert_dev::Access,
        context: &'a Context<'a>,
    ) -> Result<Self, Failure> {
        let first = &access.client_id;
        let known = Known {
            vaults: access.authority.replacen("login.", "vault.", 1),
            authority: access.authority.clone(),
            tenant: access.tenant_id.clone(),
            client_id: access.exchange_client_id.as_ref().unwrap_or(first).clone(),
            first_client_id: first.clone(),
        };
        Ok(Self {
            context,
            session: Session::to_dev_vault(access, context)?,
            dev: Some(known),
        })
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    pub(crate) fn transport(&self) -> &Transport {
        self.session.transport()
    }

    pub(crate) fn scope(&self, args: &AppArgs) -> Result<String, Failure> {
        let vaults = self.dev.as_ref().map(|dev| dev.vaults.as_str());
        session::scope(args, self.context.cloud, vaults)
    }

    pub(crate) fn authority(&self) -> Result<Authority, Failure> {
        let text = match &self.dev {
            Some(dev) => dev.authority.clone(),
            None => session::authority_of(self.context.cloud, self.context.environment),
        };
        session::authority(&text)
    }

    /// Tenant and client id. Where a vault is asked, the environment means who signs in to that,
    /// and does not count. A person may be of any tenant, and use Microsoft's own application.
    pub(crate) fn application(
        &self,
        asks_vault: bool,
        is_person: bool,
    ) -> Result<(String, String), Failure> {
        let flags = self.context.global;
        let environment = |name: &str| {
            let value = self.context.environment.get(name).map(str::to_owned);
            value.filter(|_| !asks_vault)
        };
        let person = |default: &str| is_person.then(|| default.to_owned());
        let dev = self.dev.as_ref();
        let tenant = (flags.tenant.clone())
            .or_else(|| dev.map(|dev| dev.tenant.clone()))
            .or_else(|| environment("AZURE_TENANT_ID"))
            .or_else(|| person("organizations"));
        let client_id = (flags.client_id.clone())
            .or_else(|| dev.map(|dev| dev.client_id(is_person)))
            .or_else(|| environment("AZURE_CLIENT_ID"))
            .or_else(|| person(DEVELOPER_TOOLS));
        let (Some(tenant), Some(client_id)) = (tenant, client_id) else {
            let message = "which application is the token for?";
            return Err(
                Failure::message(Reason::NoApplication, message).with_hint(
                    "give its `--tenant` (a GUID or a domain) and its `--client-id`; AZURE_TENANT_ID and AZURE_CLIENT_ID are of who signs in to the vault",
                ),
            );
        };
        session::check_tenant(&tenant)?;
        Ok((tenant, client_id))
    }
}

impl Known {
    fn client_id(&self, is_person: bool) -> String {
        let id = match is_person {
            true => &self.first_client_id,
            false => &self.client_id,
        };
        id.clone()
    }
}
