//! [`InvalidSetting`]: a variable or flag that holds something other than it should, most often
//! because of how it was pasted, quoted or read from a file.

use std::fmt;

use kvcert_pki::sensitive::Sensitive;

use super::application::is_tenant;
use crate::given::{Content, Given};

/// A setting that holds something else than it should.
#[derive(Debug)]
pub struct InvalidSetting {
    name: &'static str,
    /// Nothing if it must not be shown.
    value: Option<Sensitive<String>>,
    problem: Problem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Problem {
    Content(Content),
    LineEnd,
    Quotes,
    Blanks,
    NotATenant,
}

impl InvalidSetting {
    /// Checks the value of the variable or flag `name`, which is not a secret.
    ///
    /// # Errors
    /// It is the content of a file, or has a line end, quotes or blanks that do not belong to it.
    pub fn check(name: &'static str, value: &str) -> Result<(), Self> {
        let content = Given::from(value).misplaced().map(Problem::Content);
        let problem = content.or_else(|| wrapped(value));
        problem.map_or(Ok(()), |problem| {
            let value = Some(Sensitive::new(value.to_owned()));
            Err(Self {
                name,
                value,
                problem,
            })
        })
    }

    /// The same for a secret, which is not shown.
    pub(super) fn check_secret(name: &'static str, value: &str) -> Result<(), Self> {
        wrapped(value).map_or(Ok(()), |problem| {
            Err(Self {
                name,
                value: None,
                problem,
            })
        })
    }

    /// Checks that the value of `name` is a tenant: a GUID or a domain.
    ///
    /// # Errors
    /// It is not.
    pub fn check_tenant(name: &'static str, value: &str) -> Result<(), Self> {
        Self::check(name, value)?;
        is_tenant(value).then_some(()).ok_or_else(|| Self {
            name,
            value: Some(Sensitive::new(value.to_owned())),
            problem: Problem::NotATenant,
        })
    }

    /// What it looks like instead of a path or name.
    pub fn content(&self) -> Option<Content> {
        match self.problem {
            Problem::Content(content) => Some(content),
            _ => None,
        }
    }

    /// The variable or flag.
    pub fn name(&self) -> &'static str {
        self.name
    }
}

/// What stands around the value and does not belong to it.
fn wrapped(value: &str) -> Option<Problem> {
    if value.contains(['\r', '\n']) {
        return Some(Problem::LineEnd);
    }
    if value != value.trim() {
        return Some(Problem::Blanks);
    }
    let quotes = [
        '"', '\'', '`', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}',
    ];
    (value.starts_with(quotes) || value.ends_with(quotes)).then_some(Problem::Quotes)
}

impl fmt::Display for InvalidSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name;
        match self.problem {
            Problem::Content(content) => {
                return write!(f, "{name} is not a path or name: it looks like {content}");
            }
            Problem::LineEnd => write!(f, "{name} contains a line end")?,
            Problem::Quotes => write!(f, "{name} contains quotes")?,
            Problem::Blanks => write!(f, "{name} has blanks around its value")?,
            Problem::NotATenant => write!(f, "{name} is neither a GUID nor a domain")?,
        }
        self.value.as_ref().map_or(Ok(()), |value| {
            write!(f, ": {}", Given::from(value.expose().as_str()))
        })
    }
}

impl std::error::Error for InvalidSetting {}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn said(value: &str, expected: &str) {
        let found = InvalidSetting::check_tenant("AZURE_TENANT_ID", value);
        let found = found.map_or_else(|error| error.to_string(), |()| String::from("fine"));
        assert_eq!(found, expected);
    }

    #[test]
    fn what_does_not_belong_to_a_value_is_named() {
        said("contoso.onmicrosoft.com", "fine");
        said(
            "contoso\r",
            "AZURE_TENANT_ID contains a line end: `contoso\\r`",
        );
        said(
            "contoso\r\n",
            "AZURE_TENANT_ID contains a line end: `contoso\\r\\n`",
        );
        said(
            "\"contoso\"",
            "AZURE_TENANT_ID contains quotes: `\"contoso\"`",
        );
        said(
            " contoso",
            "AZURE_TENANT_ID has blanks around its value: ` contoso`",
        );
        said(
            "a/b",
            "AZURE_TENANT_ID is neither a GUID nor a domain: `a/b`",
        );
        let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        said(
            pem,
            "AZURE_TENANT_ID is not a path or name: it looks like PEM text",
        );
    }

    #[test]
    fn a_secret_is_not_shown() {
        let error = InvalidSetting::check_secret("AZURE_CLIENT_SECRET", "hunter2\n").unwrap_err();
        assert_eq!(error.to_string(), "AZURE_CLIENT_SECRET contains a line end");
        assert!(!format!("{error:?}").contains("hunter2"));
        let shown = InvalidSetting::check("AZURE_CLIENT_ID", "hunter2\n").unwrap_err();
        assert!(!format!("{shown:?}").contains("hunter2"));
    }
}
