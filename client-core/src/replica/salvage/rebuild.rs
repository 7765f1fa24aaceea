//! Making a record of the changes that are left of it.

use std::collections::BTreeSet;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::Hash;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::{Document, frozen};

/// Changes in no certain order, each with what else is known of it.
#[derive(Debug)]
pub(in crate::replica) struct Pool<T> {
    left: Vec<(Chunk, T)>,
}

impl<T> Pool<T> {
    /// These changes; of the same one only the first counts.
    pub(in crate::replica) fn of(changes: impl IntoIterator<Item = (Chunk, T)>) -> Self {
        let mut seen: BTreeSet<Hash> = BTreeSet::new();
        let fresh = changes
            .into_iter()
            .filter(|(chunk, _)| seen.insert(chunk.hash()));
        Self {
            left: fresh.collect(),
        }
    }

    /// Applies what applies, and returns it in the order in which it was applied. What the document has already is dropped.
    pub(in crate::replica) fn place(&mut self, document: &mut Document) -> Vec<(Chunk, T)> {
        let mut placed = Vec::new();
        loop {
            let before = self.left.len();
            let mut left = Vec::new();
            for (chunk, more) in std::mem::take(&mut self.left) {
                if document.has(chunk.hash()) {
                    continue;
                }
                let mut tried = document.clone();
                if tried.accept(std::slice::from_ref(&chunk)).is_ok() {
                    *document = tried;
                    placed.push((chunk, more));
                } else {
                    left.push((chunk, more));
                }
            }
            self.left = left;
            if self.left.len() == before || self.left.is_empty() {
                return placed;
            }
        }
    }

    /// What does not apply.
    pub(in crate::replica) fn into_left(self) -> Vec<(Chunk, T)> {
        self.left
    }
}

/// The kind of the record that changes belong to, by the frozen change that the first of them was made upon.
pub(super) fn kind_of<'a>(chunks: impl IntoIterator<Item = &'a Chunk>) -> Option<Kind> {
    let deps: BTreeSet<Hash> = chunks
        .into_iter()
        .flat_map(|chunk| chunk.deps().iter().copied())
        .collect();
    let mut kinds = Kind::ALL.into_iter();
    kinds.find(|kind| deps.contains(&frozen::hash(*kind)))
}
