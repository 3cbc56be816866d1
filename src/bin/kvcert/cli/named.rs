//! What a command line names.

use super::Command;

impl Command {
    /// The certificates of a vault that are named: names, patterns and identifiers.
    pub(crate) fn certificates(&self) -> Vec<&str> {
        let one = match self {
            Self::Get(args) => return args.certificates.iter().map(String::as_str).collect(),
            Self::Inspect(args) => args.what.as_deref(),
            Self::Token(args) => args.certificate.as_deref(),
            Self::Doctor(args) => args.certificate.as_deref(),
            Self::Exec(args) => Some(args.certificate.as_str()),
            Self::Create(args) => Some(args.name.as_str()),
            Self::Merge(args) => Some(args.name.as_str()),
            Self::Import(args) => Some(args.name.as_str()),
            Self::Delete(args) => Some(args.name.as_str()),
            Self::Recover(args) => Some(args.name.as_str()),
            Self::Purge(args) => Some(args.name.as_str()),
            Self::Backup(args) => Some(args.name.as_str()),
            Self::App(args) => Some(args.command.registered().name.as_str()),
            _ => None,
        };
        one.into_iter().collect()
    }
}
