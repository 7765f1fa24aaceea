//! The stream of a reply: hello, outcomes, pages, end. It runs on a task of its own and is held up by a slow reader.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use fieldwatch_schemas::limits::BODY_PAUSE_MS_MAX;
use fieldwatch_schemas::sync::exchange::{Item, Request};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio_stream::wrappers::ReceiverStream;
use tracing::Instrument as _;

use super::coding::Coding;
use crate::app::crowd::Place;
use crate::app::{App, random};
use crate::exchange::{self, Exchange};
use crate::problem::ApiError;
use crate::register::device::Device;

/// How many pages wait for a slow reader.
const PAGES_WAITING: usize = 2;

/// How much travels together, where it is there at once: a small reply is told in one piece.
const TOGETHER_BYTES: usize = 8 * 1024;

/// How long a reader may leave a page waiting.
const PAUSE_MAX: Duration = Duration::from_millis(BODY_PAUSE_MS_MAX);

/// A reply that nothing stands in the way of.
pub(super) struct Reply {
    /// Away while pages are read, and when there are no more.
    exchange: Option<Exchange>,
    /// Why it goes no further than what was read last.
    cut: Option<Cut>,
    /// Read before the reply begins.
    first: Vec<u8>,
    coding: Coding,
    told: Told,
}

/// What a reply came to, for the log.
#[derive(Debug, Default)]
struct Told {
    pushed: usize,
    refused: usize,
    records: usize,
    size_bytes: usize,
}

/// Why a reply was cut.
#[derive(Debug, thiserror::Error)]
enum Cut {
    #[error("the reader went away, or reads no more")]
    Left,
    #[error(transparent)]
    Exchange(#[from] exchange::Cut),
    #[error("a page could not be read")]
    Page(#[from] tokio::task::JoinError),
    #[error("a page could not be coded")]
    Coding(#[from] io::Error),
}

impl Reply {
    /// Refuses what is to be refused, gives the outbox to the committer, and waits for the first page with the first outcome, so that a
    /// server which cannot take it says so as a problem.
    pub(super) async fn begin(
        app: Arc<App>,
        device: &Device,
        request: Request,
        coding: Coding,
    ) -> Result<Self, ApiError> {
        let asker = app.asker(device)?;
        let (mut exchange, push) = Exchange::begin(app.register(), app.log(), asker, request)
            .map_err(ApiError::Refused)?;
        let mut told = Told::default();
        if let Some(push) = push {
            told.pushed = push.outbox.len();
            let notary = app.notary();
            exchange.heard_by(notary.hear(device.id, &push.outbox, random()?));
            let pushed = app.pushes().push(push.asker, push.outbox).await;
            exchange.answered_by(pushed.map_err(ApiError::Refused)?);
        }
        let mut reply = Self {
            exchange: Some(exchange),
            cut: None,
            first: Vec::new(),
            coding,
            told,
        };
        reply.first = match reply.next_pages().await {
            Ok(first) => first.unwrap_or_default(),
            Err(Cut::Exchange(exchange::Cut::Push(kind))) => return Err(ApiError::Refused(kind)),
            Err(Cut::Exchange(exchange::Cut::Store(error))) => return Err(error.into()),
            Err(_) => return Err(ApiError::Mistake("the first page")),
        };
        Ok(reply)
    }

    /// The body. `place` is held until it is over.
    pub(super) fn stream(self, place: Place) -> Body {
        let (pages, waiting) = mpsc::channel(PAGES_WAITING);
        let tell = async move {
            self.tell(&pages).await;
            drop(place);
        };
        tokio::spawn(tell.in_current_span());
        Body::from_stream(ReceiverStream::new(waiting))
    }

    async fn tell(mut self, pages: &mpsc::Sender<io::Result<Bytes>>) {
        let begun = Instant::now();
        let told = self.try_tell(pages).await;
        let duration_ms = begun.elapsed().as_secs_f64() * 1000.0;
        let Told {
            pushed,
            refused,
            records,
            size_bytes,
        } = self.told;
        match told {
            Ok(()) => {
                tracing::info!(pushed, refused, records, size_bytes, duration_ms, "synced");
            }
            Err(cut) => {
                tracing::warn!(error = %cut, pushed, refused, records, size_bytes, duration_ms, "a reply was cut");
                let cut = Err(io::Error::other("cut"));
                drop(pages.send_timeout(cut, PAUSE_MAX).await);
            }
        }
    }

    async fn try_tell(&mut self, pages: &mpsc::Sender<io::Result<Bytes>>) -> Result<(), Cut> {
        let first = std::mem::take(&mut self.first);
        self.send(first, pages).await?;
        while let Some(read) = self.next_pages().await? {
            self.send(read, pages).await?;
        }
        let end = self.coding.end().await?;
        self.send_bytes(end, pages).await
    }

    /// The next pages, read where blocking is allowed.
    async fn next_pages(&mut self) -> Result<Option<Vec<u8>>, Cut> {
        if let Some(cut) = self.cut.take() {
            return Err(cut);
        }
        let Some(mut exchange) = self.exchange.take() else {
            return Ok(None);
        };
        let read = move || {
            let pages = exchange.next_pages(TOGETHER_BYTES);
            (exchange, pages)
        };
        let (exchange, (bytes, items, told)) = spawn_blocking(read).await?;
        match told {
            Ok(exchange::Told::Some) => self.exchange = Some(exchange),
            Ok(exchange::Told::All) => {}
            Err(cut) if items.is_empty() => return Err(cut.into()),
            Err(cut) => self.cut = Some(cut.into()),
        }
        let records = items.iter().filter(|item| matches!(item, Item::Record(_)));
        self.told.records += records.count();
        self.told.refused += items.iter().filter(|item| is_refusal(item)).count();
        Ok((!bytes.is_empty()).then_some(bytes))
    }

    async fn send(
        &mut self,
        read: Vec<u8>,
        pages: &mpsc::Sender<io::Result<Bytes>>,
    ) -> Result<(), Cut> {
        let bytes = self.coding.page(read).await?;
        self.send_bytes(bytes, pages).await
    }

    async fn send_bytes(
        &mut self,
        bytes: Bytes,
        pages: &mpsc::Sender<io::Result<Bytes>>,
    ) -> Result<(), Cut> {
        self.told.size_bytes += bytes.len();
        match bytes.is_empty() {
            true => Ok(()),
            false => {
                let sent = pages.send_timeout(Ok(bytes), PAUSE_MAX).await;
                sent.map_err(|_| Cut::Left)
            }
        }
    }
}

fn is_refusal(item: &Item) -> bool {
    matches!(item, Item::Outcome(outcome) if outcome.problem.is_some())
}
