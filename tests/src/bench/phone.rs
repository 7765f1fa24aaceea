//! A device whose requests are made by hand and ready before the clock runs, over the connection that devices use: HTTP/2, TLS 1.3,
//! zstd both ways, the same token all the time.

use std::sync::Arc;

use async_compression::Level;
use async_compression::tokio::write::{ZstdDecoder, ZstdEncoder};
use bytes::Bytes;
use fieldwatch_client_core::chance::SystemChance;
use fieldwatch_client_core::identity::Identity;
use fieldwatch_client_core::replica::Account;
use fieldwatch_client_core::transport::Transport as _;
use fieldwatch_client_core::transport::https::{Https, enrol};
use fieldwatch_schemas::sync::MEDIA_TYPE;
use fieldwatch_schemas::sync::VERSION;
use fieldwatch_schemas::sync::enrol::TicketLink;
use fieldwatch_schemas::sync::exchange::{Item, Request};
use fieldwatch_schemas::sync::frame::Frames;
use fieldwatch_schemas::sync::pull::FeedCursor;
use fieldwatch_schemas::sync::push::{Pushed, Verdict};
use tokio::io::AsyncWriteExt as _;

use super::case::Case;
use crate::fault::{Fault, Told};
use crate::wire::Wire;

/// The records of one push while a store is filled.
const PUSH_RECORDS: usize = 128;

/// A device that is enrolled, with an access token.
#[derive(Debug)]
pub(super) struct Phone {
    https: Https,
    client: reqwest::Client,
    link: TicketLink,
    url: String,
    bearer: String,
}

impl Phone {
    /// Enrols with a ticket's link, and gets a token.
    pub(super) async fn enrol(link: &str) -> Told<Self> {
        let link = TicketLink::parse(link)?;
        let identity = Identity::generate(&mut SystemChance)?;
        let reply = enrol(&link, "phone", &identity).await?;
        let account = Account {
            device: reply.device,
            standing: reply.standing,
            person_name: reply.person_name,
            server: reply.server,
            url: link.server.clone(),
            pin: link.pin.clone(),
            receipt_key: reply.receipt_key,
        };
        let mut phone = Self {
            https: Https::new(account, identity, Some(reply.nonce))?,
            client: client(&link)?,
            url: format!("{}/v1/sync", link.server),
            link,
            bearer: String::new(),
        };
        phone.renew().await?;
        Ok(phone)
    }

    /// Gets a fresh token: one is good for a quarter of an hour.
    pub(super) async fn renew(&mut self) -> Told<()> {
        drop(self.https.exchange(&request(Vec::new(), &[])?).await?);
        let token = self.https.token();
        let token = token.ok_or_else(|| Fault::new("no token"))?;
        self.bearer = format!("Bearer {token}");
        Ok(())
    }

    /// Lets the connection go; the next request makes another.
    pub(super) fn hang_up(&mut self) -> Told<()> {
        self.client = client(&self.link)?;
        Ok(())
    }

    /// Sends to another address of the same key, such as that of [`super::bare`].
    pub(super) async fn send_to(&self, url: &str, body: Bytes) -> Told<Bytes> {
        let request = self.client.post(url).body(body);
        let request = request
            .header("content-type", MEDIA_TYPE)
            .header("content-encoding", "zstd")
            .header("accept-encoding", "zstd")
            .header("authorization", &self.bearer);
        let response = request.send().await?;
        let status = response.status();
        let body = response.bytes().await?;
        match status.is_success() {
            true => Ok(body),
            false => Err(Fault::new(format!(
                "{status}: {}",
                String::from_utf8_lossy(&body)
            ))),
        }
    }

    /// Sends a body made by [`packed`] and gives the reply as it came.
    pub(super) async fn send(&self, body: Bytes) -> Told<Bytes> {
        self.send_to(&self.url, body).await
    }

    /// Pushes cases, all their changes, and proves that every one is stored.
    pub(super) async fn push(&self, cases: &[Case]) -> Told<()> {
        for group in cases.chunks(PUSH_RECORDS) {
            let pushed = group.iter().map(|case| case.pushed_from(0)).collect();
            let body = packed(&request(pushed, &[])?).await?;
            all_stored(&self.send(body).await?, group.len()).await?;
        }
        Ok(())
    }
}

fn client(link: &TicketLink) -> Told<reqwest::Client> {
    let mut tls = Arc::unwrap_or_clone(Wire::of(link)?.config());
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let built = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .build()?;
    Ok(built)
}

/// A request that brings these records and asks for these feeds from their beginning.
pub(super) fn request(outbox: Vec<Pushed>, feeds: &[&str]) -> Told<Request> {
    let cursor = |feed: &&str| {
        Ok(FeedCursor {
            feed: feed.parse()?,
            cursor: 0,
            complete: 0,
            digest: fieldwatch_schemas::digest::Digest::default(),
            proof: None,
        })
    };
    Ok(Request {
        version: VERSION,
        log: None,
        feeds: feeds.iter().map(cursor).collect::<Told<_>>()?,
        outbox,
        budget_bytes: None,
        grants: None,
        wants: Vec::new(),
        stations: None,
        repair: None,
    })
}

/// A request as it goes over the wire.
pub(super) async fn packed(request: &Request) -> Told<Bytes> {
    Ok(zstd(&minicbor::to_vec(request)?).await?.into())
}

/// Bytes through zstd at level 3.
pub(super) async fn zstd(bytes: &[u8]) -> Told<Vec<u8>> {
    let mut encoder = ZstdEncoder::with_quality(Vec::new(), Level::Precise(3));
    encoder.write_all(bytes).await?;
    encoder.shutdown().await?;
    Ok(encoder.into_inner())
}

/// What zstd made small.
pub(super) async fn unpacked(bytes: &[u8]) -> Told<Vec<u8>> {
    let mut decoder = ZstdDecoder::new(Vec::new());
    decoder.write_all(bytes).await?;
    decoder.shutdown().await?;
    Ok(decoder.into_inner())
}

/// The items of a reply.
pub(super) async fn items(reply: &[u8]) -> Told<Vec<Item>> {
    let mut frames = Frames::default();
    frames.push(&unpacked(reply).await?);
    let mut items = Vec::new();
    while let Some(item) = frames.next_item()? {
        items.push(item);
    }
    Ok(items)
}

/// Proves that a reply says of so many records that they are durable.
pub(super) async fn all_stored(reply: &[u8], records: usize) -> Told<()> {
    let items = items(reply).await?;
    let mut stored = 0;
    for item in &items {
        match item {
            Item::Outcome(outcome) if outcome.verdict == Verdict::Stored => stored += 1,
            Item::Outcome(outcome) => return Err(Fault::new(format!("not stored: {outcome:?}"))),
            _ => {}
        }
    }
    match stored == records && items.last() == Some(&Item::End) {
        true => Ok(()),
        false => Err(Fault::new(format!("{stored} of {records} stored"))),
    }
}
