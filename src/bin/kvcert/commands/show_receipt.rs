//! How a run over several certificates is told: on its way, and in the end by its receipt.

use std::io;

use kvcert::export::{
    CertificateReceipt, Event, FileReceipt, Material, Receipt, SkipReason, Warning,
};
use kvcert_pki::chain::Finding;
use kvcert_pki::format::Container;
use kvcert_pki::validity::Lapse;

use crate::console::{Console, Progress};
use crate::failure::{Failure, FailureJson, Kind};

/// A receipt, with its failures as the user is told of them.
pub(super) struct Report {
    pub(super) receipt: Receipt<FailureJson>,
    /// Decides the exit code; shown last, by `main`.
    worst: Option<Failure>,
}

impl Report {
    /// Warns of what was skipped or is outside its validity, and shows the failures, which `explain` makes of the library's. Of
    /// several the worst is kept for the end.
    pub(super) fn new<E>(
        receipt: Receipt<E>,
        mut explain: impl FnMut(&str, E) -> Failure,
        console: &Console,
    ) -> Self {
        for skipped in &receipt.skipped {
            let (certificate, message) = (&skipped.certificate, skipped.message);
            match skipped.reason {
                SkipReason::NotExportable => console.warning(&format!(
                    "skipped `{certificate}`: {message}; `--no-key` writes the certificate alone"
                )),
                SkipReason::Disabled => {
                    console.note(&format!("skipped `{certificate}`: {message}"));
                }
                SkipReason::Present => {}
            }
        }
        let warnings = receipt.certificates.iter().flat_map(|it| &it.warnings);
        for lapse in warnings.filter(|warning| warning.is_lapse) {
            console.alert(&lapse.message);
        }
        let mut worst: Option<Failure> = None;
        let receipt = receipt.map_failures(|certificate, error| {
            let failure = explain(certificate, error);
            let json = console.failure_json(&failure);
            match &mut worst {
                // The end of the run is reported once, not for each certificate that it cut off.
                _ if failure.kind >= Kind::Interrupted => {}
                Some(worst) if worst.kind >= failure.kind => console.failure(&failure),
                worst => {
                    if let Some(milder) = worst.replace(failure) {
                        console.failure(&milder);
                    }
                }
            }
            json
        });
        Self { receipt, worst }
    }

    /// The same, of a run that was ended before it was done; nothing is worse.
    pub(super) fn ended_early(mut self, failure: Failure, console: &Console) -> Self {
        if let Some(milder) = self.worst.replace(failure) {
            console.failure(&milder);
        }
        self
    }

    /// Prints the receipt, as JSON or as a list of files, unless standard output has the result.
    pub(super) fn print(&self, is_stdout: bool, console: &Console) -> io::Result<()> {
        let receipt = &self.receipt;
        if console.is_json() {
            return console.json(receipt);
        }
        if is_stdout {
            return Ok(());
        }
        if receipt.certificates.is_empty() && receipt.skipped.is_empty() && self.worst.is_none() {
            console.note("no certificates found");
        }
        let present = receipt.skipped.iter();
        let present = present.filter(|skipped| skipped.reason == SkipReason::Present);
        match present.count() {
            0 => {}
            1 => console.note("skipped 1 certificate: its files already exist"),
            many => console.note(&format!(
                "skipped {many} certificates: their files already exist"
            )),
        }
        let mut files = String::new();
        for certificate in &receipt.certificates {
            console.note(&certificate.to_string());
            for exposed in certificate
                .files
                .iter()
                .filter_map(|file| file.warning.as_ref())
            {
                console.warning(&exposed.message);
            }
            files.push_str(&file_lines(certificate));
        }
        console.receipt(&files)
    }

    /// The worst failure, if anything failed.
    pub(super) fn into_result(self) -> Result<(), Failure> {
        self.worst.map_or(Ok(()), Err)
    }
}

/// A line for each file of a certificate.
pub(super) fn file_lines(certificate: &CertificateReceipt) -> String {
    let verb = if certificate.dry_run { "would be " } else { "" };
    let files = certificate.files.iter();
    files.map(|file| file_line(file, verb)).collect()
}

/// Where a file is, who may read it, and what was done, with `verb` before.
pub(super) fn file_line(file: &FileReceipt, verb: &str) -> String {
    let mode = file.mode.as_deref().unwrap_or("    ");
    format!("{}  {mode}  {verb}{}\n", file.path, file.outcome)
}

/// Tells what happens on the way.
pub(super) fn tell(event: &Event<'_>, progress: &Progress, console: &Console) {
    match event {
        Event::Expected(more) => progress.expect(*more),
        Event::Done(done) => progress.show(*done),
        Event::Read(material) => tell_material(material, console),
    }
}

/// Warns of what is odd about a chain and what of it is outside its validity, and gives that for a
/// receipt.
pub(super) fn warnings<'a>(
    findings: impl IntoIterator<Item = &'a Finding>,
    lapses: &[Lapse],
    console: &Console,
) -> Vec<Warning> {
    let findings = findings.into_iter().map(Warning::from);
    let warnings: Vec<Warning> = findings.chain(lapses.iter().map(Warning::from)).collect();
    for Warning {
        message, is_lapse, ..
    } in &warnings
    {
        match is_lapse {
            true => console.alert(message),
            false => console.warning(message),
        }
    }
    warnings
}

fn tell_material(material: &Material, console: &Console) {
    for finding in material.findings() {
        console.warning(&finding.to_string());
    }
    if let Container::Pkcs12 { password, .. } = material.container() {
        console.detail(&format!("opened with: password {password}"));
    }
    for note in &material.notes {
        console.note(&format!("note: {note}"));
    }
}
