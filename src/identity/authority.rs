//! [`Authority`]: who signs people and applications in.

use std::fmt;

use reqwest::Url;

use super::error::CredentialError;
use crate::cloud::Cloud;

/// Who signs people in: an https URL without a path, such as `https://login.microsoftonline.com`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Authority(Url);

impl std::str::FromStr for Authority {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let with_scheme = if text.contains("://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        };
        let url = Url::parse(&with_scheme).map_err(|_| "it cannot be read as a URL")?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("it must not have a user name or password");
        }
        if url.scheme() != "https" {
            return Err("only https:// is safe for secrets");
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err("it has more than a host");
        }
        Ok(Self(url))
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl Authority {
    /// The cloud that it signs in to, if it is that of a cloud.
    pub fn cloud(&self) -> Option<Cloud> {
        let host = self.0.host_str().filter(|_| self.0.port().is_none());
        host.and_then(Cloud::of_authority_host)
    }

    /// Refuses tokens for another cloud than the authority's. What names a resource, such as a pasted
    /// identifier, must not move a secret to the authority of that cloud.
    pub(super) fn check(&self, resource: &str) -> Result<(), CredentialError> {
        match (self.cloud(), Cloud::of_audience(resource)) {
            (Some(ours), Some(theirs)) if ours != theirs => Err(CredentialError::OtherCloud {
                authority: self.to_string(),
                resource: resource.to_owned(),
                cloud: theirs,
            }),
            _ => Ok(()),
        }
    }

    /// Where a tenant's tokens come from; also the audience of assertions.
    pub fn token_endpoint(&self, tenant: &str) -> Url {
        self.endpoint(tenant, "token")
    }

    pub(super) fn endpoint(&self, tenant: &str, name: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("/{tenant}/oauth2/v2.0/{name}"));
        url
    }
}
