//! The requests so far, for tests that check which calls were made.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::http::StatusCode;
use serde::Serialize;

use super::call::Call;
use super::reply::Reply;

/// The last requests: method, host, path, status, switches. No query, header or body is kept.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: Mutex<Entries>,
}

impl Log {
    /// Notes one request.
    pub(crate) fn add(&self, call: &Call, status: StatusCode, switches: Vec<&'static str>) {
        let mut entries = self.lock();
        if entries.requests.len() == MOST_ENTRIES {
            entries.requests.pop_front();
        }
        entries.total += 1;
        entries.requests.push_back(Entry {
            method: shortened(call.method.as_str()),
            host: shortened(&call.host),
            path: shortened(&call.path),
            status: status.as_u16(),
            switches,
        });
    }

    /// The log as JSON, oldest first. `total` also counts what is no longer kept.
    pub(crate) fn reply(&self) -> Reply {
        Reply::ok(&*self.lock())
    }

    /// Forgets them all.
    pub(crate) fn clear(&self) {
        *self.lock() = Entries::default();
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default, Serialize)]
struct Entries {
    total: u64,
    requests: VecDeque<Entry>,
}

#[derive(Debug, Serialize)]
struct Entry {
    method: String,
    host: String,
    path: String,
    status: u16,
    /// The switches that took part in the answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    switches: Vec<&'static str>,
}

fn shortened(text: &str) -> String {
    text.chars().take(MOST_CHARS).collect()
}

const MOST_ENTRIES: usize = 1000;
const MOST_CHARS: usize = 300;
