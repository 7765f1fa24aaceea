//! A server in memory: the contract's own judgement and feeds, nothing durable, no network.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::{Feed, Grant, Standing, grants_of};
use fieldwatch_schemas::id::{DeviceId, Hash, LogId, PersonId, RecordId};
use fieldwatch_schemas::problem::{Problem, ProblemKind};
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::sync::exchange::{Hello, Item, Request, grants_tag};
use fieldwatch_schemas::sync::pull::{
    AuthorLabel, ChangeItem, Commit, FeedEnd, Gone, Presence, RecordItem, Sending, what_to_send,
};
use fieldwatch_schemas::sync::push::{
    Accepted, Asker, Court, Held, Judgement, Outcome, Policy, Pushed, Refusal, Verdict, Writer,
    judge,
};
use fieldwatch_schemas::sync::repair::Line;

/// A court that knows every station, and nobody.
const COURT: Court<'_> = Court {
    station_region: &region_of,
    checklists: &fieldwatch_schemas::checklist::published::Shipped,
    people: &|_| None,
};

/// What a server holds of one record.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) document: Document,
    owner: PersonId,
    writers: Vec<Writer>,
    positions: BTreeMap<Hash, u64>,
}

#[derive(Clone, Copy)]
struct Place {
    position: u64,
    entered: u64,
    presence: Presence,
}

impl Place {
    /// What has left is not sent to who wants it, as by the real server.
    fn is_wanted(&self, id: RecordId, request: &Request) -> bool {
        self.presence == Presence::Present && request.wants.contains(&id)
    }
}

/// A server.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) log: LogId,
    pub(crate) records: BTreeMap<RecordId, Entry>,
    feeds: BTreeMap<Feed, BTreeMap<RecordId, Place>>,
    position: u64,
    /// Records between two commit points.
    pub(crate) page_records: usize,
    /// Records in one reply, for each feed.
    pub(crate) reply_records: usize,
    /// Records that it refuses, and for what, as it might for any reason.
    pub(crate) refuses: BTreeMap<RecordId, ProblemKind>,
    /// Whether it says who wrote what.
    pub(crate) names_authors: bool,
}

pub(crate) fn region_of(_station: &str) -> Option<String> {
    Some("330106".to_owned())
}

/// The hashes of pushed changes.
fn hashes(pushed: &Pushed) -> impl Iterator<Item = Hash> {
    pushed.changes.iter().map(|bytes| {
        let chunk = fieldwatch_schemas::chunk::Chunk::parse(bytes.to_vec());
        chunk.unwrap().hash()
    })
}

/// Which of the pushed changes are here.
fn known(pushed: &Pushed, entry: Option<&Entry>) -> Vec<Hash> {
    let has = |hash: &Hash| entry.is_some_and(|entry| entry.document.has(*hash));
    hashes(pushed).filter(has).collect()
}

impl Server {
    pub(crate) fn new() -> Self {
        Self {
            log: LogId([1; 16]),
            records: BTreeMap::new(),
            feeds: BTreeMap::new(),
            position: 0,
            page_records: 3,
            reply_records: usize::MAX,
            refuses: BTreeMap::new(),
            names_authors: false,
        }
    }

    /// The whole reply to a request.
    pub(crate) fn answer(
        &mut self,
        request: &Request,
        device: DeviceId,
        standing: &Standing,
    ) -> Result<Vec<Item>, Problem> {
        let grants = grants_of(standing);
        let is_granted = |feed: &Feed| grants.iter().any(|grant| grant.feed == *feed);
        if !request.feeds.iter().all(|each| is_granted(&each.feed)) {
            return Err(Problem::new(ProblemKind::FeedNotGranted));
        }
        let mut items = vec![Item::Hello(Hello {
            log: self.log,
            now_ms: 0,
            stations: None,
            standing: Some(standing.clone()),
            grants: (request.grants != Some(grants_tag(&grants))).then(|| grants.clone()),
        })];
        for pushed in &request.outbox {
            let outcome = self.push(pushed, device, standing, &grants);
            items.push(Item::Outcome(outcome));
        }
        if request.log.is_none_or(|log| log == self.log) {
            self.repair(request, &mut items);
            self.pull(request, &mut items);
        }
        items.push(Item::End);
        Ok(items)
    }

    fn push(
        &mut self,
        pushed: &Pushed,
        device: DeviceId,
        standing: &Standing,
        grants: &[Grant],
    ) -> Outcome {
        let mut outcome = Outcome {
            record: pushed.record,
            verdict: Verdict::Stored,
            durable: Vec::new(),
            missing: Vec::new(),
            problem: None,
            words: None,
            refused: None,
        };
        let asker = Asker {
            device,
            standing,
            grants,
            policy: Policy::Judged,
        };
        let held = self.records.get(&pushed.record).map(|entry| Held {
            document: &entry.document,
            owner: entry.owner,
            writers: &entry.writers,
            size_bytes: 0,
            changes: 0,
            proved: None,
        });
        let judged = if let Some(problem) = self.refuses.get(&pushed.record) {
            Judgement::Refuse(Refusal::new(*problem, "refused by the test"))
        } else {
            judge(pushed, held, &asker, &COURT)
        };
        match judged {
            Judgement::Accept(mut accepted) => {
                let denied = std::mem::take(&mut accepted.denied);
                self.store(*accepted);
                if let Some(first) = denied.first() {
                    outcome.verdict = Verdict::Refused;
                    outcome.problem = Some(first.refusal.problem.name().to_owned());
                    outcome.words = Some(first.refusal.words.clone());
                    outcome.durable = known(pushed, self.records.get(&pushed.record));
                    outcome.refused = Some(denied.into_iter().map(Into::into).collect());
                }
            }
            Judgement::Duplicate => outcome.verdict = Verdict::Duplicate,
            Judgement::Missing(hashes) => {
                outcome.verdict = Verdict::Missing;
                outcome.missing = hashes;
            }
            Judgement::Refuse(refusal) => {
                outcome.verdict = Verdict::Refused;
                outcome.problem = Some(refusal.problem.name().to_owned());
                outcome.words = Some(refusal.words);
                outcome.durable = known(pushed, self.records.get(&pushed.record));
            }
        }
        if matches!(outcome.verdict, Verdict::Stored | Verdict::Duplicate) {
            outcome.durable = hashes(pushed).collect();
        }
        outcome
    }

    fn store(&mut self, accepted: Accepted) {
        let id = accepted.document.id();
        self.position += 1;
        let position = self.position;
        let before = self.records.get(&id).map(|entry| entry.positions.clone());
        let mut positions = before.unwrap_or_default();
        positions.extend(accepted.fresh.iter().map(|chunk| (chunk.hash(), position)));
        for (feed, rows) in &mut self.feeds {
            if let Some(place) = rows.get_mut(&id).filter(|_| !accepted.feeds.contains(feed)) {
                let has_left = place.presence == Presence::Present;
                place.position = if has_left { position } else { place.position };
                place.presence = Presence::Left;
            }
        }
        for feed in &accepted.feeds {
            let rows = self.feeds.entry(feed.clone()).or_default();
            let was = rows.get(&id);
            let was = was.filter(|place| place.presence == Presence::Present);
            let entered = was.map_or(position, |place| place.entered);
            let presence = Presence::Present;
            rows.insert(
                id,
                Place {
                    position,
                    entered,
                    presence,
                },
            );
        }
        self.records.insert(
            id,
            Entry {
                document: accepted.document,
                owner: accepted.owner,
                writers: accepted.writers,
                positions,
            },
        );
    }

    /// Takes a record out of every feed: it moved away, or is erased.
    pub(crate) fn remove(&mut self, id: RecordId, presence: Presence) {
        self.position += 1;
        for rows in self.feeds.values_mut() {
            if let Some(place) = rows.get_mut(&id) {
                place.position = self.position;
                place.presence = presence;
            }
        }
    }

    /// Forgets a record as if it had never come.
    pub(crate) fn forget(&mut self, id: RecordId) {
        self.records.remove(&id);
        for rows in self.feeds.values_mut() {
            rows.remove(&id);
        }
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// What a feed contains.
    pub(crate) fn lines(&self, feed: &Feed) -> Vec<Line> {
        let rows = self.feeds.get(feed).into_iter().flatten();
        let present = rows.filter(|(_, place)| place.presence == Presence::Present);
        let heads = |id: &RecordId| Digest::of(*id, &self.records[id].document.heads());
        present.map(|(id, _)| Line::new(*id, heads(id))).collect()
    }

    /// Where a record is, in the first feed that ever had it.
    pub(crate) fn presence(&self, record: RecordId) -> Option<Presence> {
        let mut rows = self.feeds.values();
        rows.find_map(|rows| rows.get(&record).map(|place| place.presence))
    }

    fn pull(&self, request: &Request, items: &mut Vec<Item>) {
        let none = BTreeMap::new();
        let mut sent = BTreeSet::new();
        let mut ends = Vec::new();
        for (number, asked) in (0_u8..).zip(&request.feeds) {
            let rows = self.feeds.get(&asked.feed).unwrap_or(&none);
            let asks = request.repair.iter().flatten();
            if asks.into_iter().any(|ask| ask.feed == number) {
                continue;
            }
            let mut cursor = asked.cursor;
            let start = cursor;
            let complete = asked.complete.min(cursor);
            let mut places: Vec<_> = rows
                .iter()
                .filter(|(id, place)| place.position > start || place.is_wanted(**id, request))
                .collect();
            places.sort_by_key(|(_, place)| place.position);
            let has_more = places.len() > self.reply_records;
            for (count, (id, place)) in places.into_iter().take(self.reply_records).enumerate() {
                let wanted = place.is_wanted(*id, request);
                let sending =
                    what_to_send(place.presence, place.entered, asked.is_blank(), complete);
                let sending = if wanted { Sending::Whole } else { sending };
                let gone = Gone {
                    feed: number,
                    record: *id,
                    position: place.position,
                    replaced_by: None,
                };
                items.extend(self.item(gone, sending, request, &mut sent));
                cursor = cursor.max(place.position);
                if (count + 1) % self.page_records == 0 {
                    let feed = number;
                    items.push(Item::Commit(Commit { feed, cursor }));
                }
            }
            if !has_more {
                cursor = cursor.max(self.position);
            }
            let feed = number;
            items.push(Item::Commit(Commit { feed, cursor }));
            let present = rows
                .iter()
                .filter(|(_, place)| place.presence == Presence::Present);
            let present: Vec<_> = present.map(|(id, _)| *id).collect();
            let digests = present
                .iter()
                .map(|id| Digest::of(*id, &self.records[id].document.heads()));
            ends.push(Item::FeedEnd(FeedEnd {
                feed,
                cursor,
                digest: digests.fold(Digest::default(), Digest::plus),
                records: present.len() as u64,
                has_more,
                proof: None,
                withheld: None,
            }));
        }
        items.extend(ends);
    }

    fn authors(&self, entry: &Entry) -> Vec<AuthorLabel> {
        let writers = entry.writers.iter().filter(|_| self.names_authors);
        let label = |writer: &Writer| AuthorLabel {
            actor: writer.actor,
            label: if writer.device == DeviceId([1; 16]) {
                "王"
            } else {
                "李"
            }
            .to_owned(),
        };
        writers.map(label).collect()
    }

    pub(crate) fn item(
        &self,
        gone: Gone,
        sending: Sending,
        request: &Request,
        sent: &mut BTreeSet<RecordId>,
    ) -> Option<Item> {
        let Gone {
            feed,
            record,
            position,
            ..
        } = gone;
        let after = match sending {
            Sending::Nothing => return None,
            Sending::Left => return Some(Item::Left(gone)),
            Sending::Erased => return Some(Item::Erased(gone)),
            Sending::Whole => 0,
            Sending::After(cursor) => cursor,
        };
        let entry = &self.records[&record];
        let is_first = sent.insert(record);
        let brought: Vec<_> = request
            .outbox
            .iter()
            .filter(|pushed| pushed.record == record)
            .flat_map(|pushed| &pushed.changes)
            .map(|bytes| bytes.to_vec())
            .collect();
        let mut changes = Vec::new();
        for chunk in entry.document.chunks().unwrap() {
            let position = entry.positions[&chunk.hash()];
            if is_first && position > after {
                let is_known = brought.iter().any(|bytes| bytes == chunk.bytes());
                changes.push(ChangeItem {
                    known: is_known.then(|| chunk.hash()),
                    chunk: (!is_known).then(|| chunk.into_bytes().into()),
                    received_ms: i64::try_from(position).unwrap(),
                });
            }
        }
        Some(Item::Record(RecordItem {
            feed,
            record,
            kind: entry.document.kind().name().to_owned(),
            position,
            is_whole: is_first && after == 0,
            changes,
            heads: entry.document.heads(),
            authors: self.authors(entry),
            mac: None,
            actor: None,
        }))
    }
}
