//! [`Extensions`]: what a certificate says beyond names, key and validity.

use kvcert_pki::certificate::Certificate;
use kvcert_pki::text::printable;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{ExtendedKeyUsage, KeyUsage, ParsedExtension};

/// RFC 5280 section 4.2, as far as people ask for it.
#[derive(Default)]
pub(super) struct Extensions {
    pub(super) serial: String,
    pub(super) signature: String,
    pub(super) path_length: Option<u32>,
    pub(super) key_usage: Vec<&'static str>,
    pub(super) extended_key_usage: Vec<String>,
    pub(super) subject_key: Option<String>,
    pub(super) authority_key: Option<String>,
}

impl Extensions {
    pub(super) fn of(certificate: &Certificate) -> Self {
        let Some(x509) = certificate.x509() else {
            return Self::default();
        };
        let mut extensions = Self {
            serial: hex::encode(x509.raw_serial()),
            signature: signature(&x509),
            ..Self::default()
        };
        for extension in x509.extensions() {
            extensions.read(extension.parsed_extension());
        }
        extensions
    }

    fn read(&mut self, extension: &ParsedExtension<'_>) {
        match extension {
            ParsedExtension::BasicConstraints(it) => self.path_length = it.path_len_constraint,
            ParsedExtension::KeyUsage(it) => self.key_usage = key_usage(it),
            ParsedExtension::ExtendedKeyUsage(it) => self.extended_key_usage = purposes(it),
            ParsedExtension::SubjectKeyIdentifier(it) => {
                self.subject_key = Some(hex::encode(it.0));
            }
            ParsedExtension::AuthorityKeyIdentifier(it) => {
                self.authority_key = it.key_identifier.as_ref().map(|id| hex::encode(id.0));
            }
            _ => {}
        }
    }
}

/// RFC 5280 section 4.2.1.3, in its order.
fn key_usage(it: &KeyUsage) -> Vec<&'static str> {
    let usages = [
        (it.digital_signature(), "digitalSignature"),
        (it.non_repudiation(), "nonRepudiation"),
        (it.key_encipherment(), "keyEncipherment"),
        (it.data_encipherment(), "dataEncipherment"),
        (it.key_agreement(), "keyAgreement"),
        (it.key_cert_sign(), "keyCertSign"),
        (it.crl_sign(), "cRLSign"),
        (it.encipher_only(), "encipherOnly"),
        (it.decipher_only(), "decipherOnly"),
    ];
    let set = usages.iter().filter(|(is_set, _)| *is_set);
    set.map(|(_, name)| *name).collect()
}

/// RFC 5280 section 4.2.1.12.
fn purposes(it: &ExtendedKeyUsage<'_>) -> Vec<String> {
    let purposes = [
        (it.any, "any"),
        (it.server_auth, "serverAuth"),
        (it.client_auth, "clientAuth"),
        (it.code_signing, "codeSigning"),
        (it.email_protection, "emailProtection"),
        (it.time_stamping, "timeStamping"),
        (it.ocsp_signing, "OCSPSigning"),
    ];
    let set = purposes.iter().filter(|(is_set, _)| *is_set);
    let named = set.map(|(_, name)| (*name).to_owned());
    named
        .chain(it.other.iter().map(|oid| printable(&oid.to_id_string())))
        .collect()
}

fn signature(x509: &X509Certificate<'_>) -> String {
    let oid = x509.signature_algorithm.algorithm.to_id_string();
    match oid.as_str() {
        "1.2.840.113549.1.1.2" => "MD2 with RSA",
        "1.2.840.113549.1.1.4" => "MD5 with RSA",
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => "SHA-1 with RSA",
        "1.2.840.113549.1.1.10" => "RSASSA-PSS",
        "1.2.840.113549.1.1.11" => "SHA-256 with RSA",
        "1.2.840.113549.1.1.12" => "SHA-384 with RSA",
        "1.2.840.113549.1.1.13" => "SHA-512 with RSA",
        "1.2.840.113549.1.1.14" => "SHA-224 with RSA",
        "1.2.840.10045.4.1" => "SHA-1 with ECDSA",
        "1.2.840.10045.4.3.1" => "SHA-224 with ECDSA",
        "1.2.840.10045.4.3.2" => "SHA-256 with ECDSA",
        "1.2.840.10045.4.3.3" => "SHA-384 with ECDSA",
        "1.2.840.10045.4.3.4" => "SHA-512 with ECDSA",
        "1.2.840.10040.4.3" => "SHA-1 with DSA",
        "1.3.101.112" => "Ed25519",
        "1.3.101.113" => "Ed448",
        _ => return oid,
    }
    .to_owned()
}
