//! Records that go back in parts to a server that was set back: what it once had, from its heads down ([`fieldwatch_schemas::sync::heal`]).
//!
//! Which part comes next is durable; a server that has given up what came before says so, and it begins anew. A mark that leads no further
//! is done without for as long as this program runs: what the person may write themselves goes as any work does.

use std::collections::BTreeSet;

use fieldwatch_schemas::id::{Hash, RecordId};
use fieldwatch_schemas::limits::{PARTS_FUTILE_MAX, PUSH_BYTES_TARGET, PUSH_CHANGES_MAX};
use fieldwatch_schemas::sync::push::{Outcome, Pushed};
use fieldwatch_schemas::sync::vouch::Vouched;

use super::Group;
use super::held::Held;

impl Group<'_> {
    /// What a request carries of a record that the server once had more of: the newest of that first, then unsent work of any other
    /// kind. `None` if it bears no mark, or one that was of no use.
    pub(super) fn vouched_part(&self, held: &Held, room_bytes: usize) -> Option<Pushed> {
        if self.is_futile(held.id) {
            return None;
        }
        let (places, vouched) = held.left_of_vouched()?;
        let sizes = places.iter().map(|place| held.size_bytes(*place));
        let fits_one = sizes.sum::<usize>() <= PUSH_BYTES_TARGET;
        // What fits a request goes in one.
        let room_bytes = if fits_one {
            PUSH_BYTES_TARGET
        } else {
            room_bytes
        };
        let (mut going, mut size_bytes) = (Vec::new(), 0);
        for place in places.iter().rev() {
            size_bytes += held.size_bytes(*place);
            if size_bytes > room_bytes && !going.is_empty() {
                return Some(held.as_pushed(&going, Some(vouched)));
            }
            going.push(*place);
        }
        let covered = going.len();
        for (place, change) in held.changes.iter().enumerate() {
            if !change.is_unsent || places.contains(&place) {
                continue;
            }
            size_bytes += change.chunk.len();
            if size_bytes > room_bytes || going.len() - covered >= PUSH_CHANGES_MAX {
                break;
            }
            going.push(place);
        }
        going.sort_unstable();
        Some(held.as_pushed(&going, Some(vouched)))
    }

    /// The server keeps what came, and says what it lacks next.
    pub(super) fn note_kept(&mut self, held: &mut Held, outcome: &Outcome) {
        let before = held.left_of_vouched().map_or(0, |(places, _)| places.len());
        let lacks: BTreeSet<&Hash> = outcome.missing.iter().collect();
        for (place, hash) in held.hashes().into_iter().enumerate() {
            if hash.is_some_and(|hash| lacks.contains(&hash)) {
                held.note(place, true, None);
            }
        }
        held.row.lacking = Some(outcome.missing.clone());
        let left = held
            .left_of_vouched()
            .map_or(usize::MAX, |(places, _)| places.len());
        let futile = self.state.futile_parts.entry(held.id).or_default();
        *futile = match left < before {
            true => 0,
            false => futile.saturating_add(1),
        };
    }

    /// The server does not know the mark, or has no room for parts.
    pub(super) fn do_without_mark(&mut self, held: &Held) {
        if held.left_of_vouched().is_some() {
            self.state.futile_parts.insert(held.id, u32::MAX);
        }
    }

    fn is_futile(&self, record: RecordId) -> bool {
        let futile = self.state.futile_parts.get(&record);
        futile.is_some_and(|futile| *futile > PARTS_FUTILE_MAX)
    }
}

impl Held {
    /// The places of vouched changes that the server still lacks, with the mark.
    fn left_of_vouched(&self) -> Option<(BTreeSet<usize>, Vouched)> {
        let (mut covered, vouched) = self.vouched_unsent()?;
        let vouched = vouched.clone();
        let lacking = self.row.lacking.as_deref().unwrap_or_default();
        let below = self.graph().and_then(|graph| graph.below(lacking));
        if let Some(below) = below.filter(|below| !below.is_empty()) {
            let hashes = self.hashes();
            let is_left = |place: &usize| {
                let hash = hashes.get(*place).copied().flatten();
                hash.is_some_and(|hash| below.contains(&hash))
            };
            let left: BTreeSet<usize> = covered.iter().copied().filter(is_left).collect();
            if !left.is_empty() {
                covered = left;
            }
        }
        Some((covered, vouched))
    }

    fn size_bytes(&self, place: usize) -> usize {
        self.changes.get(place).map_or(0, |each| each.chunk.len())
    }

    /// Some of its changes, on their way.
    pub(super) fn as_pushed(&self, places: &[usize], vouched: Option<Vouched>) -> Pushed {
        let changes = places.iter().filter_map(|place| self.changes.get(*place));
        Pushed {
            record: self.id,
            kind: self.row.kind.clone(),
            changes: changes.map(|change| change.chunk.clone()).collect(),
            vouched,
        }
    }
}
