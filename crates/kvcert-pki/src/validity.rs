//! [`Validity`]: from when to when something may be used, and what that means at a [`Moment`].
//!
//! This is the one place that reads the clock, counts days, decides what "soon" is and words it,
//! and that says which of several certificates to use now ([`Preference`]).
//!
//! ```
//! use kvcert_pki::validity::{DAY, Moment, Soon, Status, Validity};
//!
//! // Valid for 90 days, seen 60 days after it began: the last third starts here.
//! let moment = Moment { now: 61 * DAY, soon: Soon::default() };
//! let validity = Validity::new(Some(0), Some(90 * DAY), moment);
//! assert_eq!(validity.status, Status::ExpiresSoon);
//! assert_eq!(validity.to_string(), "expires soon, 29 days left");
//! ```

mod lapse;
mod preference;

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

pub use lapse::{Dated, Lapse};
pub use preference::{Preference, preferred};
use serde::{Serialize, Serializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::certificate::Certificate;

/// A time of validity, seen from a moment. As JSON: `notBefore` and `notAfter` in RFC 3339,
/// `daysLeft` and `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Validity {
    /// Unix seconds.
    #[serde(serialize_with = "as_rfc3339")]
    pub not_before: Option<i64>,
    /// Unix seconds. This second still belongs to it (RFC 5280 section 4.1.2.5).
    #[serde(serialize_with = "as_rfc3339")]
    pub not_after: Option<i64>,
    /// Whole days until the end; negative after it.
    pub days_left: Option<i64>,
    /// What that means.
    pub status: Status,
}

/// From when to when something may be used, Unix seconds. Either end may be open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bounds {
    /// The first second.
    pub not_before: Option<i64>,
    /// The last second.
    pub not_after: Option<i64>,
}

/// What a time of validity means at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Status {
    /// It may be used, and will be for a while.
    #[serde(rename = "valid")]
    Valid,
    /// It may be used, but it is time to renew it ([`Soon`]).
    #[serde(rename = "expires soon")]
    ExpiresSoon,
    /// It is over.
    #[serde(rename = "expired")]
    Expired,
    /// It has not begun.
    #[serde(rename = "not yet valid")]
    NotYetValid,
    /// Someone switched it off, whatever the time.
    #[serde(rename = "disabled")]
    Disabled,
    /// It has not been issued.
    #[serde(rename = "pending")]
    Pending,
}

/// When validity is judged, and how early "soon" begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Unix seconds.
    pub now: i64,
    /// What is called soon.
    pub soon: Soon,
}

/// How long before its end something expires "soon". Parses, and shows itself as, `30d` or `33%`.
///
/// The default is the last third of the lifetime, and not a number of days, because lifetimes
/// shrink: of the 47 days of a public certificate in 2029, 30 would be most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Soon {
    /// So many days before the end.
    Days(u32),
    /// In the last so many per cent of the lifetime. Where the beginning is unknown, 30 days.
    Percent(u8),
}

impl Bounds {
    /// What they mean at `moment`.
    pub fn validity(self, moment: Moment) -> Validity {
        Validity::new(self.not_before, self.not_after, moment)
    }

    /// Whether both ends are open.
    pub fn are_open(self) -> bool {
        self == Self::default()
    }
}

impl Validity {
    /// Of something that is valid from and until so many Unix seconds.
    pub fn new(from: Option<i64>, until: Option<i64>, moment: Moment) -> Self {
        let Moment { now, soon } = moment;
        let left = until.map(|end| end.saturating_sub(now));
        let lifetime = from.zip(until).map(|(from, end)| end.saturating_sub(from));
        Self {
            not_before: from,
            not_after: until,
            days_left: left.map(|left| left.div_euclid(DAY)),
            status: match left {
                Some(left) if left < 0 => Status::Expired,
                _ if from.is_some_and(|from| from > now) => Status::NotYetValid,
                Some(left) if left < soon.seconds(lifetime) => Status::ExpiresSoon,
                _ => Status::Valid,
            },
        }
    }

    /// Of a certificate. An authority lives for years, so a percentage of its life says little: it
    /// expires soon in its last 30 days.
    pub fn of(certificate: &Certificate, moment: Moment) -> Self {
        let soon = match moment.soon {
            Soon::Percent(_) if certificate.is_ca() => Soon::Days(SOON_DAYS),
            soon => soon,
        };
        let (from, until) = (certificate.not_before(), certificate.not_after());
        Self::new(Some(from), Some(until), Moment { soon, ..moment })
    }

    /// The same of something that may be switched off.
    pub fn enabled(mut self, enabled: bool) -> Self {
        if !enabled {
            self.status = Status::Disabled;
        }
        self
    }

    /// The same of something that has not been issued.
    pub fn pending(mut self) -> Self {
        self.status = Status::Pending;
        self
    }

    /// Whether the end is past. Tells it of something disabled, too.
    pub fn is_expired(&self) -> bool {
        self.days_left.is_some_and(|days| days < 0)
    }

    /// How much time is left, such as `364 days left` or `expired 3 days ago`.
    pub fn left(&self) -> String {
        match self.days_left {
            None => String::from("does not expire"),
            Some(0) => String::from("expires within a day"),
            Some(-1) => String::from("expired less than a day ago"),
            Some(days) if days > 0 => format!("{} left", count(days)),
            Some(days) => format!("expired {} ago", count(-1 - days)),
        }
    }

    /// What is said of a certificate after its name, with the date: `expires in 8 days
    /// (2026-12-07T00:00:00Z)`, `expired 3 days ago (…)`, `is not valid before …`.
    pub fn sentence(&self) -> String {
        let end = |words: &str| match self.not_after {
            Some(end) => format!("{words} ({})", rfc3339(end)),
            None => words.to_owned(),
        };
        match (self.status, self.not_before, self.days_left) {
            (Status::NotYetValid, Some(from), _) => {
                format!("is not valid before {}", rfc3339(from))
            }
            (_, _, Some(days)) if days > 0 => end(&format!("expires in {}", count(days))),
            _ => end(&self.left()),
        }
    }

    /// The day it begins, such as `2026-01-02`, or `-`.
    pub fn first_day(&self) -> String {
        self.not_before.map_or_else(|| "-".to_owned(), day)
    }

    /// The day it ends, such as `2026-01-02`, or `-`.
    pub fn last_day(&self) -> String {
        self.not_after.map_or_else(|| "-".to_owned(), day)
    }
}

/// In a few words: `364 days left`, `expires soon, 8 days left`, `expires within a day`, `expired 3 days
/// ago`, `not yet valid, begins 2026-01-02`, `disabled, 364 days left`.
impl fmt::Display for Validity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left = self.left();
        match self.status {
            Status::NotYetValid => write!(f, "not yet valid, begins {}", self.first_day()),
            Status::ExpiresSoon if self.days_left != Some(0) => write!(f, "expires soon, {left}"),
            Status::Disabled => write!(f, "disabled, {left}"),
            Status::Pending => f.write_str("pending"),
            Status::Valid | Status::ExpiresSoon | Status::Expired => f.write_str(&left),
        }
    }
}

impl Status {
    /// As in JSON: `valid`, `expires soon`, `expired`, `not yet valid`, `disabled` or `pending`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::ExpiresSoon => "expires soon",
            Self::Expired => "expired",
            Self::NotYetValid => "not yet valid",
            Self::Disabled => "disabled",
            Self::Pending => "pending",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Moment {
    /// This moment.
    pub fn now(soon: Soon) -> Self {
        Self { now: now(), soon }
    }
}

impl Default for Moment {
    /// This moment, with the usual idea of soon.
    fn default() -> Self {
        Self::now(Soon::default())
    }
}

impl Soon {
    fn seconds(self, lifetime: Option<i64>) -> i64 {
        match (self, lifetime) {
            (Self::Days(days), _) => i64::from(days) * DAY,
            (Self::Percent(percent), Some(lifetime)) => {
                lifetime.saturating_mul(i64::from(percent)) / 100
            }
            (Self::Percent(_), None) => i64::from(SOON_DAYS) * DAY,
        }
    }
}

impl Default for Soon {
    fn default() -> Self {
        Self::Percent(33)
    }
}

impl FromStr for Soon {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let days = text.strip_suffix('d').and_then(|days| days.parse().ok());
        let percent = text.strip_suffix('%').and_then(|part| part.parse().ok());
        match (days, percent) {
            (Some(days), _) => Ok(Self::Days(days)),
            (None, Some(percent)) if percent <= 100 => Ok(Self::Percent(percent)),
            _ => Err("give days, such as 30d, or a part of the lifetime, such as 33%"),
        }
    }
}

impl fmt::Display for Soon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(days) => write!(f, "{days}d"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// The time, now.
pub fn clock() -> SystemTime {
    SystemTime::now()
}

/// Unix seconds, now.
pub fn now() -> i64 {
    let elapsed = clock().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}

/// A time in Unix seconds as RFC 3339, UTC: `2026-01-02T03:04:05Z`.
pub fn rfc3339(unix_seconds: i64) -> String {
    OffsetDateTime::from_unix_timestamp(unix_seconds)
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| unix_seconds.to_string())
}

/// An RFC 3339 time in Unix seconds; `None` if `text` is not one.
pub fn parse_rfc3339(text: &str) -> Option<i64> {
    let time = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    Some(time.unix_timestamp())
}

/// The day of a time in Unix seconds, UTC: `2026-01-02`.
pub fn day(unix_seconds: i64) -> String {
    let mut text = rfc3339(unix_seconds);
    text.truncate(text.find('T').unwrap_or(text.len()));
    text
}

/// `1 day`, `2 days`.
fn count(days: i64) -> String {
    format!("{days} day{}", if days == 1 { "" } else { "s" })
}

fn as_rfc3339<S: Serializer>(time: &Option<i64>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(rfc3339).serialize(serializer)
}

/// A day in seconds.
pub const DAY: i64 = 86_400;

/// What is soon where a percentage has no lifetime to count from.
const SOON_DAYS: u32 = 30;

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1000 * DAY + 1;

    fn seen(from: i64, until: i64, soon: Soon) -> Validity {
        let moment = Moment { now: NOW, soon };
        Validity::new(Some(from * DAY), Some(until * DAY), moment)
    }

    #[track_caller]
    fn check(from: i64, until: i64, status: Status, words: &str) {
        let validity = seen(from, until, Soon::default());
        assert_eq!((validity.status, &*validity.to_string()), (status, words));
    }

    #[test]
    fn words_and_days() {
        check(900, 1101, Status::Valid, "100 days left");
        check(900, 1049, Status::ExpiresSoon, "expires soon, 48 days left");
        check(900, 1050, Status::Valid, "49 days left");
        check(900, 1002, Status::ExpiresSoon, "expires soon, 1 day left");
        check(900, 1001, Status::ExpiresSoon, "expires within a day");
        check(900, 1000, Status::Expired, "expired less than a day ago");
        check(900, 999, Status::Expired, "expired 1 day ago");
        check(900, 997, Status::Expired, "expired 3 days ago");
        let future = "not yet valid, begins 1972-09-28";
        check(1001, 1100, Status::NotYetValid, future);
        let moment = Moment::default();
        let never = Validity::new(None, None, moment).enabled(false);
        assert_eq!(never.to_string(), "disabled, does not expire");
    }

    #[test]
    fn the_last_second_still_counts() {
        let at = |now| {
            let soon = Soon::default();
            Validity::new(Some(0), Some(DAY), Moment { now, soon }).status
        };
        assert_eq!(
            [at(-1), at(0), at(DAY), at(DAY + 1)],
            [
                Status::NotYetValid,
                Status::Valid,
                Status::ExpiresSoon,
                Status::Expired
            ]
        );
    }

    #[test]
    fn soon() {
        let status = |soon: &str| seen(900, 1020, soon.parse().unwrap()).status;
        assert_eq!(status("20d"), Status::ExpiresSoon);
        assert_eq!(status("19d"), Status::Valid);
        assert_eq!(status("17%"), Status::ExpiresSoon);
        assert_eq!(status("16%"), Status::Valid);
        assert_eq!(status("0%"), Status::Valid);
        let soon = Soon::default();
        let without_beginning = |days: i64| {
            Validity::new(None, Some(NOW + days * DAY), Moment { now: NOW, soon }).status
        };
        assert_eq!(without_beginning(29), Status::ExpiresSoon);
        assert_eq!(without_beginning(30), Status::Valid);
        for text in ["30d", "33%", "0d", "100%"] {
            assert_eq!(text.parse::<Soon>().unwrap().to_string(), text);
        }
        for text in ["", "d", "%", "30", "101%", "-1d", "30 d", "1.5d"] {
            assert!(text.parse::<Soon>().is_err(), "{text}");
        }
    }

    #[test]
    fn sentences() {
        let sentence = |from, until| seen(from, until, Soon::default()).sentence();
        assert_eq!(
            sentence(900, 1009),
            "expires in 8 days (1972-10-06T00:00:00Z)"
        );
        assert_eq!(
            sentence(900, 1001),
            "expires within a day (1972-09-28T00:00:00Z)"
        );
        assert_eq!(
            sentence(900, 997),
            "expired 3 days ago (1972-09-24T00:00:00Z)"
        );
        assert_eq!(
            sentence(1001, 1100),
            "is not valid before 1972-09-28T00:00:00Z"
        );
    }

    #[test]
    fn as_json() {
        let validity = seen(900, 997, Soon::default());
        let json = serde_json::to_value(validity).unwrap();
        let expected = serde_json::json!({
            "notBefore": "1972-06-19T00:00:00Z",
            "notAfter": "1972-09-24T00:00:00Z",
            "daysLeft": -4,
            "status": "expired",
        });
        assert_eq!(json, expected);
    }
}
