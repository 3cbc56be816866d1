//! Microsoft Graph, as far as it is needed to register an application, give it a certificate and
//! grant it a permission and a role.
//!
//! A [`Call`] is one complete request, which can be shown without being sent. [`GraphClient`] sends
//! them and interprets the replies.

mod application;
mod call;
mod client;
mod credential;
mod error;

pub use application::{Application, Assignment, RoleAssignment, ServicePrincipal};
pub use call::Call;
pub use client::GraphClient;
pub use credential::KeyCredential;
pub use error::GraphError;
