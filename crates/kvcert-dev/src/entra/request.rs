//! A request to the sign-in: its form, its tenant, its dialect.

use std::collections::HashMap;

use axum::http::{Method, header};
use base64::prelude::{BASE64_STANDARD, Engine};
use percent_encoding::percent_decode_str;
use zeroize::Zeroizing;

use super::refusal::Refusal;
use super::state::Entra;
use crate::http::call::Call;

/// Which of the two generations of endpoints is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `resource=`, numbers as texts.
    V1,
    V2,
}

/// A request to the sign-in that carries a form, for a token or on the way to one.
pub(crate) struct TokenRequest<'a> {
    pub(crate) entra: &'a Entra,
    pub(crate) call: &'a Call,
    pub(crate) form: Form,
    /// As the client named it.
    pub(crate) tenant: &'a str,
    pub(crate) dialect: Dialect,
}

impl TokenRequest<'_> {
    /// May an assertion for this endpoint be made to `name`? The token endpoint, in either
    /// spelling, and the issuer.
    pub(crate) fn is_audience(&self, name: &str) -> bool {
        let tenant = &self.entra.directory.tenant;
        [self.tenant, &tenant.id].iter().any(|tenant| {
            let base = format!("{}/{tenant}", self.call.origin());
            ["/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "/", ""]
                .iter()
                .any(|end| name == format!("{base}{end}"))
        }) || name == tenant.issuer()
    }

    /// Can the client answer claims challenges?
    pub(crate) fn answers_challenges(&self) -> Result<bool, Refusal> {
        let Some(claims) = self.form.optional("claims") else {
            return Ok(false);
        };
        let claims: serde_json::Value = serde_json::from_str(claims).map_err(|_| {
            let message = "The parameter 'claims' is not valid: it must be a JSON object.";
            Refusal::request(9002313, message)
        })?;
        let values = claims["access_token"]["xms_cc"]["values"].as_array();
        let capable = |value: &serde_json::Value| {
            let name = value.as_str().unwrap_or_default();
            name.eq_ignore_ascii_case("CP1")
        };
        Ok(values.is_some_and(|values| values.iter().any(capable)))
    }
}

/// The fields of the form, and those that came as HTTP Basic.
pub(crate) struct Form(HashMap<String, Zeroizing<String>>);

impl Form {
    /// Reads the body; a client that authenticates in the header is not asked again in the form.
    pub(crate) fn parse(call: &Call) -> Self {
        let source = match call.method {
            Method::GET => call.query.as_bytes(),
            _ => &call.body,
        };
        let mut fields: HashMap<_, _> = form_urlencoded::parse(source)
            .map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned())))
            .collect();
        if let Some((id, secret)) = basic(call) {
            fields.insert(String::from("client_id"), id);
            fields.insert(String::from("client_secret"), secret);
        }
        Self(fields)
    }

    /// A field that must be there.
    pub(crate) fn get(&self, name: &str) -> Result<&str, Refusal> {
        self.optional(name).ok_or_else(|| Refusal::missing(name))
    }

    /// A field that may be missing; an empty one counts as missing.
    pub(crate) fn optional(&self, name: &str) -> Option<&str> {
        let value = self.0.get(name)?;
        (!value.is_empty()).then_some(value)
    }
}

/// Client id and secret in the header ([RFC 6749, section 2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1)).
fn basic(call: &Call) -> Option<(Zeroizing<String>, Zeroizing<String>)> {
    let value = call.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Basic") {
        return None;
    }
    let pair = Zeroizing::new(BASE64_STANDARD.decode(encoded).ok()?);
    let (id, secret) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
    let plain = |text: &str| {
        let text = percent_decode_str(text).decode_utf8_lossy();
        Zeroizing::new(text.into_owned())
    };
    Some((plain(id), plain(secret)))
}
