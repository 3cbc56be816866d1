//! Identity: every way to sign in, from a certificate or another proof to an [`AccessToken`].
//!
//! An [`Application`] of a tenant gets tokens from Entra. It proves its identity with a client
//! secret, with a certificate for which an [`Assertor`] has a [`Signer`] sign (a key in memory, or
//! one that stays in its vault), or with a federated token. A [`TokenSource`] is one way to sign
//! in; each has a file of its own. [`sources`] sets up those that the caller and the environment
//! ask for, in the order of the official SDKs, and a [`Credential`] tries them.
//!
//! The sources are kvcert's own rather than those of the `azure_identity` crate. It was compared in
//! November 2026 by its source, at 1.0.0 (the current release) and 1.1.0-beta.1. It brings neither
//! `ring` nor OpenSSL and accepts a foreign HTTP client, but:
//!
//! - Entra's refusals are lost: `error_description` is read as a borrowed string, which fails for
//!   one with a line break, as every real one has. So does the AADSTS number that hints need.
//! - Its errors are nearly all of one kind, so that "not here" and "here, and it failed" look the
//!   same.
//! - It has no quick probe for IMDS, and no Azure ML, Cloud Shell, device code or GitHub; Azure Arc
//!   came with the beta.
//! - `az` and `azd` run in a shell, without a time limit; an `az` before 2.54 is refused.
//! - A token request cannot carry claims; tokens are not wiped; the environment is read anywhere.
//! - It adds 22 crates to the library's tree (Linux, without default features).
//!
//! A program that has it anyway can wrap one of its credentials in a [`TokenSource`].

mod access_token;
mod application;
mod assertion;
mod authority;
mod azd;
mod azure_cli;
mod browser;
pub mod cache;
mod credential;
mod device_code;
mod discovery;
mod entra;
mod environment;
mod error;
mod file;
mod github;
mod managed_identity;
mod pasted_token;
mod program;
mod ready_token;
mod setting;
mod setup;
mod signer;
mod token_error;
mod token_source;
mod workload_identity;

pub use access_token::{AccessToken, BearerToken, NotBearer};
pub use application::{Application, FederatedToken, Fetching, Proof, is_tenant};
pub use assertion::Assertor;
pub use authority::Authority;
pub use azd::AzureDeveloperCli;
pub use azure_cli::AzureCli;
pub use browser::BrowserSignIn;
pub use credential::{Credential, Event, Observer};
pub use device_code::DeviceCode;
pub use discovery::{SignInMethod, sources};
pub use entra::{Grant, Granted, RefreshToken};
pub use error::{Attempt, CredentialError, IdentityProblem};
pub use github::GitHubActions;
pub use managed_identity::{ManagedIdentity, Platform};
pub use pasted_token::{InvalidToken, token_from_pasted};
pub use ready_token::ReadyToken;
pub use setting::InvalidSetting;
pub use setup::{
    ANY_TENANT, CertificateProblem, DEVELOPER_TOOLS, Environment, Prompt, SetupError,
    SignInOptions, UserAssigned,
};
pub use signer::{Algorithm, AssertionError, LocalKey, Signer, Signing};
pub use token_error::TokenError;
pub use token_source::{Audience, Pending, TokenRequest, TokenSource};
pub use workload_identity::ServiceAccount;
