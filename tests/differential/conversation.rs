//! A recorded conversation, had again.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::Value;

use crate::difference::{self, Answer};
use crate::running::{API, Running};

/// One request and its answer, as recorded.
#[derive(Deserialize)]
pub(crate) struct Exchange {
    request: Request,
    pub(crate) response: Answer,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    url: String,
    body: Option<String>,
}

/// Reads a recording, without the polls that only waited.
pub(crate) fn read(file: &Path) -> Vec<Exchange> {
    #[derive(Deserialize)]
    struct Scenario {
        exchanges: Vec<Exchange>,
    }
    let scenario: Scenario = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let mut exchanges = scenario.exchanges;
    exchanges.dedup_by(|next, last| next.says_the_same(last));
    exchanges
}

/// Reads an exchange that was recorded alone.
pub(crate) fn read_one(file: &Path) -> Exchange {
    serde_json::from_slice(&fs::read(file).unwrap()).unwrap()
}

impl Exchange {
    /// Does it say where the request went?
    pub(crate) fn has_address(&self) -> bool {
        self.request.url.parse::<Url>().is_ok()
    }

    pub(crate) fn url(&self) -> &str {
        &self.request.url
    }

    /// The body of the request.
    pub(crate) fn asked(&self) -> Value {
        parsed(self.request.body.as_deref())
    }

    /// The body of the answer.
    pub(crate) fn told(&self) -> Value {
        parsed(self.response.body.as_deref())
    }

    fn says_the_same(&self, other: &Self) -> bool {
        self.request.method == "GET"
            && other.request.method == "GET"
            && self.request.url == other.request.url
            && self.response.looks_like(&other.response)
    }
}

/// The dev vault, and what it calls the versions of the recording.
pub(crate) struct Conversation<'a> {
    running: &'a Running,
    token: String,
    versions: HashMap<String, String>,
}

impl<'a> Conversation<'a> {
    pub(crate) async fn with(running: &'a Running) -> Self {
        let token = running.token().await;
        Self {
            running,
            token,
            versions: HashMap::new(),
        }
    }

    /// Asks the same and compares the answers. What was waited for in the recording is waited for.
    pub(crate) async fn have(&mut self, exchange: &Exchange) -> Vec<String> {
        let expected = &exchange.response;
        let start = Instant::now();
        let answer = loop {
            let answer = self.ask(&exchange.request, expected).await;
            let waits = exchange.request.method == "GET" && start.elapsed() < PATIENCE;
            if answer.looks_like(expected) || !waits {
                break answer;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        self.learn(expected.body.as_deref(), answer.body.as_deref());
        let place = place(&exchange.request);
        difference::between(expected, &answer)
            .into_iter()
            .map(|difference| format!("{place}: {difference}"))
            .collect()
    }

    async fn ask(&self, request: &Request, expected: &Answer) -> Answer {
        let method: Method = request.method.parse().unwrap();
        let url = self.url(&request.url);
        let mut builder = self.running.client.request(method, url);
        if let Some(body) = &request.body {
            builder = builder
                .header("content-type", "application/json")
                .body(self.in_our_words(body));
        }
        if expected.status != 401 {
            builder = builder.bearer_auth(&self.token);
        }
        if expected.has_header("x-ms-client-request-id") {
            builder = builder.header("x-ms-client-request-id", "a-client's-own");
        }
        let response = builder.send().await.unwrap();
        Answer::of(response).await
    }

    /// The vault's host is ours; recordings have lost the version of the API here and there.
    fn url(&self, recorded: &str) -> Url {
        let recorded: Url = self.in_our_words(recorded).parse().unwrap();
        let mut url: Url = self.running.access.vault_url.parse().unwrap();
        url.set_path(recorded.path());
        url.set_query(Some(recorded.query().unwrap_or("api-version=7.2")));
        url
    }

    fn in_our_words(&self, text: &str) -> String {
        let replace = |text: String, (theirs, ours): (&String, &String)| text.replace(theirs, ours);
        self.versions.iter().fold(text.to_owned(), replace)
    }

    /// A request of our own, before the recorded one.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Value) -> Value {
        let url = format!("{}{path}?{API}", self.running.access.vault_url);
        let mut request = self.running.client.request(method, url);
        if !body.is_null() {
            request = request.body(body.to_string());
        }
        let request = request.bearer_auth(&self.token);
        parsed(Some(&request.send().await.unwrap().text().await.unwrap()))
    }

    /// Turns exactly these switches on.
    pub(crate) async fn switch(&self, switches: Value) {
        let url = format!("{}/_dev/switches", self.running.access.vault_url);
        let request = self.running.client.put(url).body(switches.to_string());
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{switches}");
    }

    /// Learns that one text of the recording is another one here.
    pub(crate) fn means(&mut self, theirs: &Value, ours: &Value) {
        let (theirs, ours) = (theirs.as_str().unwrap(), ours.as_str().unwrap());
        self.versions.insert(theirs.to_owned(), ours.to_owned());
    }

    /// Learns from the same places of both answers which version is which.
    pub(crate) fn learn(&mut self, theirs: Option<&str>, ours: Option<&str>) {
        let parse = |text: Option<&str>| serde_json::from_str::<Value>(text?).ok();
        if let (Some(theirs), Some(ours)) = (parse(theirs), parse(ours)) {
            for field in ["/id", "/kid", "/sid", "/key/kid"] {
                let last = |value: &Value| {
                    let text = value.pointer(field)?.as_str()?;
                    text.rsplit('/').next().map(str::to_owned)
                };
                if let (Some(theirs), Some(ours)) = (last(&theirs), last(&ours))
                    && theirs.len() == 32
                    && ours.len() == 32
                {
                    self.versions.insert(theirs, ours);
                }
            }
        }
    }
}

/// Method and path, with names and versions left out.
fn place(request: &Request) -> String {
    let url: Url = request.url.parse().unwrap();
    let segments = url.path_segments().unwrap();
    let segments: Vec<&str> = segments.filter(|segment| !segment.is_empty()).collect();
    let word = |at: usize| ["issuers", "contacts", "restore"].contains(&segments[at]);
    let shown = segments.iter().enumerate().map(|(at, segment)| match at {
        0 => segment,
        1 if !word(1) => "NAME",
        2 if word(1) => "NAME",
        _ if segment.len() == 32 => "VERSION",
        _ => segment,
    });
    let path: Vec<&str> = shown.collect();
    format!("{} /{}", request.method, path.join("/"))
}

fn parsed(text: Option<&str>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default()
}

const PATIENCE: Duration = Duration::from_secs(3);
