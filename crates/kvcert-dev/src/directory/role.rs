//! Directory roles ([list](https://learn.microsoft.com/entra/identity/role-based-access-control/permissions-reference)).

/// The identifier of the role with this name.
pub(crate) fn by_name(name: &str) -> Option<&'static str> {
    let mut all = ROLES.iter();
    all.find(|(_, known)| *known == name).map(|(id, _)| *id)
}

/// The role that may do everything.
pub(crate) const GLOBAL_ADMINISTRATOR: &str = "62e90394-69f5-4237-9190-012177145e10";
pub(crate) const EXCHANGE_ADMINISTRATOR: &str = "29232cdf-9323-42fd-ade2-1d097af3e4de";
/// The roles that matter to applications at Exchange, and those that hand out others.
pub(crate) const ROLES: [(&str, &str); 12] = [
    (GLOBAL_ADMINISTRATOR, "Global Administrator"),
    (EXCHANGE_ADMINISTRATOR, "Exchange Administrator"),
    (
        "31392ffb-586c-42d1-9346-e59415a2cc4e",
        "Exchange Recipient Administrator",
    ),
    ("f2ef992c-3afb-46b9-b7cf-a126ee74c451", "Global Reader"),
    (
        "17315797-102d-40b4-93e0-432062caca18",
        "Compliance Administrator",
    ),
    (
        "194ae4cb-b126-40b2-bd5b-6091b380977d",
        "Security Administrator",
    ),
    ("5d6b6bb7-de71-4623-b4af-96380a352509", "Security Reader"),
    (
        "729827e3-9c14-49f7-bb1b-9608f156bbb8",
        "Helpdesk Administrator",
    ),
    (
        "e8611ab8-c189-46e8-94e1-60213ab1f814",
        "Privileged Role Administrator",
    ),
    (
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
        "Application Administrator",
    ),
    (
        "158c047a-c907-4556-b7ef-446551a6b5f7",
        "Cloud Application Administrator",
    ),
    (
        "f28a1f50-f6e7-4571-818b-6a12f2af6b6c",
        "SharePoint Administrator",
    ),
];
