//! Microsoft Graph: the little of it that registers an application, gives it a certificate, grants
//! it a permission and a role.
//!
//! A [`Call`] is one request, whole: it can be shown without being sent. [`GraphClient`] is the
//! one place where they are sent and replies judged.

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
