//! Whether a file is what [`write`](super::write()) would make again, but for its salts.

use super::write::{ITERATIONS, names};
use super::{Profile, mac, read};
use crate::certificate::Certificate;
use crate::certified_key::NamedKey;
use crate::format::{Container, Limits, Password};

/// Whether `bytes` are a PFX with the content that [`write`](super::write()) would give it: the same
/// key, certificates and names under the same password and profile. Two files with one content
/// differ in every byte, because their salts are random.
///
/// It costs about as much as writing; a file that takes more is not one of ours.
pub fn is_same(
    bytes: &[u8],
    key: &NamedKey,
    certificates: &[&Certificate],
    name: &str,
    password: &Password,
    profile: Profile,
) -> bool {
    let limits = Limits {
        max_iterations: u64::from(ITERATIONS) * MAX_DERIVATIONS,
        ..Limits::default()
    };
    let Ok(there) = read(bytes, password, &limits) else {
        return false;
    };
    let container = Container::Pkcs12 {
        password: password.to_write_with().kind,
        mac: Some(mac::described(profile.algorithms().1, ITERATIONS)),
    };
    let Some(leaf) = certificates.first() else {
        return false;
    };
    let (key_name, leaf_name) = names(key, leaf, name);
    let has_key = match there.keys.as_slice() {
        [found] => {
            found.key.secret_pkcs8_der() == key.key.secret_pkcs8_der()
                && found.key.attributes() == key.key.attributes()
                && found.name == key_name
                && found.windows_attributes == key.windows_attributes
        }
        _ => false,
    };
    let expected = certificates.iter().enumerate().map(|(place, it)| {
        let name = match place {
            0 => leaf_name.as_ref(),
            _ => it.friendly_name(),
        };
        (it.der(), name)
    });
    let found = there.certificates.iter();
    let found = found.map(|it| (it.der(), it.friendly_name()));
    has_key && there.container == container && found.eq(expected)
}

/// Two for each encrypted part and one for the MAC, with a password or two that may be tried.
const MAX_DERIVATIONS: u64 = 12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::pkcs12::write;
    use crate::friendly_name::FriendlyName;
    use crate::key::PrivateKey;

    fn named(name: Option<&str>) -> (NamedKey, Certificate) {
        let made = rcgen::generate_simple_self_signed(vec!["web.example.com".into()]).unwrap();
        let key = NamedKey {
            key: PrivateKey::from_pkcs8(&made.signing_key.serialize_der()).unwrap(),
            name: name.and_then(FriendlyName::new),
            windows_attributes: Vec::new(),
        };
        (key, Certificate::from_der(made.cert.der()).unwrap())
    }

    #[test]
    fn a_second_file_has_other_bytes_and_the_same_content() {
        let (key, leaf) = named(None);
        let given = || Password::new(b"correct horse".to_vec());
        for profile in [Profile::Modern, Profile::Legacy] {
            for password in [given(), Password::none(), Password::new("püß".into())] {
                let make = || write(&key, &[&leaf], "web", &password, profile).unwrap();
                let (first, second) = (make(), make());
                assert_ne!(first, second);
                assert!(is_same(&first, &key, &[&leaf], "web", &password, profile));
            }
        }
    }

    #[test]
    fn what_differs_is_not_the_same() {
        let (key, leaf) = named(Some("site"));
        let (other_key, other) = named(Some("site"));
        let password = Password::new(b"correct horse".to_vec());
        let file = write(&key, &[&leaf, &other], "web", &password, Profile::Modern).unwrap();
        let is = |key: &NamedKey, certificates: &[&Certificate], password: &Password, profile| {
            is_same(&file, key, certificates, "web", password, profile)
        };
        let modern = Profile::Modern;
        assert!(is(&key, &[&leaf, &other], &password, modern));
        assert!(!is(&key, &[&leaf], &password, modern));
        assert!(!is(&key, &[&leaf, &leaf], &password, modern));
        assert!(!is(&key, &[&leaf, &other, &leaf], &password, modern));
        assert!(!is(&other_key, &[&leaf, &other], &password, modern));
        assert!(!is(&key, &[&leaf, &other], &Password::none(), modern));
        let wrong = Password::new(b"battery".to_vec());
        assert!(!is(&key, &[&leaf, &other], &wrong, modern));
        assert!(!is(&key, &[&leaf, &other], &password, Profile::Legacy));
        let renamed = NamedKey {
            name: FriendlyName::new("api"),
            key: PrivateKey::from_pkcs8(key.key.secret_pkcs8_der()).unwrap(),
            windows_attributes: Vec::new(),
        };
        assert!(!is(&renamed, &[&leaf, &other], &password, modern));
        assert!(!is_same(b"", &key, &[&leaf], "web", &password, modern));
    }

    #[test]
    fn a_file_without_protection_is_not_one_with_a_password() {
        let (key, leaf) = named(None);
        let open = write(&key, &[&leaf], "web", &Password::none(), Profile::Modern).unwrap();
        let password = Password::new(b"correct horse".to_vec());
        assert!(!is_same(
            &open,
            &key,
            &[&leaf],
            "web",
            &password,
            Profile::Modern
        ));
    }
}
