//! A device in a few lines: what it makes, what it brings, what it absorbs, and the digests it comes to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::field::{FieldValue, Scalar};
use fieldwatch_schemas::id::{Actor, EventId, Hash, LogId, PersonId, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::edit::{Act, Author};
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::record::import::Row;
use fieldwatch_schemas::sync::VERSION;
use fieldwatch_schemas::sync::exchange::{Item, Request};
use fieldwatch_schemas::sync::pull::{Absorbed, FeedCursor, FeedEnd, RecordItem, absorb};
use fieldwatch_schemas::sync::push::{Outcome, Pushed, Verdict};
use fieldwatch_schemas::time::Moment;
use fieldwatch_server::committer::OwnedAsker;
use fieldwatch_server::pull::{Names, Pull};

use crate::world::{NOW_MS, STATION, World};

/// A feed as this device has it.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) feed: Feed,
    pub(crate) cursor: u64,
    /// Where it was when nothing was left the last time.
    pub(crate) complete: u64,
    pub(crate) records: BTreeSet<RecordId>,
}

/// A change, and up to where the device had everything before it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) record: RecordId,
    pub(crate) hash: Hash,
    pub(crate) complete_before: u64,
}

#[derive(Debug)]
pub(crate) struct Replica {
    pub(crate) asker: OwnedAsker,
    pub(crate) log: Option<LogId>,
    pub(crate) feeds: Vec<Held>,
    pub(crate) documents: BTreeMap<RecordId, Document>,
    pub(crate) outbox: BTreeMap<RecordId, Vec<Chunk>>,
    pub(crate) wants: Vec<RecordId>,
    pub(crate) budget_bytes: Option<u64>,
    /// In the order of their coming, for the first feed.
    pub(crate) arrivals: Vec<Arrival>,
    made: u32,
}

/// What a reply was made of.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) pages: Vec<Vec<Item>>,
    pub(crate) ends: Vec<FeedEnd>,
    pub(crate) skipped: usize,
}

impl Reply {
    pub(crate) fn records(&self) -> Vec<&RecordItem> {
        let items = self.pages.iter().flatten();
        items
            .filter_map(|item| match item {
                Item::Record(record) => Some(record),
                _ => None,
            })
            .collect()
    }
}

impl Replica {
    pub(crate) fn new(asker: OwnedAsker, feeds: &[Feed]) -> Self {
        let held = |feed: &Feed| Held {
            feed: feed.clone(),
            cursor: 0,
            complete: 0,
            records: BTreeSet::new(),
        };
        Self {
            asker,
            log: None,
            feeds: feeds.iter().map(held).collect(),
            documents: BTreeMap::new(),
            outbox: BTreeMap::new(),
            wants: Vec::new(),
            budget_bytes: None,
            arrivals: Vec::new(),
            made: 0,
        }
    }

    pub(crate) fn of_station(asker: OwnedAsker) -> Self {
        Self::new(asker, &[Feed::station(STATION).unwrap()])
    }

    pub(crate) fn new_case(&mut self) -> RecordId {
        self.new_case_of(STATION)
    }

    pub(crate) fn new_case_of(&mut self, station: &str) -> RecordId {
        let record = self.begin(Kind::Case);
        self.edit(
            record,
            &[text("nature", "complaint"), text("station", station)],
        );
        record
    }

    /// A row of an imported table, by its number there.
    pub(crate) fn import(&mut self, external_no: &str) -> RecordId {
        let field = |path: &str, value: &str| {
            let value = FieldValue::Scalar(Scalar::Text(value.to_owned()));
            (path.to_owned(), value)
        };
        let row = Row {
            record: RecordId::natural(Kind::Case, &["platform", external_no]),
            kind: Kind::Case,
            fields: BTreeMap::from([
                field("nature", "complaint"),
                field("station", STATION),
                field("channel", "platform"),
                field("external_no", external_no),
            ]),
            raw: BTreeMap::new(),
            events: vec![("received".to_owned(), Moment::china(NOW_MS))],
        };
        let (document, chunk) = row.change().unwrap();
        self.documents.insert(row.record, document);
        self.outbox.insert(row.record, chunk.into_iter().collect());
        row.record
    }

    /// A record that holds nothing yet.
    pub(crate) fn begin(&mut self, kind: Kind) -> RecordId {
        self.made += 1;
        let [a, b, c, d] = self.made.to_be_bytes();
        let device = self.asker.device.bytes()[0];
        let mut random = [device; 16];
        random[..4].copy_from_slice(&[a, b, c, d]);
        let record = RecordId::random(random);
        let document = Document::begin(record, kind).unwrap();
        self.documents.insert(record, document);
        record
    }

    /// Edits, as this device's writer within the record.
    pub(crate) fn edit(&mut self, record: RecordId, acts: &[Act]) -> Chunk {
        self.try_edit(record, acts).unwrap()
    }

    /// As [`Replica::edit`]; `None` if nothing changes.
    pub(crate) fn try_edit(&mut self, record: RecordId, acts: &[Act]) -> Option<Chunk> {
        let document = self.documents.get_mut(&record).unwrap();
        let chunk = document.edit(&author(&self.asker, record), acts).unwrap()?;
        self.outbox.entry(record).or_default().push(chunk.clone());
        Some(chunk)
    }

    pub(crate) fn request(&self) -> Request {
        let feeds = self.feeds.iter().map(|held| FeedCursor {
            feed: held.feed.clone(),
            cursor: held.cursor,
            complete: held.complete,
            mark: (held.cursor == 0 && !held.records.is_empty())
                .then(|| self.digest(held).mark(held.records.len() as u64)),
            proof: None,
        });
        let outbox = self.outbox.iter().map(|(record, chunks)| Pushed {
            record: *record,
            kind: self.documents[record].kind().name().to_owned(),
            changes: chunks
                .iter()
                .map(|chunk| chunk.bytes().to_vec().into())
                .collect(),
            vouched: None,
        });
        Request {
            version: VERSION,
            log: self.log,
            feeds: feeds.collect(),
            outbox: outbox.collect(),
            budget_bytes: self.budget_bytes,
            grants: None,
            wants: self.wants.clone(),
            stations: None,
            repair: None,
            index: Vec::new(),
            whole_budget_bytes: None,
            erasures: None,
        }
    }

    /// One exchange; proves the digests of the feeds that nothing is left of, unless a record could not be sent.
    pub(crate) fn sync(&mut self, world: &World) -> Result<Reply, ProblemKind> {
        let request = self.request();
        let mut pull = Pull::begin(world.log.clone(), &self.asker, &request, names())?;
        let mut reply = Reply::default();
        if !request.outbox.is_empty() {
            reply.outcomes = world.push(&self.asker, request.outbox)?;
        }
        for outcome in &reply.outcomes {
            if matches!(outcome.verdict, Verdict::Stored | Verdict::Duplicate) {
                self.outbox.remove(&outcome.record);
            }
        }
        self.log = Some(world.log.id());
        while let Some(page) = pull.next_page().map_err(|_| ProblemKind::Unavailable)? {
            page.iter().for_each(|item| self.take(item));
            reply.pages.push(page);
        }
        let ends = reply.pages.pop().unwrap_or_default();
        reply.ends = ends.into_iter().map(end).collect();
        reply.skipped = pull.skipped();
        if reply.skipped == 0 && self.outbox.is_empty() && self.wants.is_empty() {
            for end in reply.ends.iter().filter(|end| !end.has_more) {
                let held = &self.feeds[usize::from(end.feed)];
                assert_eq!(self.digest(held), end.digest, "{}", held.feed);
                assert_eq!(held.records.len() as u64, end.records);
            }
        }
        Ok(reply)
    }

    pub(crate) fn take(&mut self, item: &Item) {
        match item {
            Item::Record(item) => self.absorb(item),
            Item::Left(gone) => {
                self.feeds[usize::from(gone.feed)]
                    .records
                    .remove(&gone.record);
            }
            Item::Erased(gone) => {
                for held in &mut self.feeds {
                    held.records.remove(&gone.record);
                }
                self.documents.remove(&gone.record);
                self.outbox.remove(&gone.record);
            }
            Item::Commit(commit) => self.feeds[usize::from(commit.feed)].cursor = commit.cursor,
            Item::FeedEnd(end) => {
                let held = &mut self.feeds[usize::from(end.feed)];
                assert_eq!(held.cursor, end.cursor);
                if !end.has_more && self.wants.is_empty() {
                    held.complete = end.cursor;
                }
            }
            other => panic!("not an item of a pull: {other:?}"),
        }
    }

    fn absorb(&mut self, item: &RecordItem) {
        let kind: Kind = item.kind.parse().unwrap();
        let document = self
            .documents
            .entry(item.record)
            .or_insert_with(|| Document::begin(item.record, kind).unwrap());
        self.wants.retain(|wanted| *wanted != item.record);
        if let Absorbed::Incomplete = absorb(document, item).unwrap() {
            assert!(!item.is_whole, "a whole record always fits");
            self.wants.push(item.record);
            return;
        }
        let held = &mut self.feeds[usize::from(item.feed)];
        held.records.insert(item.record);
        if item.feed == 0 {
            let hashes = item.changes.iter().map(hash_of);
            self.arrivals.extend(hashes.map(|hash| Arrival {
                record: item.record,
                hash,
                complete_before: held.complete,
            }));
        }
    }

    /// The digest of what this device holds of a feed.
    pub(crate) fn digest(&self, held: &Held) -> Digest {
        let parts = held
            .records
            .iter()
            .map(|record| Digest::of(*record, &self.documents[record].heads()));
        parts.fold(Digest::default(), Digest::plus)
    }
}

pub(crate) fn hash_of(change: &fieldwatch_schemas::sync::pull::ChangeItem) -> Hash {
    let of_chunk = || {
        let bytes = change.chunk.as_ref().unwrap().to_vec();
        Chunk::parse(bytes).unwrap().hash()
    };
    change.known.unwrap_or_else(of_chunk)
}

fn end(item: Item) -> FeedEnd {
    match item {
        Item::FeedEnd(end) => end,
        other => panic!("not the end of a feed: {other:?}"),
    }
}

pub(crate) fn author(asker: &OwnedAsker, record: RecordId) -> Author {
    let mut actor = *record.bytes();
    for (byte, device) in actor.iter_mut().zip(asker.device.bytes()) {
        *byte ^= device.rotate_left(3) ^ 0x5a;
    }
    Author {
        actor: Actor(actor),
        now: Moment::china(NOW_MS),
        role: None,
    }
}

pub(crate) fn text(path: &str, value: &str) -> Act {
    Act::Set {
        path: path.to_owned(),
        value: FieldValue::Scalar(Scalar::Text(value.to_owned())),
    }
}

pub(crate) fn narrative(value: &str) -> Act {
    Act::Set {
        path: "narrative".to_owned(),
        value: FieldValue::LongText(value.to_owned()),
    }
}

pub(crate) fn happen(kind: &str, at_ms: i64, id: u8) -> Act {
    Act::Happen(NewEvent {
        id: EventId([id; 16]),
        kind: kind.to_owned(),
        at: Moment::china(at_ms),
        data: serde_json::Map::new(),
    })
}

pub(crate) fn names() -> Arc<Names> {
    Arc::new(|person: PersonId| Some(format!("person {}", person.bytes()[0])))
}
