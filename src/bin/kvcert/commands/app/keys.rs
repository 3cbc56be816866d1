//! [`Keys`]: the certificates of an application, changed by an administrator or by itself.

use kvcert::graph::{Application, Call, KeyCredential};
use kvcert::identity::Algorithm;
use kvcert::vault::CertificateObject;
use kvcert_pki::validity;
use serde_json::Value;

use super::app_session::AppSession;
use super::steps::Steps;
use crate::cli::RotateByArg;
use crate::failure::{Failure, Kind, graph};

/// How an application's certificates are changed.
pub(super) struct Keys<'a> {
    pub(super) session: &'a AppSession<'a>,
    pub(super) by: RotateByArg,
}

impl Keys<'_> {
    /// Adds a certificate beside the others. `valid` is one that the application has.
    pub(super) async fn add(
        &self,
        app: &Application,
        credential: &KeyCredential,
        valid: &CertificateObject,
        steps: &mut Steps<'_>,
    ) -> Result<(), Failure> {
        let step = String::from("register the new certificate beside the old one");
        // Read, append, write: the list is replaced as a whole.
        let mut all = self.current(app, steps).await?.key_credentials;
        all.push(credential.clone());
        let by_admin = Call::set_keys(&app.id, &all);
        let by_proof = |proof: &str| Call::add_key(&app.id, credential, proof);
        self.change(step, app, by_admin, by_proof, valid, steps)
            .await
    }

    /// Takes a certificate away. `valid` is one that stays.
    pub(super) async fn remove(
        &self,
        app: &Application,
        sha1: &[u8],
        valid: &CertificateObject,
        steps: &mut Steps<'_>,
    ) -> Result<(), Failure> {
        let step = format!("remove the certificate {}", hex::encode(sha1));
        let all = self.current(app, steps).await?.key_credentials;
        let (gone, kept): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|it| it.has_thumbprint(sha1));
        let stays = kvcert_pki::certificate::Certificate::sha1_of(&valid.der);
        let Some(gone) = gone.first() else {
            return Ok(());
        };
        if !kept.iter().any(|it| it.has_thumbprint(&stays)) && !steps.is_dry_run() {
            return Err(graph::changed_meanwhile());
        }
        let by_admin = Call::set_keys(&app.id, &kept);
        let key_id = gone.key_id().unwrap_or_default().to_owned();
        let by_proof = |proof: &str| Call::remove_key(&app.id, &key_id, proof);
        self.change(step, app, by_admin, by_proof, valid, steps)
            .await
    }

    /// As an administrator, or where that is not allowed as the application itself.
    async fn change(
        &self,
        step: String,
        app: &Application,
        by_admin: Call,
        by_proof: impl Fn(&str) -> Call,
        valid: &CertificateObject,
        steps: &mut Steps<'_>,
    ) -> Result<(), Failure> {
        if self.by != RotateByArg::Proof {
            match steps.change::<Value>(step.clone(), &by_admin).await {
                Err(failure) if failure.kind == Kind::Forbidden && self.by == RotateByArg::Auto => {
                    let text = "not allowed as an administrator; changing the certificates as the application itself";
                    self.session.context.console.detail(text);
                }
                result => return result.map(drop),
            }
        }
        if steps.is_dry_run() {
            let call = by_proof("{a proof signed in the vault}");
            return steps.change::<Value>(step, &call).await.map(drop);
        }
        let proof = self.proof(app, valid).await?;
        let client = self.session.application(&app.app_id, valid)?;
        let graph = self.session.graph_as(&client).await?;
        let sent = graph.send::<Value>(&by_proof(proof.expose())).await;
        sent.map_err(|error| Failure::from(error).context(format!("cannot {step}")))?;
        steps.did(step);
        Ok(())
    }

    /// That the caller has the key of a certificate of the application
    /// ("Generate proof-of-possession tokens for rolling keys").
    async fn proof(
        &self,
        app: &Application,
        valid: &CertificateObject,
    ) -> Result<kvcert_pki::sensitive::Sensitive<String>, Failure> {
        let assertor = self
            .session
            .assertor(valid)?
            .with_algorithm(Algorithm::Rs256);
        let now = validity::clock();
        Ok(assertor.assertion(&app.id, PROOF_AUDIENCE, now).await?)
    }

    async fn current(&self, app: &Application, steps: &Steps<'_>) -> Result<Application, Failure> {
        steps.await_read(&Call::application_keys(&app.id)).await
    }
}

/// Azure AD Graph, the directory's older API, whose name the proofs still carry.
const PROOF_AUDIENCE: &str = "00000002-0000-0000-c000-000000000000";
