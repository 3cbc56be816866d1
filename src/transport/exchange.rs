//! The one request loop, for every service: when a new token is needed, when to wait and retry, and
//! what is masked in a refusal.
//!
//! A [`Service`] supplies what differs: the token, the pace, and the errors. The
//! [`RetryPolicy`](super::retry::RetryPolicy) of a request says how often it is retried.
//!
//! A body goes out only together with a token, and there is a token only for a host that is known to
//! be the service's or that asked for it in a challenge that was checked. Until then the loop sends
//! the same request without its body, as the official clients do.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_LENGTH, HeaderValue};
use reqwest::{RequestBuilder, StatusCode};

use super::retry::{Next, Retries, is_overloaded};
use super::{Reply, Request, Transport, Unreachable};

/// What the loop needs to know of a service, for one [`Request`].
pub(crate) trait Service {
    /// The error that callers of the service get.
    type Error;

    /// Whether a body may be sent without a token: only to an endpoint that the user or the platform
    /// named, and whose requests prove in the body who sends them.
    const TAKES_BODY_WITHOUT_TOKEN: bool = false;

    /// Adds the credential to the request, before each try.
    async fn authorize(&mut self, request: RequestBuilder) -> Result<RequestBuilder, Self::Error> {
        Ok(request)
    }

    /// Answers a 401 by getting the token that the challenge asks for; `false` if there is none. It
    /// must end after a fixed number of calls.
    async fn renew(&mut self, _refusal: &Reply) -> Result<bool, Self::Error> {
        Ok(false)
    }

    /// Sends one try, as soon as the pace allows it.
    async fn pace(
        &self,
        sending: impl Future<Output = Result<Reply, Unreachable>>,
    ) -> Result<Reply, Unreachable> {
        sending.await
    }

    /// Whether the service itself gave this unsuccessful reply. What something else at its address
    /// says is not retried.
    fn is_own(&self, _reply: &Reply) -> bool {
        true
    }

    /// The service is overloaded: until this time has passed, nothing else should be sent either.
    fn pause(&self, _wait: Duration) {}

    /// The service asks for more time than kvcert waits: until then all else fails likewise, unsent.
    fn close(&self, _wait: Duration, _busy: &Unreachable) {}

    /// The error for a request without a usable reply.
    fn unreachable(&self, source: Unreachable) -> Self::Error;

    /// The error for a reply other than a challenge to a request that was sent without its body.
    fn unproven(&self, reply: &Reply) -> Self::Error {
        self.refusal(reply)
    }

    /// The error for an unsuccessful reply, after all retries.
    fn refusal(&self, reply: &Reply) -> Self::Error;
}

impl Transport {
    /// Sends a request, retries it where that can help and does no harm, and returns the successful
    /// reply.
    pub(crate) async fn exchange<S: Service>(
        &self,
        request: &Request<'_>,
        service: &mut S,
    ) -> Result<Reply, S::Error> {
        let (mut retries, mut was_lost) = (Retries::default(), false);
        loop {
            let (is_probe, sent) = self.try_once(request, service).await?;
            let reply = match sent {
                Err(error) if !was_lost && request.policy.may_be_lost(&error) => {
                    was_lost = true;
                    continue;
                }
                reply => reply.map_err(|error| service.unreachable(error))?,
            };
            if is_probe && !may_come_before_challenge(reply.status) {
                return Err(service.unproven(&reply));
            }
            if reply.status.is_success() {
                return Ok(reply);
            }
            if reply.status == StatusCode::UNAUTHORIZED && service.renew(&reply).await? {
                continue;
            }
            if !service.is_own(&reply) {
                return Err(service.refusal(&reply));
            }
            let attempt = retries.of(reply.status);
            match request.policy.next(&reply, *attempt) {
                Next::Wait(wait) => {
                    if is_overloaded(reply.status) {
                        service.pause(wait);
                    }
                    tokio::time::sleep(wait).await;
                    *attempt += 1;
                }
                Next::GiveUp => return Err(service.refusal(&reply)),
                Next::TooLong(wait) => {
                    let busy = Unreachable::busy(reply.status.as_u16(), wait);
                    service.close(wait, &busy);
                    return Err(service.unreachable(busy));
                }
            }
        }
    }

    /// One try, and whether it was sent without its body.
    async fn try_once<S: Service>(
        &self,
        request: &Request<'_>,
        service: &mut S,
    ) -> Result<(bool, Result<Reply, Unreachable>), S::Error> {
        let builder = RequestBuilder::from_parts(self.client.clone(), request.to_send());
        let mut built = match service.authorize(builder).await?.build() {
            Ok(built) => built,
            Err(error) => return Ok((false, Err(error.into()))),
        };
        let has_token = built.headers().contains_key(AUTHORIZATION);
        let is_probe = built.body().is_some() && !has_token && !S::TAKES_BODY_WITHOUT_TOKEN;
        if is_probe {
            *built.body_mut() = None;
            let headers = built.headers_mut();
            headers.insert(CONTENT_LENGTH, HeaderValue::from(0));
        }
        let headers = built.headers().clone();
        let sent = service.pace(self.execute(built, request.max_reply)).await;
        let sent = sent.map(|mut reply| {
            if !reply.status.is_success() {
                request.mask(&headers, &mut reply.body);
            }
            reply
        });
        Ok((is_probe, sent))
    }
}

/// What a service may reply before it looks at who asks: a challenge, a firewall's refusal, or that it
/// has too much to do or failed.
fn may_come_before_challenge(status: StatusCode) -> bool {
    let is_refusal = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    is_refusal.contains(&status) || status.is_server_error()
}
