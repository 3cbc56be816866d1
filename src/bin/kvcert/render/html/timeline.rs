//! Times of validity as bars.

use kvcert::report::Validity;
use kvcert::report::time::SECONDS_A_DAY;
use maud::{Markup, html};

/// From when to when a timeline goes.
pub(super) struct Timeline {
    from: i64,
    until: i64,
    now: i64,
}

impl Timeline {
    /// Room for all of `validities`, and today.
    pub(super) fn of<'a>(validities: impl Iterator<Item = &'a Validity>, now: i64) -> Self {
        let (mut from, mut until) = (now, now);
        for validity in validities {
            from = from.min(validity.seconds.0.unwrap_or(now));
            until = until.max(validity.seconds.1.unwrap_or(now));
        }
        let until = until.max(from.saturating_add(SECONDS_A_DAY));
        Self { from, until, now }
    }

    /// One bar.
    pub(super) fn bar(&self, validity: &Validity) -> Markup {
        let start = self.place(validity.seconds.0.unwrap_or(self.from));
        let end = self.place(validity.seconds.1.unwrap_or(self.until));
        let class = match validity.status {
            "expired" => "expired",
            "disabled" => "off",
            "valid" => "valid",
            _ => "soon",
        };
        let words = format!(
            "from {} to {}, {}",
            Validity::day(&validity.not_before),
            Validity::day(&validity.not_after),
            validity.left()
        );
        html! {
            svg class="time" viewBox="0 0 1000 18" preserveAspectRatio="none" role="img" aria-label=(words) {
                rect class="track" x="0" y="5" width="1000" height="8" rx="4" {}
                rect class=(class) x=(start) y="5" width=((end - start).max(4)) height="8" rx="4" {}
                rect class="now" x=(self.place(self.now)) y="0" width="3" height="18" {}
            }
        }
    }

    /// The days at both ends, and today.
    pub(super) fn scale(&self) -> Markup {
        let day = |at| {
            kvcert_pki::text::rfc3339(at)
                .chars()
                .take(10)
                .collect::<String>()
        };
        html! {
            p class="scale" {
                span { (day(self.from)) }
                span { "today, " (day(self.now)) ", is the mark" }
                span { (day(self.until)) }
            }
        }
    }

    fn place(&self, at: i64) -> i64 {
        let span = i128::from(self.until) - i128::from(self.from);
        let past = i128::from(at) - i128::from(self.from);
        i64::try_from((past * 1000 / span.max(1)).clamp(0, 997)).unwrap_or(0)
    }
}
