//! [`Pasted`]: a vault, and perhaps an object in it, in the spellings that people copy from
//! elsewhere.

use super::{InvalidAddress, ObjectName, VaultUrl, Version, parse_url};
use crate::cloud::Cloud;

/// A vault, and the object in it that was named with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pasted {
    /// The vault.
    pub vault: VaultUrl,
    /// The object's name, and perhaps its version.
    pub object: Option<(ObjectName, Option<Version>)>,
}

impl Pasted {
    /// Reads a URL (`https://contoso.vault.azure.net/secrets/web`), a host
    /// (`contoso.vault.azure.net`), a resource id
    /// (`/subscriptions/…/providers/Microsoft.KeyVault/vaults/contoso`), a reference of App Service
    /// (`@Microsoft.KeyVault(SecretUri=…)`, `@Microsoft.KeyVault(VaultName=…;SecretName=…)`), or a
    /// link of the portal. `None` if it is none of these. `cloud` is that of vaults without a
    /// domain.
    ///
    /// # Errors
    /// [`InvalidAddress`], which says what is wrong.
    pub fn parse(text: &str, cloud: Cloud) -> Result<Option<Self>, InvalidAddress> {
        let text = bare(text);
        if let Some(settings) = reference(text) {
            return of_reference(text, settings, cloud).map(Some);
        }
        if let Some((_, link)) = text.split_once("#@")
            && let Some(at) = link.find("https://")
        {
            return Self::parse(&link[at..], cloud);
        }
        if let Some(path) = resource_id(text) {
            return of_resource(text, path, cloud).map(Some);
        }
        if text.contains("://") {
            if is_portal(text) {
                let id = text.replace("%2F", "/").replace("%2f", "/");
                return match resource_id(&id) {
                    Some(path) => of_resource(text, path, cloud).map(Some),
                    None => Err(InvalidAddress::vault(text, PORTAL)),
                };
            }
            return of_url(text).map(Some);
        }
        let host = text.split(['/', ':']).next().unwrap_or_default();
        let lower = host.to_ascii_lowercase();
        if let Some(host) = Cloud::vault_host_of_alias(&lower) {
            let name = host.split('.').next().unwrap_or_default();
            let rule = "this is the name of a private endpoint, whose certificate is for the vault's own name; private endpoints are reached by that, too";
            return Err(InvalidAddress::vault(text, rule).with_suggestion(name));
        }
        let is_vault = Cloud::of_vault_host(&lower).is_some() || Cloud::is_managed_hsm(&lower);
        let is_dev = lower.ends_with(".vault.localhost");
        match is_vault || is_dev {
            true => of_url(&format!("https://{text}")).map(Some),
            false => Ok(None),
        }
    }
}

/// Without the blanks, quotes and angle brackets around it.
pub(super) fn bare(text: &str) -> &str {
    let text = text.trim_matches(is_around);
    match text.strip_prefix('<').and_then(|it| it.strip_suffix('>')) {
        Some(inner) => inner.trim_matches(is_around),
        None => text,
    }
}

fn is_around(character: char) -> bool {
    let marks = "\"'`\u{201c}\u{201d}\u{2018}\u{2019}\u{200b}\u{feff}";
    character.is_whitespace() || marks.contains(character)
}

/// The name of a vault that `text` seems to have, where it is not a valid address.
pub(super) fn name_in(text: &str) -> Option<String> {
    let text = bare(text);
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = host
        .split(['/', ':', '?', '#', ',', ' '])
        .next()?
        .to_ascii_lowercase();
    let name = match Cloud::of_vault_host(&host) {
        Some(_) => host.split('.').next()?,
        // Only what looks like a scheme of vaults has a bare name after it.
        None if scheme.is_empty() || scheme.starts_with("http") => return None,
        None => host.as_str(),
    };
    let is_name = |name: &str| {
        name.bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-')
    };
    ((3..=24).contains(&name.len()) && is_name(name)).then(|| name.to_owned())
}

/// Whether it is an address of the portal, of whatever cloud.
fn is_portal(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let host = lower.split_once("://").map_or("", |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    ["portal.azure.", "ms.portal.azure."]
        .iter()
        .any(|it| host.starts_with(it))
}

/// The settings in `@Microsoft.KeyVault(…)`.
fn reference(text: &str) -> Option<&str> {
    let start = text.get(..REFERENCE.len())?;
    start.eq_ignore_ascii_case(REFERENCE).then(|| {
        let inner = &text[REFERENCE.len()..];
        inner.trim_end().trim_end_matches(')')
    })
}

fn of_reference(text: &str, settings: &str, cloud: Cloud) -> Result<Pasted, InvalidAddress> {
    let value = |name: &str| {
        settings.split(';').find_map(|setting| {
            let (found, value) = setting.split_once('=')?;
            found
                .trim()
                .eq_ignore_ascii_case(name)
                .then(|| value.trim())
        })
    };
    if let Some(uri) = value("SecretUri") {
        return of_url(uri);
    }
    let (Some(vault), Some(secret)) = (value("VaultName"), value("SecretName")) else {
        let rule = "it needs SecretUri, or VaultName and SecretName";
        return Err(InvalidAddress::new("Key Vault reference", text, rule));
    };
    let version = value("SecretVersion").filter(|version| !version.is_empty());
    Ok(Pasted {
        vault: VaultUrl::parse(vault, cloud)?,
        object: Some((secret.parse()?, version.map(str::parse).transpose()?)),
    })
}

/// What follows the provider in the id of a resource, or in a link of the portal with one.
fn resource_id(text: &str) -> Option<&str> {
    let lower = text.to_ascii_lowercase();
    let at = lower.find(PROVIDER)?;
    text.get(at + PROVIDER.len()..)
}

fn of_resource(text: &str, path: &str, cloud: Cloud) -> Result<Pasted, InvalidAddress> {
    let mut segments = path.split(['/', '?', '#']);
    let kind = segments.next().unwrap_or_default();
    let name = segments.next().unwrap_or_default();
    if kind.eq_ignore_ascii_case("managedHSMs") {
        return Err(InvalidAddress::vault(text, MANAGED_HSM));
    }
    if !kind.eq_ignore_ascii_case("vaults") {
        let rule = "it is the id of another resource than a vault";
        return Err(InvalidAddress::vault(text, rule));
    }
    let rest: Vec<&str> = segments.collect();
    let object = match rest.as_slice() {
        [kind, name, version @ ..] if is_collection(kind) => {
            let version = version.iter().skip_while(|it| **it == "versions");
            Some((
                name.parse()?,
                version.copied().next().map(str::parse).transpose()?,
            ))
        }
        _ => None,
    };
    Ok(Pasted {
        vault: VaultUrl::parse(name, cloud)?,
        object,
    })
}

fn of_url(text: &str) -> Result<Pasted, InvalidAddress> {
    let mut url = parse_url(text)?;
    if url.host_str().is_some_and(Cloud::is_managed_hsm) {
        return Err(InvalidAddress::vault(text, MANAGED_HSM));
    }
    let path = url.path().to_owned();
    let segments: Vec<&str> = path.split('/').filter(|it| !it.is_empty()).collect();
    let object = match segments.as_slice() {
        [] => None,
        [kind] if is_collection(kind) => None,
        [kind, name] if is_collection(kind) => Some((name.parse()?, None)),
        // `az` and the service show a pending certificate and policies below the name.
        [kind, name, "pending" | "policy" | "versions"] if is_collection(kind) => {
            Some((name.parse()?, None))
        }
        [kind, name, version] if is_collection(kind) => {
            Some((name.parse()?, Some(version.parse()?)))
        }
        [kind, ..] if is_collection(kind) => {
            let rule = "nothing may follow the version";
            return Err(InvalidAddress::new("certificate identifier", text, rule));
        }
        _ => {
            let rule = "after the host, an identifier has /certificates/, /secrets/ or /keys/";
            return Err(InvalidAddress::new("certificate identifier", text, rule));
        }
    };
    url.set_path("");
    url.set_query(None);
    Ok(Pasted {
        vault: VaultUrl(url),
        object,
    })
}

fn is_collection(segment: &str) -> bool {
    ["certificates", "secrets", "keys"]
        .iter()
        .any(|it| segment.eq_ignore_ascii_case(it))
}

const REFERENCE: &str = "@Microsoft.KeyVault(";
const PROVIDER: &str = "/providers/microsoft.keyvault/";
const PORTAL: &str = "it is a page of the Azure portal that names no vault";
const MANAGED_HSM: &str =
    "it is a managed HSM, which holds keys and no certificates; kvcert works with vaults";

#[cfg(test)]
mod tests {
    use super::*;

    const VERSION: &str = "0123456789abcdef0123456789abcdef";

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let shown = |found: Option<Pasted>| match found {
            None => String::from("a name"),
            Some(Pasted { vault, object }) => {
                let object = object.map(|(name, version)| {
                    let version = version.map(|it| format!("/{it}")).unwrap_or_default();
                    format!(" {name}{version}")
                });
                format!("{vault}{}", object.unwrap_or_default())
            }
        };
        let found = Pasted::parse(text, Cloud::Public);
        assert_eq!(
            found.map_or_else(|e| e.to_string(), shown),
            expected,
            "{text}"
        );
    }

    #[test]
    fn every_spelling_means_the_same_vault() {
        let vault = "https://contoso.vault.azure.net";
        for text in [
            "contoso.vault.azure.net",
            "Contoso.Vault.Azure.Net",
            "contoso.vault.azure.net/",
            "contoso.vault.azure.net:443",
            " https://contoso.vault.azure.net/ ",
            "<https://contoso.vault.azure.net/>",
            "\"https://contoso.vault.azure.net\"",
            "\u{201c}contoso.vault.azure.net\u{201d}",
            "https://portal.azure.com/#view/HubsExtension/Overview/id/%2Fsubscriptions%2Fs%2FresourceGroups%2Fg%2Fproviders%2FMicrosoft.KeyVault%2Fvaults%2Fcontoso",
            "https://contoso.vault.azure.net/certificates/",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/contoso",
            "/SUBSCRIPTIONS/s/resourcegroups/g/providers/microsoft.keyvault/vaults/contoso",
            "subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/contoso/",
            "https://portal.azure.com/#@t/resource/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/contoso/overview",
        ] {
            check(text, vault);
        }
        check("contoso.vault.azure.cn", "https://contoso.vault.azure.cn");
        check(
            "demo.vault.localhost:8443",
            "https://demo.vault.localhost:8443",
        );
        for text in [
            "contoso",
            "web/x",
            "web.pfx",
            "./contoso.vault.azure.net.pfx",
            "",
        ] {
            check(text, "a name");
        }
    }

    #[test]
    fn an_object_is_named_with_its_vault() {
        let web = "https://contoso.vault.azure.net web";
        let version = format!("{web}/{VERSION}");
        let with = |text: &str| text.replace("VERSION", VERSION);
        for text in [
            "contoso.vault.azure.net/secrets/web",
            "https://contoso.vault.azure.net/Secrets/web/?x=y",
            "https://contoso.vault.azure.net/certificates/web/pending",
            "@Microsoft.KeyVault(SecretUri=https://contoso.vault.azure.net/secrets/web)",
            "@Microsoft.KeyVault(SecretUri=https://contoso.vault.azure.net/secrets/web/)",
            "@Microsoft.KeyVault(VaultName=contoso;SecretName=web)",
            "@microsoft.keyvault(vaultname=contoso; secretname=web; secretversion=)",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/contoso/secrets/web",
            "https://portal.azure.com/#@t/asset/Microsoft_Azure_KeyVault/Certificate/https://contoso.vault.azure.net/certificates/web",
        ] {
            check(text, web);
        }
        for text in [
            "https://contoso.vault.azure.net/secrets/web/VERSION",
            "@Microsoft.KeyVault(SecretUri=https://contoso.vault.azure.net/secrets/web/VERSION)",
            "@Microsoft.KeyVault(VaultName=contoso;SecretName=web;SecretVersion=VERSION)",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/contoso/secrets/web/versions/VERSION",
        ] {
            check(&with(text), &version);
        }
    }

    /// What is around a name comes off; for an address that is not valid, the name is suggested.
    #[test]
    fn a_vault_is_named_whatever_was_pasted() {
        for text in [
            "\"contoso\"",
            "'contoso'",
            "contoso ",
            " contoso\n",
            "<contoso>",
            "\u{2018}contoso\u{2019}",
        ] {
            let vault = VaultUrl::parse(text, Cloud::Public).unwrap();
            assert_eq!(
                vault.to_string(),
                "https://contoso.vault.azure.net",
                "{text}"
            );
        }
        for (text, words, suggestion) in [
            (
                "http://contoso.vault.azure.net",
                "only https:// is safe",
                Some("contoso"),
            ),
            (
                "http://contoso.vault.azure.net/secrets/web",
                "only https:// is safe",
                Some("contoso"),
            ),
            (
                "keyvault://contoso",
                "begins with https://",
                Some("contoso"),
            ),
            (
                "azurekeyvault://contoso/web",
                "begins with https://",
                Some("contoso"),
            ),
            (
                "https://portal.azure.com/#home",
                "page of the Azure portal",
                None,
            ),
            (
                "https://portal.azure.com/",
                "page of the Azure portal",
                None,
            ),
            (
                "https://contoso.vault.azure.net/x/y",
                "/certificates/, /secrets/ or /keys/",
                Some("contoso"),
            ),
            (
                "https://me:x@contoso.vault.azure.net",
                "user name",
                Some("contoso"),
            ),
            ("http://contoso.example", "only https:// is safe", None),
            ("contoso.vault.azure.net,other", "it", None),
            ("con toso", "3 to 24 letters", None),
        ] {
            let error = VaultUrl::parse(text, Cloud::Public).unwrap_err();
            assert!(error.to_string().contains(words), "{text}: {error}");
            assert!(error.is_of_vault(), "{text}: {error}");
            assert_eq!(error.suggestion(), suggestion, "{text}: {error}");
        }
        let error =
            "http://contoso.vault.azure.net/secrets/web".parse::<super::super::CertificateRef>();
        assert!(!error.unwrap_err().is_of_vault());
    }

    #[test]
    fn what_is_no_vault_is_named() {
        check(
            "contoso.managedhsm.azure.net",
            "`https://contoso.managedhsm.azure.net` is not a valid vault: it is a managed HSM, which holds keys and no certificates; kvcert works with vaults",
        );
        let alias = Pasted::parse("contoso.privatelink.vaultcore.azure.net", Cloud::Public);
        let alias = alias.unwrap_err();
        assert!(alias.to_string().contains("private endpoint"), "{alias}");
        assert_eq!(alias.suggestion(), Some("contoso"));
        check(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/deletedVaults/x",
            "`/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/deletedVaults/x` is not a valid vault: it is the id of another resource than a vault",
        );
        check(
            "@Microsoft.KeyVault(SecretName=web)",
            "`@Microsoft.KeyVault(SecretName=web)` is not a valid Key Vault reference: it needs SecretUri, or VaultName and SecretName",
        );
    }
}
