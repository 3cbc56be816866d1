//! What tokens can be for: the services that every tenant knows, and the tenant's own APIs.

use sha2::{Digest, Sha256};

use super::Records;
use crate::http::hosts::{GRAPH_HOST, LOGIN_HOST, VAULT_SUFFIX};

/// A service of Microsoft's that is in every tenant.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) app_id: &'static str,
    pub(crate) name: &'static str,
    /// The names that a scope may call it by, without a slash at the end.
    uris: &'static [&'static str],
    /// The host where the dev vault itself plays this service.
    local_host: Option<&'static str>,
    pub(crate) roles: &'static [AppRole],
    /// What a token for a person allows.
    pub(crate) delegated: &'static str,
}

/// An [application permission](https://learn.microsoft.com/graph/permissions-reference).
#[derive(Debug)]
pub(crate) struct AppRole {
    pub(crate) id: &'static str,
    pub(crate) value: &'static str,
}

impl Service {
    /// The service with this client identifier.
    pub(crate) fn by_app_id(app_id: &str) -> Option<&'static Self> {
        SERVICES
            .iter()
            .find(|service| service.app_id.eq_ignore_ascii_case(app_id))
    }

    /// The identifier of its principal, which is another one in each tenant.
    pub(crate) fn object_id(&self, tenant: &str) -> String {
        let hash = Sha256::digest(format!("{tenant}/{}", self.app_id));
        let digits = hex::encode(&hash[..16]);
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        format!(
            "{}-{}-4{}-8{}-{}",
            part(0, 8),
            part(8, 12),
            part(13, 16),
            part(17, 20),
            part(20, 32)
        )
    }

    /// The permission of this name.
    pub(crate) fn role(&self, value: &str) -> Option<&'static AppRole> {
        self.roles.iter().find(|role| role.value == value)
    }

    /// Every name that a scope may call it by, in the public cloud.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.uris.iter().copied().chain([self.app_id])
    }

    fn is_called(&self, name: &str, local: &dyn Fn(&str) -> String) -> bool {
        let name = name.trim_end_matches('/');
        self.names().any(|own| own.eq_ignore_ascii_case(name))
            || self.local_host.is_some_and(|host| local(host) == name)
            || self.app_id == SHAREPOINT && name.ends_with(".sharepoint.com")
    }
}

/// What a scope names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resource {
    pub(crate) app_id: String,
    pub(crate) name: String,
    /// The identifier of its principal.
    pub(crate) object_id: String,
    pub(crate) delegated: String,
}

/// Finds what `name` means; `local` gives the address of a host of this server.
pub(crate) fn find(
    records: &Records,
    tenant: &str,
    name: &str,
    local: &dyn Fn(&str) -> String,
) -> Option<Resource> {
    let called = |service: &&Service| service.is_called(name, local);
    if let Some(service) = SERVICES.iter().find(called) {
        return Some(Resource {
            app_id: service.app_id.to_owned(),
            name: service.name.to_owned(),
            object_id: service.object_id(tenant),
            delegated: service.delegated.to_owned(),
        });
    }
    let application = records.applications.iter().find(|application| {
        let uris = application.identifier_uris.iter();
        let usual = format!("api://{}", application.app_id);
        uris.chain([&application.app_id, &usual])
            .any(|uri| uri.eq_ignore_ascii_case(name))
    })?;
    Some(Resource {
        app_id: application.app_id.clone(),
        name: application.display_name.clone(),
        object_id: records.principal(&application.app_id)?.id.clone(),
        delegated: String::from("user_impersonation"),
    })
}

const SHAREPOINT: &str = "00000003-0000-0ff1-ce00-000000000000";
pub(crate) const EXCHANGE: &str = "00000002-0000-0ff1-ce00-000000000000";
pub(crate) const GRAPH: &str = "00000003-0000-0000-c000-000000000000";
pub(crate) const KEY_VAULT: &str = "cfa8b339-82a2-471a-a3c9-0fc0be7a4093";

/// The services, with the permissions that kvcert's users meet.
pub(crate) static SERVICES: &[Service] = &[
    Service {
        app_id: KEY_VAULT,
        name: "Azure Key Vault",
        uris: &[
            "https://vault.azure.net",
            "https://vault.azure.cn",
            "https://vault.usgovcloudapi.net",
        ],
        local_host: Some(VAULT_SUFFIX),
        roles: &[],
        delegated: "user_impersonation",
    },
    Service {
        app_id: GRAPH,
        name: "Microsoft Graph",
        uris: &[
            "https://graph.microsoft.com",
            "https://graph.microsoft.us",
            "https://microsoftgraph.chinacloudapi.cn",
        ],
        local_host: Some(GRAPH_HOST),
        roles: &[
            AppRole {
                id: "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9",
                value: "Application.ReadWrite.All",
            },
            AppRole {
                id: "18a4783c-866b-4cc7-a460-3d5e5662c884",
                value: "Application.ReadWrite.OwnedBy",
            },
            AppRole {
                id: "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30",
                value: "Application.Read.All",
            },
            AppRole {
                id: "06b708a9-e830-4db3-a914-8e69da51d44f",
                value: "AppRoleAssignment.ReadWrite.All",
            },
            AppRole {
                id: "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8",
                value: "RoleManagement.ReadWrite.Directory",
            },
            AppRole {
                id: "483bed4a-2ad3-4361-a73b-c83ccdbdc53c",
                value: "RoleManagement.Read.Directory",
            },
            AppRole {
                id: "7ab1d382-f21e-4acd-a863-ba3e13f7da61",
                value: "Directory.Read.All",
            },
            AppRole {
                id: "19dbc75e-c2e2-444c-a770-ec69d8559fc7",
                value: "Directory.ReadWrite.All",
            },
            AppRole {
                id: "df021288-bdef-4463-88db-98f22de89214",
                value: "User.Read.All",
            },
            AppRole {
                id: "b633e1c5-b582-4048-a93e-9f11b44c7e96",
                value: "Mail.Send",
            },
        ],
        delegated: "User.Read",
    },
    Service {
        app_id: EXCHANGE,
        name: "Office 365 Exchange Online",
        uris: &[
            "https://outlook.office365.com",
            "https://outlook.office.com",
            "https://outlook.office365.us",
            "https://outlook-dod.office365.us",
            "https://partner.outlook.cn",
        ],
        local_host: None,
        roles: &[
            AppRole {
                id: "dc50a0fb-09a3-484d-be87-e023b12c6440",
                value: "Exchange.ManageAsApp",
            },
            AppRole {
                id: "dc890d15-9560-4a4c-9b7f-a736ec74ec40",
                value: "full_access_as_app",
            },
        ],
        delegated: "Exchange.Manage",
    },
    Service {
        app_id: "00000007-0000-0ff1-ce00-000000000000",
        name: "Microsoft Exchange Online Protection",
        uris: &["https://ps.compliance.protection.outlook.com"],
        local_host: None,
        roles: &[AppRole {
            id: "455e5cd2-84e8-4751-8344-5672145dfa17",
            value: "Exchange.ManageAsApp",
        }],
        delegated: "AdminApi.AccessAsUser.All",
    },
    Service {
        app_id: SHAREPOINT,
        name: "Office 365 SharePoint Online",
        uris: &[],
        local_host: None,
        roles: &[AppRole {
            id: "678536fe-1083-478a-9c59-b99265e6b0d3",
            value: "Sites.FullControl.All",
        }],
        delegated: "AllSites.Read",
    },
    Service {
        app_id: "797f4846-ba00-4fd7-ba43-dac1f8f63013",
        name: "Windows Azure Service Management API",
        uris: &[
            "https://management.azure.com",
            "https://management.core.windows.net",
            "https://management.chinacloudapi.cn",
            "https://management.core.chinacloudapi.cn",
            "https://management.usgovcloudapi.net",
            "https://management.core.usgovcloudapi.net",
        ],
        local_host: Some(LOGIN_HOST),
        roles: &[],
        delegated: "user_impersonation",
    },
    Service {
        app_id: "48ac35b8-9aa8-4d74-927d-1f4a14a0b239",
        name: "Skype and Teams Tenant Admin API",
        uris: &[],
        local_host: None,
        roles: &[],
        delegated: "user_impersonation",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_goes_by_several_names() {
        let records = Records::default();
        let local = |host: &str| format!("https://{host}:8443");
        let found = |name: &str| find(&records, "tenant", name, &local).map(|found| found.app_id);
        for name in [
            "https://vault.azure.net",
            "https://vault.azure.net/",
            "https://vault.localhost:8443",
            "CFA8B339-82a2-471a-a3c9-0fc0be7a4093",
        ] {
            assert_eq!(found(name).as_deref(), Some(KEY_VAULT), "{name}");
        }
        let sharepoint = found("https://contoso.sharepoint.com");
        assert_eq!(sharepoint.as_deref(), Some(SHAREPOINT));
        assert_eq!(found("https://outlook.example.com"), None);
        assert_eq!(found("https://vault.localhost:1"), None);
    }

    #[test]
    fn an_object_id_is_a_guid_of_the_tenant() {
        let service = Service::by_app_id(EXCHANGE).unwrap();
        let (one, other) = (service.object_id("a"), service.object_id("b"));
        assert_ne!(one, other);
        let lengths: Vec<usize> = one.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
    }
}
