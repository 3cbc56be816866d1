//! As text of at most 80 columns: with box drawing and colour, or in plain ASCII but for the names
//! that have other characters.

mod certificate;
mod file;
mod paper;
mod three;
mod tree;
mod vault;
pub(super) mod words;

use kvcert::report::{FileReport, ThreeParts, VaultReport};
use paper::Paper;

/// How text is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    /// ASCII, no colour.
    Plain,
    /// Box drawing, ticks and colour, for a terminal.
    Fancy,
}

/// A file taken apart.
pub(crate) fn file(report: &FileReport, style: Style) -> String {
    let mut paper = Paper::new(style);
    file::draw(report, &mut paper);
    paper.into_text()
}

/// A certificate of a vault.
pub(crate) fn three_parts(report: &ThreeParts, style: Style) -> String {
    let mut paper = Paper::new(style);
    three::draw(report, &mut paper);
    paper.into_text()
}

/// A whole vault.
pub(crate) fn vault(report: &VaultReport, style: Style) -> String {
    let mut paper = Paper::new(style);
    vault::draw(report, &mut paper);
    paper.into_text()
}
