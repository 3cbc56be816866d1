//! From flags to a policy.

use clap::ValueEnum;
use kvcert::vault::address::ObjectName;
use kvcert::vault::policy::{
    ActionType, CertificatePolicy, Issuer, KeyProperties, LifetimeAction, SecretProperties,
    SubjectAlternativeNames, Trigger, X509Properties,
};

use crate::cli::{
    ContentArgs, ContentTypeArg, CreateArgs, IssueArgs, KeyArg, KeyArgs, KeyUsageArg, RenewArg,
    RenewAt,
};
use crate::failure::{Failure, usage};

/// The policy that the flags describe, for a certificate of this name.
pub(super) fn of(args: &CreateArgs, name: &ObjectName) -> Result<CertificatePolicy, Failure> {
    Ok(CertificatePolicy {
        key: key(&args.key),
        secret: SecretProperties {
            content_type: content_type(args.key.content_type).to_owned(),
        },
        x509: x509(&args.content, args.key.key, name)?,
        lifetime_actions: vec![lifetime_action(&args.issue)?],
        issuer: Issuer {
            name: issuer(&args.issue.issuer),
        },
    })
}

/// As Key Vault names it.
pub(crate) fn content_type(kind: ContentTypeArg) -> &'static str {
    match kind {
        ContentTypeArg::Pfx => "application/x-pkcs12",
        ContentTypeArg::Pem => "application/x-pem-file",
    }
}

fn key(args: &KeyArgs) -> KeyProperties {
    let (family, size, curve) = match args.key {
        KeyArg::Rsa2048 => ("RSA", Some(2048), None),
        KeyArg::Rsa3072 => ("RSA", Some(3072), None),
        KeyArg::Rsa4096 => ("RSA", Some(4096), None),
        KeyArg::P256 => ("EC", None, Some("P-256")),
        KeyArg::P384 => ("EC", None, Some("P-384")),
        KeyArg::P521 => ("EC", None, Some("P-521")),
        KeyArg::P256k => ("EC", None, Some("P-256K")),
    };
    KeyProperties {
        exportable: args.exportable,
        key_type: if args.hsm {
            format!("{family}-HSM")
        } else {
            family.to_owned()
        },
        size,
        curve: curve.map(str::to_owned),
        reuse: args.reuse_key,
    }
}

fn x509(args: &ContentArgs, key: KeyArg, name: &ObjectName) -> Result<X509Properties, Failure> {
    let subject = args.subject.clone().unwrap_or_else(|| format!("CN={name}"));
    if subject.chars().count() > MAX_SUBJECT {
        return Err(usage::subject_too_long(MAX_SUBJECT));
    }
    if !subject.contains('=') {
        return Err(usage::not_a_subject(&subject));
    }
    let is_for_hosts = !args.dns.is_empty() || !args.ip.is_empty();
    let ekus = match args.eku.as_slice() {
        [] if is_for_hosts => [SERVER_AUTHENTICATION, CLIENT_AUTHENTICATION]
            .map(String::from)
            .to_vec(),
        [] => vec![String::from(CLIENT_AUTHENTICATION)],
        some => some.to_vec(),
    };
    Ok(X509Properties {
        subject: Some(subject),
        sans: SubjectAlternativeNames {
            dns_names: args.dns.clone(),
            emails: args.email.clone(),
            upns: args.upn.clone(),
            uris: args.uri.clone(),
            ip_addresses: args.ip.iter().map(ToString::to_string).collect(),
        },
        ekus,
        key_usage: key_usage(&args.key_usage, key)?,
        validity_months: Some(args.months),
    })
}

/// An EC key neither encrypts nor wraps keys.
fn key_usage(wanted: &[KeyUsageArg], key: KeyArg) -> Result<Vec<String>, Failure> {
    use KeyUsageArg::{DataEncipherment, DigitalSignature, KeyEncipherment};

    let is_rsa = matches!(key, KeyArg::Rsa2048 | KeyArg::Rsa3072 | KeyArg::Rsa4096);
    let default: &[KeyUsageArg] = match is_rsa {
        true => &[DigitalSignature, KeyEncipherment],
        false => &[DigitalSignature],
    };
    let usages = if wanted.is_empty() { default } else { wanted };
    let enciphers = |usage: &&KeyUsageArg| matches!(usage, KeyEncipherment | DataEncipherment);
    if !is_rsa && let Some(usage) = usages.iter().find(enciphers) {
        let message = format!("an EC key cannot be used for {}", flag(*usage));
        let hint = "leave that `--key-usage` out, or use `--key rsa2048`";
        return Err(usage::flags_conflict(message, hint));
    }
    Ok(usages
        .iter()
        .map(|usage| camel_case(&flag(*usage)))
        .collect())
}

/// The usage as the flag takes it: in words with hyphens.
fn flag(usage: KeyUsageArg) -> String {
    let value = usage.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

/// `key-cert-sign` as the service writes it: `keyCertSign`. Its `cRLSign` is the one oddity.
fn camel_case(flag: &str) -> String {
    if flag == "crl-sign" {
        return String::from("cRLSign");
    }
    let mut words = flag.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |text, word| {
        let (head, tail) = word.split_at(1);
        text + &head.to_ascii_uppercase() + tail
    })
}

fn lifetime_action(args: &IssueArgs) -> Result<LifetimeAction, Failure> {
    let kind = match args.renew {
        RenewArg::Email => ActionType::EmailContacts,
        RenewArg::Auto if args.issuer.eq_ignore_ascii_case(Issuer::UNKNOWN) => {
            let message =
                "the vault cannot renew certificates from a CA that is not connected to it";
            return Err(usage::flags_conflict(message, "use `--renew email`"));
        }
        RenewArg::Auto => ActionType::AutoRenew,
    };
    let trigger = match args.renew_at {
        RenewAt::Percent(percent) => Trigger::LifetimePercentage(percent),
        RenewAt::Days(days) => Trigger::DaysBeforeExpiry(days),
    };
    Ok(LifetimeAction::new(kind, trigger))
}

/// The two names that the service knows are written as it writes them.
fn issuer(name: &str) -> String {
    let known = [Issuer::SELF, Issuer::UNKNOWN];
    let known = known.iter().find(|known| known.eq_ignore_ascii_case(name));
    known.map_or_else(|| name.to_owned(), |known| (*known).to_owned())
}

const SERVER_AUTHENTICATION: &str = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTHENTICATION: &str = "1.3.6.1.5.5.7.3.2";
const MAX_SUBJECT: usize = 200;
