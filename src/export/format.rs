//! [`Format`]: the table of formats. What a format writes, what it needs, and what `--help` and the
//! documentation say about it stand in its row and nowhere else.

use std::fmt;
use std::str::FromStr;

/// A format of files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Format {
    /// A certificate file and a key file, both PEM (RFC 7468).
    #[default]
    Pem,
    /// Key and certificates in one PEM file.
    Combined,
    /// The four PEM files of certbot, in a folder of their own.
    Certbot,
    /// PKCS#12 (RFC 7292).
    Pfx,
    /// The leaf and the key, each in DER.
    Der,
    /// A JSON Web Key (RFC 7517).
    Jwk,
    /// A Kubernetes Secret of type `kubernetes.io/tls`.
    Kubernetes,
    /// What was read, decoded from base64.
    Raw,
}

/// The row of a format.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its name, as `--format` takes it.
    pub name: &'static str,
    /// The files, in one line: what `--help` says.
    pub about: &'static str,
    /// The programs that it is for.
    pub readers: &'static str,
    /// The files, in the order in which they are written: what follows the certificate's name, and
    /// what is in them. [`Part::Stored`] has an ending of its own.
    pub files: &'static [(&'static str, Part)],
    /// What standard output gets instead of the files, if it can take the format.
    pub stream: Option<Part>,
    /// Whether there is no such file without a private key.
    pub needs_key: bool,
    /// Whether a password can protect the key in it.
    pub may_be_encrypted: bool,
}

/// What a file holds. The certificates are those that the options choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The certificates, leaf first, PEM.
    Certificates,
    /// The leaf, PEM.
    Leaf,
    /// The certificates without the leaf, PEM; perhaps none.
    Issuers,
    /// The leaf, DER.
    LeafDer,
    /// The private key, PEM. Without a key there is no such file.
    Key,
    /// The private key, DER. Without a key there is no such file.
    KeyDer,
    /// The private key, if there is one, and the certificates, PEM.
    KeyAndCertificates,
    /// Key and certificates as PKCS#12.
    Pfx,
    /// The key, private if it is there, with the certificates, as JSON Web Key.
    Jwk,
    /// Key and certificates as a Kubernetes Secret.
    KubernetesSecret,
    /// What was read.
    Stored,
}

impl Format {
    /// Every format, in the order of `--help`.
    pub const ALL: [Self; 8] = [
        Self::Pem,
        Self::Combined,
        Self::Certbot,
        Self::Pfx,
        Self::Der,
        Self::Jwk,
        Self::Kubernetes,
        Self::Raw,
    ];

    /// All that there is to know about the format.
    pub const fn row(self) -> Row {
        match self {
            Self::Pem => PEM,
            Self::Combined => COMBINED,
            Self::Certbot => CERTBOT,
            Self::Pfx => PFX,
            Self::Der => DER,
            Self::Jwk => JWK,
            Self::Kubernetes => KUBERNETES,
            Self::Raw => RAW,
        }
    }

    /// The name, as `--format` takes it.
    pub const fn name(self) -> &'static str {
        self.row().name
    }
}

const PEM: Row = Row {
    name: "pem",
    about: "NAME.crt (leaf, then chain) and NAME.key",
    readers: "nginx, Apache, Postfix, most servers on Linux",
    files: &[(".crt", Part::Certificates), (".key", Part::Key)],
    stream: Some(Part::KeyAndCertificates),
    needs_key: false,
    may_be_encrypted: true,
};

const COMBINED: Row = Row {
    name: "combined",
    about: "NAME.pem (key, leaf, chain)",
    readers: "HAProxy, lighttpd, MongoDB, curl",
    files: &[(".pem", Part::KeyAndCertificates)],
    stream: Some(Part::KeyAndCertificates),
    needs_key: false,
    may_be_encrypted: true,
};

const CERTBOT: Row = Row {
    name: "certbot",
    about: "NAME/{cert,chain,fullchain,privkey}.pem",
    readers: "programs that read /etc/letsencrypt/live",
    files: &[
        ("/cert.pem", Part::Leaf),
        ("/chain.pem", Part::Issuers),
        ("/fullchain.pem", Part::Certificates),
        ("/privkey.pem", Part::Key),
    ],
    stream: None,
    needs_key: false,
    may_be_encrypted: true,
};

const PFX: Row = Row {
    name: "pfx",
    about: "NAME.pfx (PKCS#12)",
    readers: "Windows, IIS, .NET, Java, macOS Keychain",
    files: &[(".pfx", Part::Pfx)],
    stream: Some(Part::Pfx),
    needs_key: true,
    may_be_encrypted: true,
};

const DER: Row = Row {
    name: "der",
    about: "NAME.der (leaf) and NAME.key.der",
    readers: "Java, embedded devices",
    files: &[(".der", Part::LeafDer), (".key.der", Part::KeyDer)],
    stream: Some(Part::LeafDer),
    needs_key: false,
    may_be_encrypted: true,
};

const JWK: Row = Row {
    name: "jwk",
    about: "NAME.jwk.json (private JWK with x5c, x5t and x5t#S256)",
    readers: "JOSE and OAuth libraries",
    files: &[(".jwk.json", Part::Jwk)],
    stream: Some(Part::Jwk),
    needs_key: false,
    may_be_encrypted: false,
};

const KUBERNETES: Row = Row {
    name: "kubernetes",
    about: "NAME.yaml (a kubernetes.io/tls Secret)",
    readers: "kubectl, ingress controllers",
    files: &[(".yaml", Part::KubernetesSecret)],
    stream: Some(Part::KubernetesSecret),
    needs_key: true,
    may_be_encrypted: false,
};

const RAW: Row = Row {
    name: "raw",
    about: "NAME.pfx, NAME.pem or NAME.der: the stored value, decoded from base64 and checked",
    readers: "programs that need the stored bytes unchanged",
    files: &[("", Part::Stored)],
    stream: Some(Part::Stored),
    needs_key: true,
    may_be_encrypted: false,
};

/// An option that not every format has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatOption {
    /// A password that protects the key.
    Password,
    /// How the private key is encoded.
    KeyFormat,
    /// Which programs can read the PFX.
    PfxProfile,
    /// The leaf without its chain.
    LeafAlone,
    /// Certificates outside the chain, too.
    AllCertificates,
}

impl FormatOption {
    /// Every option.
    pub const ALL: [Self; 5] = [
        Self::Password,
        Self::KeyFormat,
        Self::PfxProfile,
        Self::LeafAlone,
        Self::AllCertificates,
    ];

    /// The formats that have it.
    pub fn formats(self) -> impl Iterator<Item = Format> {
        Format::ALL.into_iter().filter(move |it| self.is_of(*it))
    }

    /// Whether `format` has it.
    pub fn is_of(self, format: Format) -> bool {
        let row = format.row();
        let has = |is_meant: fn(Part) -> bool| row.files.iter().any(|(_, part)| is_meant(*part));
        match self {
            Self::Password => row.may_be_encrypted,
            Self::KeyFormat => has(Part::has_key_encoding),
            Self::PfxProfile => has(|part| part == Part::Pfx),
            // What is stored is written as it is.
            Self::LeafAlone => !has(|part| part == Part::Stored),
            Self::AllCertificates => has(|part| part.has_chain() && part != Part::Stored),
        }
    }

    /// Whether it says something of the private key.
    pub(super) fn is_about_key(self) -> bool {
        matches!(self, Self::Password | Self::KeyFormat)
    }

    /// What is said of a format that does not have it.
    pub(super) fn lacking(self) -> &'static str {
        match self {
            Self::Password => "has no encrypted form",
            Self::KeyFormat => "has an encoding of its own for the private key",
            Self::PfxProfile => "is not PKCS#12",
            Self::LeafAlone => "is what is stored, with its chain",
            Self::AllCertificates => "has no room for certificates outside the chain",
        }
    }
}

impl Part {
    /// Whether a private key is in it that can be encoded in several ways.
    fn has_key_encoding(self) -> bool {
        match self {
            Self::Key | Self::KeyDer | Self::KeyAndCertificates | Self::KubernetesSecret => true,
            Self::Certificates
            | Self::Leaf
            | Self::Issuers
            | Self::LeafDer
            | Self::Pfx
            | Self::Jwk
            | Self::Stored => false,
        }
    }

    /// Whether it has more certificates than the leaf.
    pub(super) fn has_chain(self) -> bool {
        match self {
            Self::Certificates
            | Self::Issuers
            | Self::KeyAndCertificates
            | Self::Pfx
            | Self::Jwk
            | Self::KubernetesSecret
            | Self::Stored => true,
            Self::Leaf | Self::LeafDer | Self::Key | Self::KeyDer => false,
        }
    }

    /// Whether there is no such file without a private key.
    pub(super) fn is_key_alone(self) -> bool {
        match self {
            Self::Key | Self::KeyDer => true,
            Self::Certificates
            | Self::Leaf
            | Self::Issuers
            | Self::LeafDer
            | Self::KeyAndCertificates
            | Self::Pfx
            | Self::Jwk
            | Self::KubernetesSecret
            | Self::Stored => false,
        }
    }

    /// Whether a private key goes into it, if there is one.
    pub(super) fn holds_key(self) -> bool {
        match self {
            Self::Certificates | Self::Leaf | Self::Issuers | Self::LeafDer => false,
            Self::Key
            | Self::KeyDer
            | Self::KeyAndCertificates
            | Self::Pfx
            | Self::Jwk
            | Self::KubernetesSecret
            | Self::Stored => true,
        }
    }

    /// Whether kvcert finds the leaf in it again. The name of what is stored depends on what it is.
    pub(super) fn tells_the_leaf(self) -> bool {
        match self {
            Self::Certificates
            | Self::Leaf
            | Self::LeafDer
            | Self::KeyAndCertificates
            | Self::Pfx => true,
            Self::Issuers
            | Self::Key
            | Self::KeyDer
            | Self::Jwk
            | Self::KubernetesSecret
            | Self::Stored => false,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no format of this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat(String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let is_it = |format: &Self| format.name() == text;
        let found = Self::ALL.into_iter().find(is_it);
        found.ok_or_else(|| UnknownFormat(kvcert_pki::text::excerpt(text, 80)))
    }
}

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Format::ALL.map(Format::name).join(", ");
        write!(f, "`{}` is not a format: use one of {names}", self.0)
    }
}

impl std::error::Error for UnknownFormat {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_row() {
        for format in Format::ALL {
            let Row {
                name,
                about,
                readers,
                ..
            } = format.row();
            let default = match format == Format::default() {
                true => " (default)",
                false => "",
            };
            let line = format!("| `{name}`{default} | {about} | {readers} |\n");
            let page = include_str!("../../docs/formats.md");
            assert!(page.contains(&line), "docs/formats.md should have:\n{line}");
        }
    }
}
