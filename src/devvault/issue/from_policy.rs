//! Certificates and requests by a certificate policy.

use std::net::IpAddr;

use anyhow::{Context, bail};
use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    OtherNameValue, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512,
    PKCS_RSA_SHA256, SanType,
};
use time::{Date, Month, OffsetDateTime};

use super::subject::numbers;
use super::{base_params, subject};
use crate::devvault::keys::{Curve, KeySpec};
use crate::devvault::policy::{Policy, Sans};

/// The key that signs.
pub(in crate::devvault) fn key_pair(spec: KeySpec, pkcs8: &[u8]) -> anyhow::Result<KeyPair> {
    let algorithm = match spec {
        KeySpec::Rsa(_) => &PKCS_RSA_SHA256,
        KeySpec::Ec(Curve::P256) => &PKCS_ECDSA_P256_SHA256,
        KeySpec::Ec(Curve::P384) => &PKCS_ECDSA_P384_SHA384,
        KeySpec::Ec(Curve::P521) => &PKCS_ECDSA_P521_SHA512,
        KeySpec::Ec(Curve::P256K) => bail!("certificates on P-256K are not made here"),
    };
    let key = pkcs8.into();
    KeyPair::from_pkcs8_der_and_sign_algo(&key, algorithm).context("an unusable key")
}

/// What a certificate made at `now` by this policy says.
pub(in crate::devvault) fn params(policy: &Policy, now: i64) -> anyhow::Result<CertificateParams> {
    let mut params = asked_for(policy)?;
    let expires = months_later(now, policy.x509_props.validity_months)?;
    let dated = base_params("", now - BACKDATED, expires)?;
    params.serial_number = dated.serial_number;
    params.not_before = dated.not_before;
    params.not_after = dated.not_after;
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}

/// A certificate signing request (PKCS#10, DER).
pub(in crate::devvault) fn request(policy: &Policy, key: &KeyPair) -> anyhow::Result<Vec<u8>> {
    let request = asked_for(policy)?.serialize_request(key);
    Ok(request.context("cannot make a request")?.der().to_vec())
}

fn asked_for(policy: &Policy) -> anyhow::Result<CertificateParams> {
    let x509 = &policy.x509_props;
    let mut params = CertificateParams::default();
    params.distinguished_name = subject(&x509.subject)?;
    params.is_ca = match x509.basic_constraints.ca {
        true => IsCa::Ca(BasicConstraints::Unconstrained),
        false => IsCa::ExplicitNoCa,
    };
    params.key_usages = x509
        .key_usage
        .iter()
        .filter_map(|word| usage(word))
        .collect();
    params.extended_key_usages = x509
        .ekus
        .iter()
        .map(|dotted| numbers(dotted).map(ExtendedKeyUsagePurpose::Other))
        .collect::<Option<Vec<_>>>()
        .context("an extended key usage that is no object identifier")?;
    if let Some(sans) = &x509.sans {
        params.subject_alt_names = alternative_names(sans)?;
    }
    Ok(params)
}

fn usage(word: &str) -> Option<KeyUsagePurpose> {
    Some(match word {
        "digitalSignature" => KeyUsagePurpose::DigitalSignature,
        "nonRepudiation" => KeyUsagePurpose::ContentCommitment,
        "keyEncipherment" => KeyUsagePurpose::KeyEncipherment,
        "dataEncipherment" => KeyUsagePurpose::DataEncipherment,
        "keyAgreement" => KeyUsagePurpose::KeyAgreement,
        "keyCertSign" => KeyUsagePurpose::KeyCertSign,
        "cRLSign" => KeyUsagePurpose::CrlSign,
        "encipherOnly" => KeyUsagePurpose::EncipherOnly,
        "decipherOnly" => KeyUsagePurpose::DecipherOnly,
        _ => return None,
    })
}

fn alternative_names(sans: &Sans) -> anyhow::Result<Vec<SanType>> {
    let each = |names: &Option<Vec<String>>| names.clone().unwrap_or_default();
    let ascii = |name: String| Ia5String::try_from(name).context("a name that is not ASCII");
    let mut found = Vec::new();
    for name in each(&sans.emails) {
        found.push(SanType::Rfc822Name(ascii(name)?));
    }
    for name in each(&sans.dns_names) {
        found.push(SanType::DnsName(ascii(name)?));
    }
    for name in each(&sans.upns) {
        let value = OtherNameValue::Utf8String(name);
        found.push(SanType::OtherName((PRINCIPAL_NAME.to_vec(), value)));
    }
    for name in each(&sans.uris) {
        found.push(SanType::URI(ascii(name)?));
    }
    for name in each(&sans.ip_addresses) {
        let address: IpAddr = name.parse().context("no IP address")?;
        found.push(SanType::IpAddress(address));
    }
    Ok(found)
}

/// The same day of a later month, or the last day of that month.
fn months_later(now: i64, months: u32) -> anyhow::Result<i64> {
    let then = OffsetDateTime::from_unix_timestamp(now)?;
    let count = then.year() * 12 + i32::from(u8::from(then.month())) - 1 + i32::try_from(months)?;
    let month = Month::try_from(u8::try_from(count.rem_euclid(12) + 1)?)?;
    let year = count.div_euclid(12);
    let day = then.day().min(month.length(year));
    let date = Date::from_calendar_date(year, month, day)?;
    Ok(then.replace_date(date).unix_timestamp())
}

/// The service dates its certificates ten minutes back.
const BACKDATED: i64 = 600;
/// A user principal name.
const PRINCIPAL_NAME: [u64; 10] = [1, 3, 6, 1, 4, 1, 311, 20, 2, 3];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_those_of_the_calendar() {
        let january = 1_706_659_200; // 2024-01-31
        assert_eq!(months_later(january, 1).unwrap(), 1_709_164_800); // 2024-02-29
        assert_eq!(months_later(january, 12).unwrap(), 1_738_281_600); // 2025-01-31
    }
}
