//! The changes of a record by what they rest on, without opening the document: of a kind that cannot be read, too.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::id::{Actor, Hash};
use fieldwatch_schemas::record::frozen;
use fieldwatch_schemas::sync::vouch::{Mac, Vouched};

use super::held::Held;

/// The changes of a record by what they rest on.
#[derive(Debug)]
pub(super) struct Graph {
    deps: BTreeMap<Hash, Vec<Hash>>,
    /// The changes that every record of the kind begins with, which nobody sends; unknown for a kind that cannot be read.
    frozen: Option<Vec<Hash>>,
}

impl Graph {
    /// These changes and everything that they rest on; `None` if something of it is not here.
    pub(super) fn below(&self, heads: &[Hash]) -> Option<BTreeSet<Hash>> {
        let (mut below, mut open) = (BTreeSet::new(), heads.to_vec());
        while let Some(hash) = open.pop() {
            match self.deps.get(&hash) {
                Some(deps) if below.insert(hash) => open.extend(deps),
                Some(_) => {}
                None if self.is_given(&hash) => {}
                None => return None,
            }
        }
        Some(below)
    }

    /// The heads of a set of changes; `None` if something that they rest on is not in it.
    fn heads_of(&self, changes: &BTreeSet<Hash>) -> Option<Vec<Hash>> {
        let deps = |hash: &Hash| self.deps.get(hash).into_iter().flatten();
        let rested_on: BTreeSet<Hash> = changes.iter().flat_map(deps).copied().collect();
        let is_here = |hash: &Hash| changes.contains(hash) || self.is_given(hash);
        if !rested_on.iter().all(is_here) {
            return None;
        }
        // Of those, each rests on the one before.
        let given = self.frozen.iter().filter_map(|frozen| frozen.last());
        let all = changes.iter().chain(given);
        let heads = all.filter(|hash| !rested_on.contains(hash)).copied();
        Some(heads.collect())
    }

    fn is_given(&self, hash: &Hash) -> bool {
        let frozen = self.frozen.as_ref();
        frozen.is_none_or(|frozen| frozen.contains(hash))
    }
}

impl Held {
    /// Its changes by what they rest on; `None` if one cannot be read.
    pub(super) fn graph(&self) -> Option<Graph> {
        let chunks = self.chunks().ok()?;
        let deps = chunks
            .iter()
            .map(|chunk| (chunk.hash(), chunk.deps().to_vec()));
        let kind = self.kind().ok();
        Some(Graph {
            deps: deps.collect(),
            frozen: kind.map(frozen::hashes),
        })
    }

    /// The heads of what the server has said to have; `None` if that is not here, or not whole.
    pub(super) fn acknowledged_heads(&self) -> Option<Vec<Hash>> {
        let hashes = self.hashes().into_iter().zip(&self.changes);
        let acknowledged = hashes.filter(|(_, change)| !change.is_unsent);
        let acknowledged: Option<BTreeSet<Hash>> = acknowledged.map(|(hash, _)| hash).collect();
        self.graph()?.heads_of(&acknowledged?)
    }

    /// Drops the changes that no server has ever had. What one had and lost stays, with what it rests on: others may have written it, and
    /// this may be the last copy.
    pub(super) fn drop_never_sent(&mut self) {
        let hashes = self.hashes();
        let known = hashes.iter().zip(&self.changes);
        let known = known.filter(|(_, change)| !change.is_unsent || change.received_ms != 0);
        let known: Vec<Hash> = known.filter_map(|(hash, _)| *hash).collect();
        let vouched = self.row.vouched.as_ref();
        let vouched = vouched.map(|vouched| vouched.heads.as_slice());
        let mut stays: BTreeSet<Hash> = known.iter().copied().collect();
        if let Some(graph) = self.graph() {
            let below = [Some(known.as_slice()), vouched].into_iter().flatten();
            stays.extend(below.filter_map(|heads| graph.below(heads)).flatten());
        }
        let mut hashes = hashes.into_iter();
        self.changes.retain(|change| {
            let hash = hashes.next().flatten();
            !change.is_unsent || hash.is_some_and(|hash| stays.contains(&hash))
        });
        self.write_all_anew();
    }

    /// Keeps the server's mark that it has these heads, unless they lack what an earlier mark shows it had: until it has that again,
    /// the earlier mark is what brings it back.
    pub(super) fn vouch(&mut self, heads: &[Hash], mac: Option<Mac>, actor: Option<Actor>) {
        let Some(mac) = mac else { return };
        if let Some(earlier) = &self.row.vouched
            && earlier.heads != heads
        {
            let below = self.graph().and_then(|graph| graph.below(heads));
            let has = |head: &Hash| below.as_ref().is_none_or(|below| below.contains(head));
            if !earlier.heads.iter().all(has) {
                return;
            }
        }
        let heads = heads.to_vec();
        self.row.vouched = Some(Vouched { heads, mac, actor });
    }

    /// The places of unsent changes that the server's mark covers, with the mark: it had them once.
    pub(super) fn vouched_unsent(&self) -> Option<(BTreeSet<usize>, &Vouched)> {
        let vouched = self.row.vouched.as_ref()?;
        let below = self.graph()?.below(&vouched.heads)?;
        let hashes = self.hashes().into_iter().zip(&self.changes).enumerate();
        let covered = hashes.filter(|(_, (hash, change))| {
            change.is_unsent && hash.is_some_and(|hash| below.contains(&hash))
        });
        let covered: BTreeSet<usize> = covered.map(|(place, _)| place).collect();
        (!covered.is_empty()).then_some((covered, vouched))
    }
}
