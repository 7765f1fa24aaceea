//! Writing into a record past our own edits, as a device of another version might.

use automerge::transaction::Transaction;
use automerge::{ActorId, Automerge, Change};
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::record::{Document, frozen};

/// The record as bare automerge sees it.
pub(crate) fn opened(document: &Document) -> Automerge {
    let mut doc = Automerge::new();
    let chunks = document.chunks().unwrap();
    let bytes = chunks.iter().map(|chunk| chunk.bytes().to_vec());
    let kind = document.kind();
    let frozen = [frozen::bytes(kind)]
        .into_iter()
        .chain(frozen::further_bytes(kind));
    let all = frozen.map(<[u8]>::to_vec).chain(bytes);
    let changes: Vec<Change> = all
        .map(|bytes| Change::from_bytes(bytes).unwrap())
        .collect();
    doc.apply_changes(changes).unwrap();
    doc
}

/// The change that some writing makes, by a writer of its own.
pub(crate) fn written(
    document: &Document,
    actor: u8,
    write: impl FnOnce(&mut Transaction<'_>),
) -> Chunk {
    let mut doc = opened(document).with_actor(ActorId::from([actor; 16]));
    let before = doc.get_heads();
    doc.transact::<_, _, automerge::AutomergeError>(|tx| {
        write(tx);
        Ok(())
    })
    .unwrap();
    let change = doc.get_changes(&before).remove(0);
    Chunk::parse(change.raw_bytes().to_vec()).unwrap()
}
