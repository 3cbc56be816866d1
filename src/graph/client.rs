//! [`GraphClient`]: sends calls to Graph and interprets the replies.

use std::sync::Arc;

use kvcert_pki::text::excerpt;
use reqwest::{RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Call, GraphError};
use crate::identity::{AccessToken, Audience, Credential, TokenRequest};
use crate::polling::{Look, PollError, Polling};
use crate::transport::exchange::Service;
use crate::transport::{Reply, Request, Transport, Unreachable, www_authenticate};

/// A client for Microsoft Graph in one cloud.
pub struct GraphClient {
    transport: Transport,
    base: Url,
    credential: Arc<Credential>,
}

impl GraphClient {
    /// A client for the Graph at `base`, such as `https://graph.microsoft.com`. Nothing is sent
    /// yet. Tokens are for that host, and go nowhere else.
    ///
    /// # Errors
    /// If it is not an https URL with nothing but a host.
    pub fn new(
        transport: Transport,
        base: &str,
        credential: Arc<Credential>,
    ) -> Result<Self, &'static str> {
        let base = Url::parse(base).map_err(|_| "it is not a URL")?;
        if base.scheme() != "https" {
            return Err("only https:// is safe for tokens");
        }
        if base.path() != "/" || base.query().is_some() || !base.username().is_empty() {
            return Err("it must not have a path or query");
        }
        Ok(Self {
            transport,
            base,
            credential,
        })
    }

    /// Graph's URL, which its tokens are for.
    pub fn resource(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// Sends a call and reads the reply; an empty one counts as `null`.
    ///
    /// # Errors
    /// Any [`GraphError`].
    pub async fn send<T: DeserializeOwned>(&self, call: &Call) -> Result<T, GraphError> {
        let url = self.url(call)?;
        let reply = self.exchange(call, url).await?;
        read(call, &reply)
    }

    /// Sends a call for a list and reads all its pages.
    ///
    /// # Errors
    /// Any [`GraphError`].
    pub async fn list<T: DeserializeOwned>(&self, call: &Call) -> Result<Vec<T>, GraphError> {
        #[derive(Deserialize)]
        struct Page<T> {
            value: Vec<T>,
            #[serde(rename = "@odata.nextLink")]
            next: Option<String>,
        }
        let mut url = self.url(call)?;
        let mut all = Vec::new();
        for _ in 0..MAX_PAGES {
            let reply = self.exchange(call, url).await?;
            let page: Page<T> = read(call, &reply)?;
            all.extend(page.value);
            match page.next {
                Some(next) => url = self.follow(call, &next)?,
                None => return Ok(all),
            }
        }
        Err(unexpected(call, "the list does not end"))
    }

    /// Sends a call about a new object, and again until it is found: it takes some seconds until
    /// every server of Graph knows it.
    ///
    /// # Errors
    /// Any [`GraphError`], or that it took too long.
    pub async fn send_until_found<T: DeserializeOwned>(
        &self,
        call: &Call,
        polling: &Polling<'_>,
    ) -> Result<T, PollError<GraphError>> {
        let look = async || match self.send(call).await {
            Ok(answer) => Ok(Look::Done(answer)),
            Err(error) if error.may_be_too_early() => Ok(Look::NOT_YET),
            Err(error) => Err(error),
        };
        polling.until(look).await
    }

    fn url(&self, call: &Call) -> Result<Url, GraphError> {
        let text = format!("{}/v1.0{}", self.resource(), call.path);
        let url =
            Url::parse(&text).map_err(|_| unexpected(call, "its path is not valid in a URL"))?;
        self.on_this_host(call, url)
    }

    fn follow(&self, call: &Call, next: &str) -> Result<Url, GraphError> {
        let url = Url::parse(next).map_err(|_| unexpected(call, "its next link is not a URL"))?;
        self.on_this_host(call, url)
    }

    /// The token is sent along, so the host must be Graph's.
    fn on_this_host(&self, call: &Call, url: Url) -> Result<Url, GraphError> {
        if url.origin() == self.base.origin() && url.username().is_empty() {
            return Ok(url);
        }
        Err(unexpected(call, "its next link leads to another host"))
    }

    async fn exchange(&self, call: &Call, url: Url) -> Result<Reply, GraphError> {
        let mut request = Request::new(call.method.clone(), url).with_max_reply(MAX_REPLY);
        if let Some(body) = &call.body {
            request = request.with_json(body);
        }
        let mut conversation = Conversation {
            client: self,
            call,
            token: None,
            claims: None,
            answered: Answered::default(),
        };
        self.transport.exchange(&request, &mut conversation).await
    }

    async fn token(&self, claims: Option<String>) -> Result<Arc<AccessToken>, GraphError> {
        let request = TokenRequest {
            audience: Audience {
                resource: self.resource().to_owned(),
                tenant: None,
            },
            claims,
            // The cloud, or a variable.
            is_named: true,
        };
        let token = self.credential.token(&self.transport, &request).await;
        token.map_err(GraphError::SignIn)
    }
}

/// One call to Graph, from the first try to the last.
struct Conversation<'a> {
    client: &'a GraphClient,
    call: &'a Call,
    token: Option<Arc<AccessToken>>,
    /// What a claims challenge asked for, until there is a token with it.
    claims: Option<String>,
    answered: Answered,
}

/// The kinds of challenge that were answered for one call.
#[derive(Default)]
struct Answered {
    plain: bool,
    claims: bool,
}

impl Service for Conversation<'_> {
    type Error = GraphError;

    async fn authorize(&mut self, request: RequestBuilder) -> Result<RequestBuilder, GraphError> {
        let token = self.client.token(self.claims.take()).await?;
        Ok(request.bearer_auth(self.token.insert(token).expose()))
    }

    /// Once for each of the two kinds of challenge: the token may have come from the cache, or have
    /// been revoked (continuous access evaluation).
    async fn renew(&mut self, refusal: &Reply) -> Result<bool, GraphError> {
        self.claims = www_authenticate::claims(&www_authenticate::of(refusal));
        let answered = match self.claims {
            Some(_) => &mut self.answered.claims,
            None => &mut self.answered.plain,
        };
        if std::mem::replace(answered, true) {
            return Ok(false);
        }
        if let Some(refused) = &self.token {
            self.client.credential.forget(refused).await;
        }
        Ok(true)
    }

    fn unreachable(&self, source: Unreachable) -> GraphError {
        GraphError::Unreachable {
            host: self.client.resource().to_owned(),
            source,
        }
    }

    fn refusal(&self, reply: &Reply) -> GraphError {
        refusal(self.call, reply)
    }
}

impl std::fmt::Debug for GraphClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GraphClient")
            .field("base", &self.resource())
            .finish_non_exhaustive()
    }
}

fn read<T: DeserializeOwned>(call: &Call, reply: &Reply) -> Result<T, GraphError> {
    let empty = b"null".as_slice();
    let body = match reply.body.is_empty() {
        true => empty,
        false => &reply.body,
    };
    serde_json::from_slice(body).map_err(|error| {
        let problem = format!("its JSON is not as expected at column {}", error.column());
        unexpected(call, &problem)
    })
}

/// Decided by the status first, then by the code.
fn refusal(call: &Call, reply: &Reply) -> GraphError {
    let error = serde_json::from_slice::<Value>(&reply.body).unwrap_or_default();
    let text = |field: &str| error["error"][field].as_str().unwrap_or_default();
    let code = excerpt(text("code"), 60);
    let message = match text("message") {
        "" => format!("HTTP {} without a reason", reply.status.as_u16()),
        message => excerpt(message.lines().next().unwrap_or_default(), 600),
    };
    let permission = call.permission;
    let call = call.to_string();
    match reply.status {
        StatusCode::UNAUTHORIZED => GraphError::Unauthorized { message },
        StatusCode::FORBIDDEN => GraphError::Denied {
            call,
            permission,
            message,
        },
        StatusCode::NOT_FOUND => GraphError::NotFound { call, message },
        status => GraphError::Refused {
            call,
            status: status.as_u16(),
            code,
            message,
        },
    }
}

fn unexpected(call: &Call, problem: &str) -> GraphError {
    GraphError::Unexpected {
        call: call.to_string(),
        problem: problem.to_owned(),
    }
}

const MAX_REPLY: usize = 4 << 20;
const MAX_PAGES: usize = 100;
