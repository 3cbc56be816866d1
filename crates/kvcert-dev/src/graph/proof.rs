//! The proof of possession that lets an application change its own certificates
//! ([addKey](https://learn.microsoft.com/graph/application-rollkey-prooftoken)).

use super::error::Fault;
use crate::directory::record::Application;
use crate::entra::assertion::is_thumbprint;
use crate::tokens::jws::{Jws, Key};

/// Checks that `proof` was signed with a certificate that the application has already.
pub(crate) fn check(proof: &str, application: &Application, now: i64) -> Result<(), Fault> {
    let refuse = |why: &str| {
        let message = format!("Access Token missing or malformed. The proof {why}.");
        Err(Fault::because(
            "Authentication_MissingOrMalformed",
            &message,
        ))
    };
    let Some(proof) = Jws::parse(proof) else {
        return refuse("is no JWT");
    };
    if !proof.is_for(|name| name.trim_end_matches('/') == DIRECTORY) {
        return refuse(&format!("must have the audience '{DIRECTORY}'"));
    }
    if proof.text("iss") != Some(&application.id) {
        return refuse(&format!("must have the issuer '{}'", application.id));
    }
    let (Some(start), Some(end)) = (proof.time("nbf"), proof.time("exp")) else {
        return refuse("lacks 'nbf' or 'exp'");
    };
    if now + SKEW < start || now >= end {
        return refuse("is not within its valid time range");
    }
    if end - start > LONGEST {
        return refuse("must not hold for longer than ten minutes");
    }
    let Some(thumbprint) = proof.header.thumbprint() else {
        return refuse("has no thumbprint in its header");
    };
    let mut all = application.certificates.iter();
    let found = all.find(|one| is_thumbprint(&thumbprint, &one.certificate));
    let Some(found) = found.filter(|one| one.start <= now && now < one.end) else {
        return refuse("is not signed with a valid certificate of the application");
    };
    let key = Key::of_certificate(&found.certificate);
    match key.is_some_and(|key| proof.is_signed_by(&key)) {
        true => Ok(()),
        false => refuse("has a wrong signature"),
    }
}

/// The audience of proofs: the older directory API.
const DIRECTORY: &str = "00000002-0000-0000-c000-000000000000";
const LONGEST: i64 = 600;
const SKEW: i64 = 300;
