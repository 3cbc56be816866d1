//! [`Validity`]: from when to when something may be used, and what that means today.

use kvcert_pki::text::rfc3339;
use serde::Serialize;

/// A time of validity, seen from a moment.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Validity {
    /// RFC 3339, UTC.
    pub not_before: Option<String>,
    /// RFC 3339, UTC.
    pub not_after: Option<String>,
    /// Whole days until the end; negative after it.
    pub days_left: Option<i64>,
    /// `valid`, `expires soon` (within 30 days), `expired`, `not yet valid` or `disabled`.
    pub status: &'static str,
    /// The same in Unix seconds, to draw a timeline.
    #[serde(skip)]
    pub seconds: (Option<i64>, Option<i64>),
}

impl Validity {
    /// Of something that is valid from and until so many Unix seconds, seen at `now`.
    pub fn new(from: Option<i64>, until: Option<i64>, now: i64) -> Self {
        let left = until.map(|end| end.saturating_sub(now));
        Self {
            not_before: from.map(rfc3339),
            not_after: until.map(rfc3339),
            days_left: left.map(|left| left.div_euclid(SECONDS_A_DAY)),
            status: match left {
                Some(left) if left < 0 => "expired",
                _ if from.is_some_and(|from| from > now) => "not yet valid",
                Some(left) if left < SOON => "expires soon",
                _ => "valid",
            },
            seconds: (from, until),
        }
    }

    /// The same of something that may be switched off.
    pub fn enabled(mut self, enabled: bool) -> Self {
        if !enabled {
            self.status = "disabled";
        }
        self
    }

    /// How long it lasts still, such as `364 days left` or `expired 3 days ago`.
    pub fn left(&self) -> String {
        match self.days_left {
            None => String::from("does not expire"),
            Some(0) => String::from("expires today"),
            Some(1) => String::from("1 day left"),
            Some(days) if days >= 0 => format!("{days} days left"),
            Some(-1) => String::from("expired today"),
            Some(days) => format!("expired {} days ago", -days - 1),
        }
    }

    /// The day it begins or ends, or `-`.
    pub fn day(time: &Option<String>) -> &str {
        time.as_deref()
            .map_or("-", |time| time.get(..10).unwrap_or(time))
    }
}

/// Seconds.
/// A day in seconds.
pub const SECONDS_A_DAY: i64 = 86_400;
/// What is called soon.
const SOON: i64 = 30 * SECONDS_A_DAY;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(from: i64, until: i64, status: &str, left: &str) {
        let day = SECONDS_A_DAY;
        let validity = Validity::new(Some(from * day), Some(until * day), 1000 * day + 1);
        assert_eq!((validity.status, &*validity.left()), (status, left));
    }

    #[test]
    fn days() {
        check(900, 1101, "valid", "100 days left");
        check(900, 1031, "valid", "30 days left");
        check(900, 1030, "expires soon", "29 days left");
        check(900, 1002, "expires soon", "1 day left");
        check(900, 1001, "expires soon", "expires today");
        check(900, 1000, "expired", "expired today");
        check(900, 999, "expired", "expired 1 days ago");
        check(1001, 1100, "not yet valid", "99 days left");
        let never = Validity::new(None, None, 0).enabled(false);
        assert_eq!(
            (never.status, &*never.left()),
            ("disabled", "does not expire")
        );
    }
}
