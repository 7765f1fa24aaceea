//! Transports: how a request reaches the server and its reply comes back, item by item.
//!
//! One is real ([`https`]); tests and the simulator bring their own.

pub mod https;
mod pin;
mod reply;

use std::future::Future;

use fieldwatch_schemas::problem::{Problem, ProblemKind};
use fieldwatch_schemas::sync::exchange::{Item, Request};
use fieldwatch_schemas::sync::frame::FrameError;

pub use crate::engine::Traffic;
use crate::identity::IdentityError;
pub use pin::{Pin, PinError};
pub use reply::HttpsReply;

/// A way to the server.
pub trait Transport {
    /// The reply to one request.
    type Reply: Reply;

    /// Sends a request and waits for the reply to begin.
    ///
    /// # Errors
    ///
    /// [`TransportError`] if there is no reply.
    fn exchange(
        &mut self,
        request: &Request,
    ) -> impl Future<Output = Result<Self::Reply, TransportError>>;

    /// What has been sent and received since the transport was made.
    fn traffic(&self) -> Traffic;

    /// How long the server asked to be left alone when it last said no, in milliseconds.
    fn retry_after_ms(&self) -> Option<u64> {
        None
    }

    /// The nonce that the server gave last, to be signed next time.
    fn nonce(&self) -> Option<&str> {
        None
    }
}

/// A reply as it comes.
pub trait Reply {
    /// Waits for the next item; `None` where the reply's bytes end.
    ///
    /// # Errors
    ///
    /// [`TransportError`] if the link is cut, or what comes cannot be read.
    fn next_item(&mut self) -> impl Future<Output = Result<Option<Item>, TransportError>>;
}

/// Why there is no reply, or no more of it.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The server could not be reached, or the link was cut.
    #[error("the server cannot be reached")]
    Http(#[source] reqwest::Error),
    /// The link was cut, or the reply's coding is broken.
    #[error("the link was cut")]
    Cut(#[source] std::io::Error),
    /// The server's key is not the one that was enrolled with.
    #[error("the server's key is not the one that was enrolled with")]
    Untrusted,
    /// The server said no.
    #[error("{}", .0.title)]
    Refused(Problem),
    /// The reply is none of this protocol.
    #[error("the reply cannot be read")]
    Frame(#[from] FrameError),
    /// The reply is none of this protocol.
    #[error("the reply is not understood: {0}")]
    Reply(&'static str),
    /// The request is not possible.
    #[error("the request cannot be made")]
    Request(#[source] std::io::Error),
    /// The device's own keys.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// The pin in the ticket or in the store.
    #[error(transparent)]
    Pin(#[from] PinError),
    /// TLS cannot be set up.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
}

impl TransportError {
    /// The problem that the engine branches on and a command reports.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let kind = match self {
            Self::Refused(problem) => return problem.clone(),
            Self::Http(_) | Self::Cut(_) => ProblemKind::Offline,
            Self::Untrusted => ProblemKind::ServerUntrusted,
            Self::Frame(_) | Self::Reply(_) | Self::Request(_) | Self::Tls(_) => {
                ProblemKind::Internal
            }
            Self::Identity(_) | Self::Pin(_) => ProblemKind::NotEnrolled,
        };
        let mut words = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            words = format!("{words}: {error}");
            cause = error.source();
        }
        Problem::with_detail(kind, words)
    }
}
