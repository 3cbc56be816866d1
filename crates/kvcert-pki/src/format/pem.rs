//! PEM (RFC 7468): text blocks around base64.

use zeroize::Zeroizing;

use super::encoding::is_invisible;
use super::object::{self, Object};
use super::{Contents, Limits, Password, unwrap};
use crate::content_error::ContentError;

/// Reads every certificate and private key among the blocks of `text`, in any order; text around
/// them is left alone. What a block holds decides, and its label only where that says nothing.
///
/// # Errors
/// [`ContentError::Damaged`], [`ContentError::WrongPassword`] for an encrypted key, or
/// [`ContentError::Unsupported`].
pub fn read(text: &str, password: &Password, limits: &Limits) -> Result<Contents, ContentError> {
    object::read(&unwrap::unwrap_pem(text)?, password, limits)
}

/// Writes one block: 64 columns, LF (RFC 7468 section 2).
pub fn encode(label: &str, der: &[u8], text: &mut Zeroizing<String>) {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    // Room for all of it: a buffer that grows leaves copies behind.
    text.reserve(der.len() * 4 / 3 + der.len() / 48 + 2 * label.len() + 48);
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    for line in der.chunks(48) {
        STANDARD.encode_string(line, text);
        text.push('\n');
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
}

/// The blocks of `text`, decoded.
pub(super) fn blocks(text: &str) -> Result<Vec<Object>, ContentError> {
    let text = tidy(text);
    let parsed = ::pem::parse_many(text.as_str())
        .map_err(|e| ContentError::damaged("the PEM text", flaw(&e)))?;
    if text.matches(BEGIN).count() > parsed.len() {
        return Err(ContentError::damaged(
            "the PEM text",
            "a block begins but does not end",
        ));
    }
    Ok(parsed.into_iter().map(block).collect())
}

/// The blocks as a strict reader wants them, whatever mail, pages, shells and programs did to their
/// lines: indented, quoted, with written-out or blank lines.
fn tidy(text: &str) -> Zeroizing<String> {
    let text = without_escapes(text);
    let mut tidy = Zeroizing::new(String::with_capacity(text.len() + text.len() / 32 + 64));
    let mut rest = text.as_str();
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let body = after.find(END).unwrap_or(after.len());
        tidy.push_str(BEGIN);
        match after[..body].split_once(DASHES) {
            Some((label, lines)) => {
                // What ends a block is always on a line of its own.
                tidy.push_str(label);
                tidy.push_str(DASHES);
                tidy.push('\n');
                tidy_lines(lines, &mut tidy);
            }
            None => tidy.push_str(&after[..body]),
        }
        rest = &after[body..];
        if let Some((label, after)) = rest.strip_prefix(END).and_then(|it| it.split_once(DASHES)) {
            for part in [END, label, DASHES, "\n"] {
                tidy.push_str(part);
            }
            rest = after;
        }
    }
    tidy
}

/// Header lines (RFC 1421), a blank line, and the lines of base64, none of them blank.
fn tidy_lines(lines: &str, tidy: &mut String) {
    let marks = |c: char| c.is_whitespace() || "\"',;>|\\".contains(c);
    let clean = |line: &str| {
        let line = line.trim().trim_end_matches("\" +").trim_end_matches("' +");
        line.trim_matches(marks).to_owned()
    };
    let lines: Zeroizing<Vec<String>> = Zeroizing::new(lines.lines().map(clean).collect());
    let (headers, body): (Vec<_>, Vec<_>) = lines
        .iter()
        .filter(|line| !line.is_empty())
        .partition(|line| line.contains(':'));
    for header in &headers {
        tidy.push_str(header);
        tidy.push('\n');
    }
    if !headers.is_empty() {
        tidy.push('\n');
    }
    let mut length = 0;
    for line in body {
        tidy.push_str(line);
        tidy.push('\n');
        length += line.chars().filter(|c| !c.is_whitespace()).count();
    }
    if length % 4 > 1 {
        tidy.push_str(&"==="[..4 - length % 4]);
        tidy.push('\n');
    }
}

/// `text` without marks that no one sees, and with line ends that were written out, once or more
/// often, as such.
fn without_escapes(text: &str) -> Zeroizing<String> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c == '\\' || c == '\r' || is_invisible(c)) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let after = rest.trim_start_matches('\\');
        let (character, skipped) = match after.chars().next() {
            _ if after.len() == rest.len() => {
                // A lone CR ends a line as well.
                let first = rest.chars().next().unwrap_or_default();
                ((first == '\r').then_some('\n'), first.len_utf8())
            }
            Some('n' | 'r') => (Some('\n'), 1),
            Some('/') => (Some('/'), 1),
            _ => (Some('\n'), 0), // The end of a line in a shell.
        };
        rest = if after.len() == rest.len() {
            &rest[skipped..]
        } else {
            &after[skipped..]
        };
        plain.extend(character);
    }
    plain.push_str(rest);
    plain
}

/// What is wrong, without a byte of the text: where a BEGIN or END line is damaged, the error of
/// the `pem` crate takes the lines of a private key for a label and quotes them.
fn flaw(error: &::pem::PemError) -> &'static str {
    use pem::PemError;

    match error {
        PemError::MismatchedTags(..) => "the BEGIN and END lines of a block do not match",
        PemError::MalformedFraming | PemError::MissingBeginTag | PemError::MissingEndTag => {
            "the BEGIN or END line of a block is damaged"
        }
        PemError::MissingData => "a block is empty",
        PemError::InvalidData(_) => "a block holds something that is not base64",
        PemError::InvalidHeader(_) => "a header line of a block is damaged",
        PemError::NotUtf8(_) => "it is not UTF-8",
    }
}

fn block(pem: ::pem::Pem) -> Object {
    let label = crate::text::excerpt(pem.tag(), 64);
    let dek_info = pem.headers().get("DEK-Info").map(String::from);
    Object::of_block(label, pem.into_contents(), dek_info)
}

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
