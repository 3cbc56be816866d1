//! [`NamePattern`]: a pattern for the names of certificates.

use std::error::Error;
use std::fmt;
use std::str::FromStr;

use glob::{MatchOptions, Pattern};

use crate::given::Given;

/// A pattern for names, with `*`, `?` or `[…]`; without one of these it is a name. Key Vault
/// compares names without regard to case.
#[derive(Debug, Clone)]
pub struct NamePattern(Pattern);

/// Why a text is not a pattern for names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidPattern {
    /// The text, as it may be shown.
    pub pattern: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl NamePattern {
    /// Whether `text` has characters that only a pattern has.
    pub fn is_pattern(text: &str) -> bool {
        text.contains(['*', '?', '['])
    }

    /// Whether `name` is one that it means.
    pub fn matches(&self, name: &str) -> bool {
        let options = MatchOptions {
            case_sensitive: false,
            ..MatchOptions::new()
        };
        self.0.matches_with(name, options)
    }

    /// The pattern as it was given.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl FromStr for NamePattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        Pattern::new(text)
            .map(Self)
            .map_err(|error| InvalidPattern {
                pattern: Given::from(text).to_string(),
                problem: error.msg,
            })
    }
}

impl fmt::Display for InvalidPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pattern, problem } = self;
        write!(f, "{pattern} is not a pattern for names: {problem}")
    }
}

impl Error for InvalidPattern {}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, names: [&str; 4]) -> [bool; 4] {
        let pattern: NamePattern = pattern.parse().unwrap();
        names.map(|name| pattern.matches(name))
    }

    #[test]
    fn patterns() {
        let names = ["web-1", "WEB-12", "api", "web"];
        assert_eq!(check("*", names), [true; 4]);
        assert_eq!(check("web-*", names), [true, true, false, false]);
        assert_eq!(check("web-?", names), [true, false, false, false]);
        assert_eq!(check("[aw]*[0-9]", names), [true, true, false, false]);
        assert_eq!(check("Web", names), [false, false, false, true]);
        let error = "web-[".parse::<NamePattern>().unwrap_err();
        assert_eq!(error.pattern, "`web-[`");
    }
}
