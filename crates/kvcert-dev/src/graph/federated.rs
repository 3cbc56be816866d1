//! [Federated identity credentials](https://learn.microsoft.com/graph/api/resources/federatedidentitycredential):
//! other issuers whose tokens an application signs in with.

use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::caller::Task;
use super::error::GraphError;
use super::handler::Handler;
use crate::directory::record::{Application, FederatedCredential};
use crate::encoding;
use crate::http::reply::Reply;

impl Handler<'_> {
    /// `/applications/{id}/federatedIdentityCredentials…`
    pub(crate) fn federated(&self, id: &str, rest: &[&str]) -> Result<Reply, GraphError> {
        match (&self.call.method, rest) {
            (&Method::GET, []) => {
                self.caller.may(Task::ReadApplications)?;
                let application: Application = self.find(id)?;
                self.list(SET, application.federated.iter().map(show).collect())
            }
            (&Method::POST, []) => self.add_federated(id),
            (&Method::DELETE, [credential]) => {
                self.edit(id, |application| {
                    self.caller.may_change(application)?;
                    let before = application.federated.len();
                    application.federated.retain(|one| one.id != *credential);
                    if application.federated.len() < before {
                        Ok(())
                    } else {
                        Err(GraphError::missing(credential))
                    }
                })?;
                Ok(Self::no_content())
            }
            _ => Err(GraphError::unknown(self.call)),
        }
    }

    fn add_federated(&self, id: &str) -> Result<Reply, GraphError> {
        let body: Body = self.read()?;
        let credential = FederatedCredential {
            id: encoding::guid()?,
            name: body.name,
            issuer: body.issuer,
            subject: body.subject,
            audiences: body.audiences,
        };
        self.edit(id, |application| {
            self.caller.may_change(application)?;
            let mut others = application.federated.iter();
            if others.any(|other| other.name == credential.name) {
                let message = "FederatedIdentityCredential with this name already exists.";
                return Err(GraphError::conflict(message));
            }
            application.federated.push(credential.clone());
            Ok(())
        })?;
        Ok(self.one(StatusCode::CREATED, SET, show(&credential)))
    }
}

fn show(credential: &FederatedCredential) -> Value {
    json!({
        "id": credential.id,
        "name": credential.name,
        "issuer": credential.issuer,
        "subject": credential.subject,
        "audiences": credential.audiences,
        "description": null,
    })
}

#[derive(Deserialize)]
struct Body {
    name: String,
    issuer: String,
    subject: String,
    audiences: Vec<String>,
}

const SET: &str = "federatedIdentityCredentials";
