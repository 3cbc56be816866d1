//! The application that a token is for, apart from who signs in to the vault.

use std::path::Path;
use std::sync::Arc;

use kvcert::graph::GraphClient;
use kvcert::identity::{
    ANY_TENANT, Authority, Credential, DEVELOPER_TOOLS, InvalidSetting, SetupError,
};

use super::{Context, Session, sign_in};
use crate::cli::{AppArgs, Global};
use crate::failure::{Failure, graph, setup};

/// What a dev vault says of itself, so that no flag is needed.
#[cfg_attr(
    not(feature = "dev-vault"),
    allow(dead_code, reason = "only a dev vault tells of itself")
)]
pub(super) struct DevDirectory {
    pub(super) authority: String,
    pub(super) tenant: String,
    /// The application with a certificate.
    pub(super) client_id: String,
    /// The one of people.
    pub(super) public_client_id: String,
}

impl DevDirectory {
    /// A service of the dev vault beside its sign-in.
    fn service(&self, name: &str) -> String {
        self.authority.replacen("login.", &format!("{name}."), 1)
    }
}

impl Session {
    /// A session whose vaults are signed in to by `--vault-tenant` and `--vault-client-id`:
    /// `--tenant` and `--client-id` mean the application.
    pub(crate) fn beside_application(
        args: &AppArgs,
        context: &Context<'_>,
    ) -> Result<Self, Failure> {
        let flags = Global {
            tenant: args.vault_tenant.clone(),
            client_id: args.vault_client_id.clone(),
            ..context.global.clone()
        };
        Self::new(&Context {
            global: &flags,
            ..*context
        })
    }

    /// The scope that the flags mean.
    pub(crate) fn scope(&self, args: &AppArgs, context: &Context<'_>) -> Result<String, Failure> {
        let vaults = self.dev.as_ref().map(|dev| dev.service("vault"));
        super::scope::scope(args, context.cloud, vaults.as_deref())
    }

    /// The sign-in authority.
    pub(crate) fn authority(&self, context: &Context<'_>) -> Result<Authority, Failure> {
        Ok(match &self.dev {
            Some(dev) => authority(&dev.authority)?,
            None => sign_in::options(context.global, context).authority(context.environment)?,
        })
    }

    /// Microsoft Graph, signed in to as the vault is, or with the token in a file.
    pub(crate) fn graph(
        &self,
        token_file: Option<&Path>,
        context: &Context<'_>,
    ) -> Result<GraphClient, Failure> {
        let credential = match token_file {
            Some(file) => Arc::new(Credential::by(sign_in::ready_token(
                file,
                "--graph-token-file",
                context,
            )?)),
            None => Arc::clone(&self.credential),
        };
        let base = match (&self.dev, context.environment.get("KVCERT_GRAPH")) {
            (Some(dev), _) => dev.service("graph"),
            (None, Some(base)) => {
                InvalidSetting::check("KVCERT_GRAPH", base)?;
                base.to_owned()
            }
            (None, None) => context.cloud.endpoints().graph.to_owned(),
        };
        GraphClient::new(self.transport.clone(), &base, credential)
            .map_err(|problem| graph::invalid_address(&base, problem))
    }

    /// The tenant that is named.
    pub(crate) fn tenant(&self, context: &Context<'_>) -> Option<String> {
        self.chosen_tenant(context).or_else(|| {
            let variable = context.environment.get("AZURE_TENANT_ID");
            variable.map(str::to_owned)
        })
    }

    /// What the flag names, else what a dev vault says of itself.
    fn chosen_tenant(&self, context: &Context<'_>) -> Option<String> {
        let flag = context.global.tenant.clone();
        flag.or_else(|| self.dev.as_ref().map(|dev| dev.tenant.clone()))
    }

    /// Tenant and client id of the application. Where a vault is asked, the environment means who
    /// signs in to that, and does not count. A person may be of any tenant, and use Microsoft's own
    /// application.
    pub(crate) fn application(
        &self,
        asks_vault: bool,
        is_person: bool,
        context: &Context<'_>,
    ) -> Result<(String, String), Failure> {
        let flags = context.global;
        let environment = |name: &str| {
            let value = context.environment.get(name).map(str::to_owned);
            value.filter(|_| !asks_vault)
        };
        let person = |default: &str| is_person.then(|| default.to_owned());
        let dev = self.dev.as_ref();
        let client_of = |dev: &DevDirectory| match is_person {
            true => dev.public_client_id.clone(),
            false => dev.client_id.clone(),
        };
        let tenant = (self.chosen_tenant(context))
            .or_else(|| environment("AZURE_TENANT_ID"))
            .or_else(|| person(ANY_TENANT));
        let client_id = (flags.client_id.clone())
            .or_else(|| dev.map(client_of))
            .or_else(|| environment("AZURE_CLIENT_ID"))
            .or_else(|| person(DEVELOPER_TOOLS));
        let (Some(tenant), Some(client_id)) = (tenant, client_id) else {
            return Err(setup::no_application());
        };
        check_tenant(flags, &tenant)?;
        let client_id_of = match flags.client_id {
            Some(_) => "`--client-id`",
            None => "AZURE_CLIENT_ID",
        };
        InvalidSetting::check(client_id_of, &client_id)?;
        Ok((tenant, client_id))
    }
}

/// Reads the authority of a dev vault.
pub(super) fn authority(text: &str) -> Result<Authority, SetupError> {
    text.parse().map_err(|problem| SetupError::Authority {
        text: text.to_owned(),
        problem,
    })
}

/// A tenant becomes a part of a URL. It is that of the flag, or else of the environment.
pub(crate) fn check_tenant(flags: &Global, tenant: &str) -> Result<(), InvalidSetting> {
    let name = match flags.tenant {
        Some(_) => "`--tenant`",
        None => "AZURE_TENANT_ID",
    };
    InvalidSetting::check_tenant(name, tenant)
}
