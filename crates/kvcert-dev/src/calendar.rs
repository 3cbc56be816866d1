//! Spans of the calendar, and how a time is written.

use time::format_description::well_known::Rfc3339;
use time::{Date, Month, OffsetDateTime};

/// A duration of ISO 8601 in years, months, weeks and days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    months: u32,
    days: u32,
}

impl Span {
    /// Reads `P1Y6M`, `P90D`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('P').filter(|rest| !rest.is_empty())?;
        let mut span = Self { months: 0, days: 0 };
        for (unit, months, days) in [('Y', 12, 0), ('M', 1, 0), ('W', 0, 7), ('D', 0, 1)] {
            let Some((number, after)) = rest.split_once(unit) else {
                continue;
            };
            if !number.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            let number: u32 = number.parse().ok()?;
            span.months = number.checked_mul(months)?.checked_add(span.months)?;
            span.days = number.checked_mul(days)?.checked_add(span.days)?;
            rest = after;
        }
        rest.is_empty().then_some(span)
    }

    /// No month is shorter than 28 days.
    pub(crate) fn lasts_28_days(self) -> bool {
        self.months > 0 || self.days >= 28
    }

    /// The moment that is so much later; `None` if no calendar has it.
    pub(crate) fn after(self, moment: i64) -> Option<i64> {
        months_later(moment, self.months)?.checked_add(i64::from(self.days) * 24 * 3600)
    }
}

/// The same day of a later month, or the last day of that month; `None` if no calendar has it.
pub(crate) fn months_later(moment: i64, months: u32) -> Option<i64> {
    let then = OffsetDateTime::from_unix_timestamp(moment).ok()?;
    let count = then.year() * 12 + i32::from(u8::from(then.month())) - 1;
    let count = count.checked_add(i32::try_from(months).ok()?)?;
    let month = Month::try_from(u8::try_from(count.rem_euclid(12) + 1).ok()?).ok()?;
    let year = count.div_euclid(12);
    let day = then.day().min(month.length(year));
    let date = Date::from_calendar_date(year, month, day).ok()?;
    Some(then.replace_date(date).unix_timestamp())
}

/// A time in seconds since 1970 as `2026-01-02T03:04:05Z`
/// ([RFC 3339](https://www.rfc-editor.org/rfc/rfc3339#section-5.6)).
pub(crate) fn rfc3339(seconds: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    at.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_those_of_the_calendar() {
        let january = 1_706_659_200; // 2024-01-31
        assert_eq!(months_later(january, 1), Some(1_709_164_800)); // 2024-02-29
        assert_eq!(months_later(january, 12), Some(1_738_281_600)); // 2025-01-31
        assert_eq!(months_later(january, u32::MAX), None);
    }

    #[test]
    fn durations() {
        let after = |text| Span::parse(text).and_then(|span| span.after(1_706_659_200));
        assert_eq!(after("P1M"), Some(1_709_164_800));
        assert_eq!(after("P1Y2W1D"), Some(1_738_281_600 + 15 * 24 * 3600));
        for good in ["P30D", "P2M", "P1Y", "P1Y2M3D", "P4W"] {
            assert!(Span::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "P",
            "30D",
            "PD",
            "P1H",
            "P3D1M",
            "P-1D",
            "PT1H",
            "P9999999999Y",
            "P999999999Y",
        ] {
            assert!(Span::parse(bad).is_none(), "{bad}");
        }
        assert!(after("P300000000Y").is_none());
    }

    #[test]
    fn some_last_28_days() {
        let lasts = |text| Span::parse(text).unwrap().lasts_28_days();
        assert!(lasts("P28D") && lasts("P1M") && lasts("P4W") && lasts("P1Y"));
        assert!(!lasts("P27D") && !lasts("P3W"));
    }
}
