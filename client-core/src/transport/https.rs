//! HTTPS: one connection to the server whose key is pinned, HTTP/2 over TLS 1.3, bodies in zstd both ways.

mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_compression::tokio::write::ZstdEncoder;
use fieldwatch_schemas::sync::MEDIA_TYPE;
use fieldwatch_schemas::sync::enrol::{EnrolReply, EnrolRequest, TicketLink};
use fieldwatch_schemas::sync::exchange::Request;
use fieldwatch_schemas::sync::token::{NONCE_HEADER, TOKEN_HEADER};
use reqwest::Response;
use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, RETRY_AFTER,
};
use tokio::io::AsyncWriteExt as _;

use self::server::{Server, problem_of, read_all};
use super::reply::HttpsReply;
use super::{Traffic, Transport, TransportError};

use crate::identity::Identity;
use crate::replica::Account;

const ZSTD: &str = "zstd";

/// The way to the server that this device is enrolled with.
#[derive(Debug)]
pub struct Https {
    server: Server,
    account: Account,
    identity: Identity,
    nonce: Option<String>,
    token: Option<String>,
    retry_after_ms: Option<u64>,
    requests: u64,
    sent_bytes: u64,
    received_bytes: Arc<AtomicU64>,
}

/// Registers a device with a ticket.
///
/// # Errors
///
/// [`TransportError::Refused`] with the ticket's problem, [`TransportError::Untrusted`], or that the server cannot be reached.
pub async fn enrol(
    link: &TicketLink,
    name: &str,
    identity: &Identity,
) -> Result<EnrolReply, TransportError> {
    let server = Server::new(&link.server, &link.pin)?;
    let request = EnrolRequest {
        code: Some(link.code.clone()),
        name: name.to_owned(),
        signing_key: identity.signing_key()?,
        sealing_key: identity.sealing_key(),
    };
    let url = format!("{}/v1/devices", server.url);
    let response = server.send(server.client.post(url).json(&request)).await?;
    if !response.status().is_success() {
        return Err(TransportError::Refused(
            problem_of(response, &AtomicU64::new(0)).await,
        ));
    }
    let body = read_all(response, &AtomicU64::new(0)).await?;
    serde_json::from_slice(&body).map_err(|_| TransportError::Reply("no enrolment"))
}

impl Https {
    /// The way to the server of an account. `nonce` is the one that the server gave last, if it is known.
    ///
    /// # Errors
    ///
    /// [`TransportError::Pin`] and [`TransportError::Tls`]; nothing is sent yet.
    pub fn new(
        account: Account,
        identity: Identity,
        nonce: Option<String>,
    ) -> Result<Self, TransportError> {
        Ok(Self {
            server: Server::new(&account.url, &account.pin)?,
            account,
            identity,
            nonce,
            token: None,
            retry_after_ms: None,
            requests: 0,
            sent_bytes: 0,
            received_bytes: Arc::default(),
        })
    }

    /// The access token that came with the last reply, for the JSON routes.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    async fn post(&mut self, body: &[u8]) -> Result<Response, TransportError> {
        let nonce = self.nonce.as_deref().unwrap_or_default();
        let assertion =
            self.identity
                .assertion(self.account.device, &self.account.server, nonce)?;
        let request = self
            .server
            .client
            .post(format!("{}/v1/sync", self.server.url))
            .header(CONTENT_TYPE, MEDIA_TYPE)
            .header(CONTENT_ENCODING, ZSTD)
            .header(ACCEPT_ENCODING, ZSTD)
            .header(AUTHORIZATION, format!("Bearer {assertion}"))
            .body(body.to_vec());
        self.requests = self.requests.saturating_add(1);
        self.sent_bytes = self.sent_bytes.saturating_add(body.len() as u64);
        let response = self.server.send(request).await?;
        let kept = |name| text(response.headers(), name);
        self.nonce = kept(NONCE_HEADER).or_else(|| self.nonce.take());
        self.token = kept(TOKEN_HEADER).or_else(|| self.token.take());
        Ok(response)
    }
}

impl Transport for Https {
    type Reply = HttpsReply;

    async fn exchange(&mut self, request: &Request) -> Result<HttpsReply, TransportError> {
        let body = compress(&minicbor::to_vec(request).unwrap_or_default()).await?;
        let response = self.post(&body).await?;
        self.retry_after_ms = retry_after_ms(response.headers());
        if !response.status().is_success() {
            let problem = problem_of(response, &self.received_bytes).await;
            return Err(TransportError::Refused(problem));
        }
        let coding = text(response.headers(), CONTENT_ENCODING.as_str());
        match coding.as_deref() {
            Some(ZSTD) => Ok(HttpsReply::zstd(response, &self.received_bytes)),
            None | Some("identity") => Ok(HttpsReply::identity(response, &self.received_bytes)),
            Some(_) => Err(TransportError::Reply("an unknown content coding")),
        }
    }

    fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.requests,
            sent_bytes: self.sent_bytes,
            received_bytes: self.received_bytes.load(Ordering::Relaxed),
        }
    }

    fn retry_after_ms(&self) -> Option<u64> {
        self.retry_after_ms
    }

    fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }
}

/// What `Retry-After` says (RFC 9110 §10.2.3), where it counts seconds.
fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let seconds: u64 = text(headers, RETRY_AFTER.as_str())?.trim().parse().ok()?;
    seconds.checked_mul(1_000)
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

async fn compress(bytes: &[u8]) -> Result<Vec<u8>, TransportError> {
    let mut encoder = ZstdEncoder::new(Vec::new());
    encoder
        .write_all(bytes)
        .await
        .map_err(TransportError::Request)?;
    encoder.shutdown().await.map_err(TransportError::Request)?;
    Ok(encoder.into_inner())
}
