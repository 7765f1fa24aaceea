//! One record: sound as it is, or rebuilt from what is left of it.

use std::collections::BTreeMap;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::{Batch, KeyRange};
use fieldwatch_schemas::summary::Summary;

use super::rebuild::kind_of;
use super::remains::{Rebuilt, Remains};
use super::{Lost, Salvaged, What};
use crate::replica::held::Held;
use crate::replica::rows::{ChangeRow, RecordRow};
use crate::replica::{Group, ReplicaError, keys};

impl Group<'_> {
    pub(super) fn salvage_record(
        &mut self,
        id: RecordId,
        told: &mut Salvaged,
    ) -> Result<(), ReplicaError> {
        told.records = told.records.saturating_add(1);
        let remains = self.remains(id)?;
        if let Some((held, document)) = remains.sound(id) {
            return self.tidy(held, document.as_ref(), told);
        }
        let is_row_lost = remains.row.is_none();
        told.note(
            Some(id),
            if is_row_lost {
                What::Record
            } else {
                What::Change
            },
        );
        let changes = remains.all();
        let kind = match &remains.row {
            Some(row) => row.kind.parse().ok(),
            None => {
                let summary: Option<Summary> = self.sound(&keys::of_record(keys::SUMMARIES, id))?;
                let of_changes = || kind_of(changes.iter().map(|(chunk, _)| chunk));
                summary.map(|summary| summary.kind).or_else(of_changes)
            }
        };
        let rebuilt = kind.map(|kind| remains.rebuild(id, kind)).transpose()?;
        match rebuilt.filter(|rebuilt| !rebuilt.kept.is_empty()) {
            Some(rebuilt) => self.mend(id, &remains, rebuilt, told),
            None => self.let_go(id, &remains, changes, told),
        }
    }

    fn remains(&self, id: RecordId) -> Result<Remains, ReplicaError> {
        let mut changes = BTreeMap::new();
        for key in self.keys(&KeyRange::prefix(&keys::of_record(keys::CHANGES, id)))? {
            let Some(number) = keys::change_number(&key) else {
                continue;
            };
            let row: Option<ChangeRow> = self.sound(&key)?;
            let read = row.and_then(|row| {
                let chunk = Chunk::parse(row.chunk.to_vec()).ok()?;
                Some((chunk, row))
            });
            changes.insert(number, read);
        }
        let row: Option<RecordRow> = self.sound(&keys::of_record(keys::RECORDS, id))?;
        Ok(Remains { row, changes })
    }

    /// Saves a record that was rebuilt. Unless nothing is missing, it is wanted whole, and its feeds count it when it comes.
    fn mend(
        &mut self,
        id: RecordId,
        remains: &Remains,
        rebuilt: Rebuilt,
        told: &mut Salvaged,
    ) -> Result<(), ReplicaError> {
        let Rebuilt {
            document,
            kept,
            left,
        } = rebuilt;
        let mut held = Held::new(id, document.kind().name());
        let is_intact = remains.row.as_ref().is_some_and(|row| {
            row.heads == document.heads() && row.acknowledged.iter().all(|head| document.has(*head))
        });
        let mut also = Batch::new();
        let aside = unsent(left);
        if let Some(row) = &remains.row {
            held.row.is_refused = row.is_refused;
            held.row.outbox = row.outbox;
            // What is kept aside has numbers that must not be given again.
            held.row.actor = row.actor.filter(|_| aside.is_empty());
            if is_intact {
                held.row.feeds.clone_from(&row.feeds);
                held.row.acknowledged.clone_from(&row.acknowledged);
            }
            held.row.vouched.clone_from(&row.vouched);
        }
        if !is_intact {
            also.put(keys::of_record(keys::WANTED, id), Vec::new());
            note_unreadable(id, remains, told);
        }
        self.keep_aside(id, &aside, &mut also);
        let last = remains.changes.keys().last().copied();
        held.row.next = last.map_or(0, |last| last.saturating_add(1));
        held.changes = kept.into_iter().map(|(_, row)| row).collect();
        held.write_all_anew();
        self.clear_unreadable(id, remains)?;
        self.save(&mut held, Some(&document), also)?;
        self.tidy(held, Some(&document), told)
    }

    /// Nothing of a record holds together: its rows go, and it is wanted whole. What was never sent is kept aside.
    fn let_go(
        &mut self,
        id: RecordId,
        remains: &Remains,
        changes: Vec<(Chunk, ChangeRow)>,
        told: &mut Salvaged,
    ) -> Result<(), ReplicaError> {
        let mut also = Batch::new();
        self.keep_aside(id, &unsent(changes), &mut also);
        note_unreadable(id, remains, told);
        also.put(keys::of_record(keys::WANTED, id), Vec::new());
        self.store().apply(&also)?;
        self.clear_unreadable(id, remains)?;
        let held = Held::new(id, "");
        self.remove_but_wanted(&held)
    }

    /// Removes the rows of a record that cannot be read, so that it can be saved.
    fn clear_unreadable(&self, id: RecordId, remains: &Remains) -> Result<(), ReplicaError> {
        let mut batch = Batch::new();
        let unreadable = remains
            .changes
            .iter()
            .filter(|(_, change)| change.is_none());
        for (number, _) in unreadable {
            batch.delete(keys::change(id, *number));
            self.apply_if_large(&mut batch)?;
        }
        let summary = keys::of_record(keys::SUMMARIES, id);
        if self.sound::<Summary>(&summary)?.is_none() {
            batch.delete(summary);
        }
        Ok(self.store().apply(&batch)?)
    }

    /// In which feeds a record is, by numbers that are known, each once, by the heads that the server said last.
    pub(super) fn memberships_fit(&self, held: &mut Held) -> bool {
        let digest = Digest::of(held.id, &held.row.acknowledged);
        let before = held.row.feeds.clone();
        held.row.feeds.retain(|each| self.knows_feed(each.feed));
        held.row.feeds.sort_by_key(|each| each.feed);
        held.row.feeds.dedup_by_key(|each| each.feed);
        for membership in &mut held.row.feeds {
            membership.digest = digest;
        }
        let fits = |each| held.row.feeds.contains(each);
        before.len() == held.row.feeds.len() && before.iter().all(fits)
    }
}

fn unsent(changes: Vec<(Chunk, ChangeRow)>) -> Vec<Chunk> {
    let unsent = changes.into_iter().filter(|(_, row)| row.is_unsent);
    unsent.map(|(chunk, _)| chunk).collect()
}

/// Of a record that the server has never had, what cannot be read is lost for good.
fn note_unreadable(id: RecordId, remains: &Remains, told: &mut Salvaged) {
    let is_ours_alone = remains
        .row
        .as_ref()
        .is_some_and(|row| row.acknowledged.is_empty() && row.feeds.is_empty());
    if is_ours_alone && remains.has_holes() {
        told.lost.push(Lost {
            record: id,
            change: None,
        });
    }
}
