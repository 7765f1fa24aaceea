//! Requests and replies as bytes: packed before the clock runs, read after it.

use async_compression::Level;
use async_compression::tokio::write::{ZstdDecoder, ZstdEncoder};
use bytes::Bytes;
use fieldwatch_schemas::sync::VERSION;
use fieldwatch_schemas::sync::exchange::{Item, Request};
use fieldwatch_schemas::sync::frame::Frames;
use fieldwatch_schemas::sync::pull::FeedCursor;
use fieldwatch_schemas::sync::push::{Pushed, Verdict};
use tokio::io::AsyncWriteExt as _;

use crate::fault::{Fault, Told};

/// A request that brings these records and asks for these feeds from their beginning.
pub(in crate::bench) fn request(outbox: Vec<Pushed>, feeds: &[&str]) -> Told<Request> {
    let cursor = |feed: &&str| {
        Ok(FeedCursor {
            feed: feed.parse()?,
            cursor: 0,
            complete: 0,
            mark: None,
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
        index: Vec::new(),
        whole_budget_bytes: None,
        erasures: None,
        repair: None,
    })
}

/// A request as it goes over the wire.
pub(in crate::bench) async fn packed(request: &Request) -> Told<Bytes> {
    Ok(zstd(&minicbor::to_vec(request)?).await?.into())
}

/// Bytes through zstd at level 3.
pub(in crate::bench) async fn zstd(bytes: &[u8]) -> Told<Vec<u8>> {
    let mut encoder = ZstdEncoder::with_quality(Vec::new(), Level::Precise(3));
    encoder.write_all(bytes).await?;
    encoder.shutdown().await?;
    Ok(encoder.into_inner())
}

/// What zstd made small.
pub(in crate::bench) async fn unpacked(bytes: &[u8]) -> Told<Vec<u8>> {
    let mut decoder = ZstdDecoder::new(Vec::new());
    decoder.write_all(bytes).await?;
    decoder.shutdown().await?;
    Ok(decoder.into_inner())
}

/// The items of a reply.
pub(in crate::bench) async fn items(reply: &[u8]) -> Told<Vec<Item>> {
    let mut frames = Frames::default();
    frames.push(&unpacked(reply).await?);
    let mut items = Vec::new();
    while let Some(item) = frames.next_item()? {
        items.push(item);
    }
    Ok(items)
}

/// Proves that a reply says of so many records that they are durable.
pub(in crate::bench) async fn all_stored(reply: &[u8], records: usize) -> Told<()> {
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
