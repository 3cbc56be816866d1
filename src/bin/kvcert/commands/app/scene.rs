//! [`Scene`]: the vault, Graph and the sign-in authority, of one tenant.

use std::sync::Arc;

use kvcert::cloud::Cloud;
use kvcert::graph::GraphClient;
use kvcert::identity::{
    AccessToken, Assertor, Authority, Client, Credential, Identity, ReadyToken,
};
use kvcert::vault::{CertificateObject, RemoteKey};
use kvcert_pki::certificate::Certificate;
use kvcert_pki::sensitive::Sensitive;

use super::super::Context;
use super::super::target::Target;
use crate::cli::RegisteredArgs;
use crate::failure::{Failure, Reason};
use crate::session;
use crate::session::Session;

/// Everything that is asked for something.
pub(super) struct Scene<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) target: Target,
    pub(super) graph: GraphClient,
    pub(super) authority: Authority,
    pub(super) tenant: String,
    pub(super) cloud: Cloud,
    session: Session,
}

impl<'a> Scene<'a> {
    pub(super) async fn new(
        args: &RegisteredArgs,
        context: &'a Context<'a>,
    ) -> Result<Self, Failure> {
        let session = Session::new(context)?;
        let target = Target::new(&args.name, &session)?;
        let place = Place::of(context.cloud, context)?;
        let credential = match &args.graph_token_file {
            Some(file) => Arc::new(Credential::by(session::token_file(file)?)),
            None => session.credential(),
        };
        let graph = GraphClient::new(session.transport().clone(), &place.graph, credential)
            .map_err(|problem| {
                let message = format!("`{}` is no Graph: {problem}", place.graph);
                Failure::message(Reason::InvalidAddress, message)
            })?;
        let tenant = match place.tenant {
            Some(tenant) => tenant,
            None => of_the_vault(&target).await?,
        };
        session::check_tenant(&tenant)?;
        Ok(Self {
            context,
            target,
            graph,
            authority: session::authority(&place.authority)?,
            tenant,
            cloud: context.cloud,
            session,
        })
    }

    /// The application, signing in with this version of the certificate: the vault signs.
    pub(super) fn application(
        &self,
        app_id: &str,
        version: &CertificateObject,
    ) -> Result<Client, Failure> {
        Ok(Client {
            authority: self.authority.clone(),
            tenant: self.tenant.clone(),
            client_id: app_id.to_owned(),
            identity: Identity::Certificate(self.assertor(version)?),
        })
    }

    /// What signs in the name of this version of the certificate.
    pub(super) fn assertor(&self, version: &CertificateObject) -> Result<Assertor, Failure> {
        let leaf = Certificate::from_der(&version.der)?;
        let client = self.session.vault_at(self.target.client.vault());
        let key = RemoteKey::new(client, version, leaf.public_key())?;
        Ok(Assertor::new(key, &leaf)?)
    }

    /// A token of the application for a scope.
    pub(super) async fn token(
        &self,
        client: &Client,
        scope: &str,
    ) -> Result<AccessToken, kvcert::identity::TokenError> {
        client.token(self.session.transport(), scope).await
    }

    /// Graph, asked by the application itself.
    pub(super) async fn graph_as(&self, client: &Client) -> Result<GraphClient, Failure> {
        let scope = format!("{}/.default", self.graph.resource());
        let token = self.token(client, &scope).await?;
        let token = ReadyToken::new(Sensitive::new(token.expose().to_owned()));
        let credential = Arc::new(Credential::by(token));
        let transport = self.session.transport().clone();
        GraphClient::new(transport, self.graph.resource(), credential)
            .map_err(|problem| anyhow::anyhow!(problem).into())
    }
}

/// The vault says whose it is to everyone who asks.
async fn of_the_vault(target: &Target) -> Result<String, Failure> {
    let tenant = target.client.greet().await?.tenant;
    tenant.ok_or_else(|| {
        Failure::message(Reason::NoTenant, "which tenant?")
            .with_hint("give `--tenant`, a GUID or a domain")
    })
}

/// Where everything is.
struct Place {
    authority: String,
    graph: String,
    tenant: Option<String>,
}

impl Place {
    fn of(cloud: Cloud, context: &Context<'_>) -> Result<Self, Failure> {
        #[cfg(feature = "dev-vault")]
        if context.global.dev {
            let access = crate::commands::dev::running(context)?;
            return Ok(Self {
                graph: access.authority.replacen("login.", "graph.", 1),
                authority: access.authority,
                tenant: Some(access.tenant_id),
            });
        }
        let environment = context.environment;
        let tenant = context.global.tenant.as_deref();
        let tenant = tenant.or_else(|| environment.get("AZURE_TENANT_ID"));
        let graph = environment.get("KVCERT_GRAPH");
        Ok(Self {
            authority: session::authority_of(cloud, environment),
            graph: graph.unwrap_or_else(|| cloud.endpoints().graph).to_owned(),
            tenant: tenant.map(str::to_owned),
        })
    }
}
