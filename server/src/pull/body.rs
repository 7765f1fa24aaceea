//! The body of a record's item: its changes as they are stored, each proved by its checksum.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{Actor, Hash, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::frozen;
use fieldwatch_schemas::store::{Store, StoreError};
use fieldwatch_schemas::sync::pull::{AuthorLabel, ChangeItem, RecordItem};
use fieldwatch_schemas::time::Moment;

use crate::tables::{self, ChangeRow, RecordRow};

/// What an item takes at most, but for its lists, frame and mark included.
const ITEM_BYTES: usize = 136;
/// What a change takes at most, but for its bytes.
const CHANGE_BYTES: usize = 24;
/// What a hash takes.
const HASH_BYTES: usize = 34;
/// What a label takes at most, but for its text.
const LABEL_BYTES: usize = 26;

/// Which changes of a record to send.
pub(super) struct Part<'a> {
    /// Those after this position.
    pub(super) after: u64,
    /// Whether that is all of them.
    pub(super) is_whole: bool,
    /// The changes that the device brought with the same request: their hash is enough.
    pub(super) known: &'a BTreeSet<Hash>,
}

/// An item, and who wrote what is in it.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) item: RecordItem,
    pub(super) actors: BTreeSet<Actor>,
}

/// What the changes of an item come to.
#[derive(Default)]
struct Changes {
    items: Vec<ChangeItem>,
    hashes: BTreeSet<Hash>,
    actors: BTreeSet<Actor>,
}

/// Reads an item without its feed, its position there, and its labels.
///
/// # Errors
///
/// [`StoreError::Damaged`] if a change does not hold, or one that should be there is not.
pub(super) fn read(
    store: &dyn Store,
    record: RecordId,
    row: &RecordRow,
    part: &Part<'_>,
) -> Result<Body, StoreError> {
    let Changes {
        items: changes,
        hashes,
        actors,
    } = read_changes(store, record, row, part)?;
    if part.is_whole {
        let frozen = frozen::hash(row.kind);
        let has = |head: &Hash| *head == frozen || hashes.contains(head);
        if changes.len() as u64 != row.changes || !row.heads.iter().all(has) {
            return Err(tables::damaged(format!(
                "record {record}: {} of {} changes are there",
                changes.len(),
                row.changes
            )));
        }
    }
    let item = RecordItem {
        feed: 0,
        record,
        kind: row.kind.name().to_owned(),
        position: 0,
        is_whole: part.is_whole,
        changes,
        heads: row.heads.clone(),
        authors: Vec::new(),
        mac: None,
        actor: None,
    };
    Ok(Body { item, actors })
}

/// A bound on what the item takes on the wire, before its content coding.
pub(super) fn size_bytes(item: &RecordItem) -> usize {
    let change = |change: &ChangeItem| {
        let chunk = change.chunk.as_ref().map_or(0, |chunk| chunk.len());
        CHANGE_BYTES + chunk + change.known.map_or(0, |_| HASH_BYTES)
    };
    let label = |author: &AuthorLabel| LABEL_BYTES + author.label.len();
    ITEM_BYTES
        + item.changes.iter().map(change).sum::<usize>()
        + item.heads.len() * HASH_BYTES
        + item.authors.iter().map(label).sum::<usize>()
}

fn read_changes(
    store: &dyn Store,
    record: RecordId,
    row: &RecordRow,
    part: &Part<'_>,
) -> Result<Changes, StoreError> {
    let (mut changes, mut error) = (Changes::default(), None);
    let range = tables::changes_between(record, part.after, row.position);
    store.scan(&range, &mut |_, value| match read_change(record, value) {
        Ok((received_ms, chunk)) => {
            let hash = chunk.hash();
            let known = Some(hash).filter(|hash| part.known.contains(hash));
            changes.hashes.insert(hash);
            changes.actors.insert(chunk.actor());
            changes.items.push(ChangeItem {
                chunk: known.is_none().then(|| chunk.into_bytes().into()),
                known,
                received_ms: told(row.kind, received_ms),
            });
            ControlFlow::Continue(())
        }
        Err(damage) => {
            error = Some(damage);
            ControlFlow::Break(())
        }
    })?;
    error.map_or(Ok(changes), Err)
}

/// When a change was received, as far as its readers may know: of a blind record, the day.
fn told(kind: Kind, received_ms: i64) -> i64 {
    match kind.is_blind() {
        true => Moment::china(received_ms).day().ms,
        false => received_ms,
    }
}

fn read_change(record: RecordId, value: &[u8]) -> Result<(i64, Chunk), StoreError> {
    let row: ChangeRow = tables::decode("a change", value)?;
    let chunk = Chunk::parse(row.chunk.into())
        .map_err(|error| tables::damaged(format!("record {record}: {error}")))?;
    Ok((row.received_ms, chunk))
}
