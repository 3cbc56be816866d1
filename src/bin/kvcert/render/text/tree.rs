//! [`Node`]: a tree with lines between its parts.

use super::writer::TextWriter;
use crate::style::Tone;

/// A part with what is known of it and the parts in it.
pub(super) struct Node {
    title: String,
    facts: Vec<(String, String, Tone)>,
    children: Vec<Self>,
}

impl Node {
    pub(super) fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            facts: Vec::new(),
            children: Vec::new(),
        }
    }

    pub(super) fn fact(&mut self, label: &str, value: impl Into<String>) {
        self.fact_in(label, value, Tone::Plain);
    }

    pub(super) fn fact_in(&mut self, label: &str, value: impl Into<String>, tone: Tone) {
        self.facts.push((label.to_owned(), value.into(), tone));
    }

    pub(super) fn push(&mut self, child: Self) {
        self.children.push(child);
    }

    /// Draws the tree below where `out` is.
    pub(super) fn draw(&self, out: &mut TextWriter) {
        self.draw_below(out, "", "");
    }

    fn draw_below(&self, out: &mut TextWriter, first: &str, rest: &str) {
        let (branch, last, pipe) = if out.is_fancy() {
            ("├─ ", "└─ ", "│  ")
        } else {
            ("|- ", "`- ", "|  ")
        };
        let inner = if self.children.is_empty() {
            "   "
        } else {
            pipe
        };
        out.row(first, &format!("{rest}{inner}"), &self.title, Tone::Plain);
        for (label, value, tone) in &self.facts {
            out.fact_in(&format!("{rest}{inner}"), label, value, *tone);
        }
        for (at, child) in self.children.iter().enumerate() {
            let (sign, below) = if at + 1 == self.children.len() {
                (last, "   ")
            } else {
                (branch, pipe)
            };
            child.draw_below(out, &format!("{rest}{sign}"), &format!("{rest}{below}"));
        }
    }
}
