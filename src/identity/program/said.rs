//! What a program printed: the token in it, or why there is none, and what to run.

use std::borrow::Cow;

use kvcert_pki::text::excerpt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::identity::token_error::aadsts_code;

/// Finds the JSON in what was printed: warnings, colours and a byte order mark may be around it.
pub(in crate::identity) fn json<T: DeserializeOwned>(output: &[u8]) -> Option<T> {
    let plain = without_colours(output);
    let braces = plain.iter().enumerate().filter(|(_, byte)| **byte == b'{');
    let mut starts = braces.map(|(at, _)| &plain[at..]).take(MAX_BRACES);
    starts.find_map(|text| {
        let mut values = serde_json::Deserializer::from_slice(text).into_iter();
        values.next()?.ok()
    })
}

/// Why a program gave no token, in its own words, a line each.
pub(super) struct Said(Vec<String>);

impl Said {
    /// `azd` says why in JSON, where its result would be. Nothing else is read from there: a token
    /// may be in it.
    pub(super) fn new(errors: &[u8], output: &[u8]) -> Self {
        let (errors, output) = (without_colours(errors), without_colours(output));
        let (errors, output) = (text(&errors), text(&output));
        let errors = errors
            .lines()
            .map(|line| console_message(line).map_or(Cow::Borrowed(line), Cow::Owned));
        let said: Vec<_> = errors
            .chain(output.lines().filter_map(console_message).map(Cow::Owned))
            .collect();
        Self(reasons(&said.join("\n")))
    }

    /// All that helps, on one line, without anything that looks like a token.
    pub(super) fn message(&self) -> String {
        if self.0.is_empty() {
            return String::from("it did not say why");
        }
        excerpt(&without_tokens(&self.0.join(" ")), MAX_MESSAGE)
    }

    pub(super) fn has_aadsts_code(&self) -> bool {
        self.0.iter().any(|line| aadsts_code(line).is_some())
    }

    pub(super) fn says_one_of(&self, phrases: &[&str]) -> bool {
        let says = |phrase: &&str| self.0.iter().any(|line| line.contains(*phrase));
        phrases.iter().any(says)
    }

    /// The command of `program` that it says to run; the longest, which has the arguments.
    pub(super) fn command(&self, program: &str) -> Option<String> {
        let commands = self.0.iter().filter_map(|line| command(line, program));
        let longest = commands.max_by_key(String::len)?;
        let command = without_tokens(&longest);
        (command.len() <= MAX_COMMAND).then(|| excerpt(&command, MAX_COMMAND))
    }
}

/// The lines that say why: from the first error on, without what only the maker can use.
fn reasons(said: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut in_traceback = false;
    for line in said.lines() {
        // A traceback ends with the first line that is not indented: what was raised.
        in_traceback = (in_traceback && line.starts_with([' ', '\t']))
            || line.starts_with("Traceback (most recent call last)");
        let line = line.trim();
        if !in_traceback && !line.is_empty() && !is_noise(line) {
            lines.push(line.to_owned());
        }
    }
    // Warnings come first, and are not why.
    let is_error = |line: &String| line.contains("ERROR") || aadsts_code(line).is_some();
    if let Some(first) = lines.iter().position(is_error) {
        lines.drain(..first);
        lines.retain(|line| !line.starts_with("WARNING"));
    }
    lines
}

fn is_noise(line: &str) -> bool {
    [
        "Trace ID:",
        "Correlation ID:",
        "Timestamp:",
        "To check existing issues",
        "To open a new issue",
        "The command failed with an unexpected error",
        "ERROR: The command failed with an unexpected error",
    ]
    .iter()
    .any(|noise| line.starts_with(noise))
}

/// The command that a line says to run: the whole line, what is in quotes, or what follows a colon.
fn command(line: &str, program: &str) -> Option<String> {
    let is_command = |text: &str| {
        let arguments = text
            .strip_prefix(program)
            .and_then(|it| it.strip_prefix(' '));
        arguments.is_some_and(|it| it.starts_with(|first: char| first.is_ascii_lowercase()))
    };
    if is_command(line) {
        return Some(line.to_owned());
    }
    for quote in ['\'', '`', '"'] {
        let quoted = line
            .split(quote)
            .skip(1)
            .step_by(2)
            .find(|it| is_command(it));
        if let Some(quoted) = quoted {
            return Some(quoted.to_owned());
        }
    }
    let (_, after) = line.split_once(&format!(": {program} "))?;
    let after = format!("{program} {}", after.trim_end_matches('.'));
    is_command(&after).then_some(after)
}

/// What a line of JSON says (`azd --output json`).
fn console_message(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct ConsoleMessage {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        message: String,
    }
    let message: ConsoleMessage = serde_json::from_str(line).ok()?;
    Some(message.data.message)
}

/// Words that hold a JWT are left out, whatever else is in them. A claims challenge begins as one
/// does, and has no dots; without it the command that asks for it is no use.
fn without_tokens(text: &str) -> String {
    let mut is_challenge = false;
    let shown = text.split_whitespace().map(|word| {
        let is_kept = !word.contains("eyJ") || (is_challenge && !word.contains('.'));
        is_challenge = word.starts_with("--claims");
        if is_kept { word } else { "[token]" }
    });
    shown.collect::<Vec<_>>().join(" ")
}

/// The bytes without a byte order mark and without escape sequences (ECMA-48), such as colours.
fn without_colours(printed: &[u8]) -> Zeroizing<Vec<u8>> {
    let printed = printed.strip_prefix(b"\xef\xbb\xbf").unwrap_or(printed);
    // As large as it can get: growing leaves copies behind.
    let mut plain = Zeroizing::new(Vec::with_capacity(printed.len()));
    let mut bytes = printed.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != ESCAPE {
            plain.push(byte);
            continue;
        }
        match bytes.next() {
            // A control sequence ends with a letter or the like.
            Some(b'[') => drop(bytes.find(|byte| (b'@'..=b'~').contains(byte))),
            // An operating system command, such as a title or a link, ends with BEL or `ESC \`.
            Some(b']') => {
                let mut last = 0;
                let _ = bytes.find(|byte| {
                    let is_end = *byte == BELL || (last == ESCAPE && *byte == b'\\');
                    last = *byte;
                    is_end
                });
            }
            _ => {}
        }
    }
    // After a colour there may be another mark.
    let mark = plain.windows(3).position(|it| it == b"\xef\xbb\xbf");
    if let Some(at) = mark.filter(|at| plain[..*at].trim_ascii().is_empty()) {
        plain.drain(..at + 3);
    }
    plain
}

fn text(printed: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(printed)
}

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;
/// Where JSON may begin: what is not JSON costs little, but some.
const MAX_BRACES: usize = 64;
const MAX_MESSAGE: usize = 1000;
/// With a claims challenge.
const MAX_COMMAND: usize = 800;
