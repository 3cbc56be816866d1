//! What Entra refuses, and what kvcert makes of it.

use crate::application::fails;
use crate::fake::{Fake, refused};
use crate::support::{openssl, run};

/// People compare thumbprints, dates and clocks.
#[test]
fn a_certificate_that_is_not_registered() {
    let words = "The certificate with identifier used to sign the client assertion is not registered on application.";
    let date = "Thu, 27 Nov 2025 10:00:00 GMT";
    let fake = Fake::with_entra(move |_| refused(700_027, words).header("Date", date));
    for arguments in [&["app"][..], &["app", "--sign-in-vault"], &["./app.pem"]] {
        let text = fails(&fake, arguments, 4, "certificate-not-registered");
        let crt = fake.path("app.crt");
        for hash in ["-sha1", "-sha256"] {
            let shown = openssl(&[
                "x509",
                "-in",
                crt.to_str().unwrap(),
                "-noout",
                "-fingerprint",
                hash,
            ]);
            let thumbprint = shown.trim().rsplit('=').next().unwrap();
            let thumbprint = thumbprint.replace(':', "").to_lowercase();
            assert!(text.contains(&thumbprint), "no {thumbprint} in {text}");
        }
        for words in [
            words,
            "valid from 20",
            "s ahead of Entra's",
            "register the certificate",
        ] {
            assert!(text.contains(words), "no {words} in {text}");
        }
    }
}

#[test]
fn by_number() {
    for (code, exit, reason, hint) in [
        (7_000_215, 4, "wrong-secret", "not its id"),
        (700_016, 4, "no-such-application", "--client-id"),
        (90_002, 4, "no-such-tenant", "--tenant"),
        (500_011, 4, "no-such-resource", "--scope"),
        (70_011, 4, "malformed-scope", "/.default"),
        (65_001, 4, "consent-needed", "consent"),
        (53_003, 4, "conditional-access", "sign-in log"),
        (90_033, 6, "service-failed", "again"),
        (4_711, 4, "sign-in-refused", "AADSTS4711"),
    ] {
        let fake = Fake::with_entra(move |_| refused(code, "words of Entra"));
        let text = fails(&fake, &["./app.pem"], exit, reason);
        assert!(
            text.contains(hint) && text.contains("words of Entra"),
            "{text}"
        );
        assert!(!text.contains("SHA-256"), "{text}");
    }
}

/// Whoever answers may repeat what it was sent.
#[test]
fn echoes_are_masked() {
    let fake = Fake::with_entra(|seen| {
        let body = String::from_utf8_lossy(&seen.body).into_owned();
        let fields = form_urlencoded::parse(body.as_bytes());
        let said: Vec<String> = fields.map(|(_, value)| value.into_owned()).collect();
        refused(50_012, &said.join(" "))
    });
    for arguments in [&["app"][..], &["--client-secret-from", "app-secret"]] {
        let (code, output, errors) = run(fake.token(arguments).arg("-v"));
        assert_eq!((code, output.as_str()), (4, ""), "{errors}");
        for secret in ["eyJ", crate::fake::SECRET] {
            assert!(!errors.contains(secret), "{errors}");
        }
        assert!(errors.contains("****"), "{errors}");
    }
}
