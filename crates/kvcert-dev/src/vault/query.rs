//! The query of a request, and lists in pages.

use crate::encoding::{base64url, from_base64url};
use crate::http::call::Call;
use crate::http::reply::Reply;

/// The query parameters that mean something here.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) api_version: String,
    max_results: Option<usize>,
    /// The key of the last item of the page before; empty at the start.
    pub(crate) after: String,
    /// The format that a secret is asked for in.
    pub(crate) out_content_type: Option<String>,
    /// Whether a list has certificates that are not there yet.
    pub(crate) include_pending: bool,
    /// The pending certificate that is meant.
    pub(crate) request_id: Option<String>,
}

impl Query {
    /// Reads and checks the query; `api-version` must be there.
    pub(crate) fn parse(query: &str) -> Result<Self, Reply> {
        let mut parsed = Self {
            api_version: String::new(),
            max_results: None,
            after: String::new(),
            out_content_type: None,
            include_pending: false,
            request_id: None,
        };
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "api-version" => parsed.api_version = value.into_owned(),
                "maxresults" => parsed.max_results = Some(max_results(&value)?),
                "$skiptoken" => parsed.after = read_marker(&value)?,
                "outContentType" => parsed.out_content_type = Some(value.into_owned()),
                "includePending" => parsed.include_pending = value.eq_ignore_ascii_case("true"),
                "request_id" => parsed.request_id = Some(value.into_owned()),
                _ => {}
            }
        }
        if parsed.api_version.is_empty() {
            return Err(Reply::bad(
                "The request is missing the query parameter api-version.",
            ));
        }
        if !is_api_version(&parsed.api_version) {
            return Err(Reply::bad("The query parameter api-version is invalid."));
        }
        Ok(parsed)
    }

    /// Items to look up for one page: one more than fits tells whether another page follows.
    pub(crate) fn lookup(&self) -> usize {
        self.page_size() + 1
    }

    /// Cuts what was looked up down to a page. If there is more, the link to it comes along; it
    /// continues after the item whose `key` is the last on this page.
    pub(crate) fn cut<T>(
        &self,
        call: &Call,
        found: &mut Vec<T>,
        key: impl Fn(&T) -> String,
    ) -> Option<String> {
        if found.len() <= self.page_size() {
            return None;
        }
        found.truncate(self.page_size());
        found.last().map(|last| self.next_link(call, &key(last)))
    }

    fn page_size(&self) -> usize {
        self.max_results.unwrap_or(LARGEST_PAGE)
    }

    /// The link to the next page, always with a port.
    fn next_link(&self, call: &Call, after: &str) -> String {
        let mut link = format!(
            "https://{}:{}{}?api-version={}&$skiptoken={}",
            call.host,
            call.port.unwrap_or(443),
            call.path,
            self.api_version,
            base64url(format!("{MARKER}{after}")),
        );
        if self.include_pending {
            link.push_str("&includePending=true");
        }
        if let Some(max_results) = self.max_results {
            link.push_str(&format!("&maxresults={max_results}"));
        }
        link
    }
}

fn max_results(value: &str) -> Result<usize, Reply> {
    match value.parse() {
        Ok(number @ 1..=LARGEST_PAGE) => Ok(number),
        _ => Err(Reply::bad(
            "The query parameter maxresults must be from 1 to 25.",
        )),
    }
}

fn read_marker(value: &str) -> Result<String, Reply> {
    from_base64url(value)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.strip_prefix(MARKER).map(str::to_owned))
        .ok_or_else(|| Reply::bad("The query parameter $skiptoken is invalid."))
}

/// `7.4`, `7.6-preview.2`, `2025-07-01` or `2025-06-01-preview`.
fn is_api_version(text: &str) -> bool {
    let (number, preview) = match text.find("-preview") {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let dated = || {
        let parts: Vec<&str> = number.split('-').collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        lengths == [4, 2, 2] && parts.into_iter().all(digits)
    };
    let numbered = || {
        number
            .split_once('.')
            .is_some_and(|(major, minor)| digits(major) && digits(minor))
    };
    let known_preview = match preview.strip_prefix("-preview") {
        None | Some("") => true,
        Some(count) => count.strip_prefix('.').is_some_and(digits),
    };
    text.len() <= 32 && known_preview && (numbered() || dated())
}

const LARGEST_PAGE: usize = 25;
const MARKER: &str = "after:";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_versions() {
        for good in [
            "7.4",
            "7.6-preview.2",
            "7.1-preview",
            "2016-10-01",
            "2025-06-01-preview",
        ] {
            assert!(
                Query::parse(&format!("api-version={good}")).is_ok(),
                "{good}"
            );
        }
        for bad in [
            "",
            "7",
            "7.",
            "latest",
            "2016-10",
            "7.4-beta",
            "7.4-preview2",
            "7.4&7.5",
        ] {
            assert!(
                Query::parse(&format!("api-version={bad}")).is_ok() == (bad == "7.4&7.5"),
                "{bad}"
            );
        }
        assert!(Query::parse("").is_err());
    }

    #[test]
    fn pages() {
        for good in ["1", "25"] {
            assert!(Query::parse(&format!("api-version=7.4&maxresults={good}")).is_ok());
        }
        for bad in ["0", "26", "-1", "", "ten", "99999999999999999999999"] {
            assert!(
                Query::parse(&format!("api-version=7.4&maxresults={bad}")).is_err(),
                "{bad}"
            );
        }
        for bad in ["", "!", "bm90IGhlcmU"] {
            assert!(
                Query::parse(&format!("api-version=7.4&$skiptoken={bad}")).is_err(),
                "{bad}"
            );
        }
    }
}
