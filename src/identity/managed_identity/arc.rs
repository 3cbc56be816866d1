//! The agent of Azure Arc. Who asks must prove to be an administrator of the machine, by reading
//! a file that only those can.
//! See "Authenticate against Azure resources with Azure Arc-enabled servers".

use std::path::{Path, PathBuf};

use reqwest::RequestBuilder;
use reqwest::header::{AUTHORIZATION, HeaderValue, WWW_AUTHENTICATE};
use zeroize::Zeroizing;

use super::{ManagedIdentity, sensitive};
use crate::given::Given;
use crate::identity::error::CredentialError;
use crate::identity::file;
use crate::transport::exchange::Service;
use crate::transport::{Reply, Request, Transport, Unreachable};

impl ManagedIdentity {
    pub(super) async fn ask_arc(
        &self,
        transport: &Transport,
        resource: &str,
    ) -> Result<Reply, CredentialError> {
        let url = self.url("2020-06-01", resource, "msi_res_id");
        let get = Request::get(url)
            .with_header("metadata", HeaderValue::from_static("true"))
            .with_max_reply(super::MAX_REPLY);
        let mut agent = Agent {
            identity: self,
            key: None,
        };
        let reply = transport.exchange(&get, &mut agent).await?;
        match agent.key {
            Some(_) => Ok(reply),
            None => Err(self.refused("it did not ask for its key")),
        }
    }

    /// The file that the challenge names. Only a key of the agent's own folder will do: the
    /// content goes to the process that listens on the port.
    fn key_file(&self, reply: &Reply) -> Result<PathBuf, CredentialError> {
        let header = reply
            .headers
            .get(WWW_AUTHENTICATE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let path = header
            .split_once("realm=")
            .filter(|(scheme, _)| scheme.trim().eq_ignore_ascii_case("basic"))
            .map(|(_, path)| Path::new(path.trim().trim_matches('"')))
            .ok_or_else(|| self.refused("its challenge names no key file"))?;
        let extension = path.extension().and_then(|text| text.to_str());
        let is_file = path.symlink_metadata().is_ok_and(|found| found.is_file());
        if path.parent() != Some(&self.arc_keys) || extension != Some("key") || !is_file {
            return Err(self.refused(format!(
                "its challenge names `{}`, which is no key in `{}`",
                kvcert_pki::text::excerpt(&path.display().to_string(), 200),
                self.arc_keys.display()
            )));
        }
        Ok(path.to_owned())
    }
}

/// The agent, and the proof that it asks for.
struct Agent<'a> {
    identity: &'a ManagedIdentity,
    key: Option<HeaderValue>,
}

impl Service for Agent<'_> {
    type Error = CredentialError;

    async fn authorize(
        &mut self,
        request: RequestBuilder,
    ) -> Result<RequestBuilder, CredentialError> {
        Ok(match &self.key {
            Some(key) => request.header(AUTHORIZATION, key),
            None => request,
        })
    }

    async fn renew(&mut self, refusal: &Reply) -> Result<bool, CredentialError> {
        if self.key.is_some() {
            return Ok(false);
        }
        let path = self.identity.key_file(refusal)?;
        let key = file::read(&path, MAX_KEY).map_err(|source| CredentialError::File {
            file: Given::from(path.as_path()).to_string(),
            source,
        })?;
        let key = std::str::from_utf8(&key);
        let key = key.map_err(|_| self.identity.refused("its key is no text"))?;
        let basic = Zeroizing::new(format!("Basic {}", key.trim_end()));
        self.key = Some(sensitive(&basic)?);
        Ok(true)
    }

    fn is_own(&self, reply: &Reply) -> bool {
        self.identity.is_own(reply)
    }

    fn unreachable(&self, source: Unreachable) -> CredentialError {
        self.identity.unreachable(source)
    }

    fn refusal(&self, reply: &Reply) -> CredentialError {
        self.identity.refusal(reply)
    }
}

const MAX_KEY: usize = 4096;

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test may write files")]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::{fs, thread};

    use super::*;
    use crate::identity::managed_identity::Platform;
    use crate::identity::token_source::{Audience, TokenRequest, TokenSource};
    use crate::transport::TransportOptions;

    /// An agent that asks for the key in this file, and gives the token to who has it.
    fn agent(listener: &TcpListener, key_file: &Path) {
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<String> = lines
                .map(Result::unwrap)
                .take_while(|line| !line.is_empty())
                .collect();
            let holds = |line: &str| head.iter().any(|there| there.eq_ignore_ascii_case(line));
            assert!(holds("metadata: true"), "{head:?}");
            let body = r#"{"access_token":"t","expires_in":"3600"}"#;
            let (status, body) = if holds("authorization: Basic the-key") {
                (String::from("200 OK"), body)
            } else {
                let realm = key_file.display();
                let header = format!("401 X\r\nWWW-Authenticate: Basic realm={realm}");
                (header, "")
            };
            let length = body.len();
            let reply = format!(
                "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
            );
            stream.write_all(reply.as_bytes()).unwrap();
        }
    }

    #[tokio::test]
    async fn who_can_read_the_key_gets_the_token() {
        let name = format!("kvcert-arc-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        let key_file = folder.join("1.key");
        fs::write(&key_file, "the-key").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}/token", listener.local_addr().unwrap());
        let agent = thread::spawn(move || agent(&listener, &key_file));
        let identity = ManagedIdentity {
            platform: Platform::AzureArc,
            endpoint: endpoint.parse().unwrap(),
            secret: None,
            arc_keys: folder.clone(),
            identity: None,
            probe: false,
        };
        let request = TokenRequest {
            audience: Audience {
                resource: String::from("https://vault.azure.net"),
                tenant: None,
            },
            claims: None,
            is_named: true,
        };
        let transport = Transport::new(&TransportOptions::default()).unwrap();
        let token = identity.token(&transport, &request).await.unwrap();
        assert_eq!(token.expose(), "t");
        agent.join().unwrap();
        fs::remove_dir_all(folder).unwrap();
    }
}
