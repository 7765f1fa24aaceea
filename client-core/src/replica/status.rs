//! What a volunteer needs to know: counts, feeds, conflicts, and what the server refused.

use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::KeyRange;

use fieldwatch_schemas::sync::vouch::Mac;

use super::show::Value;
use super::{Group, ReplicaError, keys};

/// How this device stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Records held.
    pub records: u64,
    /// Records with changes that are to be sent.
    pub outbox: u64,
    /// Records with changes that the server refused.
    pub quarantined: u64,
    /// Records with conflicts that nobody has settled.
    pub conflicts: u64,
    /// The feeds.
    pub feeds: Vec<FeedStatus>,
    /// When everything was last known to be in sync, in UTC milliseconds.
    pub last_sync_ms: Option<i64>,
}

/// How this device stands with one feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedStatus {
    /// The feed.
    pub feed: Feed,
    /// The last position durably applied.
    pub cursor: u64,
    /// The digest over its records.
    pub digest: Digest,
    /// How many records it has.
    pub records: u64,
    /// The last cursor at which nothing was left; behind `cursor` until a reply that was cut is finished.
    pub complete: u64,
    /// The server's mark that it once stood there.
    pub proof: Option<Mac>,
}

/// A conflict that nobody has settled.
#[derive(Debug, Clone, PartialEq)]
pub struct Unsettled {
    /// The record.
    pub record: RecordId,
    /// The field.
    pub path: String,
    /// The values, in the same order on every device.
    pub values: Vec<Value>,
}

/// A record whose changes the server refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// The record.
    pub record: RecordId,
    /// The kind of problem, by name.
    pub code: String,
    /// Why, in words.
    pub reason: String,
}

impl Group<'_> {
    pub(super) fn status(&self) -> Result<Status, ReplicaError> {
        // Nobody sees them, and nobody made what they are asked about.
        let hidden = self.state.parting.len() as u64;
        Ok(Status {
            records: self.count(keys::RECORDS)?.saturating_sub(hidden),
            outbox: self.count(keys::OUTBOX)?.saturating_sub(hidden),
            quarantined: self.count(keys::REFUSED)?,
            conflicts: self.count(keys::CONFLICTS)?,
            feeds: self.feed_statuses()?,
            last_sync_ms: self.last_sync_ms()?,
        })
    }

    pub(super) fn conflicts(&self) -> Result<Vec<Unsettled>, ReplicaError> {
        let mut found = Vec::new();
        for row in self.rows(&KeyRange::prefix(&[keys::CONFLICTS]))? {
            let Some(record) = keys::last_record(&row.key) else {
                continue;
            };
            let shown = match self.noting(self.show(record)) {
                Err(error) if error.is_damage() => continue,
                Err(ReplicaError::RecordUnknown(_)) => {
                    self.note_suspicion()?;
                    continue;
                }
                shown => shown?,
            };
            found.extend(shown.view.conflicts.iter().map(|conflict| {
                Unsettled {
                    record,
                    path: conflict.path.clone(),
                    values: conflict
                        .values
                        .iter()
                        .map(|value| shown.value(value))
                        .collect(),
                }
            }));
        }
        Ok(found)
    }
}
