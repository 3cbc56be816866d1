//! What must come of a case.

use std::time::Duration;

use crate::case::{Case, Outcome};
use crate::{secrets, written};

/// How a command line ends.
#[derive(Clone, Copy)]
enum End {
    /// With a certificate file and its key.
    Pair,
    /// With a certificate file alone.
    Certificates,
    /// With this exit code. Failures write nothing.
    Code(i32),
    /// With one of several: what is written is then right, or nothing is.
    PairOr(i32),
}

/// Checks how a case ended: exit code, files, words, time, and that no secret is shown.
pub(crate) fn check(case: &Case, outcome: &Outcome) -> Result<(), String> {
    if let Some(secret) = secrets::shown(case, outcome) {
        return Err(format!("the output shows a secret: {secret}"));
    }
    if outcome.took > Duration::from_secs(60) {
        return Err("it took over a minute".to_owned());
    }
    ends(end(case)?, outcome)?;
    let output = outcome.output.to_lowercase();
    for (name, needed) in NEEDED {
        let named = *name == case.kind || is_about(case, name);
        let missing = needed
            .iter()
            .find(|words| !words.split('|').any(|word| output.contains(word)));
        if let (true, Some(words)) = (named, missing) {
            return Err(format!("the output does not say `{words}`"));
        }
    }
    for (kind, forbidden) in FORBIDDEN {
        let found = forbidden.iter().find(|words| output.contains(**words));
        if let (true, Some(words)) = (*kind == case.kind, found) {
            return Err(format!("the output says `{words}`"));
        }
    }
    Ok(())
}

fn ends(end: End, outcome: &Outcome) -> Result<(), String> {
    let code = |expected: i32| match outcome.code == expected {
        true => Ok(()),
        false => Err(format!("exit code {}, expected {expected}", outcome.code)),
    };
    match end {
        End::PairOr(_) if outcome.code == 0 => written::is_a_pair(&outcome.out),
        End::Pair => code(0).and_then(|()| written::is_a_pair(&outcome.out)),
        End::Certificates => code(0).and_then(|()| written::is_certificates(&outcome.out)),
        End::Code(0) => code(0),
        End::Code(expected) | End::PairOr(expected) => {
            code(expected).and_then(|()| written::is_nothing(&outcome.out))
        }
    }
}

/// Whether the case is about a file, or its command contains the words.
fn is_about(case: &Case, name: &str) -> bool {
    name == case.file || name.contains(' ') && case.command.contains(name)
}

/// The end that is set down for the case, or else the one that its text begins with.
fn end(case: &Case) -> Result<End, String> {
    let set = ENDS.iter().find(|(name, _)| is_about(case, name));
    if let Some((_, end)) = set {
        return Ok(*end);
    }
    let expected = &*case.expected;
    let pair = [
        "exit 0; www.example.com.crt",
        "exit 0; key and certificate are written",
        "exit 0; the one that is valid now",
        "exit 0; of two with the same",
        "exit 0; blank lines",
        "exit 0; the summary",
        "exit 0, and a warning",
        "exit 0 with a warning that it has ended",
        "exit 0; \"warnings\"",
    ];
    if pair.iter().any(|start| expected.starts_with(start)) {
        return Ok(End::Pair);
    }
    let certificates = [
        "exit 0; the certificate file is written without a key",
        "exit 0; leaf and issuing CA are written",
        "exit 0; the only certificate that is no CA",
    ];
    if certificates.iter().any(|start| expected.starts_with(start)) {
        return Ok(End::Certificates);
    }
    let code = expected.strip_prefix("exit ").and_then(|rest| {
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok()
    });
    code.map(End::Code)
        .ok_or_else(|| "no end is set down for it".to_owned())
}

/// Ends that the case's text leaves open, by file name, or by a part of the command where there is no
/// file.
const ENDS: &[(&str, End)] = &[
    ("wide.pem", End::Code(2)),
    ("pw-as-file.pfx", End::Code(2)),
    ("token-as-file.pfx", End::Code(2)),
    ("signin-cert-in-path.json", End::Code(2)),
    ("inspect.csr", End::Code(0)),
    ("java-diffpw.p12", End::Code(7)),
    ("odd-mac-other-password.p12", End::PairOr(7)),
    ("bom-password.pfx", End::PairOr(7)),
    ("2nl-password.pfx", End::PairOr(7)),
    ("quoted-password.pfx", End::PairOr(7)),
    ("utf16be-password.pfx", End::PairOr(7)),
    ("ecdsalabel.pem", End::PairOr(7)),
    ("leaf-future-mindays.pem", End::Code(9)),
    ("site.crt", End::Pair),
    ("only-leaf.crt", End::Code(2)),
    ("p12-hex.txt", End::PairOr(7)),
    ("cert-hex.txt", End::Certificates),
    ("xxd.txt", End::Certificates),
    ("odd-ad-protected.p12", End::Code(7)),
    ("pyc-scryptandaes128cbc.pem", End::PairOr(7)),
    ("iter10m.p12", End::PairOr(7)),
    ("oc-trailing-zero.pem", End::PairOr(7)),
    ("oc-ders.cer", End::Certificates),
    ("pbmac-256.p12", End::PairOr(7)),
    ("request-b64.txt", End::Code(7)),
    ("oc-subject-t61.pem", End::Code(0)),
    ("attr-fn-control.p12", End::Code(0)),
    ("signin-imds-503-html.json", End::Code(3)),
    ("signin-imds-403-html.json", End::Code(3)),
    ("signin-az-ansi.json", End::Code(3)),
    ("signin-az-no-expires-on.json", End::Code(3)),
    ("signin-vault-hostname.json", End::Code(4)),
    ("signin-appservice-ref.json", End::Code(4)),
    ("get q2PEMhand", End::Code(3)),
    ("import futhand2", End::Code(0)),
    ("get nbfhand2", End::Pair),
    ("get vmhand2", End::Pair),
    ("import nocnhand2", End::Code(0)),
    ("leaf-future.pem", End::Pair),
    ("nocn.pem", End::Pair),
];

/// Words that must be in the output, in lower case: of a kind, of a file, or of a command that
/// contains the name. `|` parts those of which one is enough.
const NEEDED: &[(&str, &[&str])] = &[
    (
        "secret-echoed-in-an-error",
        &["looks like|not a file|not a path"],
    ),
    ("new-csr.pem", &["signing request"]),
    ("inspect.csr", &["signing request"]),
    ("public.pem", &["public key"]),
    ("java-diffpw.p12", &["--key-in-password-"]),
    ("chain-expired-only.pem", &["2024-01-01"]),
    ("chain-expired-json.pem", &["2024-01-01"]),
    ("leaf-future.pem", &["2045", "warning: "]),
    ("leaf-future-mindays.pem", &["2045"]),
    (
        "import futhand2",
        &["2045", "warning: ", "not valid yet|not yet valid"],
    ),
    ("get nbfhand2", &["warning: "]),
    ("leaf-expired.pem", &["warning: "]),
    (
        "nocn.pem",
        &["nocn: www.example.com|nocn: dns:www.example.com"],
    ),
    ("aria.p12", &["aria"]),
    ("macmd5.p12", &["md5"]),
    ("p8-v2-aes-256-ofb.pem", &["ofb"]),
    ("p8-v2-bf-cbc.pem", &["blowfish"]),
    ("pyc-pbkdf2withhmacsha512andaes256gcm.pem", &["gcm"]),
    ("trad-aria256.pem", &["aria"]),
    ("mldsa44.pem", &["ml-dsa-44", "key vault", "--no-key"]),
    ("odd-mldsa65.p12", &["ml-dsa-65", "key vault", "--no-key"]),
    ("ed448.pem", &["ed448", "key vault", "--no-key"]),
    (
        "brainpool.pfx",
        &["brainpoolp256r1", "key vault", "--no-key"],
    ),
    ("dsa.pem", &["dsa", "key vault", "--no-key"]),
    ("sm2.pem", &["sm2", "key vault", "--no-key"]),
    ("openssh.key", &["ssh-keygen -p -m pkcs8"]),
    ("zero.txt", &["text"]),
    ("pfx-saved-as-text", &["saved as text|as text"]),
    ("odd-ad-protected.p12", &["windows"]),
    ("b64thrice.txt", &["base64"]),
    ("request.der", &["signing request"]),
    ("public.der", &["public key"]),
    ("crl.der", &["revocation list|crl"]),
    ("request-b64.txt", &["signing request"]),
    ("bundle-other-intermediate.pem", &["other issuing ca"]),
    ("bundle-other-root.pem", &["old root"]),
    ("from-the-ca.zip", &["zip", "unzip"]),
    ("store.sst", &["sst|serialized"]),
    ("store.bks", &["bks|bouncy", "keytool"]),
    ("key.pvk", &["pvk", "openssl"]),
    ("store.jks", &["jks", "keytool"]),
    ("signin-aadsts-700211.json", &["issuer"]),
    ("signin-aadsts-7000229.json", &["az ad sp create --id"]),
    (
        "signin-aadsts-700222.json",
        &["token file|azure_federated_token_file"],
    ),
    (
        "signin-aadsts-1002012.json",
        &["azure_authority_host|--cloud"],
    ),
    ("signin-aadsts-900023.json", &["azure_tenant_id"]),
    ("signin-aadsts-500014.json", &["administrator"]),
    ("signin-aadsts-50105.json", &["assign"]),
    ("aadsts-with-advice", &["hint: "]),
    ("signin-imds-multiple.json", &["--identity"]),
    (
        "signin-az-mfa.json",
        &["az login --tenant", "second factor|multi-factor|mfa"],
    ),
    ("signin-az-no-subscription.json", &["subscription"]),
    (
        "signin-privatelink-name.json",
        &["https://contoso.vault.azure.net"],
    ),
    (
        "signin-proxy-name.json",
        &["no-such-proxy.invalid", "https_proxy", "proxy"],
    ),
    ("signin-tenant-newline.json", &["\\r", "azure_tenant_id"]),
    ("merge q2PEMhand q2PEMhand.csr", &["signing request"]),
    ("get q2PEMhand", &["merge"]),
];

/// Words that must not be in the output of a kind.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("pkcs7-not-read", &["private key without any certificate"]),
    (
        "said-to-hold-a-key-when-it-holds-none",
        &["private key without any certificate", "holds a key"],
    ),
    (
        "key-under-a-second-password-called-damaged",
        &["damaged", "get the file again"],
    ),
    ("not-yet-valid-taken-before-a-valid-one", &["2045 gmt"]),
    ("empty-subject-in-summary", &["nocn: ,", "hand2: ,"]),
    ("name-shown-as-an-error", &["x509error"]),
    (
        "rare-scheme-not-named",
        &["write the file anew with a current program"],
    ),
    ("unsupported-key-hint", &["openssl 3", "anew"]),
    ("hint-names-a-flag-the-command-lacks", &["add `--no-key`"]),
    ("text-or-hex-called-asn1", &["asn.1"]),
    ("pfx-saved-as-text", &["asn.1", "cut short"]),
    ("work-limit", &["no real file needs", "10000001"]),
    (
        "der-of-another-kind-called-a-damaged-certificate-or-key",
        &["damaged"],
    ),
    ("p12-odd-attributes", &["\u{1b}", "\u{7}"]),
    ("container-not-named", &["unknown binary data"]),
    ("imds-400-reasons", &["no identity", "az login"]),
    ("az-error-cut", &["no one is signed in"]),
    ("tls-name-mismatch-hint", &["--ca-file"]),
    (
        "proxy-failure-told-as-the-vaults",
        &["vault's name", "vault name"],
    ),
];
