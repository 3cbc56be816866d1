//! Times of validity as bars.

use kvcert_pki::validity::{DAY, Status, Validity, day};
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
            from = from.min(validity.not_before.unwrap_or(now));
            until = until.max(validity.not_after.unwrap_or(now));
        }
        let until = until.max(from.saturating_add(DAY));
        Self { from, until, now }
    }

    /// One bar.
    pub(super) fn bar(&self, validity: &Validity) -> Markup {
        let start = self.place(validity.not_before.unwrap_or(self.from));
        let end = self.place(validity.not_after.unwrap_or(self.until));
        let class = match validity.status {
            Status::Expired => "expired",
            Status::Disabled | Status::Pending => "off",
            Status::Valid => "valid",
            Status::ExpiresSoon | Status::NotYetValid => "soon",
        };
        let words = format!(
            "from {} to {}, {validity}",
            validity.first_day(),
            validity.last_day(),
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
        html! {
            p class="scale" {
                span { (day(self.from)) }
                span { "today: " (day(self.now)) " (marked)" }
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
