//! When a request is retried, and how long to wait before that.

use std::time::Duration;

use kvcert_pki::validity;
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use super::{Reply, Unreachable, UnreachableKind};

/// How often a request is retried, and after which time if the service names none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RetryPolicy {
    /// Whether a request that may have reached the service can be sent again: it changes nothing.
    pub(crate) idempotent: bool,
    /// The number of retries, by status.
    pub(crate) tries: fn(StatusCode) -> usize,
    /// The wait, by status and number of retries so far.
    pub(crate) delay: fn(StatusCode, usize) -> Duration,
}

/// How often a request was retried. Throttling (429) and failures are counted apart: a service that
/// throttled at first, and then fails, gets all retries for a failure.
#[derive(Debug, Default)]
pub(super) struct Retries {
    throttled: usize,
    failed: usize,
}

impl Retries {
    /// Those for what this status says.
    pub(super) fn of(&mut self, status: StatusCode) -> &mut usize {
        match status {
            StatusCode::TOO_MANY_REQUESTS => &mut self.throttled,
            _ => &mut self.failed,
        }
    }
}

/// What to do after a refusal.
pub(super) enum Next {
    Wait(Duration),
    GiveUp,
    /// The service asks to wait longer than [`LONGEST_WAIT`].
    TooLong(Duration),
}

impl RetryPolicy {
    /// For requests that change nothing.
    pub(crate) const READ: Self = Self {
        idempotent: true,
        tries: |status| match status.as_u16() {
            // Key Vault counts calls in windows of ten seconds: the waits together outlast one.
            429 => DELAYS.len(),
            408 | 500 | 502 | 503 | 504 => 3,
            _ => 0,
        },
        delay: |_, attempt| delay(attempt),
    };

    /// For requests that change something: retried only if the service did not start (429). After
    /// any other failure it is unknown whether the change was made.
    pub(crate) const CHANGE: Self = Self {
        idempotent: false,
        tries: |status| match status.as_u16() {
            429 => DELAYS.len(),
            _ => 0,
        },
        delay: |_, attempt| delay(attempt),
    };

    /// Whether the reply was lost, as one is now and then in a long run, and asking once more does
    /// no harm.
    pub(super) fn may_be_lost(&self, error: &Unreachable) -> bool {
        self.idempotent && error.kind == UnreachableKind::Broken
    }

    /// What to do after this refusal, and as many retries for the same.
    pub(super) fn next(&self, reply: &Reply, attempt: usize) -> Next {
        if attempt >= (self.tries)(reply.status) {
            return Next::GiveUp;
        }
        match asked(&reply.headers) {
            Some(wait) if wait > LONGEST_WAIT => Next::TooLong(wait),
            Some(wait) if wait >= SHORTEST_WAIT => Next::Wait(wait),
            // No time, zero, or a date that is past: all retries would be gone at once.
            _ => Next::Wait((self.delay)(reply.status, attempt)),
        }
    }
}

/// Whether the service is overloaded, or throttles this caller.
pub(crate) fn is_overloaded(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 503)
}

/// The wait before retry number `attempt`, from 0, where the service names none. It doubles each
/// time, and is up to a quarter longer at random, so that clients that were refused together do not
/// come back together.
pub(crate) fn delay(attempt: usize) -> Duration {
    let base = Duration::from_secs(DELAYS[attempt.min(DELAYS.len() - 1)]);
    let mut chance = [0];
    // Without randomness there is still the wait.
    aws_lc_rs::rand::fill(&mut chance).ok();
    base + base.mul_f64(f64::from(chance[0]) / 255.0 / 4.0)
}

/// How long the service asks to wait, from the most exact of the headers that Azure's services use.
pub(crate) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let milliseconds = |name| text(name)?.parse().ok().map(Duration::from_millis);
    // A number that is too large to be represented is still a number.
    let seconds = || {
        let text = text(RETRY_AFTER.as_str())?;
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse().unwrap_or(u64::MAX))
    };
    // By the service's own clock, because ours may be wrong.
    let until = || {
        let until = httpdate::parse_http_date(text(RETRY_AFTER.as_str())?).ok()?;
        let now = text(DATE.as_str()).and_then(|date| httpdate::parse_http_date(date).ok());
        let now = now.unwrap_or_else(validity::clock);
        Some(until.duration_since(now).unwrap_or_default())
    };
    milliseconds("retry-after-ms")
        .or_else(|| milliseconds("x-ms-retry-after-ms"))
        .or_else(|| seconds().map(Duration::from_secs))
        .or_else(until)
}

/// Where a service asks for more, kvcert gives up, and the error says how long it asked for.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Where it asks for less, kvcert waits as if it had named no time.
const SHORTEST_WAIT: Duration = Duration::from_millis(250);
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

    #[track_caller]
    fn next(status: u16, retry_after: &str, attempt: usize) -> Option<Duration> {
        let reply = Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: [(RETRY_AFTER, retry_after.parse().unwrap())]
                .into_iter()
                .collect(),
            body: Vec::new().into(),
        };
        match RetryPolicy::READ.next(&reply, attempt) {
            Next::Wait(wait) => Some(wait),
            Next::GiveUp | Next::TooLong(_) => None,
        }
    }

    /// Zero, and a date that is past, are not a reason to ask again at once.
    #[test]
    fn there_is_always_a_wait() {
        let past = "Thu, 01 Jan 1970 00:00:00 GMT";
        for retry_after in ["0", past, "soon"] {
            for (attempt, seconds) in [1, 2, 4, 8, 16].into_iter().enumerate() {
                let wait = next(429, retry_after, attempt).unwrap();
                assert!(
                    wait >= Duration::from_secs(seconds),
                    "{retry_after}: {wait:?}"
                );
            }
            assert_eq!(next(429, retry_after, 5), None);
        }
        assert_eq!(next(503, "1", 0), Some(Duration::from_secs(1)));
        assert_eq!(next(503, "30", 2), Some(LONGEST_WAIT));
        assert_eq!(next(503, "31", 0), None);
    }

    #[test]
    fn throttling_and_failures_are_counted_apart() {
        let mut retries = Retries::default();
        for status in [429, 503, 429, 500, 410] {
            *retries.of(StatusCode::from_u16(status).unwrap()) += 1;
        }
        assert_eq!((retries.throttled, retries.failed), (2, 3));
    }

    #[test]
    fn what_may_pass() {
        let found = [200, 400, 403, 404, 408, 429, 500, 501, 502, 503, 504]
            .map(|status| (RetryPolicy::READ.tries)(StatusCode::from_u16(status).unwrap()));
        assert_eq!(found, [0, 0, 0, 0, 3, 5, 3, 0, 3, 3, 3]);
        let found = [202, 408, 409, 429, 500, 503, 504]
            .map(|status| (RetryPolicy::CHANGE.tries)(StatusCode::from_u16(status).unwrap()));
        assert_eq!(found, [0, 0, 0, 5, 0, 0, 0]);
    }
}
