//! Folding: what was noted becomes a segment, small segments become a large one, and those that are replaced go with their keys.
//!
//! New rows first, then in one batch the directory that names them and the end of the notes that are in them; then the old rows, a flush,
//! and the old keys. A crash in between leaves rows that nobody names, whose number is used again, or segments that the directory says
//! were replaced.

mod held;
mod turn;

use std::collections::BTreeSet;

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::KeyRange;

use super::Directory;
use super::segment::{DOCS_MAX, Segment};
use crate::replica::{Group, ReplicaError, keys};

/// So many segments may be smaller than half a whole one.
const SMALL_MAX: usize = 8;

impl Group<'_> {
    /// Makes segments of what was noted, if it is more than `at_least` records; of everything, if the segments are not known.
    pub(super) fn fold(&mut self, at_least: usize) -> Result<(), ReplicaError> {
        let Some(directory) = self.directory()? else {
            return self.make_anew();
        };
        let (notes, noted) = self.notes()?;
        if noted.len() < at_least.max(1) {
            return Ok(());
        }
        let (mut entries, mut gone) = (Vec::new(), BTreeSet::new());
        for record in noted {
            match self.entry(record)? {
                Some(entry) => entries.push(entry),
                None => {
                    gone.insert(record);
                }
            }
        }
        let (mut kept, mut old) = (Vec::new(), Vec::new());
        let is_small = |segment: &Segment| (segment.docs as usize) < DOCS_MAX / 2;
        let small = directory
            .segments
            .iter()
            .filter(|each| is_small(each))
            .count();
        for segment in &directory.segments {
            let is_joined = small >= SMALL_MAX && is_small(segment);
            match is_joined || self.has_any(segment, &gone)? {
                true => old.push(*segment),
                false => kept.push(*segment),
            }
        }
        let again: BTreeSet<RecordId> = entries.iter().map(|entry| entry.doc.record).collect();
        for segment in &old {
            let mut held = self.entries(segment)?;
            held.retain(|entry| !again.contains(&entry.doc.record));
            entries.extend(held);
        }
        let mut directory = Directory {
            segments: kept,
            ..directory
        };
        entries.sort_by_key(|entry| entry.doc);
        self.write_segments(entries, &mut directory)?;
        directory
            .replaced
            .extend(old.iter().map(|segment| segment.number));
        if self.is_mostly_past(&mut directory)? {
            return self.make_anew();
        }
        self.turn(directory, notes)
    }

    /// Whether most of what the segments have does not stand any more. Records are counted only when there are twice as many as then.
    fn is_mostly_past(&self, directory: &mut Directory) -> Result<bool, ReplicaError> {
        let docs: u64 = directory
            .segments
            .iter()
            .map(|each| u64::from(each.docs))
            .sum();
        let twice = |count: u64| count.saturating_mul(2).saturating_add(DOCS_MAX as u64);
        if docs <= twice(directory.counted) {
            return Ok(false);
        }
        directory.counted = self.count(keys::LIST)?;
        Ok(docs > twice(directory.counted))
    }

    /// Takes a record out of the index, whatever of it is there, and destroys the keys of what it was in.
    pub(in crate::replica) fn unindex(&mut self, record: RecordId) -> Result<(), ReplicaError> {
        self.state.index.borrow_mut().noted.remove(&record);
        let Some(mut directory) = self.directory()? else {
            return self.clear_segments();
        };
        let erased = BTreeSet::from([record]);
        let mut old = Vec::new();
        for segment in &directory.segments {
            let has = self.has_any(segment, &erased);
            match has.and_then(|has| has.then(|| self.entries(segment)).transpose()) {
                Ok(None) => {}
                Ok(Some(entries)) => old.push((*segment, entries)),
                Err(error) if error.is_damage() => return self.clear_segments(),
                Err(error) => return Err(error),
            }
        }
        if old.is_empty() && directory.replaced.is_empty() {
            return Ok(());
        }
        for (segment, mut entries) in old {
            entries.retain(|entry| entry.doc.record != record);
            directory.segments.retain(|each| *each != segment);
            directory.replaced.push(segment.number);
            self.write_segments(entries, &mut directory)?;
        }
        self.turn(directory, Vec::new())
    }

    /// Makes everything anew from the list.
    fn make_anew(&mut self) -> Result<(), ReplicaError> {
        self.clear_segments()?;
        let notes = self.keys(&KeyRange::prefix(&[keys::NOTES]))?;
        let lines = self.keys(&KeyRange::prefix(&[keys::LIST]))?;
        let mut directory = Directory {
            counted: lines.len() as u64,
            ..Directory::default()
        };
        for lines in lines.chunks(DOCS_MAX) {
            let mut entries = Vec::new();
            for record in lines.iter().filter_map(|key| keys::last_record(key)) {
                entries.extend(self.entry(record)?);
            }
            self.write_segments(entries, &mut directory)?;
        }
        self.turn(directory, notes)
    }

    /// Destroys every segment, known or not: the next search makes all of them anew.
    fn clear_segments(&mut self) -> Result<(), ReplicaError> {
        self.forget_segments()?;
        let rows = self.keys(&KeyRange::prefix(&[keys::SEGMENT]))?;
        let segments: BTreeSet<RecordId> = rows
            .iter()
            .filter_map(|key| keys::record_of_row(key))
            .collect();
        self.destroy(&segments.into_iter().collect::<Vec<_>>())
    }
}
