//! [`Foreign`]: what bytes are that hold no certificate or key for kvcert.

use std::fmt;

/// What some bytes are that hold no certificate or key that kvcert reads. It never carries the
/// input itself, which may be a secret of another kind: only its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// Not a single byte, or blanks alone.
    Empty,
    /// A PKCS#10 certificate signing request.
    SigningRequest,
    /// A public key alone.
    PublicKey,
    /// A certificate revocation list.
    RevocationList,
    /// Parameters of an algorithm; says which.
    Parameters(&'static str),
    /// A question to an OCSP responder.
    OcspRequest,
    /// The answer of an OCSP responder.
    OcspResponse,
    /// A request or response of a timestamp service.
    Timestamp,
    /// An attribute certificate, which has no key.
    AttributeCertificate,
    /// PKCS#7 that holds a signature or revocation lists, but no certificate.
    BundleWithoutCertificates,
    /// CMS that is encrypted.
    EncryptedCms,
    /// CMS of another kind.
    Cms,
    /// A complete ASN.1 structure of another kind.
    Asn1,
    /// A key store with neither key nor certificate.
    EmptyStore,
    /// PEM blocks, none of them a certificate or key.
    OtherPem,
    /// PEM whose BEGIN and END lines lost their dashes.
    BrokenPem,
    /// A ZIP archive.
    Zip,
    /// Another archive or compressed file; says which.
    Archive(&'static str),
    /// A Java keystore (JKS).
    Jks,
    /// A Java keystore (JCEKS).
    Jceks,
    /// A BouncyCastle keystore (BKS or UBER).
    Bks,
    /// A BouncyCastle FIPS keystore.
    Bcfks,
    /// An Oracle auto-login wallet.
    OracleWallet,
    /// A Windows certificate store.
    WindowsStore,
    /// A private key in Microsoft's PVK format.
    Pvk,
    /// A private key as a blob of Microsoft's CryptoAPI.
    MsBlob,
    /// A signed public key and challenge of a browser (SPKAC).
    Spkac,
    /// An NSS certificate or key database.
    NssDatabase,
    /// A private key in OpenSSH's own format.
    OpenSshKey,
    /// An SSH public key.
    SshPublicKey,
    /// A PuTTY private key.
    PuttyKey,
    /// An OpenPGP key or message, or a GnuPG keybox.
    OpenPgp,
    /// A file that another program encrypted; says which.
    Encrypted(&'static str),
    /// A document or program; says which.
    File(&'static str),
    /// An HTML page.
    Html,
    /// XML.
    Xml,
    /// JSON or YAML without a certificate or key in it.
    Markup(&'static str),
    /// The error message of a service, in JSON.
    JsonError,
    /// A private key as JSON Web Key.
    Jwk,
    /// Base64 around base64, three times or more.
    NestedBase64,
    /// Base64 that is cut short or has other characters in it.
    BrokenBase64,
    /// Hexadecimal digits of something else.
    Hexadecimal,
    /// A binary file that a program changed as if it were text.
    SavedAsText,
    /// Text.
    Text,
    /// Binary data that begins like nothing known.
    Binary,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::Empty => "empty",
            Self::SigningRequest => "a certificate signing request, not a certificate",
            Self::PublicKey => "a public key alone, without a certificate",
            Self::RevocationList => "a certificate revocation list (CRL)",
            Self::Parameters(what) => what,
            Self::OcspRequest => "an OCSP request",
            Self::OcspResponse => "an OCSP response",
            Self::Timestamp => "a timestamp request or response",
            Self::AttributeCertificate => "an attribute certificate, which has no key",
            Self::BundleWithoutCertificates => "PKCS#7 without a certificate in it",
            Self::EncryptedCms => "an encrypted CMS (PKCS#7) message",
            Self::Cms => "a CMS (PKCS#7) message without certificates",
            Self::Asn1 => "ASN.1 of another kind",
            Self::EmptyStore => "a key store with neither key nor certificate",
            Self::OtherPem => "PEM text without a certificate or private key",
            Self::BrokenPem => "PEM text whose BEGIN or END line is damaged",
            Self::Zip => "a ZIP archive",
            Self::Archive(which) => which,
            Self::Jks => "a Java keystore (JKS)",
            Self::Jceks => "a Java keystore (JCEKS)",
            Self::Bks => "a BouncyCastle keystore (BKS)",
            Self::Bcfks => "a BouncyCastle FIPS keystore (BCFKS)",
            Self::OracleWallet => "an Oracle auto-login wallet (cwallet.sso)",
            Self::WindowsStore => "a Windows certificate store (.sst)",
            Self::Pvk => "a private key in Microsoft's PVK format",
            Self::MsBlob => "a private key as a Microsoft key blob (MSBLOB)",
            Self::Spkac => "a signed public key and challenge (SPKAC), which is a request",
            Self::NssDatabase => "a database, such as NSS's cert9.db or key4.db",
            Self::OpenSshKey => "a private key in OpenSSH's own format",
            Self::SshPublicKey => "an SSH public key",
            Self::PuttyKey => "a PuTTY private key (.ppk)",
            Self::OpenPgp => "an OpenPGP key or message",
            Self::Encrypted(by) => return write!(f, "a file encrypted with {by}"),
            Self::File(which) => which,
            Self::Html => "an HTML page",
            Self::Xml => "XML",
            Self::Markup(which) => {
                return write!(f, "{which} without a certificate or key that kvcert reads");
            }
            Self::JsonError => "an error message in JSON",
            Self::Jwk => "a JSON Web Key (JWK)",
            Self::NestedBase64 => "base64 of base64 of base64",
            Self::BrokenBase64 => "base64 that is cut short or altered",
            Self::Hexadecimal => "text: hexadecimal digits of something unknown",
            Self::SavedAsText => "a binary file, such as a PFX, that was saved as text",
            Self::Text => "plain text without a certificate or key",
            Self::Binary => "unknown binary data",
        };
        f.write_str(what)
    }
}
