//! A change writes only upon what it depends on.
//!
//! automerge takes a change that succeeds an operation it does not depend on, and lets it count only where that operation happens to be
//! there already: replicas with equal heads would say different things, in silence. Nobody's device makes such a change, so whoever
//! accepts changes refuses it.

use std::collections::BTreeSet;

use automerge::legacy::{ElementId, Key, ObjectId, OpId};
use automerge::{Change, ChangeHash, ObjId};

use super::{Document, DocumentError, guarded};
use crate::chunk::Chunk;

impl Document {
    /// As [`Document::apply`], for changes that nobody has accepted yet: each is also proved to write only upon what it depends on.
    ///
    /// # Errors
    ///
    /// As [`Document::apply`], and [`DocumentError::Reach`].
    pub fn accept(&mut self, chunks: &[Chunk]) -> Result<(), DocumentError> {
        for chunk in chunks {
            if !self.has(chunk.hash()) {
                let change = self.examine(chunk, &std::collections::BTreeMap::new())?;
                self.prove_reach(chunk, &change)?;
            }
            self.apply(std::slice::from_ref(chunk))?;
        }
        Ok(())
    }

    fn prove_reach(&self, chunk: &Chunk, change: &Change) -> Result<(), DocumentError> {
        let beyond = || DocumentError::Reach(chunk.hash());
        let written_upon = guarded(|| others(change))?.ok_or_else(beyond)?;
        let mut changes = BTreeSet::new();
        for OpId(counter, actor) in written_upon {
            let hash = self.doc.hash_for_opid(&ObjId::Id(counter, actor, 0));
            changes.insert(hash.ok_or_else(beyond)?);
        }
        let deps: BTreeSet<ChangeHash> = change.deps().iter().copied().collect();
        let heads: BTreeSet<ChangeHash> = self.doc.get_heads().into_iter().collect();
        if changes.is_subset(&deps) || heads.is_subset(&deps) {
            return Ok(());
        }
        let deps: Vec<ChangeHash> = deps.into_iter().collect();
        let beside = self.doc.get_changes_meta(&deps);
        match beside.iter().any(|meta| changes.contains(&meta.hash)) {
            true => Err(beyond()),
            false => Ok(()),
        }
    }
}

/// The operations of other changes that a change names. `None` if it names one of its own before that is made.
fn others(change: &Change) -> Option<BTreeSet<OpId>> {
    let mut found = BTreeSet::new();
    let expanded = change.decode();
    for (own, op) in (change.start_op().get()..).zip(&expanded.operations) {
        let object = match &op.obj {
            ObjectId::Id(id) => Some(id),
            ObjectId::Root => None,
        };
        let element = match &op.key {
            Key::Seq(ElementId::Id(id)) => Some(id),
            Key::Seq(ElementId::Head) | Key::Map(_) => None,
        };
        for id in object.into_iter().chain(element).chain(op.pred.iter()) {
            let is_own = id.1 == expanded.actor_id && id.0 >= change.start_op().get();
            if is_own && id.0 >= own {
                return None;
            }
            if !is_own {
                found.insert(id.clone());
            }
        }
    }
    Some(found)
}
