//! When a refused request is worth another try, and how long to wait before.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// Whether the service has more to do than it can, or than it grants this caller.
pub(crate) fn is_overloaded(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 503)
}

/// How often a request with this answer is sent again.
pub(crate) fn tries(status: StatusCode) -> usize {
    match status.as_u16() {
        // The service counts calls in windows of ten seconds: the waits together outlast one.
        429 => DELAYS.len(),
        408 | 500 | 502 | 503 | 504 => 3,
        _ => 0,
    }
}

/// As [`tries`], for a request that changes something: only if it was not begun. Whether one that
/// failed half-way, or whose answer was lost, had its effect nobody can tell.
pub(crate) fn tries_of_change(status: StatusCode) -> usize {
    match status.as_u16() {
        429 => DELAYS.len(),
        _ => 0,
    }
}

/// The wait before try number `attempt`, from 0: what the service asked for, or one of ours.
pub(crate) fn wait(headers: &HeaderMap, attempt: usize) -> Duration {
    asked(headers).unwrap_or_else(|| delay(attempt))
}

/// The wait before try number `attempt`, from 0, where the service named none: it doubles, and is
/// up to a quarter longer by chance, so that those who were refused together do not come back
/// together.
fn delay(attempt: usize) -> Duration {
    let base = Duration::from_secs(DELAYS[attempt.min(DELAYS.len() - 1)]);
    let mut chance = [0];
    // Without chance there is still the wait.
    aws_lc_rs::rand::fill(&mut chance).ok();
    base + base.mul_f64(f64::from(chance[0]) / 255.0 / 4.0)
}

/// How long the service asked to wait: the most exact of the ways in which Azure's services say it.
pub(crate) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let milliseconds = |name| text(name)?.parse().ok().map(Duration::from_millis);
    // More than any number holds is still a number.
    let seconds = || {
        let text = text(RETRY_AFTER.as_str())?;
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().unwrap_or(u64::MAX))
    };
    // Against the service's own clock, for ours may be wrong.
    let until = || {
        let until = httpdate::parse_http_date(text(RETRY_AFTER.as_str())?).ok()?;
        let now = text(DATE.as_str()).and_then(|date| httpdate::parse_http_date(date).ok());
        let now = now.unwrap_or_else(SystemTime::now);
        Some(until.duration_since(now).unwrap_or_default())
    };
    milliseconds("retry-after-ms")
        .or_else(|| milliseconds("x-ms-retry-after-ms"))
        .or_else(|| seconds().map(Duration::from_secs))
        .or_else(until)
}

/// A service that asks for more is as good as down.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Seconds, as the service's throttling guidance has them.
const DELAYS: [u64; 5] = [1, 2, 4, 8, 16];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &str)], expected: Option<u64>) {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        assert_eq!(asked(&headers), expected.map(Duration::from_millis));
    }

    #[test]
    fn every_way_to_ask_for_time() {
        let date = ("date", "Tue, 24 Nov 2026 10:00:00 GMT");
        check(&[], None);
        check(&[("retry-after", "3")], Some(3000));
        check(&[("retry-after", " 0 ")], Some(0));
        check(&[("retry-after", "soon")], None);
        check(&[("retry-after", "-1")], None);
        check(&[("retry-after-ms", "250")], Some(250));
        check(&[("x-ms-retry-after-ms", "250")], Some(250));
        check(
            &[("retry-after", "9"), ("retry-after-ms", "8500")],
            Some(8500),
        );
        check(&[("retry-after", "9"), ("retry-after-ms", "?")], Some(9000));
        check(
            &[("retry-after", "Tue, 24 Nov 2026 10:00:07 GMT"), date],
            Some(7000),
        );
        check(
            &[("retry-after", "Tue, 24 Nov 2026 09:59:00 GMT"), date],
            Some(0),
        );
        check(&[("retry-after", "Thu, 01 Jan 1970 00:00:00 GMT")], Some(0));
    }

    #[test]
    fn waits_double_and_vary_a_little() {
        for (attempt, seconds) in [1, 2, 4, 8, 16, 16].into_iter().enumerate() {
            let (least, found) = (Duration::from_secs(seconds), delay(attempt));
            assert!(found >= least && found <= least * 5 / 4, "{found:?}");
        }
    }

    #[test]
    fn what_may_pass() {
        let found = [200, 400, 403, 404, 408, 429, 500, 501, 502, 503, 504]
            .map(|status| tries(StatusCode::from_u16(status).unwrap()));
        assert_eq!(found, [0, 0, 0, 0, 3, 5, 3, 0, 3, 3, 3]);
        let found = [202, 408, 409, 429, 500, 503, 504]
            .map(|status| tries_of_change(StatusCode::from_u16(status).unwrap()));
        assert_eq!(found, [0, 0, 0, 5, 0, 0, 0]);
    }
}
