//! [`TextWriter`]: text in lines that are wrapped, indented and coloured.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::style::{Style, Tone};

/// Text as it grows.
pub(super) struct TextWriter {
    text: String,
    style: Style,
}

impl TextWriter {
    pub(super) fn new(style: Style) -> Self {
        let text = String::new();
        Self { text, style }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    pub(super) fn style(&self) -> Style {
        self.style
    }

    pub(super) fn is_fancy(&self) -> bool {
        self.style == Style::Fancy
    }

    /// A heading after an empty line.
    pub(super) fn heading(&mut self, text: &str) {
        self.blank();
        self.row("", "", text, Tone::Strong);
    }

    pub(super) fn blank(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// A line that is laid out already.
    pub(super) fn verbatim(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A line, or as many as `text` takes; they begin with `indent`.
    pub(super) fn line(&mut self, indent: &str, text: &str) {
        self.row(indent, indent, text, Tone::Plain);
    }

    /// A command to type, which stays one where it takes several lines.
    pub(super) fn command(&mut self, indent: &str, text: &str) {
        let width = WIDTH - indent.width() - 2;
        self.line(indent, &wrap(text, width).join(" \\ "));
    }

    /// A label and what it is; what does not fit in one line goes on below itself.
    pub(super) fn fact(&mut self, indent: &str, label: &str, value: &str) {
        self.fact_in(indent, label, value, Tone::Plain);
    }

    pub(super) fn fact_in(&mut self, indent: &str, label: &str, value: &str, tone: Tone) {
        let rest = format!("{indent}{:LABEL$} ", "");
        if label.width() > LABEL {
            self.line(indent, label);
            return self.row(&rest, &rest, value, tone);
        }
        let first = format!("{indent}{label:<LABEL$} ");
        self.row(&first, &rest, value, tone);
    }

    /// A check and what came of it.
    pub(super) fn check(&mut self, indent: &str, holds: Option<bool>, text: &str) {
        let sign = self.sign(holds);
        let first = format!("{indent}{sign} ");
        let rest = if self.is_fancy() { "  " } else { "   " };
        self.row(&first, &format!("{indent}{rest}"), text, Tone::Plain);
    }

    /// Text that begins with `first` and goes on after `rest`, which is as wide.
    pub(super) fn row(&mut self, first: &str, rest: &str, text: &str, tone: Tone) {
        let width = WIDTH.saturating_sub(rest.width()).max(MIN_WIDTH);
        let mut start = first;
        for line in wrap(&clip(text), width) {
            let line = self.painted(&line, tone);
            let whole = format!("{start}{line}");
            self.text.push_str(whole.trim_end());
            self.text.push('\n');
            start = rest;
        }
    }

    /// Columns as wide as their widest cell, two spaces apart; the numbers in column `right` end
    /// below one another. Rows are not wrapped: each stays a line for `grep`.
    pub(super) fn table(
        &mut self,
        header: &[&str],
        rows: &[(Vec<String>, Tone)],
        right: Option<usize>,
    ) {
        let header = (
            header.iter().copied().map(str::to_owned).collect(),
            Tone::Strong,
        );
        let rows = || std::iter::once(&header).chain(rows);
        let widths: Vec<usize> = (0..header.0.len())
            .map(|at| rows().map(|(row, _)| row[at].width()).max().unwrap_or(0))
            .collect();
        for (row, tone) in rows() {
            let cells = row
                .iter()
                .zip(&widths)
                .enumerate()
                .map(|(at, (cell, width))| {
                    let space = " ".repeat(width - cell.width());
                    if Some(at) == right {
                        format!("{space}{cell}")
                    } else {
                        format!("{cell}{space}")
                    }
                });
            let line = cells.collect::<Vec<_>>().join("  ");
            let line = self.painted(line.trim_end(), *tone);
            self.verbatim(&line);
        }
    }

    /// A sign for a check: it holds, it does not, or nobody looked.
    fn sign(&self, holds: Option<bool>) -> String {
        let (fancy, plain, tone) = match holds {
            Some(true) => ("✓", "ok", Tone::Good),
            Some(false) => ("✗", "NO", Tone::Bad),
            None => ("·", "- ", Tone::Faint),
        };
        self.painted(if self.is_fancy() { fancy } else { plain }, tone)
    }

    fn painted(&self, text: &str, tone: Tone) -> String {
        match self.style {
            Style::Plain => text.to_owned(),
            Style::Fancy => tone.paint(text),
        }
    }
}

/// What nobody would read to its end, cut; JSON has all of it.
fn clip(text: &str) -> String {
    let count = text.chars().count();
    if count <= MOST {
        return text.to_owned();
    }
    let start: String = text.chars().take(SHOWN).collect();
    format!("{start}... ({count} characters; --json shows all)")
}

/// Lines of at most `width` columns, cut between words where that goes.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let space = usize::from(!line.is_empty());
        if line.width() + space + word.width() <= width {
            line.extend(std::iter::repeat_n(' ', space));
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for character in word.chars() {
            if line.width() + character.width().unwrap_or(0) > width {
                lines.push(std::mem::take(&mut line));
            }
            line.push(character);
        }
    }
    lines.push(line);
    lines
}

/// The widest line, in columns.
pub(super) const WIDTH: usize = 80;
const MIN_WIDTH: usize = 20;
/// The width of labels, in columns.
const LABEL: usize = 14;
/// The longest value that is shown whole, in characters, and what is shown of a longer one.
const MOST: usize = 600;
const SHOWN: usize = 200;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, width: usize, lines: &[&str]) {
        assert_eq!(wrap(text, width), lines);
    }

    #[test]
    fn wraps_between_words_and_breaks_long_ones() {
        check("", 10, &[""]);
        check("one two three", 7, &["one two", "three"]);
        check("one two three", 8, &["one two", "three"]);
        check("abcdefghij", 4, &["abcd", "efgh", "ij"]);
        check("a bcdefgh i", 4, &["a", "bcde", "fgh", "i"]);
        check("証明書 証明書", 6, &["証明書", "証明書"]);
    }

    #[test]
    fn nothing_is_wider_than_the_paper() {
        let mut out = TextWriter::new(Style::Plain);
        out.fact("      ", "a label", &"x".repeat(10_000));
        out.fact("      ", "a label", &"word ".repeat(100));
        out.fact(
            "      ",
            "a label that takes more than there is",
            &"x".repeat(100),
        );
        let text = out.into_text();
        assert!(text.lines().all(|line| line.width() <= WIDTH), "{text}");
        let words: Vec<&str> = text.split_whitespace().collect();
        assert!(
            words
                .join(" ")
                .contains("(10000 characters; --json shows all)"),
            "{text}"
        );
    }
}
