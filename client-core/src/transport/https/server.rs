//! The server behind its pinned key: the connection, and the small bodies that it answers with.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use fieldwatch_schemas::problem::{Problem, ProblemKind};
use reqwest::{Client, Response};

use super::super::{Pin, TransportError, pin};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a reply may be silent.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest reply of the JSON routes, and the longest problem.
const JSON_BYTES_MAX: u64 = 1 << 20;

/// A server whose key is pinned.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) client: Client,
    met_another: Arc<AtomicBool>,
    pub(super) url: String,
}

impl Server {
    pub(super) fn new(url: &str, pin: &str) -> Result<Self, TransportError> {
        let (tls, met_another) = pin::trusting(pin.parse::<Pin>()?).map_err(TransportError::Tls)?;
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE_TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(TransportError::Http)?;
        Ok(Self {
            client,
            met_another,
            url: url.trim_end_matches('/').to_owned(),
        })
    }

    pub(super) async fn send(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<Response, TransportError> {
        self.met_another.store(false, Ordering::Relaxed);
        request.send().await.map_err(|error| {
            if self.met_another.load(Ordering::Relaxed) {
                TransportError::Untrusted
            } else {
                TransportError::Http(error)
            }
        })
    }
}

/// Reads a whole small body.
pub(super) async fn read_all(
    mut response: Response,
    received: &AtomicU64,
) -> Result<Vec<u8>, TransportError> {
    let mut body = Vec::new();
    while let Some(bytes) = response.chunk().await.map_err(TransportError::Http)? {
        received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        body.extend_from_slice(&bytes);
        if body.len() as u64 > JSON_BYTES_MAX {
            return Err(TransportError::Reply("a reply without end"));
        }
    }
    Ok(body)
}

/// The problem that a refusal tells; one that follows from its status if it tells none.
pub(super) async fn problem_of(response: Response, received: &AtomicU64) -> Problem {
    let status = response.status().as_u16();
    let body = read_all(response, received).await.unwrap_or_default();
    serde_json::from_slice(&body).unwrap_or_else(|_| {
        let kind = match status {
            404 => ProblemKind::NotFound,
            413 => ProblemKind::TooLarge,
            429 => ProblemKind::TooMany,
            502..=504 => ProblemKind::Unavailable,
            _ => ProblemKind::Internal,
        };
        Problem::with_detail(kind, format!("the server answered {status}"))
    })
}
