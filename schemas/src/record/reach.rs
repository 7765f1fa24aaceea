//! A change writes only upon what it depends on, and only as its objects can be written.
//!
//! automerge takes a change that succeeds an operation it does not depend on, and lets it count only where that operation happens to be
//! there already: replicas with equal heads would say different things, in silence. Nobody's device makes such a change, so whoever
//! accepts changes refuses it.

use std::collections::{BTreeMap, BTreeSet};

use automerge::legacy::{ElementId, Key, ObjectId, Op, OpId, OpType};
use automerge::{Change, ChangeHash, ObjId, ObjType, ReadDoc as _};

use super::touched::Touched;
use super::{Document, DocumentError, guarded};
use crate::chunk::Chunk;

impl Document {
    /// As [`Document::apply`], for changes that nobody has accepted yet: each is also proved to write only upon what it depends on.
    ///
    /// # Errors
    ///
    /// As [`Document::apply`], and [`DocumentError::Reach`].
    pub fn accept(&mut self, chunks: &[Chunk]) -> Result<Touched, DocumentError> {
        let mut touched = Touched::default();
        for chunk in chunks {
            if !self.has(chunk.hash()) {
                let change = self.examine(chunk, &BTreeMap::new())?;
                self.prove_reach(chunk, &change, &mut touched)?;
                self.take(&[chunk.hash()], vec![change])?;
            }
            self.prove_kept(chunk)?;
        }
        Ok(touched)
    }

    /// A document must give back what it took, byte for byte: where automerge dropped a part of a change, it fails whenever that
    /// change is asked for.
    fn prove_kept(&self, chunk: &Chunk) -> Result<(), DocumentError> {
        let hash = chunk.hash();
        let kept = guarded(|| self.doc.get_change_by_hash(&hash.into()))?;
        match kept.is_some_and(|change| change.raw_bytes() == chunk.bytes()) {
            true => Ok(()),
            false => Err(DocumentError::Automerge(format!(
                "change {hash} was not taken whole"
            ))),
        }
    }

    fn prove_reach(
        &self,
        chunk: &Chunk,
        change: &Change,
        touched: &mut Touched,
    ) -> Result<(), DocumentError> {
        let beyond = || DocumentError::Reach(chunk.hash());
        let written_upon = guarded(|| self.written_upon(change, touched))?.ok_or_else(beyond)?;
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

    /// The operations of other changes that a change names. `None` if one of its own does not fit its object, or names what is made
    /// after it.
    fn written_upon(&self, change: &Change, touched: &mut Touched) -> Option<BTreeSet<OpId>> {
        let expanded = change.decode();
        let start = change.start_op().get();
        let mut made = BTreeMap::new();
        let mut found = BTreeSet::new();
        for (own, op) in (start..).zip(&expanded.operations) {
            let is_own = |id: &OpId| id.1 == expanded.actor_id && id.0 >= start;
            let object = match &op.obj {
                ObjectId::Root => ObjType::Map,
                ObjectId::Id(id) if is_own(id) => made.get(&id.0).copied()?,
                ObjectId::Id(id) => self.object_type(id)?,
            };
            fits(object, op).then_some(())?;
            touched.note(op);
            if let OpType::Make(kind) = op.action {
                made.insert(own, kind);
            }
            for id in named(op) {
                if !is_own(id) {
                    found.insert(id.clone());
                } else if id.0 >= own {
                    return None;
                }
            }
        }
        Some(found)
    }

    fn object_type(&self, id: &OpId) -> Option<ObjType> {
        let id = ObjId::Id(id.0, id.1.clone(), 0);
        self.doc.object_type(&id).ok()
    }
}

/// Whether an operation can be one of such an object: keys in maps, places in lists and texts, and what takes away takes something.
fn fits(object: ObjType, op: &Op) -> bool {
    let is_sequence = matches!(object, ObjType::List | ObjType::Text);
    let has_place = match &op.key {
        Key::Map(_) => !is_sequence && !op.insert,
        Key::Seq(ElementId::Head) => is_sequence && op.insert,
        Key::Seq(ElementId::Id(_)) => is_sequence,
    };
    let takes_away = matches!(op.action, OpType::Delete | OpType::Increment(_));
    let takes_something = !op.insert && op.pred.iter().next().is_some();
    has_place && (!takes_away || takes_something)
}

/// The operations that one names.
fn named(op: &Op) -> impl Iterator<Item = &OpId> {
    let object = match &op.obj {
        ObjectId::Id(id) => Some(id),
        ObjectId::Root => None,
    };
    let element = match &op.key {
        Key::Seq(ElementId::Id(id)) => Some(id),
        Key::Seq(ElementId::Head) | Key::Map(_) => None,
    };
    object.into_iter().chain(element).chain(op.pred.iter())
}
