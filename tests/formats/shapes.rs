//! The ways to write a certificate.

/// A format and the flags that go with it.
pub struct Shape {
    pub name: &'static str,
    pub flags: &'static [&'static str],
    /// What the key must be, as the receipt tells it.
    pub key: &'static str,
    pub inputs: Inputs,
}

/// Which inputs are written so.
#[derive(PartialEq)]
pub enum Inputs {
    All,
    /// One of the fixtures and one of the corpus for each kind of key: the same key encodings in
    /// the files of another format, and what is slow. A key that is encrypted costs 600 000
    /// iterations to write and twice that to judge.
    Samples,
}

const fn shape(name: &'static str, flags: &'static [&'static str]) -> Shape {
    Shape {
        name,
        flags,
        key: "",
        inputs: Inputs::All,
    }
}

impl Shape {
    const fn of(self, inputs: Inputs) -> Self {
        Self { inputs, ..self }
    }

    const fn only(self, key: &'static str) -> Self {
        Self { key, ..self }
    }
}

/// The first is written of every input and tells what kind of key it has.
pub const SHAPES: &[Shape] = &[
    shape("pem", &[]),
    shape("pem-pkcs1", &["--key-format", "pkcs1"]).only("RSA"),
    shape("pem-sec1", &["--key-format", "sec1"]).only("EC"),
    shape("pem-locked", &["--key-password-file", PASSWORD]).of(Inputs::Samples),
    shape("combined", &["--format", "combined"]),
    shape(
        "combined-pkcs1",
        &["--format", "combined", "--key-format", "pkcs1"],
    )
    .only("RSA")
    .of(Inputs::Samples),
    shape(
        "combined-locked",
        &["--format", "combined", "--key-password-file", PASSWORD],
    )
    .of(Inputs::Samples),
    shape("certbot", &["--format", "certbot"]),
    shape(
        "certbot-sec1",
        &["--format", "certbot", "--key-format", "sec1"],
    )
    .only("EC")
    .of(Inputs::Samples),
    shape(
        "certbot-locked",
        &["--format", "certbot", "--key-password-file", PASSWORD],
    )
    .of(Inputs::Samples),
    shape(
        "pfx-modern",
        &["--format", "pfx", "--key-password-file", PASSWORD],
    ),
    shape(
        "pfx-legacy",
        &[
            "--format",
            "pfx",
            "--pfx-profile",
            "legacy",
            "--key-password-file",
            PASSWORD,
        ],
    ),
    shape("pfx-open", &["--format", "pfx"]).of(Inputs::Samples),
    shape("der", &["--format", "der"]),
    shape("der-pkcs1", &["--format", "der", "--key-format", "pkcs1"]).only("RSA"),
    shape("der-sec1", &["--format", "der", "--key-format", "sec1"]).only("EC"),
    shape(
        "der-locked",
        &["--format", "der", "--key-password-file", PASSWORD],
    )
    .of(Inputs::Samples),
    shape("jwk", &["--format", "jwk"]),
    shape("kubernetes", &["--format", "kubernetes"]),
    shape(
        "kubernetes-pkcs1",
        &["--format", "kubernetes", "--key-format", "pkcs1"],
    )
    .only("RSA")
    .of(Inputs::Samples),
    shape("raw", &["--format", "raw"]),
];

/// The file with the password for what is written, in the folder where kvcert runs.
pub const PASSWORD: &str = "new-password";
