//! The stream of a reply: hello, outcomes, pages, end. It runs on a task of its own and is held up by a slow reader.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use fieldwatch_schemas::feed::Grant;
use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::limits::BODY_PAUSE_MS_MAX;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::StoreError;
use fieldwatch_schemas::sync::exchange::{Hello, Item, ListTag, Request, grants_tag};
use fieldwatch_schemas::sync::frame;
use fieldwatch_schemas::sync::push::{Outcome, Pushed};
use fieldwatch_schemas::sync::station::{StationCard, stations_tag};
use futures_util::FutureExt as _;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::spawn_blocking;
use tokio_stream::wrappers::ReceiverStream;
use tracing::Instrument as _;

use super::coding::Coding;
use crate::app::App;
use crate::committer::{Outcomes, OwnedAsker};
use crate::problem::ApiError;
use crate::pull::Pull;
use crate::register::device::Device;

/// How many pages wait for a slow reader.
const PAGES_WAITING: usize = 2;

/// How long a reader may leave a page waiting.
const PAUSE_MAX: Duration = Duration::from_millis(BODY_PAUSE_MS_MAX);

/// A reply that nothing stands in the way of.
pub(super) struct Reply {
    app: Arc<App>,
    device: DeviceId,
    hello: Hello,
    /// What is known already, and where the rest comes from.
    outcomes: Option<(Outcome, Outcomes)>,
    /// Away while a page is read.
    pull: Option<Pull>,
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
    #[error("the device was revoked")]
    Revoked,
    #[error("the push ended early: {0}")]
    Push(ProblemKind),
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("a page could not be read")]
    Page(#[from] tokio::task::JoinError),
    #[error("a page could not be coded")]
    Coding(#[from] io::Error),
}

impl Reply {
    /// Refuses what is to be refused, and gives the outbox to the committer.
    pub(super) async fn begin(
        app: Arc<App>,
        device: &Device,
        mut request: Request,
        coding: Coding,
    ) -> Result<Self, ApiError> {
        let asker = app.asker(device)?;
        let pull = Pull::begin(app.log().clone(), &asker, &request, app.names())
            .map_err(ApiError::Refused)?;
        let stations = app.register().stations_of(&asker.standing);
        let hello = Hello {
            log: app.log().id(),
            now_ms: app.now_ms(),
            grants: grants_if_other(&asker.grants, request.grants),
            stations: stations_if_other(stations, request.stations),
        };
        let outbox = std::mem::take(&mut request.outbox);
        let pushed = outbox.len();
        let outcomes = match outbox.is_empty() {
            true => None,
            false => push(&app, asker, outbox).await?,
        };
        Ok(Self {
            app,
            device: device.id,
            hello,
            outcomes,
            pull: Some(pull),
            coding,
            told: Told {
                pushed,
                ..Told::default()
            },
        })
    }

    /// The body. `place` is held until it is over.
    pub(super) fn stream(self, place: OwnedSemaphorePermit) -> Body {
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
        let hello = Item::Hello(self.hello.clone());
        self.send(&[hello], pages).await?;
        if let Some((first, rest)) = self.outcomes.take() {
            self.tell_outcomes(first, rest, pages).await?;
        }
        while let Some(page) = self.next_page().await? {
            self.send(&page, pages).await?;
        }
        self.send(&[Item::End], pages).await?;
        let end = self.coding.end().await?;
        self.send_bytes(end, pages).await
    }

    /// Outcomes as they come; what has gathered meanwhile shares a page.
    async fn tell_outcomes(
        &mut self,
        first: Outcome,
        mut rest: Outcomes,
        pages: &mpsc::Sender<io::Result<Bytes>>,
    ) -> Result<(), Cut> {
        let mut next = Some(Ok(first));
        while let Some(outcome) = next {
            let mut page = vec![Item::Outcome(outcome.map_err(Cut::Push)?)];
            let mut ready = rest.next().now_or_never();
            while let Some(Some(outcome)) = ready {
                page.push(Item::Outcome(outcome.map_err(Cut::Push)?));
                ready = rest.next().now_or_never();
            }
            self.told.refused += page.iter().filter(|item| is_refusal(item)).count();
            self.send(&page, pages).await?;
            next = rest.next().await;
        }
        Ok(())
    }

    /// The next page, read where blocking is allowed; none for a device that was revoked meanwhile.
    async fn next_page(&mut self) -> Result<Option<Vec<Item>>, Cut> {
        if !self.app.register().is_active(self.device) {
            return Err(Cut::Revoked);
        }
        let Some(mut pull) = self.pull.take() else {
            return Ok(None);
        };
        let (pull, page) = spawn_blocking(move || {
            let page = pull.next_page();
            (pull, page)
        })
        .await?;
        self.pull = Some(pull);
        Ok(page?)
    }

    async fn send(
        &mut self,
        items: &[Item],
        pages: &mpsc::Sender<io::Result<Bytes>>,
    ) -> Result<(), Cut> {
        let records = items.iter().filter(|item| matches!(item, Item::Record(_)));
        self.told.records += records.count();
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

/// Gives an outbox to the committer, and waits for the first outcome, so that a server which cannot take it says so as a problem.
async fn push(
    app: &App,
    asker: OwnedAsker,
    outbox: Vec<Pushed>,
) -> Result<Option<(Outcome, Outcomes)>, ApiError> {
    let pushed = app.pushes().push(asker, outbox).await;
    let mut outcomes = pushed.map_err(ApiError::Refused)?;
    let first = outcomes.next().await.transpose();
    let first = first.map_err(ApiError::Refused)?;
    Ok(first.map(|first| (first, outcomes)))
}

fn is_refusal(item: &Item) -> bool {
    matches!(item, Item::Outcome(outcome) if outcome.problem.is_some())
}

fn stations_if_other(
    stations: Vec<StationCard>,
    held: Option<ListTag>,
) -> Option<Vec<StationCard>> {
    (held != Some(stations_tag(&stations))).then_some(stations)
}

fn grants_if_other(grants: &[Grant], held: Option<ListTag>) -> Option<Vec<Grant>> {
    (held != Some(grants_tag(grants))).then(|| grants.to_vec())
}
