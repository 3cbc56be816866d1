//! As text of at most 80 columns: with box drawing and colour, or in plain ASCII but for the names
//! that have other characters.

mod certificate;
mod file;
mod objects;
mod tree;
mod vault;
mod writer;

use kvcert::report::{Report, VaultReport};
use writer::TextWriter;

use crate::style::Style;

/// Any report.
pub(crate) fn report(report: &Report, style: Style) -> String {
    let mut out = TextWriter::new(style);
    match report {
        Report::File(report) => file::draw(report, &mut out),
        Report::Certificate(report) => objects::draw(report, &mut out),
        Report::Vault(report) => vault::by_expiry(report, &mut out),
    }
    out.into_text()
}

/// A vault as a table, a line for each certificate.
pub(crate) fn list(report: &VaultReport, style: Style) -> String {
    let mut out = TextWriter::new(style);
    vault::table(report, &mut out);
    out.into_text()
}
