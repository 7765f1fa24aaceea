//! A glance over all records, without opening one: whether every row that must be there is, and the feeds add up. It costs a reading of
//! the records' rows, so a sync that has found both sides agreed takes it once a day; what it finds, the next sync salvages.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::limits::GLANCE_EVERY_MS;
use fieldwatch_schemas::store::KeyRange;
use fieldwatch_schemas::summary::Summary;

use crate::replica::rows::RecordRow;
use crate::replica::{Group, ReplicaError, keys};

/// The records that a table has rows of.
type Named = BTreeSet<RecordId>;

impl Group<'_> {
    /// Glances over everything, if that is due.
    pub(in crate::replica) fn glance(&self, now_ms: i64) -> Result<(), ReplicaError> {
        let last_ms: Option<i64> = self.sound(&keys::fact(keys::GLANCED))?;
        let is_due = |last_ms: i64| !(0..GLANCE_EVERY_MS).contains(&now_ms.saturating_sub(last_ms));
        if !last_ms.is_none_or(is_due) {
            return Ok(());
        }
        if !self.looks_sound()? {
            return self.note_suspicion();
        }
        self.note_glance(now_ms)
    }

    fn looks_sound(&self) -> Result<bool, ReplicaError> {
        let Some(lines) = self.listed_soundly()? else {
            return Ok(false);
        };
        let refused = self.named_in(keys::REFUSED)?;
        let gone = self.named_in(keys::GONE)?;
        let wanted = self.named_in(keys::WANTED)?;
        let places = self.places()?;
        let mut sums: BTreeMap<u8, (Digest, u64)> = BTreeMap::new();
        let (mut records, mut in_outbox, mut in_quarantine, mut listed) = (0_u64, 0, 0, 0);
        for key in self.keys(&KeyRange::prefix(&[keys::RECORDS]))? {
            let row: Option<RecordRow> = self.sound(&key)?;
            let Some((id, row)) = keys::record_of_row(&key).zip(row) else {
                return Ok(false);
            };
            records += 1;
            in_quarantine += usize::from(row.is_refused);
            in_outbox += usize::from(row.outbox.is_some());
            let is_listed = lines.contains(&id);
            listed += usize::from(is_listed);
            let is_counted = !row.feeds.is_empty()
                || row.outbox.is_some()
                || row.is_refused
                || gone.contains(&id)
                || wanted.contains(&id);
            let is_placed = row
                .outbox
                .is_none_or(|place| places.get(&place) == Some(&id));
            let is_told = row.is_refused == refused.contains(&id);
            let is_readable = row.kind.parse::<fieldwatch_schemas::kind::Kind>().is_ok();
            let is_shown = is_readable && !self.is_parting(id);
            if !is_counted || !is_placed || !is_told || is_listed != is_shown {
                return Ok(false);
            }
            for membership in row.feeds {
                let (digest, count) = sums.entry(membership.feed).or_default();
                *digest = digest.plus(membership.digest);
                *count = count.saturating_add(1);
            }
        }
        let feeds = (0..=u8::MAX).zip(&self.state.feeds);
        let add_up = feeds.into_iter().all(|(number, feed)| {
            sums.remove(&number).unwrap_or_default() == (feed.digest, feed.records)
        });
        let nothing_more = lines.len() == listed
            && (places.len(), refused.len()) == (in_outbox, in_quarantine)
            && records == self.count(keys::RECORDS)?;
        Ok(add_up && sums.is_empty() && nothing_more)
    }

    /// The records that have a summary, if each has its line and its mark, and there are no others.
    fn listed_soundly(&self) -> Result<Option<Named>, ReplicaError> {
        let marked = self.named_in(keys::CONFLICTS)?;
        let mut expected = BTreeSet::new();
        let (mut lines, mut conflicted) = (Named::new(), Named::new());
        for row in self.rows(&KeyRange::prefix(&[keys::SUMMARIES]))? {
            let summary: Option<Summary> = minicbor::decode(&row.value).ok();
            let Some((id, summary)) = keys::record_of_row(&row.key).zip(summary) else {
                return Ok(None);
            };
            lines.insert(id);
            expected.insert(keys::list(summary.updated_ms, id));
            if summary.conflicts > 0 {
                conflicted.insert(id);
            }
        }
        let there = self.keys(&KeyRange::prefix(&[keys::LIST]))?;
        let fits = marked == conflicted && there.into_iter().eq(expected);
        Ok(fits.then_some(lines))
    }

    fn named_in(&self, table: u8) -> Result<Named, ReplicaError> {
        let keys = self.keys(&KeyRange::prefix(&[table]))?;
        Ok(keys
            .iter()
            .filter_map(|key| keys::last_record(key))
            .collect())
    }

    fn places(&self) -> Result<BTreeMap<u64, RecordId>, ReplicaError> {
        let rows = self.rows(&KeyRange::prefix(&[keys::OUTBOX]))?;
        let places = rows.into_iter().filter_map(|row| {
            let record = row.value.try_into().map(RecordId).ok()?;
            Some((keys::last_place(&row.key)?, record))
        });
        Ok(places.collect())
    }
}
