//! What an application is for: a permission, a scope, a directory role.

use kvcert::cloud::Cloud;
use serde_json::{Value, json};

use crate::cli::{PurposeArg, RoleArg};

/// An API, and the permission there that the application needs.
pub(super) struct Purpose {
    /// The API's application id, the same in every tenant.
    pub(super) api: &'static str,
    /// What people call the API.
    pub(super) api_name: &'static str,
    /// The permission's id.
    pub(super) permission: &'static str,
    /// The permission's name.
    pub(super) permission_name: &'static str,
    /// What tokens are asked for.
    pub(super) scope: String,
}

impl Purpose {
    pub(super) fn of(args: PurposeArg, cloud: Cloud) -> Self {
        match args {
            PurposeArg::Exchange => Self {
                api: "00000002-0000-0ff1-ce00-000000000000",
                api_name: "Office 365 Exchange Online",
                permission: "dc50a0fb-09a3-484d-be87-e023b12c6440",
                permission_name: "Exchange.ManageAsApp",
                scope: format!("{}/.default", cloud.endpoints().exchange),
            },
        }
    }

    /// As an application says that it needs it (`requiredResourceAccess`).
    pub(super) fn access(&self) -> Value {
        json!({
            "resourceAppId": self.api,
            "resourceAccess": [{"id": self.permission, "type": "Role"}],
        })
    }

    /// The whole list of what an application needs, with this; nothing if it is in there.
    pub(super) fn added_to(&self, list: &[Value]) -> Option<Vec<Value>> {
        let is_api = |entry: &Value| entry["resourceAppId"] == self.api;
        let has = |entry: &Value| {
            let access = entry["resourceAccess"].as_array();
            access.is_some_and(|all| all.iter().any(|one| one["id"] == self.permission))
        };
        if list.iter().any(|entry| is_api(entry) && has(entry)) {
            return None;
        }
        let mut list = list.to_vec();
        let known = list.iter_mut().find(|entry| is_api(entry));
        match known.and_then(|entry| entry["resourceAccess"].as_array_mut()) {
            Some(access) => access.push(json!({"id": self.permission, "type": "Role"})),
            None => list.push(self.access()),
        }
        Some(list)
    }
}

/// A directory role: its name, and the id of its template, the same in every tenant.
pub(super) fn role(role: RoleArg) -> Option<(&'static str, &'static str)> {
    Some(match role {
        RoleArg::ExchangeAdministrator => (
            "Exchange Administrator",
            "29232cdf-9323-42fd-ade2-1d097af3e4de",
        ),
        RoleArg::ExchangeRecipientAdministrator => (
            "Exchange Recipient Administrator",
            "31392ffb-586c-42d1-9346-e59415a2cc4e",
        ),
        RoleArg::GlobalReader => ("Global Reader", "f2ef992c-3afb-46b9-b7cf-a126ee74c451"),
        RoleArg::ComplianceAdministrator => (
            "Compliance Administrator",
            "17315797-102d-40b4-93e0-432062caca18",
        ),
        RoleArg::SecurityAdministrator => (
            "Security Administrator",
            "194ae4cb-b126-40b2-bd5b-6091b380977d",
        ),
        RoleArg::SecurityReader => ("Security Reader", "5d6b6bb7-de71-4623-b4af-96380a352509"),
        RoleArg::HelpdeskAdministrator => (
            "Helpdesk Administrator",
            "729827e3-9c14-49f7-bb1b-9608f156bbb8",
        ),
        RoleArg::None => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_application_needs_is_added_once() {
        let purpose = Purpose::of(PurposeArg::Exchange, Cloud::Public);
        let other =
            json!({"resourceAppId": "other", "resourceAccess": [{"id": "x", "type": "Scope"}]});
        let added = purpose.added_to(std::slice::from_ref(&other)).unwrap();
        assert_eq!(added, [other.clone(), purpose.access()]);
        assert_eq!(purpose.added_to(&added), None);
        let half = json!({
            "resourceAppId": purpose.api,
            "resourceAccess": [{"id": "another", "type": "Role"}],
        });
        let added = purpose.added_to(&[half]).unwrap();
        assert_eq!(added.len(), 1);
        assert_eq!(added[0]["resourceAccess"].as_array().unwrap().len(), 2);
    }
}
