//! From the bytes of a file or a secret to the objects in it, however they are wrapped: text in
//! UTF-16, base64, JSON, YAML, PEM and so on, one around the other.
//!
//! Each layer takes off one wrapping, so that what is inside is never larger than the whole, and
//! the number of layers is bounded.

mod work;

use std::fmt;
use std::rc::Rc;

use serde::{Serialize, Serializer};
use work::Work;
use zeroize::Zeroizing;

use super::der_kind::{DerKind, der_kind};
use super::encoding::{self, begins_like_text_of_der, has_text_line_ends, is_text};
use super::markup::{self, Value};
use super::object::Object;
use super::{Password, foreign, pem};
use crate::asn1::ber;
use crate::content_error::{ContentError, Foreign};

/// What some bytes hold.
pub(super) struct Unwrapped {
    /// What was taken off, the outermost first.
    pub(super) layers: Vec<Layer>,
    /// In their order; at least one.
    pub(super) objects: Vec<Object>,
}

/// Something around keys and certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layer {
    /// Text in UTF-16.
    Utf16,
    /// Base64 in either alphabet.
    Base64,
    /// Hexadecimal digits, or a dump of them.
    Hexadecimal,
    /// Decimal numbers, a byte each, as PowerShell prints bytes.
    Decimal,
    /// URL encoding.
    Percent,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// Lines such as `NAME=value`.
    Variables,
    /// PEM (RFC 7468).
    Pem,
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf16 => "UTF-16",
            Self::Base64 => "base64",
            Self::Hexadecimal => "hexadecimal",
            Self::Decimal => "decimal numbers",
            Self::Percent => "URL encoding",
            Self::Json => "JSON",
            Self::Yaml => "YAML",
            Self::Variables => "variables",
            Self::Pem => "PEM",
        })
    }
}

/// As in text.
impl Serialize for Layer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Finds the objects in `bytes`.
///
/// # Errors
/// [`ContentError::NotAKeyStore`] if there are none, [`ContentError::Damaged`] for PEM text that
/// cannot be cut into blocks, or [`ContentError::OverLimit`] for too many layers.
pub(super) fn unwrap(bytes: &[u8]) -> Result<Unwrapped, ContentError> {
    Nesting::within(&Work::default()).bytes(bytes)
}

/// Finds the objects in the blocks of a PEM text.
pub(super) fn unwrap_pem(text: &str) -> Result<Unwrapped, ContentError> {
    Nesting::within(&Work::default()).pem(text)
}

/// `bytes` without the base64 around a key store, if there is any.
pub(super) fn without_base64(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let text = is_text(bytes).then(|| String::from_utf8_lossy(bytes));
    let inner = text.and_then(|text| encoding::base64(&text));
    match inner {
        Some(inner) if unwrap(&inner).is_ok() => without_base64(&inner),
        _ => Zeroizing::new(bytes.to_vec()),
    }
}

/// How deep we are.
#[derive(Clone, Copy)]
struct Nesting<'a> {
    layers: u64,
    /// How often there was base64 around base64.
    base64: u8,
    work: &'a Work,
}

type Found = Result<Unwrapped, ContentError>;

impl<'a> Nesting<'a> {
    fn within(work: &'a Work) -> Self {
        Self {
            layers: 0,
            base64: 0,
            work,
        }
    }

    fn bytes(self, bytes: &[u8]) -> Found {
        self.work.bytes(bytes.len())?;
        if is_text(bytes) {
            return self.text(&String::from_utf8_lossy(bytes));
        }
        if let Some(rest) = bytes.strip_prefix(encoding::UTF_8_MARK)
            && der_kind(rest).is_some()
        {
            return self.bytes(rest);
        }
        if let Some(found) = der_objects(bytes, self.work) {
            return found;
        }
        if let Some(text) = encoding::without_colours(bytes) {
            return self.text(&text);
        }
        if let Some(text) = encoding::utf16(bytes) {
            return self.inside(Layer::Utf16, |inner| inner.text(&text));
        }
        // A file may have text in any encoding around its PEM blocks; those alone must be ASCII.
        if find(bytes, b"-----BEGIN ").is_some() {
            return self.pem(&Zeroizing::new(String::from_utf8_lossy(bytes).into_owned()));
        }
        Err(nothing_but(foreign::of_binary(bytes)))
    }

    fn text(self, text: &str) -> Found {
        self.work.bytes(text.len())?;
        let text =
            text.trim_start_matches(|c: char| c.is_whitespace() || encoding::is_invisible(c));
        if begins_like_text_of_der(text.as_bytes()) {
            return Err(nothing_but(Foreign::SavedAsText));
        }
        if let Some((values, kind)) = markup::json(text.trim_end()) {
            return self.values(Layer::Json, values, kind);
        }
        // `az` writes its warnings before its JSON if both go to one file.
        if let Some((values, kind)) = after_other_lines(text).and_then(markup::json)
            && let Ok(found) = self.values(Layer::Json, values, kind)
        {
            return Ok(found);
        }
        let has_pem = text.contains("-----BEGIN ");
        // A manifest may have one value in PEM and another in base64.
        let is_manifest = text.contains("apiVersion:");
        if is_manifest && let Some(found) = conclusive(self.yaml(text)) {
            return found;
        }
        if has_pem {
            return self.pem(text);
        }
        if text.contains("-----BEGIN%20") || text.contains("-----BEGIN+") {
            let decoded = encoding::percent(text).ok_or_else(|| nothing_but(Foreign::BrokenPem))?;
            return self.inside(Layer::Percent, |inner| inner.text(&decoded));
        }
        if let Some(bytes) = encoding::decimal(text)
            && let Some(found) =
                conclusive(self.inside(Layer::Decimal, |inner| inner.bytes(&bytes)))
        {
            return found;
        }
        let hexadecimal = encoding::hexadecimal(text);
        if let Some(bytes) = &hexadecimal
            && let Some(found) =
                conclusive(self.inside(Layer::Hexadecimal, |inner| inner.bytes(bytes)))
        {
            return found;
        }
        if let Some(found) = self.base64(text).and_then(conclusive) {
            return found;
        }
        if let Some(found) = conclusive(self.yaml(text)) {
            return found;
        }
        let variables = markup::variables(text);
        if let Some(found) = conclusive(self.values(Layer::Variables, variables, Foreign::Text)) {
            return found;
        }
        Err(nothing_but(match hexadecimal {
            Some(_) => Foreign::Hexadecimal,
            None => foreign::of_text(text),
        }))
    }

    fn yaml(self, text: &str) -> Found {
        let mut values = match text.contains(':') {
            true => markup::yaml(text),
            false => Vec::new(),
        };
        // Text such as `sha256:0123` is one value, and all of it: there is nothing to take off.
        values.retain(|value| value.text.len() < text.trim().len());
        self.values(Layer::Yaml, values, Foreign::Markup("YAML"))
    }

    fn base64(self, text: &str) -> Option<Found> {
        let bytes = encoding::base64(text)?;
        let inner = Self {
            base64: self.base64 + 1,
            ..self
        };
        let found = inner.inside(Layer::Base64, |inner| inner.bytes(&bytes));
        Some(match found {
            // Once is usual and twice happens; more is a mistake that should be put right.
            Ok(_) if inner.base64 > 2 => Err(nothing_but(Foreign::NestedBase64)),
            found => found,
        })
    }

    /// All that the values hold, or else what is wrong with the first that says so.
    fn values(self, layer: Layer, values: Vec<Value>, otherwise: Foreign) -> Found {
        let mut all: Option<Unwrapped> = None;
        let mut problem = None;
        self.work.values(values.len())?;
        for value in values {
            let inner = Self { base64: 0, ..self };
            match inner.inside(layer, |inner| inner.text(&value.text)) {
                Ok(found) => {
                    let found = found.with_password(value.password);
                    match &mut all {
                        None => all = Some(found),
                        Some(all) => all.objects.extend(found.objects),
                    }
                }
                Err(error @ ContentError::OverLimit { .. }) => return Err(error),
                Err(error) if is_telling(&error) && problem.is_none() => problem = Some(error),
                Err(_) => {}
            }
        }
        let problem = problem.filter(|_| !foreign::is_telling(otherwise));
        all.ok_or_else(|| problem.unwrap_or_else(|| nothing_but(otherwise)))
    }

    fn pem(self, text: &str) -> Found {
        let is_pgp = |block: &str| block.starts_with("PGP ");
        if text.split("-----BEGIN ").skip(1).all(is_pgp) {
            return Err(nothing_but(Foreign::OpenPgp));
        }
        self.work.objects(text.matches("-----BEGIN ").count())?;
        let blocks = pem::blocks(text)?;
        let mut objects = Vec::new();
        for block in blocks {
            // `certutil -encode` puts its label around whatever it is given.
            if is_text(&block.bytes)
                && block.dek_info.is_none()
                && let Some(found) = self.in_block(&block.bytes)?
            {
                objects.extend(found.objects);
            } else {
                objects.push(block);
            }
        }
        if objects.is_empty() {
            return Err(nothing_but(foreign::of_text(text)));
        }
        let layers = vec![Layer::Pem];
        Ok(Unwrapped { layers, objects })
    }

    /// What text in a PEM block holds; `None` if it is nothing to read.
    fn in_block(self, bytes: &[u8]) -> Result<Option<Unwrapped>, ContentError> {
        match self.inside(Layer::Pem, |inner| inner.bytes(bytes)) {
            Err(error @ ContentError::OverLimit { .. }) => Err(error),
            found => Ok(found.ok()),
        }
    }

    /// What is inside one more layer.
    fn inside(self, layer: Layer, inside: impl FnOnce(Self) -> Found) -> Found {
        let inner = Self {
            layers: self.layers + 1,
            ..self
        };
        if inner.layers > MOST_LAYERS {
            return Err(ContentError::OverLimit {
                what: "layers of encoding",
                found: inner.layers,
                limit: MOST_LAYERS,
            });
        }
        let mut found = inside(inner)?;
        found.layers.insert(0, layer);
        Ok(found)
    }
}

impl Unwrapped {
    fn with_password(mut self, password: Option<Rc<Password>>) -> Self {
        for object in &mut self.objects {
            if object.password.is_none() {
                object.password.clone_from(&password);
            }
        }
        self
    }
}

/// The text from the first line that begins like JSON, if others come before it.
fn after_other_lines(text: &str) -> Option<&str> {
    let starts = text.match_indices('\n').map(|(at, _)| at + 1);
    let mut json = starts.filter(|start| text[*start..].starts_with(['{', '[']));
    json.next().map(|start| text[start..].trim_end())
}

/// The structures that stand in `bytes` one after another; `None` if they do not begin with one.
fn der_objects(bytes: &[u8], work: &Work) -> Option<Found> {
    let fits = |bytes| ber::split_first(bytes).is_some_and(|(_, rest)| rest.is_empty());
    let Some(first) = der_kind(bytes) else {
        let is_asn1 = bytes.first() == Some(&0x30) && fits(bytes);
        return is_asn1.then(|| Err(nothing_but(Foreign::Asn1)));
    };
    if !fits(bytes) && has_text_line_ends(bytes) {
        return Some(Err(nothing_but(Foreign::SavedAsText)));
    }
    let mut objects = Vec::new();
    let mut next = Some((bytes, first));
    while let Some((from, kind)) = next {
        if let Err(error) = work.objects(1) {
            return Some(Err(error));
        }
        let (element, rest) = ber::split_first(from).unwrap_or((from, &[]));
        next = der_kind(rest).map(|kind| (rest, kind));
        let trailing = if next.is_some() { 0 } else { rest.len() };
        objects.push(Object::of_der(element, kind, trailing));
    }
    let other = objects.iter().find_map(|it| match it.kind {
        Some(DerKind::Foreign(other)) => Some(other),
        _ => None,
    });
    let is_all = objects
        .iter()
        .all(|it| matches!(it.kind, Some(DerKind::Foreign(_))));
    Some(match other.filter(|_| is_all) {
        Some(other) => Err(nothing_but(other)),
        None => Ok(Unwrapped {
            layers: Vec::new(),
            objects,
        }),
    })
}

/// What was found, unless it only says that nothing was recognised.
fn conclusive(found: Found) -> Option<Found> {
    match found {
        Err(error) if !is_telling(&error) => None,
        found => Some(found),
    }
}

fn is_telling(error: &ContentError) -> bool {
    !matches!(error, ContentError::NotAKeyStore { seen } if !foreign::is_telling(*seen))
}

pub(super) fn nothing_but(seen: Foreign) -> ContentError {
    ContentError::NotAKeyStore { seen }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

/// Base64 in JSON in base64 in YAML in UTF-16 has five.
const MOST_LAYERS: u64 = 8;

#[cfg(test)]
mod tests;
