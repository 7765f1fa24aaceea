//! A record: one automerge document, begun by the frozen first change of its kind.
//!
//! The document's root holds `kind` and `schema`, the fields of the kind's table, and the containers that the frozen change made:
//! `events` (event id → event, as canonical JSON), `attachments`, and the kind's own. Nobody ever replaces a container.

pub mod check;
pub mod conflict;
pub mod edit;
pub mod event;
pub mod frozen;
pub mod import;
mod reach;
pub mod rebase;
pub mod successor;
mod touched;
pub mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{Automerge, ROOT, ReadDoc as _};

use crate::chunk::{Chunk, ChunkError};
use crate::id::{Actor, Hash, RecordId};
use crate::kind::Kind;

/// One record in memory.
#[derive(Debug, Clone)]
pub struct Document {
    id: RecordId,
    kind: Kind,
    doc: Automerge,
}

/// What one change of a document is.
#[derive(Debug, Clone, Copy)]
struct Made {
    actor: Actor,
    seq: u64,
    max_op: u64,
}

/// Changes that do not make a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// One chunk is unsound.
    #[error("change {hash}: {source}")]
    Chunk {
        /// Which.
        hash: Hash,
        /// Why.
        source: ChunkError,
    },
    /// Changes that these depend on are not here.
    #[error("{} changes that these depend on are missing", .0.len())]
    Missing(Vec<Hash>),
    /// A change counts its operations from elsewhere than its dependencies end.
    #[error("change {0} does not continue where its dependencies end")]
    StartOp(Hash),
    /// Another change of the same actor has this number.
    #[error("change {0} re-uses a writer's number")]
    ActorReused(Hash),
    /// A change does not depend on the change of its actor before it.
    #[error("change {0} does not follow its writer's change before it")]
    Gap(Hash),
    /// A change writes upon what it does not depend on, or as its objects cannot be written.
    #[error("change {0} writes upon what it does not depend on, or cannot write")]
    Reach(Hash),
    /// automerge failed on it; the document that it was tried on is gone, others are not touched.
    #[error("automerge cannot apply the changes: {0}")]
    Automerge(String),
}

impl Document {
    /// A record that holds nothing but its frozen first change.
    ///
    /// # Errors
    ///
    /// [`DocumentError::Automerge`] if the build is broken.
    pub fn begin(id: RecordId, kind: Kind) -> Result<Self, DocumentError> {
        Ok(Self {
            id,
            kind,
            doc: frozen::document(kind)?,
        })
    }

    /// The change that wrote what a field says.
    #[must_use]
    pub fn written_by(&self, path: &str) -> Option<Hash> {
        let (container, key) = self.cell(path)?;
        let (_, written) = self.doc.get(&container, key.as_str()).ok().flatten()?;
        self.doc.hash_for_opid(&written).map(Hash::from)
    }

    /// A record from its changes, in causal order, without the frozen one.
    ///
    /// # Errors
    ///
    /// As [`Document::apply`].
    pub fn from_chunks(id: RecordId, kind: Kind, chunks: &[Chunk]) -> Result<Self, DocumentError> {
        let mut document = Self::begin(id, kind)?;
        document.apply(chunks)?;
        Ok(document)
    }

    /// Applies changes, in causal order; those it has are passed over. Returns the hashes of the new ones.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] for the first unsound change; the document may then hold the ones before it, so try on a clone.
    pub fn apply(&mut self, chunks: &[Chunk]) -> Result<Vec<Hash>, DocumentError> {
        let mut fresh = Vec::new();
        let mut changes = Vec::new();
        let mut before = BTreeMap::new();
        for chunk in chunks {
            if self.has(chunk.hash()) || before.contains_key(&chunk.hash()) {
                continue;
            }
            let change = self.examine(chunk, &before)?;
            let made = Made {
                actor: chunk.actor(),
                seq: chunk.seq(),
                max_op: change.max_op(),
            };
            before.insert(chunk.hash(), made);
            fresh.push(chunk.hash());
            changes.push(change);
        }
        self.take(&fresh, changes)?;
        Ok(fresh)
    }

    /// Applies changes that were examined, whose hashes these are.
    fn take(
        &mut self,
        fresh: &[Hash],
        changes: Vec<automerge::Change>,
    ) -> Result<(), DocumentError> {
        let doc = &mut self.doc;
        guarded(move || doc.apply_changes(changes))?.map_err(|error| match error {
            automerge::AutomergeError::DuplicateSeqNumber(..) => {
                DocumentError::ActorReused(fresh.first().copied().unwrap_or(Hash([0; 32])))
            }
            other => DocumentError::Automerge(other.to_string()),
        })?;
        match fresh.iter().find(|hash| !self.has(**hash)) {
            Some(lost) => Err(DocumentError::Automerge(format!(
                "change {lost} was not taken"
            ))),
            None => Ok(()),
        }
    }

    /// Proves one chunk against what it depends on: in the document, or before it in the same run. Of one actor's changes each must
    /// name the one before: what two of them make side by side would bear the same names.
    fn examine(
        &self,
        chunk: &Chunk,
        before: &BTreeMap<Hash, Made>,
    ) -> Result<automerge::Change, DocumentError> {
        let hash = chunk.hash();
        let mut end = 0;
        let mut is_next = chunk.seq() == 1;
        let mut missing = Vec::new();
        for dep in chunk.deps() {
            match before.get(dep).copied().or_else(|| self.made(*dep)) {
                Some(made) => {
                    end = end.max(made.max_op);
                    is_next |= made.actor == chunk.actor() && made.seq + 1 == chunk.seq();
                }
                None => missing.push(*dep),
            }
        }
        if !missing.is_empty() {
            return Err(DocumentError::Missing(missing));
        }
        if chunk.deps().is_empty() || chunk.start_op() != end + 1 {
            return Err(DocumentError::StartOp(hash));
        }
        if !is_next {
            return Err(DocumentError::Gap(hash));
        }
        guarded(|| chunk.to_change())
            .and_then(|read| read.map_err(|source| DocumentError::Chunk { hash, source }))
    }

    fn made(&self, hash: Hash) -> Option<Made> {
        let meta = self.doc.get_change_meta_by_hash(&hash.into())?;
        Some(Made {
            actor: Actor(meta.actor.to_bytes().try_into().ok()?),
            seq: meta.seq,
            max_op: meta.max_op,
        })
    }

    /// How many operations it is made of.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.doc.stats().num_ops
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> RecordId {
        self.id
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The stations that hold it, every value counted: where nobody has chosen between two, both do.
    #[must_use]
    pub fn stations(&self) -> BTreeSet<String> {
        self.texts("station")
    }

    /// The texts of a field, all between which nobody has chosen.
    pub(crate) fn texts(&self, path: &str) -> BTreeSet<String> {
        let field = self.kind.field(path);
        let values = field.and_then(|field| self.doc.get_all(ROOT, field.path).ok());
        let values = values.into_iter().flatten();
        values
            .filter_map(|(value, _)| value.as_str().map(str::to_owned))
            .collect()
    }

    /// The stations that it is shared with.
    #[must_use]
    pub fn shared_with(&self) -> BTreeSet<String> {
        let field = self.kind.field("shared_with");
        let map = field.and_then(|field| self.doc.get(ROOT, field.path).ok().flatten());
        let keys = map.map(|(_, map)| self.doc.keys(&map));
        keys.into_iter().flatten().collect()
    }

    /// Its heads, sorted.
    #[must_use]
    pub fn heads(&self) -> Vec<Hash> {
        self.doc.get_heads().into_iter().map(Hash::from).collect()
    }

    /// Whether it holds a change.
    #[must_use]
    pub fn has(&self, hash: Hash) -> bool {
        self.doc.get_change_meta_by_hash(&hash.into()).is_some()
    }

    /// The automerge document itself, to be compared with others.
    #[must_use]
    pub fn automerge(&self) -> &Automerge {
        &self.doc
    }

    /// Whether nothing has been recorded in it.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.heads() == [frozen::hash(self.kind)]
    }

    /// All its changes but the frozen one, in causal order.
    ///
    /// # Errors
    ///
    /// [`DocumentError::Chunk`] if one does not keep our bounds, which those that were applied do.
    pub fn chunks(&self) -> Result<Vec<Chunk>, DocumentError> {
        self.chunks_since(&[frozen::hash(self.kind)])
    }

    /// Its changes that `heads` do not contain, in causal order.
    ///
    /// # Errors
    ///
    /// As [`Document::chunks`].
    pub fn chunks_since(&self, heads: &[Hash]) -> Result<Vec<Chunk>, DocumentError> {
        let have: Vec<_> = heads.iter().copied().map(Into::into).collect();
        let read = |change: automerge::Change| {
            let hash = change.hash().into();
            Chunk::from_change(&change).map_err(|source| DocumentError::Chunk { hash, source })
        };
        self.doc.get_changes(&have).into_iter().map(read).collect()
    }

    /// The record as it was at `heads`.
    ///
    /// # Errors
    ///
    /// [`DocumentError::Automerge`] if a head is not in it.
    pub fn at(&self, heads: &[Hash]) -> Result<Self, DocumentError> {
        let heads: Vec<_> = heads.iter().copied().map(Into::into).collect();
        let doc = guarded(|| self.doc.fork_at(&heads))?
            .map_err(|error| DocumentError::Automerge(error.to_string()))?;
        Ok(Self {
            id: self.id,
            kind: self.kind,
            doc,
        })
    }
}

/// Runs automerge where a panic ends one attempt, not the process: bytes made by an attacker have made it panic before.
fn guarded<T>(attempt: impl FnOnce() -> T) -> Result<T, DocumentError> {
    catch_unwind(AssertUnwindSafe(attempt))
        .map_err(|_| DocumentError::Automerge("it panicked".to_owned()))
}

#[cfg(test)]
mod tests;
