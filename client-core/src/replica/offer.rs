//! What this device has to say to the server: how far it has each feed, and a slice of its outbox.

use fieldwatch_schemas::id::{LogId, RecordId};
use fieldwatch_schemas::limits::{
    FEEDS_MAX, PUSH_BYTES_TARGET, PUSH_CHANGES_MAX, PUSH_RECORDS_MAX,
};
use fieldwatch_schemas::store::KeyRange;
use fieldwatch_schemas::sync::exchange::{ListTag, grants_tag};
use fieldwatch_schemas::sync::index::IndexFrom;
use fieldwatch_schemas::sync::pull::FeedCursor;
use fieldwatch_schemas::sync::push::Pushed;
use fieldwatch_schemas::sync::repair::RepairAsk;
use fieldwatch_schemas::sync::station::stations_tag;

use super::index::OPENED;
use super::rows::{RecordRow, decode};
use super::status::FeedStatus;
use super::{Group, Replica, ReplicaError, keys};

/// What a request is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The log that the cursors belong to.
    pub log: Option<LogId>,
    /// The feeds that may be read, and how far each is held.
    pub feeds: Vec<FeedCursor>,
    /// The oldest of the unsent changes, as many as a request may carry.
    pub outbox: Vec<Pushed>,
    /// The tag of the grants that are held.
    pub grants: ListTag,
    /// The tag of the stations that are known.
    pub stations: ListTag,
    /// Feeds that this device has nothing of, and of which the index is wanted first.
    pub index: Vec<IndexFrom>,
    /// Records that are wanted whole, those that somebody opened first.
    pub wants: Vec<RecordId>,
    /// How many erasures this device has heard of.
    pub erasures: Option<u64>,
    /// What is asked about feeds that cannot be relied on.
    pub repair: Vec<RepairAsk>,
}

impl Replica {
    /// What to say in the next request: all of it is durable here.
    ///
    /// # Errors
    ///
    /// [`ReplicaError::Store`] and [`ReplicaError::Damaged`].
    pub fn offer(&self) -> Result<Offer, ReplicaError> {
        let mut group = self.group();
        let offered = group.mending(|group| group.make_offer());
        drop(group);
        // Somebody may have written and not flushed yet; what the server has must never be lost here.
        self.flush()?;
        offered
    }
}

/// How this device has a feed of which it once had everything, and had it told so; or which has no cursor yet, and records all the same.
fn mark(status: &FeedStatus) -> Option<u64> {
    let is_known = status.complete == status.cursor && status.proof.is_some();
    let is_begun = status.cursor == 0 && status.records > 0;
    (is_known || is_begun).then(|| status.digest.mark(status.records))
}

/// One proof says enough: that of where the server is known to have been the furthest.
fn keep_furthest_proof(feeds: &mut [FeedCursor]) {
    let proved = feeds.iter().enumerate();
    let proved = proved.filter(|(_, feed)| feed.proof.is_some());
    let furthest = proved.max_by_key(|(_, feed)| feed.complete);
    let furthest = furthest.map(|(place, _)| place);
    for (place, feed) in feeds.iter_mut().enumerate() {
        feed.proof = feed.proof.filter(|_| Some(place) == furthest);
    }
}

impl Group<'_> {
    fn make_offer(&mut self) -> Result<Offer, ReplicaError> {
        self.sum_up()?;
        let feeds = self.feed_statuses()?.into_iter().take(FEEDS_MAX);
        let feeds = feeds.map(|status| FeedCursor {
            mark: mark(&status),
            feed: status.feed,
            cursor: status.cursor,
            complete: status.complete,
            proof: status.proof,
        });
        let mut feeds: Vec<FeedCursor> = feeds.collect();
        keep_furthest_proof(&mut feeds);
        self.state.opened.borrow_mut().clear();
        Ok(Offer {
            log: self.log()?,
            repair: self.repair_asks(&feeds)?,
            index: self.index_wanted(&feeds),
            feeds,
            outbox: self.outbox_slice()?,
            grants: grants_tag(&self.grants()?),
            stations: stations_tag(&self.stations()?),
            wants: self.wants()?,
            erasures: self.erasures_heard()?,
        })
    }

    fn outbox_slice(&mut self) -> Result<Vec<Pushed>, ReplicaError> {
        self.state.offered.clear();
        self.age_told();
        let mut slice = Vec::new();
        let mut size_bytes = 0;
        let mut rows = Vec::new();
        self.store()
            .scan(&KeyRange::prefix(&[keys::OUTBOX]), &mut |_, record| {
                rows.extend(keys::last_record(record));
                if rows.len() < PUSH_RECORDS_MAX {
                    std::ops::ControlFlow::Continue(())
                } else {
                    std::ops::ControlFlow::Break(())
                }
            })?;
        for record in rows {
            if size_bytes >= PUSH_BYTES_TARGET {
                break;
            }
            let pushed = self.pushed(record, PUSH_BYTES_TARGET.saturating_sub(size_bytes))?;
            size_bytes += pushed
                .changes
                .iter()
                .map(|chunk| chunk.len())
                .sum::<usize>();
            slice.push(pushed);
        }
        self.push_unproven(&mut slice, size_bytes)?;
        Ok(slice)
    }

    /// The first unsent changes of a record: at least one, then as many as there is room for.
    fn pushed(&mut self, record: RecordId, room_bytes: usize) -> Result<Pushed, ReplicaError> {
        let what = "the outbox";
        let held = self.find(record)?.ok_or(ReplicaError::Damaged { what })?;
        self.state.offered.insert(record, held.changes.len());
        if let Some(question) = self.question(&held) {
            return Ok(question);
        }
        if let Some(part) = self.vouched_part(&held, room_bytes) {
            return Ok(part);
        }
        let (mut going, mut size_bytes) = (Vec::new(), 0);
        for (place, change) in held.changes.iter().enumerate() {
            if !change.is_unsent {
                continue;
            }
            size_bytes += change.chunk.len();
            let is_full = size_bytes > room_bytes || going.len() >= PUSH_CHANGES_MAX;
            if is_full && !going.is_empty() {
                break;
            }
            going.push(place);
        }
        Ok(held.as_pushed(&going, None))
    }

    fn wants(&self) -> Result<Vec<RecordId>, ReplicaError> {
        let mut rows = self.rows(&KeyRange::prefix(&[keys::WANTED]))?;
        rows.sort_by_key(|row| row.value != OPENED);
        let wants = rows.iter().filter_map(|row| keys::last_record(&row.key));
        let mut wants: Vec<RecordId> = wants.collect();
        wants.extend(self.refused_elsewhere()?);
        wants.truncate(PUSH_RECORDS_MAX);
        Ok(wants)
    }

    /// Refused records that no feed of this device contains: no feed would tell that they were erased, so they are asked for.
    fn refused_elsewhere(&self) -> Result<Vec<RecordId>, ReplicaError> {
        let mut elsewhere = Vec::new();
        for refused in self.rows(&KeyRange::prefix(&[keys::REFUSED]))? {
            let Some(id) = keys::last_record(&refused.key) else {
                continue;
            };
            let Some(row) = self.store().get(&keys::of_record(keys::RECORDS, id))? else {
                continue;
            };
            let row: RecordRow = decode(&row, "a record")?;
            elsewhere.extend(Some(id).filter(|_| row.feeds.is_empty()));
        }
        Ok(elsewhere)
    }
}
