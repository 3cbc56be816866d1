//! Scopes: what a token is for, by name and cloud.

use kvcert::cloud::Cloud;

use crate::cli::{ApiArg, AppArgs};
use crate::failure::{self, Failure};

/// The scope that the flags mean. `vaults` is the resource of the dev vault, if that is meant.
///
/// # Errors
/// None is given, or a host is missing or odd.
pub(super) fn scope(args: &AppArgs, cloud: Cloud, vaults: Option<&str>) -> Result<String, Failure> {
    let Some(api) = args.api else {
        return args.scope.clone().ok_or_else(failure::setup::no_scope);
    };
    let resource = match api {
        ApiArg::Sharepoint => sharepoint(args.sharepoint_host.as_deref(), cloud)?,
        ApiArg::KeyVault => match vaults {
            Some(resource) => resource.to_owned(),
            None => cloud.vault_audience(),
        },
        api => resource(api, cloud).to_owned(),
    };
    Ok(format!("{resource}/.default"))
}

/// The resource that an API's tokens are for.
fn resource(api: ApiArg, cloud: Cloud) -> &'static str {
    let endpoints = cloud.endpoints();
    match api {
        ApiArg::Exchange => endpoints.exchange,
        ApiArg::Arm => endpoints.resource_manager,
        // "Skype and Teams Tenant Admin API", which goes by its id in every cloud.
        ApiArg::Teams => "48ac35b8-9aa8-4d74-927d-1f4a14a0b239",
        _ => endpoints.graph,
    }
}

/// Each tenant has a host of its own: `contoso`, or all of `contoso-admin.sharepoint.com`.
fn sharepoint(host: Option<&str>, cloud: Cloud) -> Result<String, Failure> {
    let domain = cloud.endpoints().sharepoint_domain;
    let plain = |host: &&str| {
        let label = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
        !host.is_empty() && host.bytes().all(label)
    };
    match host.filter(plain) {
        Some(host) if host.contains('.') => Ok(format!("https://{host}")),
        Some(name) => Ok(format!("https://{name}.{domain}")),
        None => Err(failure::setup::no_sharepoint_host(domain)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(api: ApiArg, host: Option<&str>, cloud: Cloud, expected: &str) {
        let args = AppArgs {
            api: Some(api),
            sharepoint_host: host.map(str::to_owned),
            ..AppArgs::default()
        };
        let found =
            scope(&args, cloud, None).unwrap_or_else(|failure| failure.reason.name().to_owned());
        assert_eq!(found, expected);
    }

    #[test]
    fn by_name_and_cloud() {
        use Cloud::{China, Public, UsGov};
        let exchange = "https://outlook.office365.com/.default";
        check(ApiArg::Exchange, None, Public, exchange);
        check(
            ApiArg::Exchange,
            None,
            China,
            "https://partner.outlook.cn/.default",
        );
        check(
            ApiArg::Exchange,
            None,
            UsGov,
            "https://outlook.office365.us/.default",
        );
        check(
            ApiArg::Graph,
            None,
            Public,
            "https://graph.microsoft.com/.default",
        );
        check(
            ApiArg::Graph,
            None,
            UsGov,
            "https://graph.microsoft.us/.default",
        );
        check(
            ApiArg::Arm,
            None,
            Public,
            "https://management.azure.com/.default",
        );
        check(
            ApiArg::KeyVault,
            None,
            China,
            "https://vault.azure.cn/.default",
        );
        let teams = "48ac35b8-9aa8-4d74-927d-1f4a14a0b239/.default";
        check(ApiArg::Teams, None, Public, teams);
        let contoso = "https://contoso.sharepoint.com/.default";
        check(ApiArg::Sharepoint, Some("contoso"), Public, contoso);
        check(
            ApiArg::Sharepoint,
            Some("contoso.sharepoint.com"),
            China,
            contoso,
        );
        for odd in [None, Some(""), Some("a b"), Some("a/b")] {
            check(ApiArg::Sharepoint, odd, Public, "no-sharepoint-host");
        }
    }

    #[test]
    fn any_other() {
        let args = AppArgs {
            scope: Some(String::from("api://x/.default")),
            ..AppArgs::default()
        };
        assert_eq!(
            scope(&args, Cloud::Public, None).unwrap(),
            "api://x/.default"
        );
        let none = scope(&AppArgs::default(), Cloud::Public, None).unwrap_err();
        assert_eq!(none.reason, failure::Reason::NoScope);
    }
}
