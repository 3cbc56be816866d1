//! Entra's refusals, with what is known of the certificate.

use kvcert::identity::{Client, Identity, TokenError};
use kvcert_pki::certificate::Certificate;
use kvcert_pki::text::rfc3339;

use crate::failure::Failure;

/// A refusal that may be for the certificate says which one it was: people compare thumbprints.
pub(crate) fn explain(error: TokenError, client: &Client) -> Failure {
    let is_about_certificate = matches!(error.code(), Some(700_027 | 700_030 | 7_000_213 | 50_012));
    let failure = Failure::from(error);
    let Identity::Certificate(assertor) = &client.identity else {
        return failure;
    };
    if !is_about_certificate {
        return failure;
    }
    let top = failure.error.to_string();
    failure.context(description(assertor.leaf())).context(top)
}

fn description(leaf: &Certificate) -> String {
    format!(
        "the certificate is `{}`, SHA-1 {}, SHA-256 {}, valid from {} to {}",
        leaf.label(),
        hex::encode(leaf.sha1()),
        hex::encode(leaf.sha256()),
        rfc3339(leaf.not_before()),
        rfc3339(leaf.not_after()),
    )
}
