//! [`AppSession`]: the vault, Graph and the sign-in authority, of one tenant.

use std::sync::Arc;

use kvcert::cloud::Cloud;
use kvcert::graph::GraphClient;
use kvcert::identity::{
    AccessToken, Application, Assertor, Authority, Credential, CredentialError, Proof, ReadyToken,
};
use kvcert::vault::{CertificateObject, RemoteKey};
use kvcert_pki::certificate::Certificate;

use super::super::target::Target;
use crate::cli::RegisteredArgs;
use crate::failure::{Failure, setup};
use crate::session::{self, Context, Session};

/// Everything that is asked for something.
pub(super) struct AppSession<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) target: Target,
    pub(super) graph: GraphClient,
    pub(super) tenant: String,
    pub(super) cloud: Cloud,
    pub(super) authority: Authority,
    session: Session,
}

impl<'a> AppSession<'a> {
    pub(super) async fn new(
        args: &RegisteredArgs,
        context: &'a Context<'a>,
    ) -> Result<Self, Failure> {
        let session = Session::new(context)?;
        let target = Target::new(&args.name, &session)?;
        let graph = session.graph(args.graph_token_file.as_deref(), context)?;
        let tenant = match session.tenant(context) {
            Some(tenant) => tenant,
            None => of_the_vault(&target).await?,
        };
        session::check_tenant(context.global, &tenant)?;
        Ok(Self {
            context,
            target,
            graph,
            tenant,
            cloud: context.cloud,
            authority: session.authority(context)?,
            session,
        })
    }

    /// The application, signing in with this version of the certificate: the vault signs.
    pub(super) fn application(
        &self,
        app_id: &str,
        version: &CertificateObject,
    ) -> Result<Application, Failure> {
        Ok(Application {
            authority: self.authority.clone(),
            tenant: self.tenant.clone(),
            client_id: app_id.to_owned(),
            proof: Proof::Certificate(self.assertor(version)?),
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
        application: &Application,
        scope: &str,
    ) -> Result<AccessToken, CredentialError> {
        application.token(self.session.transport(), scope).await
    }

    /// Graph, asked by the application itself.
    pub(super) async fn graph_as(&self, application: &Application) -> Result<GraphClient, Failure> {
        let scope = format!("{}/.default", self.graph.resource());
        let token = self.token(application, &scope).await?;
        let token = ReadyToken::new(token.to_bearer());
        let credential = Arc::new(Credential::by(token));
        let transport = self.session.transport().clone();
        GraphClient::new(transport, self.graph.resource(), credential)
            .map_err(|problem| anyhow::anyhow!(problem).into())
    }
}

/// The vault says whose it is to everyone who asks.
async fn of_the_vault(target: &Target) -> Result<String, Failure> {
    let tenant = target.client.greet().await?.tenant;
    tenant.ok_or_else(setup::no_tenant)
}
