//! Identity: every way to sign in, from a certificate or another proof to an [`AccessToken`].
//!
//! An [`Client`] is an application of a tenant. It proves who it is with an
//! [`Identity`]; with a certificate an [`Assertor`] has a [`Signer`] sign, which is a key in memory
//! ([`LocalKey`]) or one that stays in its vault. A [`Credential`] tries several [`Way`]s in order.

mod access_token;
mod application;
mod assertion;
mod authority;
mod azd;
mod azure_cli;
#[cfg(feature = "azure-core")]
mod azure_credential;
mod browser;
pub mod cache;
mod credential;
mod device_code;
mod device_grant;
mod entra;
mod environment;
mod error;
mod file;
mod github;
mod kept;
mod managed_identity;
mod program;
mod ready_token;
mod signer;
mod token_error;

pub use access_token::AccessToken;
pub(crate) use access_token::Number;
pub use application::{Client, Identity};
pub use assertion::{AssertionError, Assertor};
pub use authority::Authority;
pub use azd::AzureDeveloperCli;
pub use azure_cli::AzureCli;
#[cfg(feature = "azure-core")]
pub use azure_credential::AzureCredential;
pub use browser::BrowserSignIn;
pub use credential::{
    Audience, Credential, Event, Observer, PassedOver, Pending, TokenRequest, Way,
};
pub use device_code::{DeviceCode, Prompt};
pub use entra::{Grant, Granted};
pub use environment::{Application, ClientCertificate, ClientSecret, WorkloadIdentity};
pub use error::{Attempt, CredentialError};
pub use github::GitHubActions;
pub use managed_identity::{ManagedIdentity, Platform, UserAssigned};
pub use ready_token::ReadyToken;
pub use signer::{Algorithm, LocalKey, Signer, Signing};
pub use token_error::TokenError;
