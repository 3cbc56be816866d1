//! [`Authority`]: who signs people and applications in.

use std::fmt;

use reqwest::Url;

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
        if url.scheme() != "https" {
            return Err("only https:// is safe for secrets");
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() {
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
