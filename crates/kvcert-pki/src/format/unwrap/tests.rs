//! A key and its certificate in every wrapping that people have sent, and what must be refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::asn1::ber::element;
use crate::asn1::oid;
use crate::certificate::Certificate;
use crate::certified_key::NamedKey;
use crate::format::pkcs12::{self, Profile};
use crate::format::{Container, Limits, jwk, kubernetes, read};
use crate::key::PrivateKey;

const PASSWORD: &[u8] = b"correct horse";

struct Sample {
    certificate: Vec<u8>,
    key: Vec<u8>,
    certificate_pem: String,
    key_pem: String,
    /// Without a password.
    pfx: Vec<u8>,
    /// With [`PASSWORD`].
    locked_pfx: Vec<u8>,
}

fn sample() -> Sample {
    let made = rcgen::generate_simple_self_signed(vec!["web.example.com".into()]).unwrap();
    let key = made.signing_key.serialize_der();
    let named = NamedKey {
        key: PrivateKey::from_pkcs8(&key).unwrap(),
        name: None,
        windows_attributes: Vec::new(),
    };
    let leaf = Certificate::from_der(made.cert.der()).unwrap();
    let pfx = |password| {
        let pfx = pkcs12::write(&named, &[&leaf], "", &password, Profile::Legacy);
        pfx.unwrap().to_vec()
    };
    let mut texts = [Zeroizing::default(), Zeroizing::default()];
    pem::encode("CERTIFICATE", leaf.der(), &mut texts[0]);
    pem::encode("PRIVATE KEY", &key, &mut texts[1]);
    Sample {
        certificate: leaf.der().to_vec(),
        certificate_pem: texts[0].to_string(),
        key_pem: texts[1].to_string(),
        pfx: pfx(Password::none()),
        locked_pfx: pfx(Password::new(PASSWORD.to_vec())),
        key,
    }
}

impl Sample {
    fn pem(&self) -> String {
        format!("{}{}", self.key_pem, self.certificate_pem)
    }

    fn pfx_base64(&self) -> String {
        STANDARD.encode(&self.pfx)
    }

    /// Key and certificate are read, out of these layers.
    #[track_caller]
    fn is_in(&self, bytes: impl AsRef<[u8]>, layers: &[Layer]) {
        self.is_read(&bytes, &Password::none());
        assert_eq!(unwrap(bytes.as_ref()).unwrap().layers, layers);
    }

    #[track_caller]
    fn is_read(&self, bytes: impl AsRef<[u8]>, password: &Password) {
        let contents = read(bytes.as_ref(), password, &Limits::default()).unwrap();
        let certified = contents.into_certified_key().unwrap();
        assert_eq!(certified.chain().leaf().der(), self.certificate);
        assert_eq!(certified.key().secret_pkcs8_der(), self.key);
    }
}

#[track_caller]
fn is_refused(bytes: impl AsRef<[u8]>, seen: Foreign) {
    let found = read(bytes.as_ref(), &Password::none(), &Limits::default());
    let found = found.and_then(crate::format::Contents::into_certified_key);
    assert_eq!(found.unwrap_err(), nothing_but(seen));
}

fn utf16(text: &str, big_endian: bool, mark: bool) -> Vec<u8> {
    let text = if mark {
        format!("\u{feff}{text}")
    } else {
        text.to_owned()
    };
    let bytes = |unit: u16| match big_endian {
        true => unit.to_be_bytes(),
        false => unit.to_le_bytes(),
    };
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn encodings() {
    use Layer::{Base64, Hexadecimal, Pem, Percent, Utf16, Variables};

    let it = sample();
    let base64 = it.pfx_base64();
    it.is_in(&it.pfx, &[]);
    it.is_in(&base64, &[Base64]);
    it.is_in(STANDARD.encode(&base64), &[Base64, Base64]);
    it.is_in(format!("\u{feff}'{base64}'\r\n"), &[Base64]);
    it.is_in(hex::encode(&it.pfx), &[Hexadecimal]);
    it.is_in(utf16(&base64, false, true), &[Utf16, Base64]);
    for (big_endian, mark) in [(true, true), (true, false), (false, true), (false, false)] {
        it.is_in(utf16(&it.pem(), big_endian, mark), &[Utf16, Pem]);
    }
    let percent = it.pem().replace('%', "%25").replace(' ', "%20");
    let percent = percent.replace('\n', "%0A").replace('+', "%2B");
    it.is_in(percent, &[Percent, Pem]);
    it.is_in(
        format!("A=b\nexport PFX='{base64}'\n"),
        &[Variables, Base64],
    );
    let thrice = STANDARD.encode(STANDARD.encode(&base64));
    is_refused(thrice, Foreign::NestedBase64);
    is_refused(&base64[..base64.len() / 2 + 1], Foreign::BrokenBase64);
}

#[test]
fn json_and_yaml() {
    use Layer::{Base64, Json, Pem, Yaml};

    let it = sample();
    let (certificate, key) = (&it.certificate_pem, &it.key_pem);
    let json = |fields: &[(&str, &str)]| {
        let fields: serde_json::Map<_, _> = fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).into()))
            .collect();
        serde_json::Value::Object(fields).to_string()
    };
    let secret = json(&[
        ("id", "https://x/secrets/web/1"),
        ("value", &it.pfx_base64()),
    ]);
    it.is_in(&secret, &[Json, Base64]);
    it.is_in(utf16(&secret, false, true), &[Layer::Utf16, Json, Base64]);
    it.is_in(
        json(&[("Certificate", certificate), ("PrivateKey", key)]),
        &[Json, Pem],
    );
    it.is_in(
        json(&[("value", &it.pem().replace('\n', "\\n"))]),
        &[Json, Pem],
    );

    let yaml = kubernetes::encode("web", certificate, key);
    it.is_in(yaml.as_bytes(), &[Yaml, Base64, Pem]);
    let indented = certificate.replace('\n', "\n    ");
    let key = STANDARD.encode(key);
    let mixed = format!(
        "apiVersion: v1\nkind: Secret\ndata:\n  tls.key: {key}\nstringData:\n  tls.crt: |\n    {indented}\n"
    );
    it.is_in(mixed, &[Yaml, Base64, Pem]);
    it.is_in(
        format!("id: web\nvalue: {}\n", it.pfx_base64()),
        &[Yaml, Base64],
    );

    is_refused(
        r#"{"error": {"code": "SecretNotFound"}}"#,
        Foreign::JsonError,
    );
    let jwk = json(&[
        ("kty", "RSA"),
        ("n", &"A".repeat(342)),
        ("d", &"B".repeat(342)),
    ]);
    is_refused(jwk, Foreign::Jwk);
    let digest = json(&[("sha256", &"ab".repeat(32))]);
    is_refused(digest, Foreign::Markup("JSON"));
    is_refused("a: b\nc: d\n", Foreign::Text);
}

/// What the VM extension, WinRM and Service Fabric keep in a secret.
#[test]
fn the_password_beside_a_key_store_opens_it() {
    let it = sample();
    let secret = |password: &str| {
        let data = STANDARD.encode(&it.locked_pfx);
        let json = format!(r#"{{"data": "{data}", "dataType": "pfx", "password": "{password}"}}"#);
        STANDARD.encode(json)
    };
    let right = String::from_utf8(PASSWORD.to_vec()).unwrap();
    it.is_in(secret(&right), &[Layer::Base64, Layer::Json, Layer::Base64]);
    it.is_read(secret("another"), &Password::new(PASSWORD.to_vec()));
    let wrong = read(
        secret("another").as_bytes(),
        &Password::none(),
        &Limits::default(),
    );
    assert!(
        matches!(wrong, Err(ContentError::WrongPassword { .. })),
        "{wrong:?}"
    );
}

#[test]
fn pem_by_its_bytes_whatever_happened_to_its_lines() {
    let it = sample();
    let text = it.pem();
    let indented: String = text.lines().map(|line| format!("\t  {line}\r\n")).collect();
    for text in [
        text.replace('\n', "\n\n"),
        text.replace('\n', "\r"),
        text.replace('\n', "\r\r\n"),
        text.replace('\n', " "),
        text.replace('\n', "\\n"),
        text.replace('\n', "\\\\r\\\\n"),
        text.replace('=', ""),
        text.replace('\n', "\u{200b}\n"),
        format!("Certificate:\n  Data: é\n{indented}"),
        text.lines().map(|line| format!("> {line}\n")).collect(),
        text.replace("PRIVATE KEY", "RSA PRIVATE KEY"),
        text.replace("PRIVATE KEY", "ECDSA PRIVATE KEY"),
        text.replace("CERTIFICATE", "PRIVATE KEY"),
    ] {
        it.is_in(text, &[Layer::Pem]);
    }
    for label in ["PKCS12", "CERTIFICATE"] {
        let mut text = Zeroizing::default();
        pem::encode(label, &it.pfx, &mut text);
        it.is_in(text.as_bytes(), &[Layer::Pem]);
    }
    let mut certutil = Zeroizing::default();
    pem::encode("CERTIFICATE", text.as_bytes(), &mut certutil);
    it.is_read(certutil.as_bytes(), &Password::none());
    is_refused(text.replace("-----", "----"), Foreign::BrokenPem);
    let pgp = "-----BEGIN PGP MESSAGE-----\n\nxyz\n=abcd\n-----END PGP MESSAGE-----\n";
    is_refused(pgp, Foreign::OpenPgp);
}

/// DER inside BER of indefinite length, as CAs and Windows write PKCS#7.
#[test]
fn certificates_of_pkcs7_in_der_and_ber() {
    let it = sample();
    let algorithms = element(0x31, &[]);
    let id = |id: der::asn1::ObjectIdentifier| element(0x06, &[id.as_bytes()]);
    let data = element(0x30, &[&id(oid::DATA)]);
    let signed = |certificates: &[u8]| {
        let signed = element(
            0x30,
            &[
                &[2, 1, 1],
                &algorithms,
                &data,
                certificates,
                &element(0x31, &[]),
            ],
        );
        element(0x30, &[&id(oid::SIGNED_DATA), &element(0xa0, &[&signed])]).to_vec()
    };
    let definite = signed(&element(0xa0, &[&it.certificate]));
    let indefinite = [
        [0x30, 0x80].as_slice(),
        &id(oid::SIGNED_DATA),
        &[0xa0, 0x80, 0x30, 0x80, 2, 1, 1],
        &algorithms,
        &data,
        &[0xa0, 0x80],
        &it.certificate,
        &[0; 8],
    ]
    .concat();
    for bytes in [definite, indefinite] {
        let contents = read(&bytes, &Password::none(), &Limits::default()).unwrap();
        assert_eq!(contents.container, Container::Pkcs7);
        let chain = contents.into_public_chain().unwrap();
        assert_eq!(chain.leaf().der(), it.certificate);
        let mut text = Zeroizing::new(it.key_pem.clone());
        pem::encode("PKCS7", &bytes, &mut text);
        it.is_in(text.as_bytes(), &[Layer::Pem]);
    }
    is_refused(signed(&[]), Foreign::BundleWithoutCertificates);
}

#[test]
fn what_follows_is_read_or_told() {
    let it = sample();
    it.is_in([it.key.as_slice(), &it.certificate].concat(), &[]);
    let bytes = [it.certificate.as_slice(), b"more"].concat();
    let contents = read(&bytes, &Password::none(), &Limits::default()).unwrap();
    assert_eq!(contents.certificates.len(), 1);
    assert_eq!(contents.notes, ["ignored 4 bytes after the end of part 1"]);
}

#[test]
fn der_of_another_kind_is_named() {
    let it = sample();
    let key = rcgen::KeyPair::generate().unwrap();
    let request = rcgen::CertificateParams::new(["web.example.com".to_owned()]).unwrap();
    let request = request.serialize_request(&key).unwrap();
    is_refused(request.der(), Foreign::SigningRequest);
    is_refused(request.pem().unwrap(), Foreign::SigningRequest);
    is_refused(STANDARD.encode(request.der()), Foreign::SigningRequest);
    let as_certificate = request.pem().unwrap().replace(" REQUEST", "");
    is_refused(as_certificate, Foreign::SigningRequest);
    let public = rcgen::PublicKeyData::subject_public_key_info(&key);
    is_refused(public, Foreign::PublicKey);
    is_refused([0x30, 3, 0x0a, 1, 6], Foreign::OcspResponse);
    is_refused(
        element(0x30, &[&element(2, &[&[0x7f; 64]]), &[2, 1, 2]]),
        Foreign::Parameters("Diffie-Hellman parameters"),
    );
    is_refused([0x30, 3, 1, 1, 0xff], Foreign::Asn1);
    let lossy = String::from_utf8_lossy(&it.pfx);
    is_refused(lossy.as_bytes(), Foreign::SavedAsText);
    is_refused("", Foreign::Empty);
}

/// What kvcert writes as JWK, it reads: each member is a value, and the private ones are one key.
#[test]
fn a_private_jwk_is_a_key_with_its_certificates() {
    let it = sample();
    let key = PrivateKey::from_pkcs8(&it.key).unwrap();
    let certificate = Certificate::from_der(&it.certificate).unwrap();
    let jwk = jwk::private(&key, &[&certificate]).unwrap();
    let set = format!("{{\"keys\": [{}]}}", jwk.as_str());
    for text in [jwk.as_str(), &set] {
        let contents = read(text.as_bytes(), &Password::none(), &Limits::default()).unwrap();
        let read = contents.into_certified_key().unwrap();
        let again = jwk::private(read.key(), &[read.chain().leaf()]).unwrap();
        assert_eq!(again, jwk);
    }
}

/// What a terminal or a shell adds is taken off.
#[test]
fn colours_warnings_and_marks_around_the_content_are_nothing() {
    let it = sample();
    let json = serde_json::json!({ "value": it.pfx_base64() }).to_string();
    let layers = [Layer::Json, Layer::Base64];
    it.is_in(
        format!("WARNING: this is in preview\n{json}\n").as_bytes(),
        &layers,
    );
    let coloured = json.replace("\"value\"", "\u{1b}[34;1m\"value\"\u{1b}[0m");
    it.is_in(coloured.as_bytes(), &layers);
    it.is_in([b"\xef\xbb\xbf", it.pfx.as_slice()].concat(), &[]);
    let numbers: Vec<String> = it.pfx.iter().map(u8::to_string).collect();
    for between in [" ", "\r\n", ", "] {
        it.is_in(numbers.join(between).as_bytes(), &[Layer::Decimal]);
    }
    let digest = format!("sha256:{}\n", "ab".repeat(32));
    is_refused(digest, Foreign::Text);
}

/// However deep something is wrapped, it is refused before it costs much.
#[test]
fn layers_are_counted() {
    let it = sample();
    let mut text = it.pem();
    for _ in 0..9 {
        text = serde_json::json!({ "value": text }).to_string();
    }
    let found = read(text.as_bytes(), &Password::none(), &Limits::default());
    assert!(
        matches!(found, Err(ContentError::OverLimit { .. })),
        "{found:?}"
    );
}
