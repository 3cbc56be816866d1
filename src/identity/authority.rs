//! [`Authority`]: who signs people and applications in.

use std::borrow::Cow;
use std::fmt;

use reqwest::Url;

use crate::cloud::Cloud;

/// Who signs people in: an https URL without a path, such as `https://login.microsoftonline.com`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Authority {
    url: Url,
    /// Whether a vault in another cloud is signed in to at that cloud's authority.
    follows_vaults: bool,
}

impl std::str::FromStr for Authority {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let with_scheme = if text.contains("://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        };
        let url = Url::parse(&with_scheme).map_err(|_| "it cannot be read as a URL")?;
        if url.scheme() != "https" {
            return Err("only https:// is safe for secrets");
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
            return Err("it has more than a host");
        }
        Ok(Self {
            url,
            follows_vaults: false,
        })
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

impl Authority {
    /// The authority of no cloud in particular: a vault in another cloud is signed in to at that
    /// cloud's authority.
    pub(super) fn following_vaults(self) -> Self {
        Self {
            follows_vaults: true,
            ..self
        }
    }

    /// The authority for tokens of this audience.
    pub(super) fn of_resource(&self, resource: &str) -> Cow<'_, Self> {
        let cloud = Cloud::of_vault_audience(resource).filter(|_| self.follows_vaults);
        let authority = cloud.and_then(|cloud| cloud.endpoints().authority.parse().ok());
        authority.map_or(Cow::Borrowed(self), Cow::Owned)
    }

    /// Where a tenant's tokens come from; also the audience of assertions.
    pub fn token_endpoint(&self, tenant: &str) -> Url {
        self.endpoint(tenant, "token")
    }

    pub(super) fn endpoint(&self, tenant: &str, name: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("/{tenant}/oauth2/v2.0/{name}"));
        url
    }
}
