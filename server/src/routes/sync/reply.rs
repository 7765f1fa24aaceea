//! The stream of a reply: hello, outcomes, pages, end. It runs on a task of its own and is held up by a slow reader.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use fieldwatch_schemas::limits::BODY_PAUSE_MS_MAX;
use fieldwatch_schemas::sync::exchange::{Item, Request};
use fieldwatch_schemas::sync::frame;
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

/// How long a reader may leave a page waiting.
const PAUSE_MAX: Duration = Duration::from_millis(BODY_PAUSE_MS_MAX);

/// A reply that nothing stands in the way of.
pub(super) struct Reply {
    /// Away while a page is read.
    exchange: Option<Exchange>,
    /// Read before the reply begins.
    first: Vec<Item>,
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
            first: Vec::new(),
            coding,
            told,
        };
        reply.first = match reply.next_page().await {
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
        self.send(&first, pages).await?;
        while let Some(page) = self.next_page().await? {
            self.send(&page, pages).await?;
        }
        let end = self.coding.end().await?;
        self.send_bytes(end, pages).await
    }

    /// The next page, read where blocking is allowed.
    async fn next_page(&mut self) -> Result<Option<Vec<Item>>, Cut> {
        let Some(mut exchange) = self.exchange.take() else {
            return Ok(None);
        };
        let read = move || {
            let page = exchange.next_page();
            (exchange, page)
        };
        let (exchange, page) = spawn_blocking(read).await?;
        self.exchange = Some(exchange);
        Ok(page?)
    }

    async fn send(
        &mut self,
        items: &[Item],
        pages: &mpsc::Sender<io::Result<Bytes>>,
    ) -> Result<(), Cut> {
        let records = items.iter().filter(|item| matches!(item, Item::Record(_)));
        self.told.records += records.count();
        self.told.refused += items.iter().filter(|item| is_refusal(item)).count();
        let page = items.iter().flat_map(frame::encode).collect();
        let bytes = self.coding.page(page).await?;
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
