//! `environment`: an application with a client secret or a certificate that variables name.

use std::path::Path;

use kvcert_pki::format::{self, Contents, Limits, Password};

use super::application::{Application, Proof};
use super::assertion::Assertor;
use super::file;
use super::setup::{CertificateProblem, Setup, SetupError};

/// The application; a secret goes before a certificate, as with the official SDKs.
pub(super) fn application(setup: &Setup<'_>) -> Result<Application, SetupError> {
    let secret = setup.get("AZURE_CLIENT_SECRET");
    let certificate = setup.get("AZURE_CLIENT_CERTIFICATE_PATH");
    let proof = "AZURE_CLIENT_SECRET (or AZURE_CLIENT_CERTIFICATE_PATH)";
    let application = setup.application([(proof, secret.or(certificate))])?;
    let proof = match certificate.filter(|_| secret.is_none()) {
        None => Proof::Secret(setup.secret("AZURE_CLIENT_SECRET")),
        Some(path) => {
            let loaded = assertor(Path::new(path), setup);
            Proof::Certificate(loaded.map_err(|problem| SetupError::Certificate {
                path: path.into(),
                problem,
            })?)
        }
    };
    Ok(Application {
        proof,
        ..application
    })
}

/// The certificate and its key: PEM or PFX, as the bytes say.
fn assertor(path: &Path, setup: &Setup<'_>) -> Result<Assertor, CertificateProblem> {
    let limits = Limits::default();
    let bytes = file::read(path, limits.max_bytes).map_err(CertificateProblem::Unreadable)?;
    let password = setup.secret("AZURE_CLIENT_CERTIFICATE_PASSWORD");
    let password = Password::new(password.expose().as_bytes().to_vec());
    let certified = format::read(&bytes, &password, &limits)
        .and_then(Contents::into_certified_key)
        .map_err(CertificateProblem::Content)?;
    let assertor = Assertor::local(&certified).map_err(CertificateProblem::Key)?;
    let sends_chain = setup.get("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN");
    Ok(match sends_chain {
        Some(text) if text == "1" || text.eq_ignore_ascii_case("true") => {
            assertor.sending(certified.chain().certificates())
        }
        _ => assertor,
    })
}
