//! Random identifiers, base64, and how bytes and secrets go into JSON.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::anyhow;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD, Engine};
pub(crate) use kvcert_pki::validity::now;

/// Fresh random bytes.
pub(crate) fn random<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| anyhow!("no random numbers available"))?;
    Ok(bytes)
}

/// `N` random letters and digits that are not mistaken for each other.
pub(crate) fn letters<const N: usize>() -> anyhow::Result<String> {
    let letters = random::<N>()?.map(|byte| LETTERS[usize::from(byte % 32)]);
    Ok(letters.map(char::from).iter().collect())
}

/// A version as the service writes it: a GUID without its hyphens.
pub(crate) fn version() -> anyhow::Result<String> {
    Ok(guid()?.replace('-', ""))
}

/// A random GUID ([RFC 9562, section 5.4](https://www.rfc-editor.org/rfc/rfc9562#section-5.4)).
pub(crate) fn guid() -> anyhow::Result<String> {
    let mut bytes = random::<16>()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex::encode(bytes);
    let (a, rest) = digits.split_at(8);
    let (b, rest) = rest.split_at(4);
    let (c, rest) = rest.split_at(4);
    let (d, e) = rest.split_at(4);
    Ok(format!("{a}-{b}-{c}-{d}-{e}"))
}

/// Milliseconds since 1970, of the machine's own clock.
pub(crate) fn now_milliseconds() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}

/// Standard base64 with padding: `cer`, PKCS#12 values.
pub(crate) fn base64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// base64url without padding: `x5t`, JWK members, token parts.
pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads what [`base64url`] wrote; padding is allowed.
pub(crate) fn from_base64url(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .ok()
}

/// Reads standard base64, whatever its line ends and its padding.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_ascii_whitespace().collect();
    BASE64_STANDARD_NO_PAD
        .decode(text.trim_end_matches('='))
        .ok()
}

/// Bytes as base64 text.
pub(crate) mod bytes {
    use base64::prelude::{BASE64_STANDARD, Engine};
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&super::base64(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        BASE64_STANDARD
            .decode(text)
            .map_err(|_| de::Error::custom("not base64"))
    }
}

/// Bytes as base64 text, or null.
pub(crate) mod optional_bytes {
    use base64::prelude::{BASE64_STANDARD, Engine};
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub(crate) fn serialize<S: Serializer>(
        bytes: &Option<Vec<u8>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        bytes.as_ref().map(super::base64).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Vec<u8>>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| BASE64_STANDARD.decode(text))
            .transpose()
            .map_err(|_| de::Error::custom("not base64"))
    }
}

/// A secret that is given or left out. Only for replies whose purpose is to give it.
pub(crate) mod optional_secret_text {
    use kvcert_pki::sensitive::Sensitive;
    use serde::Serializer;

    pub(crate) fn serialize<S: Serializer>(
        secret: &Option<&Sensitive<String>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match secret {
            Some(secret) => to.serialize_str(secret.expose()),
            None => to.serialize_none(),
        }
    }
}

/// A secret as text. Only for files and replies whose purpose is to hold that secret.
pub(crate) mod secret_text {
    use kvcert_pki::sensitive::Sensitive;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        secret: &Sensitive<String>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.expose())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Sensitive<String>, D::Error> {
        String::deserialize(from).map(Sensitive::new)
    }
}

/// Secret bytes as base64 text; see [`secret_text`].
pub(crate) mod secret_bytes {
    use kvcert_pki::sensitive::Sensitive;
    use serde::{Deserializer, Serializer};
    use zeroize::Zeroizing;

    pub(crate) fn serialize<S: Serializer>(
        secret: &Sensitive<Vec<u8>>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(&Zeroizing::new(super::base64(secret.expose())))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Sensitive<Vec<u8>>, D::Error> {
        super::bytes::deserialize(from).map(Sensitive::new)
    }
}

const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guid_has_its_shape_and_a_version_has_32_digits() {
        let guid = guid().unwrap();
        let lengths: Vec<usize> = guid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&guid[14..15], "4");

        let version = version().unwrap();
        assert_eq!(version.len(), 32);
        assert!(version.bytes().all(|b| b.is_ascii_hexdigit()));
    }
}
