//! Taking in one item of a feed: its changes are merged with what is held, and what is held is compared with what the server has.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{Actor, Hash};
use fieldwatch_schemas::record::rebase::Numbers;
use fieldwatch_schemas::record::{Document, DocumentError};
use fieldwatch_schemas::sync::pull::RecordItem;

use super::ReplicaError;
use super::held::Held;
use super::rows::ChangeRow;

/// What an item came to.
pub(super) enum Taken {
    Whole {
        /// The record, where what it says has changed and can be read.
        document: Option<Box<Document>>,
        is_new: bool,
        /// Who writes in whose place, where another copy of this home had written.
        heirs: BTreeMap<Actor, Actor>,
    },
    Incomplete,
    Unsound,
}

/// Adds an item's changes to what is held, and notes which of those held the server has.
pub(super) fn take(held: &mut Held, item: &RecordItem) -> Taken {
    let mut brought = Vec::new();
    let mut sent = BTreeMap::new();
    for change in &item.changes {
        if let Some(bytes) = &change.chunk {
            let Ok(chunk) = Chunk::parse(bytes.to_vec()) else {
                return Taken::Unsound;
            };
            sent.insert(chunk.hash(), change.received_ms);
            brought.push((chunk, change.received_ms));
        }
        sent.extend(change.known.map(|hash| (hash, change.received_ms)));
    }
    let read = held.readable();
    let hash = |chunk: &Option<Chunk>| chunk.as_ref().map(Chunk::hash);
    let mut hashes: Vec<Option<Hash>> = read.iter().map(hash).collect();
    let mut have: BTreeSet<Hash> = hashes.iter().flatten().copied().collect();
    brought.retain(|(chunk, _)| !have.contains(&chunk.hash()));
    let heirs = match make_way(held, &read, &brought) {
        Ok(heirs) => heirs,
        Err(_) => return Taken::Unsound,
    };
    if !heirs.is_empty() {
        hashes = held.hashes();
        have = hashes.iter().flatten().copied().collect();
        brought.retain(|(chunk, _)| !have.contains(&chunk.hash()));
    }
    let has_heads = item.heads.iter().all(|head| have.contains(head));
    let mut document = None;
    let is_new = !brought.is_empty();
    if is_new || !has_heads || !heirs.is_empty() {
        match merged(held, item, &brought) {
            Ok(merged) => document = merged,
            Err(taken) => return taken,
        }
    }
    note_known(held, item.is_whole, &hashes, &sent);
    for (chunk, received_ms) in brought {
        held.add(ChangeRow {
            chunk: chunk.into_bytes().into(),
            is_unsent: false,
            received_ms,
        });
    }
    if !item.is_whole {
        // What is not below the server's heads the server does not have, whatever it once said: it was set back, and gave the place of
        // that to others' work since.
        held.owe_what_is_not_below(&item.heads);
    }
    Taken::Whole {
        document,
        is_new,
        heirs,
    }
}

/// What is held and clashes with what another copy of this home wrote is written anew.
fn make_way(
    held: &mut Held,
    read: &[Option<Chunk>],
    brought: &[(Chunk, i64)],
) -> Result<BTreeMap<Actor, Actor>, ReplicaError> {
    let theirs = Numbers::of(brought.iter().map(|(chunk, _)| chunk));
    if !read.iter().flatten().any(|chunk| theirs.clash(chunk)) {
        return Ok(BTreeMap::new());
    }
    held.rebase(|chunk| theirs.clash(chunk))
}

/// The record with the item's changes; `None` if it is of a kind that this program cannot read, which is kept as it comes.
fn merged(
    held: &mut Held,
    item: &RecordItem,
    brought: &[(Chunk, i64)],
) -> Result<Option<Box<Document>>, Taken> {
    if held.kind().is_err() {
        let last = item.heads.iter().all(|head| {
            let brings = |(chunk, _): &(Chunk, i64)| chunk.hash() == *head;
            brought.iter().any(brings) || held.hashes().contains(&Some(*head))
        });
        held.row.heads.clone_from(&item.heads);
        return if last {
            Ok(None)
        } else {
            Err(Taken::Incomplete)
        };
    }
    let mut document = held.document().map_err(|_| Taken::Unsound)?;
    let chunks: Vec<Chunk> = brought.iter().map(|(chunk, _)| chunk.clone()).collect();
    // Whatever fails here, the document is given up with it.
    match document.apply(&chunks) {
        Ok(_) if item.heads.iter().all(|head| document.has(*head)) => Ok(Some(Box::new(document))),
        Ok(_) | Err(DocumentError::Missing(_)) => Err(Taken::Incomplete),
        Err(_) => Err(Taken::Unsound),
    }
}

/// What the server sent it has; of a whole record it lacks what it did not send, and must be offered that again.
fn note_known(
    held: &mut Held,
    is_whole: bool,
    hashes: &[Option<Hash>],
    sent: &BTreeMap<Hash, i64>,
) {
    for (place, hash) in hashes.iter().enumerate() {
        match hash.as_ref().and_then(|hash| sent.get(hash)) {
            Some(received_ms) => held.note(place, false, Some(*received_ms)),
            None if is_whole => held.note(place, true, None),
            None => {}
        }
    }
}
