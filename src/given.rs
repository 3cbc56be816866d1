//! [`Given`]: a path, a name or an id that a person gave, as it may be shown.
//!
//! People put the content where its path is wanted: `--ca-file "$(cat ca.pem)"`. Whatever shows such
//! a value shows it through this type, which never repeats what looks like a secret.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use kvcert_pki::text::printable;

/// A path, a name or an id that a person gave. Its `Display` is the value in backticks, on one line;
/// or, if it may be a secret, what it looks like instead.
#[derive(Clone)]
pub struct Given<'a>(Cow<'a, str>);

/// What a value looks like that is not a path, a name or an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// `-----BEGIN …`, or base64 of that.
    Pem,
    /// A JSON Web Token.
    Token,
    /// Base64 or hexadecimal of a PFX, key or certificate.
    Der,
    /// The secret of an application, as Entra makes them.
    ClientSecret,
    /// A URL with a password or signature, or a connection string.
    Url,
    /// A JSON document.
    Json,
    /// Base64 of something.
    Base64,
    /// Several lines.
    Lines,
    /// More characters than a name has.
    Long,
}

impl Given<'_> {
    /// What it certainly is instead of a path, a name or an id, so that it can be refused before
    /// anything is done with it.
    pub fn misplaced(&self) -> Option<Content> {
        let may_be_a_name = |content: &Content| matches!(content, Content::Base64 | Content::Long);
        self.content().filter(|content| !may_be_a_name(content))
    }

    /// What it looks like, if it must not be shown.
    pub fn content(&self) -> Option<Content> {
        let found = find(&self.0).map(|(_, content)| content);
        let text = self.0.trim();
        let is_json = text.starts_with(['{', '[']) && text.contains("\":");
        match found {
            Some(content) if content != Content::Base64 => Some(content),
            _ if is_json => Some(Content::Json),
            _ if text.contains(['\r', '\n']) => Some(Content::Lines),
            Some(content) => Some(content),
            None => (text.chars().count() > LONGEST).then_some(Content::Long),
        }
    }
}

impl Given<'_> {
    /// The value without backticks, for a message of others that quotes it.
    pub fn bare(&self) -> String {
        match self.content() {
            Some(content) => format!("({content}, not shown)"),
            None => escaped(&self.0),
        }
    }
}

impl<'a> From<&'a str> for Given<'a> {
    fn from(text: &'a str) -> Self {
        Self(text.into())
    }
}

impl<'a> From<&'a OsStr> for Given<'a> {
    fn from(text: &'a OsStr) -> Self {
        Self(text.to_string_lossy())
    }
}

impl<'a> From<&'a Path> for Given<'a> {
    fn from(path: &'a Path) -> Self {
        path.as_os_str().into()
    }
}

impl fmt::Display for Given<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.content() {
            Some(content) => write!(f, "a value that looks like {content}"),
            None => write!(f, "`{}`", escaped(&self.0)),
        }
    }
}

impl fmt::Debug for Given<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Given({self})")
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pem => "PEM text",
            Self::Token => "a token",
            Self::Der => "a PFX, key or certificate in base64 or hexadecimal",
            Self::ClientSecret => "a client secret",
            Self::Url => "a URL or connection string with a secret in it",
            Self::Json => "JSON",
            Self::Base64 => "base64",
            Self::Lines => "a text of several lines",
            Self::Long => "a long text",
        })
    }
}

/// A message in which what looks like a secret is replaced: the net below every message of others
/// that may quote one.
pub fn hide(message: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = message;
    while let Some((span, content)) = find(rest) {
        out.push_str(&rest[..span.start]);
        out.push_str(&format!("({content}, not shown)"));
        rest = &rest[span.end..];
    }
    match rest.len() == message.len() {
        true => message.into(),
        false => (out + rest).into(),
    }
}

/// Text of several lines, in which nothing but the line ends steers a terminal: what else could, such
/// as in the name of a file, is written as `\u{…}`.
pub fn plain(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(printable).collect();
    lines.join("\n")
}

/// A line end as `\n`, and what else could steer a terminal as `\u{…}`.
fn escaped(text: &str) -> String {
    let text = text.replace('\r', "\\r");
    printable(&text.replace('\n', "\\n").replace('\t', "\\t"))
}

/// Where the first secret is, and what it looks like.
fn find(text: &str) -> Option<(Range<usize>, Content)> {
    let all = [pem(text), assigned(text), login(text), in_a_run(text)];
    all.into_iter().flatten().min_by_key(|(span, _)| span.start)
}

/// From the first boundary to the end of the last, or to the end if there is none.
fn pem(text: &str) -> Option<(Range<usize>, Content)> {
    let start = text.find("-----BEGIN ")?;
    let end = text[start..].rfind("-----END ").map(|at| start + at + 9);
    let label = |end: usize| text[end..].find("-----").map(|at| end + at + 5);
    Some((
        start..end.and_then(label).unwrap_or(text.len()),
        Content::Pem,
    ))
}

/// The value of a name that stands before a secret.
fn assigned(text: &str) -> Option<(Range<usize>, Content)> {
    let lower = text.to_ascii_lowercase();
    let value_of = |name: &&str| {
        let start = lower.find(*name)? + name.len();
        let rest = &text[start..];
        let end = rest.find(|c: char| c.is_whitespace() || "&;\"'`".contains(c));
        let end = end.unwrap_or(rest.len());
        (end >= 8).then_some((start..start + end, Content::Url))
    };
    SECRET_NAMES.iter().filter_map(value_of).next()
}

/// A user name or password before a host: either may be a token.
fn login(text: &str) -> Option<(Range<usize>, Content)> {
    let start = text.find("://")? + 3;
    let rest = &text[start..];
    let end = rest.find(|c: char| c.is_whitespace() || "/?#`\"'".contains(c));
    let authority = &rest[..end.unwrap_or(rest.len())];
    let at = authority.rfind('@')?;
    (at > 0).then_some((start..start + at, Content::Url))
}

/// In a run of the characters that tokens and base64 are made of.
fn in_a_run(text: &str) -> Option<(Range<usize>, Content)> {
    let mut start = 0;
    while start < text.len() {
        let rest = &text[start..];
        let length = rest.find(|c| !is_run(c)).unwrap_or(rest.len());
        if let Some((at, content)) = content_of(&rest[..length]) {
            return Some((start + at..start + length, content));
        }
        let next = rest[length..].chars().next().map_or(0, char::len_utf8);
        start += length + next;
    }
    None
}

fn is_run(character: char) -> bool {
    character.is_ascii_alphanumeric() || "+/=_-.~".contains(character)
}

/// What a run is, and where that begins in it: at its start, or after an equals sign.
fn content_of(run: &str) -> Option<(usize, Content)> {
    let after = run.match_indices('=').map(|(at, _)| at + 1);
    let starts = std::iter::once(0).chain(after);
    let part = starts.filter_map(|at| Some((at, part(&run[at..])?))).next();
    part.or_else(|| is_random(run).then_some((0, Content::Base64)))
}

fn part(text: &str) -> Option<Content> {
    let first = text.split('.').next().unwrap_or_default();
    let bytes = head(first);
    let is_object = [b"{\"", b"{ ", b"{\n", b"{\r"]
        .iter()
        .any(|start| bytes.starts_with(*start));
    if is_object && first.len() < text.len() {
        return Some(Content::Token);
    }
    if is_client_secret(text) {
        return Some(Content::ClientSecret);
    }
    if first.len() < SHORTEST {
        return None;
    }
    if bytes.starts_with(b"-----BEGIN") {
        return Some(Content::Pem);
    }
    let is_base64 = is_der(&bytes) || is_der(&head(&String::from_utf8_lossy(&bytes)));
    let is_hex = first.bytes().all(|byte| byte.is_ascii_hexdigit())
        && hex::decode(&first[..HEAD]).is_ok_and(|bytes| is_der(&bytes));
    (is_base64 || is_hex || is_object).then_some(Content::Der)
}

/// The first bytes of base64 or base64url; nothing if it is neither.
fn head(text: &str) -> Vec<u8> {
    let plain = text.replace('-', "+").replace('_', "/");
    let start = plain.get(..HEAD.min(plain.len() / 4 * 4));
    BASE64_STANDARD_NO_PAD
        .decode(start.unwrap_or_default())
        .unwrap_or_default()
}

/// A SEQUENCE that begins as keys, key stores and certificates do: with a number, a SEQUENCE or an
/// object identifier.
fn is_der(bytes: &[u8]) -> bool {
    match bytes {
        [0x30, 0x80, 0x02 | 0x06 | 0x30, ..]
        | [0x30, 0x81, _, 0x02 | 0x06 | 0x30, ..]
        | [0x30, 0x82, _, _, 0x02 | 0x06 | 0x30, ..]
        | [0x30, 0x83, _, _, _, 0x02 | 0x06 | 0x30, ..] => true,
        [0x30, length, 0x02, 0x01, ..] => *length < 0x80,
        _ => false,
    }
}

/// Entra's have three characters, a digit, `Q~`, and 34 more.
fn is_client_secret(text: &str) -> bool {
    let mark = text.get(3..6).unwrap_or_default().as_bytes();
    matches!(mark, [digit, b'Q', b'~'] if digit.is_ascii_digit()) && text.len() >= SHORTEST
}

/// A stretch without separators that is longer than names are, of all kinds of characters.
fn is_random(run: &str) -> bool {
    let stretches = run.split(|c: char| "/-_.~".contains(c));
    stretches.filter(|it| it.len() >= STRETCH).any(|it| {
        let has = |kind: fn(&u8) -> bool| it.as_bytes().iter().any(kind);
        has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit)
    })
}

/// Names have fewer characters, and most paths.
const LONGEST: usize = 200;
/// The fewest characters of a client secret or of a key in base64.
const SHORTEST: usize = 36;
/// A SHA-256 in base64 has 44 characters, a key of Azure Storage 88.
const STRETCH: usize = 64;
/// Base64 characters of which the first bytes are read.
const HEAD: usize = 16;
const SECRET_NAMES: [&str; 7] = [
    "sig=",
    "accountkey=",
    "sharedaccesskey=",
    "client_secret=",
    "client_assertion=",
    "access_token=",
    "password=",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn looks_like(text: &str, expected: Content) {
        let given = Given::from(text);
        assert_eq!(given.content(), Some(expected), "{text}");
        assert_eq!(
            given.to_string(),
            format!("a value that looks like {expected}")
        );
    }

    #[track_caller]
    fn is_shown(text: &str) {
        assert_eq!(Given::from(text).to_string(), format!("`{text}`"));
        assert_eq!(hide(text), text);
    }

    #[test]
    fn keys_and_tokens_are_not_shown() {
        let body = "MIGTAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBHkwdwIBAQQgAAAA";
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n");
        looks_like(&pem, Content::Pem);
        looks_like(&pem.replace('\n', " "), Content::Pem);
        looks_like(&pem.replace('\n', "\r\n"), Content::Pem);
        looks_like(&BASE64_STANDARD_NO_PAD.encode(&pem), Content::Pem);
        looks_like(body, Content::Der);
        looks_like(&format!("key={body}"), Content::Der);
        looks_like(&BASE64_STANDARD_NO_PAD.encode(body), Content::Der);
        looks_like(
            &hex::encode(BASE64_STANDARD_NO_PAD.decode(body).unwrap()),
            Content::Der,
        );
        // PKCS#8 of Ed25519, and a PFX.
        looks_like("MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8Q", Content::Der);
        looks_like("MIIKNwIBAzCCCe0GCSqGSIb3DQEHAaCCCd4EggnaMIIJ", Content::Der);
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
        looks_like(token, Content::Token);
        looks_like(&format!("Bearer {token}"), Content::Token);
        looks_like("eyJhbGciOiJub25lIn0.e30.", Content::Token);
        looks_like(
            "abc8Q~0123456789.abcdefghijklmnopq-rst~x",
            Content::ClientSecret,
        );
        looks_like(
            "https://v.example/secrets/web?sig=aBcD%2F0123",
            Content::Url,
        );
        looks_like("https://me:hunter2@v.example/", Content::Url);
        looks_like("https://hunter2@v.example/", Content::Url);
        looks_like("AccountName=x;AccountKey=0123456789==", Content::Url);
        looks_like("{\"kty\":\"OKP\",\"d\":\"x\"}", Content::Json);
        looks_like("one\ntwo", Content::Lines);
        looks_like(&"word ".repeat(50), Content::Long);
        looks_like(&"aB3".repeat(30), Content::Base64);
    }

    #[test]
    fn names_and_paths_are_shown() {
        for text in [
            "",
            "web.pfx",
            "büro.pfx",
            "/etc/ssl/private/contoso-production-web-2026/exported/by/kvcert/web.example.com.key",
            "/var/lib/docker/overlay2/30820a370201033082b8cf0b9e53f3f5d5a2e4f4c0f5cf4b1d8b2e9f0b/web",
            "https://contoso.vault.azure.net/secrets/web/0123456789abcdef0123456789abcdef",
            "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/Rg1/providers/Microsoft.KeyVault/vaults/contoso",
            "@Microsoft.KeyVault(VaultName=contoso;SecretName=web)",
            "contoso.vault.azure.net",
            "eyewitness-photographs.example.com",
            "MICROSOFT-Root-Certificate-Authority-2017-Chain.pem",
            "AA:BB:CC:DD:EE:FF",
            "me@contoso.onmicrosoft.com",
        ] {
            is_shown(text);
        }
    }

    #[test]
    fn line_ends_are_escaped() {
        assert_eq!(Given::from("contoso\r").to_string(), "`contoso\\r`");
        assert_eq!(Given::from("contoso\r\n").to_string(), "`contoso\\r\\n`");
        assert_eq!(Given::from("a\u{1b}[31m").to_string(), "`a\\u{1b}[31m`");
    }

    #[test]
    fn only_line_ends_steer_a_terminal() {
        let name = "a\u{1b}]0;x\u{7}\u{202e}b\r\u{9b}31m\u{2066}.crt";
        let shown = r"a\u{1b}]0;x\u{7}\u{202e}b\u{d}\u{9b}31m\u{2066}.crt";
        assert_eq!(
            plain(&format!("{name}\nbüro\n")),
            format!("{shown}\nbüro\n")
        );
    }

    #[test]
    fn a_message_keeps_its_words() {
        let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
        let message = format!("error: unexpected argument '{token}' found, and '{token}'");
        let expected =
            "error: unexpected argument '(a token, not shown)' found, and '(a token, not shown)'";
        assert_eq!(hide(&message), expected);
        let pem = "cannot read `-----BEGIN A-----\nAAAA\n-----END A-----`: no such file";
        assert_eq!(
            hide(pem),
            "cannot read `(PEM text, not shown)`: no such file"
        );
    }
}
