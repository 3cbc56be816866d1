//! [`Console`]: the one place that prints.
//!
//! Standard output carries the result; everything else goes to standard error.

mod hidden;

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anstream::{AutoStream, ColorChoice};
use clap::builder::StyledStr;
use kvcert::given;
use kvcert::transport::{Exchange, Observer};
use kvcert_pki::text::is_deceptive;
use serde::Serialize;

pub(crate) use self::hidden::ask_hidden;
use crate::cli::{ColorArg, Global};
use crate::failure::{Failure, FailureJson, ThisCall};
use crate::style::{Style, Tone};

/// How the user wants to be spoken to.
#[derive(Debug, Clone)]
pub(crate) struct Console {
    json: bool,
    quiet: bool,
    verbose: bool,
    color: ColorChoice,
    call: Arc<ThisCall>,
    /// How long the line is that will be overwritten; 0 if there is none.
    passing: Arc<AtomicUsize>,
}

impl Console {
    /// As the flags say.
    pub(crate) fn new(flags: &Global) -> Self {
        Self {
            json: flags.json,
            quiet: flags.quiet,
            verbose: flags.verbose,
            color: match flags.color {
                ColorArg::Auto => ColorChoice::Auto,
                ColorArg::Always => ColorChoice::Always,
                ColorArg::Never => ColorChoice::Never,
            },
            call: Arc::default(),
            passing: Arc::default(),
        }
    }

    /// The same, for commands that are shown with the flags of `call`.
    pub(crate) fn for_call(self, call: ThisCall) -> Self {
        Self {
            call: Arc::new(call),
            ..self
        }
    }

    /// Whether results are to be JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// How reports are drawn on standard output.
    pub(crate) fn style(&self) -> Style {
        match self.color {
            ColorChoice::Never => Style::Plain,
            ColorChoice::Auto if !self.is_terminal() => Style::Plain,
            _ => Style::Fancy,
        }
    }

    /// Whether standard output is a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Whether someone can be asked for something.
    pub(crate) fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Prints a result of words.
    ///
    /// # Errors
    /// If standard output cannot be written; a reader that went away is no error.
    pub(crate) fn result(&self, text: &str) -> io::Result<()> {
        let choice = if self.json {
            ColorChoice::Never
        } else {
            self.color
        };
        let mut out = AutoStream::new(io::stdout().lock(), choice);
        heard(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
    }

    /// Prints what became of files: a result that who wants quiet has not asked for.
    ///
    /// # Errors
    /// As [`result`](Self::result).
    pub(crate) fn receipt(&self, text: &str) -> io::Result<()> {
        if self.quiet {
            return Ok(());
        }
        self.result(&given::plain(text))
    }

    /// Prints a result of bytes, as they are.
    ///
    /// # Errors
    /// As [`result`](Self::result).
    pub(crate) fn raw(&self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        heard(out.write_all(bytes).and_then(|()| out.flush()))
    }

    /// Prints a result as JSON.
    ///
    /// # Errors
    /// As [`result`](Self::result).
    pub(crate) fn json(&self, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string_pretty(value).map_err(io::Error::from)?;
        let mut out = io::BufWriter::with_capacity(JSON_BUFFER, io::stdout().lock());
        let written = out.write_all(escaped(&text).as_bytes());
        heard(
            written
                .and_then(|()| out.write_all(b"\n"))
                .and_then(|()| out.flush()),
        )
    }

    /// Asks for something to be done elsewhere; whoever asked for quiet waits for it too.
    pub(crate) fn prompt(&self, text: &str) {
        self.say("prompt", text, Tone::Plain, "");
    }

    /// Says something by the way.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.say("note", text, Tone::Plain, "");
        }
    }

    /// Says something that only `-v` asks for.
    pub(crate) fn detail(&self, text: &str) {
        if self.verbose {
            self.note(text);
        }
    }

    /// Warns of something that is no error.
    pub(crate) fn warning(&self, text: &str) {
        if !self.quiet {
            self.alert(text);
        }
    }

    /// Warns of something that does harm if nobody hears of it, with `--quiet` too.
    pub(crate) fn alert(&self, text: &str) {
        let label = format!("{} ", Tone::Warning.paint("warning:"));
        self.say("warning", text, Tone::Plain, &label);
    }

    /// A failure as it is shown in JSON.
    pub(crate) fn failure_json(&self, failure: &Failure) -> FailureJson {
        failure.to_json(&self.call)
    }

    /// `kvcert COMMAND` with the flags of this call, to type next.
    pub(crate) fn next(&self, command: &str) -> String {
        self.call.command(command)
    }

    /// Shows why a command failed: `error: …`, causes, `hint: …`, or all that as JSON.
    pub(crate) fn failure(&self, failure: &Failure) {
        if self.json {
            let body = std::collections::BTreeMap::from([("error", self.failure_json(failure))]);
            let text = serde_json::to_string_pretty(&body).unwrap_or_default();
            self.to_stderr(&format!("{text}\n"));
            return;
        }
        let hint = format!("\n{}", Tone::Hint.paint("hint:"));
        let text = given::plain(&failure.to_text(&self.call))
            .replacen("error:", &Tone::Error.paint("error:"), 1)
            .replace("\nhint:", &hint);
        self.to_stderr(&format!("{text}\n"));
    }

    /// Shows what clap says about a command line.
    pub(crate) fn clap_error(&self, message: &StyledStr) {
        self.to_stderr(&message.ansi().to_string());
    }

    /// Shows how far a long work has come, on a terminal, until it is dropped. How much there is to do is said as it becomes known.
    pub(crate) fn progress(&self, verb: &'static str) -> Progress {
        Progress {
            console: self.clone(),
            verb,
            total: AtomicUsize::new(0),
            is_shown: !self.quiet && !self.json && io::stderr().is_terminal(),
        }
    }

    /// Asks a question; the answer comes on the same line.
    pub(crate) fn ask(&self, question: &str) {
        self.to_stderr(question);
    }

    /// Shows what is being waited for, on a terminal, until it is dropped.
    pub(crate) fn waiting(&self) -> Waiting<'_> {
        Waiting {
            console: self,
            is_shown: !self.quiet && !self.json && io::stderr().is_terminal(),
        }
    }

    /// Who watches the requests: with `-v` each is shown, else nobody.
    pub(crate) fn observer(&self) -> Option<Observer> {
        if !self.verbose {
            return None;
        }
        let console = self.clone();
        Some(Arc::new(move |exchange: &Exchange| {
            console.exchange(exchange)
        }))
    }

    /// Method, URL, status, request id, time: nothing of headers or bodies.
    fn exchange(&self, exchange: &Exchange) {
        let status = exchange
            .status
            .map_or_else(|| "no answer".into(), |s| s.as_u16().to_string());
        let id = exchange
            .request_id
            .as_deref()
            .map(|id| format!(" {id}"))
            .unwrap_or_default();
        let (method, url) = (&exchange.method, &exchange.url);
        let milliseconds = exchange.elapsed.as_millis();
        let line = format!("{method} {url} {status}{id} {milliseconds} ms");
        self.say("request", &line, Tone::Faint, "");
    }

    /// Prints a line on standard error; with `--json` an object of its kind, so that all of standard
    /// error is JSON.
    fn say(&self, kind: &str, text: &str, tone: Tone, label: &str) {
        match self.json {
            true => self.to_stderr(&format!("{}\n", serde_json::json!({ kind: text }))),
            false => {
                let text = tone.paint(&given::plain(text));
                self.to_stderr(&format!("{label}{text}\n"));
            }
        }
    }

    /// A message that cannot be shown is lost; there is no one left to tell. What others say may
    /// quote a secret.
    fn to_stderr(&self, text: &str) {
        let mut err = AutoStream::new(io::stderr().lock(), self.color);
        let _ = err.write_all(self.clear().as_bytes());
        let _ = err.write_all(given::hide(text).as_bytes());
    }

    /// Says something that the next thing said overwrites.
    fn pass(&self, text: &str) {
        let mut err = io::stderr().lock();
        let _ = write!(err, "{}{text}", self.clear());
        self.passing.store(text.len(), Ordering::Relaxed);
    }

    /// What overwrites the passing line. Called with standard error locked.
    fn clear(&self) -> String {
        match self.passing.swap(0, Ordering::Relaxed) {
            0 => String::new(),
            length => format!("\r{:length$}\r", ""),
        }
    }
}

/// A bar on standard error.
#[derive(Debug)]
pub(crate) struct Progress {
    console: Console,
    verb: &'static str,
    total: AtomicUsize,
    is_shown: bool,
}

impl Progress {
    /// Says that there is more to do than was known.
    pub(crate) fn expect(&self, more: usize) {
        self.total.fetch_add(more, Ordering::Relaxed);
    }

    /// Says that `done` of all are done.
    pub(crate) fn show(&self, done: usize) {
        if self.is_shown {
            let (verb, total) = (self.verb, self.total.load(Ordering::Relaxed));
            let full = BAR * done.min(total) / total.max(1);
            let bar = format!("{:-<BAR$}", "#".repeat(full));
            self.console
                .pass(&format!("[{bar}] {verb} {done} of {total}"));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.is_shown {
            self.console.pass("");
        }
    }
}

/// A line on standard error that says what is being waited for.
#[derive(Debug)]
pub(crate) struct Waiting<'a> {
    console: &'a Console,
    is_shown: bool,
}

impl Waiting<'_> {
    /// Says it, over what was said before.
    pub(crate) fn show(&self, text: &str) {
        if self.is_shown {
            self.console.pass(text);
        }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.show("");
    }
}

/// JSON in which no character steers a terminal: those that JSON allows as they are, which are in
/// strings, become escapes (RFC 8259 section 7).
fn escaped(json: &str) -> Cow<'_, str> {
    let steers = |c: char| c != '\n' && is_deceptive(c);
    if !json.contains(steers) {
        return Cow::Borrowed(json);
    }
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if steers(c) {
            let units = c.encode_utf16(&mut [0; 2]).to_vec();
            text.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            text.push(c);
        }
    }
    Cow::Owned(text)
}

/// The bar's length, in characters.
const BAR: usize = 20;
/// Standard output takes what it is given line by line, and a line apart: seldom, then.
const JSON_BUFFER: usize = 64 * 1024;

/// `head` and its like close the pipe when they have enough.
fn heard(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result,
    }
}
