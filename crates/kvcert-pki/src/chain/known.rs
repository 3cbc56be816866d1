//! Signatures on the certificates of authorities. The chains of a vault, or of a folder, share
//! those, so that each is checked once in a process; a leaf's is checked every time.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::signature::{self, Verdict};
use crate::certificate::Certificate;

/// As [`signature::verify`].
pub(super) fn verify(certificate: &Certificate, issuer: &Certificate) -> Verdict {
    if !certificate.is_ca() {
        return signature::verify(certificate, issuer);
    }
    let pair = (certificate.sha256(), issuer.sha256());
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(verdict) = known().get(&pair) {
        return *verdict;
    }
    let verdict = signature::verify(certificate, issuer);
    let mut known = known();
    if known.len() < MAX_KNOWN {
        known.insert(pair, verdict);
    }
    verdict
}

/// By the SHA-256 of the certificate and of its issuer.
type Pair = ([u8; 32], [u8; 32]);

static KNOWN: LazyLock<Mutex<HashMap<Pair, Verdict>>> = LazyLock::new(Mutex::default);
/// Far more than the authorities of one vault; some 100 kB.
const MAX_KNOWN: usize = 1000;
