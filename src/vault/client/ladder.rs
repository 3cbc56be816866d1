//! The way to an answer in steps, for those who look for the one that fails.

use reqwest::StatusCode;

use super::{Audience, Call, Challenge, VaultClient, judge};
use crate::vault::{error::VaultError, permission::Permission, wire};

/// What a vault says to someone without a token.
#[derive(Debug)]
pub struct Greeting {
    /// The audience that a token must have.
    pub resource: String,
    /// The tenant of the vault, if it says so.
    pub tenant: Option<String>,
    /// How many seconds this machine's clock is ahead, where that is too much.
    pub clock_ahead: Option<i64>,
}

impl VaultClient {
    /// Asks without a token. The vault refuses, and says what it wants; nothing secret is sent.
    ///
    /// # Errors
    /// [`VaultError::Unreachable`], [`VaultError::Challenge`], or what the vault refuses even
    /// those who have not signed in.
    pub async fn greet(&self) -> Result<Greeting, VaultError> {
        let call = list_call();
        let reply = self.send(self.first_page(), None).await?;
        if reply.status != StatusCode::UNAUTHORIZED {
            return Err(judge::refusal(&reply, &call));
        }
        let Challenge { resource, tenant } = self.challenge(&reply)?;
        Ok(Greeting {
            resource,
            tenant,
            clock_ahead: judge::clock_ahead(&reply),
        })
    }

    /// Signs in for what `greeting` asks for; requests then go with that token.
    ///
    /// # Errors
    /// [`VaultError::SignIn`].
    pub async fn sign_in_for(&self, greeting: &Greeting) -> Result<(), VaultError> {
        let audience = Audience {
            resource: greeting.resource.clone(),
            tenant: greeting.tenant.clone(),
        };
        self.sign_in(audience).await.map(drop)
    }

    /// How many certificates the first page of the list has, and whether there are more.
    ///
    /// # Errors
    /// Any [`VaultError`].
    pub async fn count_first_page(&self) -> Result<(usize, bool), VaultError> {
        let reply = self.get(self.first_page(), &list_call()).await?;
        let page: wire::Page<wire::CertificateItem> = judge::decode(&reply)?;
        let more = page.next_link.is_some_and(|next| !next.is_empty());
        Ok((page.value.len(), more))
    }

    fn first_page(&self) -> reqwest::Url {
        self.vault.join(&["certificates"], &[])
    }
}

fn list_call() -> Call {
    Call {
        object: String::from("the list of certificates"),
        permission: Permission::ListCertificates,
    }
}
