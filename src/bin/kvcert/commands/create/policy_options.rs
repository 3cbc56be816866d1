//! From flags to a policy.

use clap::ValueEnum;
use kvcert::vault::address::ObjectName;
use kvcert::vault::policy::{
    ActionType, CertificatePolicy, Issuer, KeyProperties, LifetimeAction, SecretProperties,
    SubjectAlternativeNames, Trigger, X509Properties,
};
use serde_json::Map;

use crate::cli::{
    ContentArgs, ContentTypeArg, CreateArgs, IssueArgs, KeyArg, KeyArgs, KeyUsageArg, RenewArg,
    RenewAt,
};
use crate::failure::{Failure, usage};

/// The policy of a new certificate, if no flag says otherwise: for an application that signs in.
pub(super) fn default(name: &ObjectName) -> CertificatePolicy {
    CertificatePolicy {
        key: KeyProperties {
            exportable: false,
            key_type: String::from("RSA"),
            size: Some(2048),
            curve: None,
            reuse: false,
        },
        secret: SecretProperties {
            content_type: content_type(ContentTypeArg::Pfx).to_owned(),
        },
        x509: X509Properties {
            subject: Some(format!("CN={name}")),
            sans: SubjectAlternativeNames::default(),
            ekus: vec![String::from(CLIENT_AUTHENTICATION)],
            key_usage: key_usage(&RSA_USAGES),
            validity_months: Some(12),
            other: Map::new(),
        },
        lifetime_actions: vec![LifetimeAction::new(
            ActionType::EmailContacts,
            Trigger::LifetimePercentage(80),
        )],
        issuer: Issuer::new(Issuer::SELF),
        other: Map::new(),
    }
}

/// The policy, changed as the flags say.
pub(super) fn of(
    args: &CreateArgs,
    mut policy: CertificatePolicy,
) -> Result<CertificatePolicy, Failure> {
    change_key(&args.key, &mut policy.key);
    if let Some(kind) = args.key.content_type {
        content_type(kind).clone_into(&mut policy.secret.content_type);
    }
    change_content(&args.content, &mut policy.x509)?;
    change_usage(args, &mut policy)?;
    if let Some(name) = &args.issue.issuer {
        policy.issuer = Issuer::new(issuer(name));
    }
    change_action(&args.issue, &mut policy)?;
    Ok(policy)
}

/// As Key Vault names it.
pub(crate) fn content_type(kind: ContentTypeArg) -> &'static str {
    match kind {
        ContentTypeArg::Pfx => "application/x-pkcs12",
        ContentTypeArg::Pem => "application/x-pem-file",
    }
}

fn change_key(args: &KeyArgs, key: &mut KeyProperties) {
    if let Some(wanted) = args.key {
        let (family, size, curve) = match wanted {
            KeyArg::Rsa2048 => ("RSA", Some(2048), None),
            KeyArg::Rsa3072 => ("RSA", Some(3072), None),
            KeyArg::Rsa4096 => ("RSA", Some(4096), None),
            KeyArg::P256 => ("EC", None, Some("P-256")),
            KeyArg::P384 => ("EC", None, Some("P-384")),
            KeyArg::P521 => ("EC", None, Some("P-521")),
            KeyArg::P256k => ("EC", None, Some("P-256K")),
        };
        let is_hsm = key.key_type.ends_with(HSM);
        key.key_type = format!("{family}{}", if is_hsm { HSM } else { "" });
        key.size = size;
        key.curve = curve.map(str::to_owned);
    }
    if args.hsm {
        if !key.key_type.ends_with(HSM) {
            key.key_type.push_str(HSM);
        }
        key.exportable = false;
    }
    key.exportable |= args.exportable;
    key.reuse |= args.reuse_key;
}

fn change_content(args: &ContentArgs, x509: &mut X509Properties) -> Result<(), Failure> {
    if let Some(subject) = &args.subject {
        if subject.chars().count() > MAX_SUBJECT {
            return Err(usage::subject_too_long(MAX_SUBJECT));
        }
        if !subject.contains('=') {
            return Err(usage::not_a_subject(subject));
        }
        x509.subject = Some(subject.clone());
    }
    let sans = SubjectAlternativeNames {
        dns_names: args.dns.clone(),
        emails: args.email.clone(),
        upns: args.upn.clone(),
        uris: args.uri.clone(),
        ip_addresses: args.ip.iter().map(ToString::to_string).collect(),
    };
    if sans != SubjectAlternativeNames::default() {
        x509.sans = sans;
    }
    if args.months.is_some() {
        x509.validity_months = args.months;
    }
    Ok(())
}

/// What the certificate may be used for. An EC key neither encrypts nor wraps keys.
fn change_usage(args: &CreateArgs, policy: &mut CertificatePolicy) -> Result<(), Failure> {
    let content = &args.content;
    let x509 = &mut policy.x509;
    if !content.eku.is_empty() {
        x509.ekus.clone_from(&content.eku);
    } else if !content.dns.is_empty() || !content.ip.is_empty() {
        let server = String::from(SERVER_AUTHENTICATION);
        if !x509.ekus.contains(&server) {
            x509.ekus.insert(0, server);
        }
    }
    let is_rsa = policy.key.key_type.starts_with("RSA");
    let enciphers = |usage: &KeyUsageArg| {
        [KeyUsageArg::KeyEncipherment, KeyUsageArg::DataEncipherment].contains(usage)
    };
    if !content.key_usage.is_empty() {
        if !is_rsa && let Some(usage) = content.key_usage.iter().find(|usage| enciphers(usage)) {
            let message = format!("an EC key cannot be used for {}", flag(*usage));
            let hint = "leave that `--key-usage` out, or use `--key rsa2048`";
            return Err(usage::flags_conflict(message, hint));
        }
        x509.key_usage = key_usage(&content.key_usage);
    } else if args.key.key.is_some() {
        x509.key_usage = key_usage(if is_rsa {
            &RSA_USAGES
        } else {
            &RSA_USAGES[..1]
        });
    }
    Ok(())
}

/// As Key Vault names them.
fn key_usage(usages: &[KeyUsageArg]) -> Vec<String> {
    let names = usages.iter().map(|usage| camel_case(&flag(*usage)));
    names.collect()
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

fn change_action(args: &IssueArgs, policy: &mut CertificatePolicy) -> Result<(), Failure> {
    let first = policy.lifetime_actions.first();
    let mut kind = first.map_or(ActionType::EmailContacts, |action| action.action.kind);
    let mut trigger = first.map_or(Trigger::LifetimePercentage(80), |action| action.trigger);
    match args.renew {
        Some(RenewArg::Email) => kind = ActionType::EmailContacts,
        Some(RenewArg::Auto) if policy.issuer.name.eq_ignore_ascii_case(Issuer::UNKNOWN) => {
            let message =
                "the vault cannot renew certificates from a CA that is not connected to it";
            return Err(usage::flags_conflict(message, "use `--renew email`"));
        }
        Some(RenewArg::Auto) => kind = ActionType::AutoRenew,
        None => {}
    }
    match args.renew_at {
        Some(RenewAt::Percent(percent)) => trigger = Trigger::LifetimePercentage(percent),
        Some(RenewAt::Days(days)) => trigger = Trigger::DaysBeforeExpiry(days),
        None => {}
    }
    if args.renew.is_some() || args.renew_at.is_some() {
        policy.lifetime_actions = vec![LifetimeAction::new(kind, trigger)];
    }
    Ok(())
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

/// What an RSA key is used for, if no flag says otherwise; an EC key for the first of it.
const RSA_USAGES: [KeyUsageArg; 2] = [KeyUsageArg::DigitalSignature, KeyUsageArg::KeyEncipherment];

/// How the types of keys in hardware end.
const HSM: &str = "-HSM";
