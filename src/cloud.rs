//! [`Cloud`]: the hosts and token audiences of every Azure cloud, in one table.

use std::str::FromStr;

/// An Azure cloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Cloud {
    /// Azure public.
    #[default]
    Public,
    /// Azure operated by 21Vianet.
    China,
    /// Azure US Government.
    UsGov,
    /// Bleu, the sovereign cloud of France.
    Bleu,
    /// Delos, the sovereign cloud of Germany.
    Delos,
}

/// Where a cloud's services are. A URL here has no path and no slash at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Endpoints {
    /// The name on the command line.
    pub name: &'static str,
    /// The cloud in a few words.
    pub title: &'static str,
    /// The domain under which the vaults are; `https://` and this is the audience of their tokens.
    pub vault_domain: &'static str,
    /// The sign-in authority.
    pub authority: &'static str,
    /// Microsoft Graph, which is also the audience of its tokens.
    pub graph: &'static str,
    /// The audience of Azure Resource Manager's tokens.
    pub resource_manager: &'static str,
    /// The audience of Exchange Online's tokens.
    pub exchange: &'static str,
    /// The domain under which each tenant has its SharePoint host.
    pub sharepoint_domain: &'static str,
}

impl Cloud {
    /// All clouds.
    pub const ALL: [Self; 5] = [
        Self::Public,
        Self::China,
        Self::UsGov,
        Self::Bleu,
        Self::Delos,
    ];

    /// Where its services are.
    ///
    /// See "Key Vault endpoints and DNS suffixes" and "Microsoft Graph national cloud deployments"
    /// in the documentation, and `Get-MgEnvironment` for the European ones.
    pub const fn endpoints(self) -> Endpoints {
        match self {
            Self::Public => Endpoints {
                name: "public",
                title: "Azure public",
                vault_domain: "vault.azure.net",
                authority: "https://login.microsoftonline.com",
                graph: "https://graph.microsoft.com",
                resource_manager: "https://management.azure.com",
                exchange: "https://outlook.office365.com",
                sharepoint_domain: "sharepoint.com",
            },
            Self::China => Endpoints {
                name: "china",
                title: "Azure operated by 21Vianet",
                vault_domain: "vault.azure.cn",
                authority: "https://login.chinacloudapi.cn",
                graph: "https://microsoftgraph.chinacloudapi.cn",
                resource_manager: "https://management.chinacloudapi.cn",
                exchange: "https://partner.outlook.cn",
                sharepoint_domain: "sharepoint.cn",
            },
            Self::UsGov => Endpoints {
                name: "usgov",
                title: "Azure US Government",
                vault_domain: "vault.usgovcloudapi.net",
                authority: "https://login.microsoftonline.us",
                graph: "https://graph.microsoft.us",
                resource_manager: "https://management.usgovcloudapi.net",
                exchange: "https://outlook.office365.us",
                sharepoint_domain: "sharepoint.us",
            },
            Self::Bleu => Endpoints {
                name: "bleu",
                title: "Bleu, the sovereign cloud of France",
                vault_domain: "vault.sovcloud-api.fr",
                authority: "https://login.sovcloud-identity.fr",
                graph: "https://graph.svc.sovcloud.fr",
                resource_manager: "https://management.sovcloud-api.fr",
                exchange: "https://outlook.sovcloud.fr",
                sharepoint_domain: "sovcloud-sharepoint.fr",
            },
            Self::Delos => Endpoints {
                name: "delos",
                title: "Delos, the sovereign cloud of Germany",
                vault_domain: "vault.sovcloud-api.de",
                authority: "https://login.sovcloud-identity.de",
                graph: "https://graph.svc.sovcloud.de",
                resource_manager: "https://management.sovcloud-api.de",
                exchange: "https://outlook.sovcloud.de",
                sharepoint_domain: "sovcloud-sharepoint.de",
            },
        }
    }

    /// The cloud of a vault's host, such as `contoso.vault.azure.cn`.
    pub fn of_vault_host(host: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cloud| {
            let name = host.strip_suffix(cloud.endpoints().vault_domain);
            name.is_some_and(|name| name.len() > 1 && name.ends_with('.'))
        })
    }

    /// The host of the vault that a private endpoint's name stands for: that of
    /// `contoso.privatelink.vaultcore.azure.net` is `contoso.vault.azure.net`.
    pub fn vault_host_of_alias(host: &str) -> Option<String> {
        Self::ALL.into_iter().find_map(|cloud| {
            let domain = cloud.endpoints().vault_domain;
            let alias = domain.replacen("vault.", ".vaultcore.", 1);
            let name = host.strip_suffix(&alias)?;
            let name = name.strip_suffix(".privatelink").unwrap_or(name);
            (!name.is_empty() && !name.contains('.')).then(|| format!("{name}.{domain}"))
        })
    }

    /// Whether it is the host of a managed HSM, such as `contoso.managedhsm.azure.net`.
    pub fn is_managed_hsm(host: &str) -> bool {
        Self::ALL.into_iter().any(|cloud| {
            let domain = cloud.endpoints().vault_domain;
            host.ends_with(&domain.replacen("vault.", ".managedhsm.", 1))
        })
    }

    /// The audience of the tokens of all its vaults.
    pub fn vault_audience(self) -> String {
        format!("https://{}", self.endpoints().vault_domain)
    }

    /// The cloud whose vaults have this audience.
    pub fn of_vault_audience(audience: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|cloud| cloud.vault_audience() == audience)
    }

    /// The cloud whose tokens have this audience: those of vaults, Graph, Azure Resource Manager or
    /// Exchange.
    pub fn of_audience(audience: &str) -> Option<Self> {
        let audience = audience.trim_end_matches('/');
        Self::ALL.into_iter().find(|cloud| {
            let of = cloud.endpoints();
            let fixed = [of.graph, of.resource_manager, of.exchange];
            fixed.iter().any(|it| it.eq_ignore_ascii_case(audience))
                || cloud.vault_audience().eq_ignore_ascii_case(audience)
        })
    }

    /// The cloud whose people and applications this host signs in.
    pub fn of_authority_host(host: &str) -> Option<Self> {
        let by_alias = ALIASES.iter().find(|(alias, _)| *alias == host);
        by_alias.map(|(_, cloud)| *cloud).or_else(|| {
            let mut all = Self::ALL.into_iter();
            all.find(|cloud| cloud.endpoints().authority.strip_prefix("https://") == Some(host))
        })
    }

    /// Whether `audience` is that of the vaults of some cloud.
    pub fn is_vault_audience(audience: &str) -> bool {
        Self::of_vault_audience(audience).is_some()
    }

    /// Whether `audience` is Microsoft Graph of some cloud.
    pub fn is_graph_audience(audience: &str) -> bool {
        Self::ALL
            .iter()
            .any(|cloud| cloud.endpoints().graph == audience)
    }
}

/// Other names of sign-in authorities (instance discovery, `metadata[].aliases`).
const ALIASES: [(&str, Cloud); 6] = [
    ("login.windows.net", Cloud::Public),
    ("login.microsoft.com", Cloud::Public),
    ("sts.windows.net", Cloud::Public),
    ("login.partner.microsoftonline.cn", Cloud::China),
    ("login-us.microsoftonline.com", Cloud::UsGov),
    ("login.usgovcloudapi.net", Cloud::UsGov),
];

impl FromStr for Cloud {
    type Err = &'static str;

    /// By [`Endpoints::name`].
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let mut all = Self::ALL.into_iter();
        all.find(|cloud| cloud.endpoints().name == name)
            .ok_or("there is no cloud of this name")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_endpoint_stands_for_a_vault() {
        let vault = |host: &str| Cloud::vault_host_of_alias(host);
        for alias in ["a.privatelink.vaultcore.azure.net", "a.vaultcore.azure.net"] {
            assert_eq!(vault(alias).as_deref(), Some("a.vault.azure.net"));
        }
        let government = vault("a.privatelink.vaultcore.usgovcloudapi.net");
        assert_eq!(government.as_deref(), Some("a.vault.usgovcloudapi.net"));
        for other in [
            "a.vault.azure.net",
            "privatelink.vaultcore.azure.net.x",
            "vaultcore.azure.net",
        ] {
            assert_eq!(vault(other), None, "{other}");
        }
        assert!(Cloud::is_managed_hsm("a.managedhsm.azure.cn"));
        assert!(!Cloud::is_managed_hsm("managedhsm.vault.azure.net"));
    }

    #[test]
    fn a_host_belongs_to_the_cloud_of_its_suffix() {
        for cloud in Cloud::ALL {
            let domain = cloud.endpoints().vault_domain;
            assert_eq!(Cloud::of_vault_host(&format!("a.{domain}")), Some(cloud));
            for odd in [
                domain.to_owned(),
                format!("a{domain}"),
                format!(".{domain}"),
            ] {
                assert_eq!(Cloud::of_vault_host(&odd), None, "{odd}");
            }
            let elsewhere = format!("a.{domain}.evil.example");
            assert_eq!(Cloud::of_vault_host(&elsewhere), None);
        }
    }

    #[test]
    fn a_private_endpoint_is_reached_by_the_usual_name() {
        let check = |host: &str, expected: Option<&str>| {
            assert_eq!(
                Cloud::vault_host_of_alias(host).as_deref(),
                expected,
                "{host}"
            );
        };
        let usual = Some("contoso.vault.azure.net");
        check("contoso.privatelink.vaultcore.azure.net", usual);
        check("contoso.vaultcore.azure.net", usual);
        let china = Some("contoso.vault.azure.cn");
        check("contoso.privatelink.vaultcore.azure.cn", china);
        let gov = Some("contoso.vault.usgovcloudapi.net");
        check("contoso.privatelink.vaultcore.usgovcloudapi.net", gov);
        check("contoso.vault.azure.net", None);
        check("contoso.privatelink.vaultcore.evil.example", None);
        check("contoso.privatelink.blob.core.windows.net", None);
    }

    #[test]
    fn no_two_clouds_share_a_place() {
        for cloud in Cloud::ALL {
            let of = cloud.endpoints();
            assert_eq!(of.name.parse(), Ok(cloud));
            assert!(Cloud::is_vault_audience(&cloud.vault_audience()));
            assert!(Cloud::is_graph_audience(of.graph));
            let urls = [of.authority, of.graph, of.resource_manager, of.exchange];
            let host = of.authority.trim_start_matches("https://");
            assert_eq!(Cloud::of_authority_host(host), Some(cloud));
            for audience in [of.graph, of.exchange, &cloud.vault_audience()] {
                assert_eq!(Cloud::of_audience(audience), Some(cloud));
            }
            for url in urls {
                assert!(url.starts_with("https://") && !url.ends_with('/'), "{url}");
            }
            for other in Cloud::ALL.into_iter().filter(|other| *other != cloud) {
                let other = other.endpoints();
                assert_ne!(of.vault_domain, other.vault_domain);
                assert!(!urls.contains(&other.graph) && !urls.contains(&other.authority));
            }
        }
        assert!("mars".parse::<Cloud>().is_err());
        assert!(!Cloud::is_vault_audience("https://graph.microsoft.com"));
    }
}
