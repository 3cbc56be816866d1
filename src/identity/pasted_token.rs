//! A token as people paste it into a file or a variable: what is around it comes off, and what cannot
//! be a token is named. None is sent unless it is one.

use std::fmt;

use kvcert_pki::sensitive::Sensitive;
use serde::Deserialize;

use super::access_token::BearerToken;
use super::program::printed_json;

/// Why what was given cannot be a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidToken {
    /// There is nothing.
    Empty,
    /// It has several lines.
    Lines,
    /// It has blanks inside.
    Blanks,
    /// It is JSON that has none.
    Json,
    /// It is not text.
    NotText,
    /// It has characters that no token has.
    Characters,
}

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "is empty",
            Self::Lines => "has more than one line",
            Self::Blanks => "has blanks inside the token",
            Self::Json => "holds JSON without a field `accessToken` or `access_token`",
            Self::NotText => "does not hold text",
            Self::Characters => "holds characters that a token never has",
        })
    }
}

impl std::error::Error for InvalidToken {}

impl BearerToken {
    /// Reads a token as people paste it: text in UTF-8 or UTF-16, perhaps with blanks, quotes,
    /// `Bearer` or a variable's name around it, or the JSON that `az account get-access-token` prints.
    ///
    /// # Errors
    /// [`InvalidToken`], which says why it is none.
    pub fn from_pasted(bytes: &[u8]) -> Result<Self, InvalidToken> {
        pasted(bytes, |json: Answer| json.access_token)
    }
}

/// The same for another kind of token, which stands alone.
pub fn token_from_pasted<T: TryFrom<String>>(bytes: &[u8]) -> Result<T, InvalidToken> {
    pasted(bytes, |_: serde::de::IgnoredAny| None)
}

fn pasted<T, J>(bytes: &[u8], of_json: impl Fn(J) -> Option<String>) -> Result<T, InvalidToken>
where
    T: TryFrom<String>,
    J: for<'de> Deserialize<'de>,
{
    let text = text(bytes)?;
    let text = text.expose();
    if text.contains('{') {
        let token = printed_json(text.as_bytes()).and_then(of_json);
        let token = Sensitive::new(token.ok_or(InvalidToken::Json)?);
        return plain(token.expose());
    }
    plain(text)
}

/// What `az`, `azd` and Entra answer.
#[derive(Deserialize)]
struct Answer {
    #[serde(alias = "accessToken", alias = "token")]
    access_token: Option<String>,
}

fn plain<T: TryFrom<String>>(text: &str) -> Result<T, InvalidToken> {
    let token = without_scheme(bare(without_name(bare(text))));
    if token.is_empty() {
        return Err(InvalidToken::Empty);
    }
    T::try_from(token.to_owned()).map_err(|_| {
        let has = |what: fn(char) -> bool| token.contains(what);
        if has(|it| matches!(it, '\r' | '\n')) {
            InvalidToken::Lines
        } else if has(char::is_whitespace) {
            InvalidToken::Blanks
        } else {
            InvalidToken::Characters
        }
    })
}

/// As text, of whatever encoding an editor or a shell gave it.
fn text(bytes: &[u8]) -> Result<Sensitive<String>, InvalidToken> {
    // A newline at the end may have lost one of its two bytes.
    let (pairs, rest) = bytes.as_chunks::<2>();
    let zero_at = |at: usize| {
        let is_wide = pairs.iter().all(|pair| pair[at] == 0 && pair[1 - at] != 0);
        is_wide && pairs.len() > 1 && matches!(rest, [] | [0])
    };
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        _ if zero_at(0) => u16::from_be_bytes,
        _ if zero_at(1) => u16::from_le_bytes,
        _ => {
            let text = std::str::from_utf8(bytes).map_err(|_| InvalidToken::NotText)?;
            return Ok(Sensitive::new(text.to_owned()));
        }
    };
    let mut text = String::with_capacity(2 * bytes.len());
    for character in char::decode_utf16(pairs.iter().map(|pair| unit(*pair))) {
        text.push(character.map_err(|_| InvalidToken::NotText)?);
    }
    Ok(Sensitive::new(text))
}

/// Without blanks, marks, zeros and quotes at its ends.
fn bare(text: &str) -> &str {
    text.trim_matches(|it: char| {
        it.is_whitespace()
            || matches!(
                it,
                '\0' | '\u{feff}'
                    | '\u{200b}'
                    | '"'
                    | '\''
                    | '`'
                    | '\u{201c}'
                    | '\u{201d}'
                    | '\u{2018}'
                    | '\u{2019}'
            )
    })
}

/// Without the name of a line such as `export KVCERT_ACCESS_TOKEN=…` or `Authorization: …`.
fn without_name(text: &str) -> &str {
    let Some((name, value)) = text.split_once(['=', ':']) else {
        return text;
    };
    let name = name.to_ascii_lowercase();
    let is_of_token = ["token", "authorization"]
        .iter()
        .any(|it| name.trim().ends_with(it));
    match is_of_token && !value.trim_matches('=').is_empty() {
        true => bare(value),
        false => text,
    }
}

fn without_scheme(text: &str) -> &str {
    match text.split_once(char::is_whitespace) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => bare(token),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "eyJ0eXAi.eyJhdWQi.c2ln-_+/==";

    #[track_caller]
    fn found(bytes: &[u8]) -> Result<String, InvalidToken> {
        BearerToken::from_pasted(bytes).map(|token| token.expose().to_owned())
    }

    #[test]
    fn what_is_around_a_token_comes_off() {
        for around in [
            "@@",
            "@@\n",
            "@@\r\n\r\n",
            " @@ \t",
            "\u{feff}@@\n",
            "@@\0",
            "@@\u{a0}",
            "\"@@\"",
            "'@@'\n",
            "\u{201c}@@\u{201d}",
            "Bearer @@",
            "bearer  @@\n",
            "Authorization: Bearer @@\r\n",
            "\"Bearer @@\"",
            "KVCERT_ACCESS_TOKEN=@@",
            "export KVCERT_ACCESS_TOKEN=\"@@\"\n",
            "{\"accessToken\":\"@@\",\"expiresOn\":\"2030-01-01\",\"tokenType\":\"Bearer\"}",
            "{\n  \"token_type\": \"Bearer\",\n  \"access_token\": \"@@\"\n}\n",
            "WARNING: upgrade {now}\n\x1b[0m{\"accessToken\": \"@@\"}\x1b[0m",
            "\u{feff}{\"token\":\"@@\",\"expiresOn\":\"2030\"}",
        ] {
            let text = around.replace("@@", TOKEN);
            assert_eq!(found(text.as_bytes()), Ok(TOKEN.to_owned()), "{around:?}");
            let marked = format!("\u{feff}{text}");
            for unit in [u16::to_le_bytes, u16::to_be_bytes] {
                let wide: Vec<u8> = marked.encode_utf16().flat_map(unit).collect();
                assert_eq!(found(&wide), Ok(TOKEN.to_owned()), "{around:?}");
            }
        }
        let wide: Vec<u8> = TOKEN.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(found(&wide), Ok(TOKEN.to_owned()));
    }

    #[test]
    fn what_is_no_token_is_named() {
        use InvalidToken::{Blanks, Characters, Empty, Json, Lines, NotText};

        for (text, problem) in [
            ("", Empty),
            ("\n", Empty),
            ("\"\"", Empty),
            ("ab\ncd", Lines),
            ("two words", Blanks),
            ("x=y", Characters),
            ("x\0y", Characters),
            ("Basic x", Blanks),
            ("t\u{f6}ken", Characters),
            ("a\x1b[0m", Characters),
            ("{\"error\":\"x\"}", Json),
            ("{\"accessToken\":null}", Json),
            ("{\"accessToken\":\"a b\"}", Blanks),
            ("{", Json),
            ("x$(touch ${IFS})", Json),
        ] {
            assert_eq!(found(text.as_bytes()), Err(problem), "{text:?}");
        }
        assert_eq!(found(b"\x80\x81\x82"), Err(NotText));
    }

    #[test]
    fn nothing_of_a_token_is_shown() {
        let error = found(b"secret words").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
}
