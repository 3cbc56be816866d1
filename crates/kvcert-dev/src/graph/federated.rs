//! [Federated identity credentials](https://learn.microsoft.com/graph/api/resources/federatedidentitycredential):
//! other issuers whose tokens an application signs in with.

use axum::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Desk;
use super::caller::Task;
use super::error::Fault;
use crate::directory::record::{Application, FederatedCredential};
use crate::encoding;
use crate::http::reply::Reply;

impl Desk<'_> {
    /// `/applications/{id}/federatedIdentityCredentials…`
    pub(crate) fn federated(&self, id: &str, rest: &[&str]) -> Result<Reply, Fault> {
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
                    match application.federated.len() < before {
                        true => Ok(()),
                        false => Err(Fault::missing(credential)),
                    }
                })?;
                Ok(Self::no_content())
            }
            _ => Err(Fault::unknown(self.call)),
        }
    }

    fn add_federated(&self, id: &str) -> Result<Reply, Fault> {
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
                return Err(Fault::conflict(message));
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
