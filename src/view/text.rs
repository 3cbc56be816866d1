//! As text of at most 80 columns: with box drawing and colour, or in plain ASCII but for the names
//! that have other characters.

mod certificate;
mod file;
mod paper;
mod tree;

use super::FileReport;
use paper::Paper;

/// How text is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// ASCII, no colour.
    Plain,
    /// Box drawing, ticks and colour, for a terminal.
    Fancy,
}

/// A file taken apart.
pub fn file(report: &FileReport, style: Style) -> String {
    let mut paper = Paper::new(style);
    file::draw(report, &mut paper);
    paper.into_text()
}
