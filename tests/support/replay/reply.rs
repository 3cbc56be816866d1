//! What the server sends back.

/// What goes back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Body,
}

/// The body, and how it is sent.
#[derive(Debug, Clone)]
pub(super) enum Body {
    /// With its right length.
    Whole(Vec<u8>),
    /// With another length than announced; then the connection is closed.
    Announced(Vec<u8>, usize),
    /// One byte, and then one more every while, for as long as anyone listens.
    Slow,
    /// More and more, without a length.
    Endless,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let reply = Self {
            status,
            headers: Vec::new(),
            body: Body::Whole(body.into()),
        };
        reply.header("Content-Type", "application/json; charset=utf-8")
    }

    pub fn json(body: serde_json::Value) -> Self {
        Self::new(200, body.to_string())
    }

    /// As the service refuses: a code, perhaps an inner code, and words.
    pub fn refusal(status: u16, code: &str, inner: Option<&str>) -> Self {
        let mut error = serde_json::json!({"code": code, "message": "words of the service"});
        if let Some(inner) = inner {
            error["innererror"] = serde_json::json!({ "code": inner });
        }
        Self::new(status, serde_json::json!({ "error": error }).to_string())
    }

    /// A 401 with a challenge for this resource.
    pub fn challenge(resource: &str) -> Self {
        let challenge =
            format!("Bearer authorization=\"https://login.localhost/t\", resource=\"{resource}\"");
        Self::refusal(401, "Unauthorized", None).header("WWW-Authenticate", &challenge)
    }

    /// Sets a header; one of that name that was there goes.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers
            .retain(|(there, _)| !there.eq_ignore_ascii_case(name));
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a header, beside what there is of that name.
    pub fn and_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Announces `length` bytes, sends the body it has, and hangs up.
    pub fn announcing(mut self, length: usize) -> Self {
        if let Body::Whole(body) = self.body {
            self.body = Body::Announced(body, length);
        }
        self
    }

    pub fn slow() -> Self {
        let body = Body::Slow;
        Self {
            body,
            ..Self::new(200, "")
        }
    }

    pub fn endless() -> Self {
        let body = Body::Endless;
        Self {
            body,
            ..Self::new(200, "")
        }
    }
}
