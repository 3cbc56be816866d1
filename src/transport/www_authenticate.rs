//! The challenges in a 401 (RFC 9110 section 11.6.1, RFC 6750 section 3).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::header::WWW_AUTHENTICATE;

use super::Reply;

/// The challenges of a reply: headers of one name are as good as one with commas (RFC 9110 section
/// 5.3).
pub(crate) fn of(reply: &Reply) -> String {
    let all = reply.headers.get_all(WWW_AUTHENTICATE);
    let all: Vec<&str> = all.iter().filter_map(|one| one.to_str().ok()).collect();
    all.join(", ")
}

/// What a claims challenge asks for, as JSON: the service revoked the token before its end.
/// See "Claims challenges, claims requests and client capabilities".
pub(crate) fn claims(header: &str) -> Option<String> {
    let bearer = bearer(header);
    let encoded = bearer
        .iter()
        .find_map(|parameters| parameters.get("claims"))?;
    let plain: String = encoded
        .trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_");
    let json = String::from_utf8(URL_SAFE_NO_PAD.decode(plain).ok()?).ok()?;
    let claims: serde_json::Value = serde_json::from_str(&json).ok()?;
    claims.is_object().then_some(json)
}

/// The parameters of one challenge.
#[derive(Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter();
        let (_, value) = all.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

/// The bearer challenges in a header, which may have several, of other schemes too (RFC 9110
/// section 11.6.1): Key Vault accepts proof-of-possession tokens as well.
pub(crate) fn bearer(header: &str) -> Vec<Parameters> {
    const BETWEEN: [char; 3] = [' ', ',', '\t'];
    let mut found: Vec<(&str, Parameters)> = Vec::new();
    let mut text = header.trim_start_matches(BETWEEN);
    while !text.is_empty() {
        let end = text.find([' ', ',', '\t', '=']).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        let rest = rest.trim_start_matches([' ', '\t']);
        text = match rest.strip_prefix('=') {
            Some(rest) => {
                let (value, rest) = value(rest.trim_start_matches([' ', '\t']));
                if let Some((_, Parameters(last))) = found.last_mut() {
                    last.push((word.to_owned(), value.to_owned()));
                }
                rest
            }
            // A word without a value begins the next challenge.
            None => {
                found.push((word, Parameters::default()));
                rest
            }
        };
        text = text.trim_start_matches(BETWEEN);
    }
    let is_bearer = |scheme: &str| scheme.eq_ignore_ascii_case("bearer");
    let bearer = found.into_iter().filter(|(scheme, _)| is_bearer(scheme));
    bearer.map(|(_, parameters)| parameters).collect()
}

/// A parameter's value, quoted or not, and what follows.
fn value(text: &str) -> (&str, &str) {
    match text.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
        None => text.split_at(text.find([' ', ',', '\t']).unwrap_or(text.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_found_in_any_bearer_challenge() {
        let check = |header: &str, expected: Option<&str>| {
            assert_eq!(claims(header).as_deref(), expected, "{header}");
        };
        check(
            r#"Bearer claims="e30=", error="insufficient_claims""#,
            Some("{}"),
        );
        check(
            r#"Bearer realm="", Bearer error="x", claims="e30""#,
            Some("{}"),
        );
        check(r#"PoP claims="e30=", Bearer resource="r""#, None);
        check(r#"Bearer claims="W10=""#, None);
        check("", None);
    }
}
