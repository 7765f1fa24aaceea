//! What the server says is erased is gone from the device, unsent work, rows and key, whatever fails on the way, and is not taken in again.

use std::sync::Arc;

use fieldwatch_client_core::chance::SeededChance;
use fieldwatch_client_core::replica::{Arrival, Page, Replica};
use fieldwatch_client_core::store::Vault;
use fieldwatch_client_core::store::vault::open_keys;
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::{LogId, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::memory::{Fault, MemoryStore};
use fieldwatch_schemas::store::small::MemoryFile;
use fieldwatch_schemas::store::{Batch, KeyRange, Row, Store};
use fieldwatch_schemas::sync::erasures::Erasures;
use fieldwatch_schemas::sync::push::{Outcome, Verdict};
use fieldwatch_schemas::sync::repair::Stands;

use crate::device::{NOW, STATION, account, grants, later, long, say};

/// A home in memory.
#[derive(Default)]
struct Home {
    store: Arc<MemoryStore>,
    file: Arc<MemoryFile>,
}

impl Home {
    fn open(&self) -> Replica {
        let keys = open_keys(self.file.clone(), &[7; 32], [1; 32]).unwrap();
        Replica::open(Vault::seal(self.store.clone(), &[7; 32], keys)).unwrap()
    }

    /// The rows of a record, as they lie there.
    fn rows_of(&self, record: RecordId) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut look = |key: &[u8], value: &[u8]| {
            let row = Row {
                key: key.to_vec(),
                value: value.to_vec(),
            };
            rows.extend(Some(row).filter(|_| key.get(1..17) == Some(record.bytes())));
            std::ops::ControlFlow::Continue(())
        };
        self.store.scan(&KeyRange::all(), &mut look).unwrap();
        assert!(!rows.is_empty());
        rows
    }

    /// Whether any of these rows can be read with the keys that there are.
    fn can_read(&self, rows: &[Row]) -> bool {
        let store = Arc::new(MemoryStore::new());
        let mut batch = Batch::new();
        rows.iter()
            .for_each(|row| batch.put(row.key.clone(), row.value.clone()));
        store.apply(&batch).unwrap();
        let keys = open_keys(self.file.clone(), &[7; 32], [1; 32]).unwrap();
        let vault = Vault::seal(store, &[7; 32], keys);
        let read = |row: &Row| vault.store().get(&row.key).unwrap();
        rows.iter().any(|row| read(row).is_some())
    }

    /// The tables that have rows of a record, as they lie there.
    fn tables_of(&self, record: RecordId) -> String {
        let mut tables = String::new();
        let mut look = |key: &[u8], _: &[u8]| {
            let ends = key.ends_with(record.bytes());
            let names = key.get(1..17) == Some(record.bytes()) || ends;
            tables.extend(
                key.first()
                    .filter(|_| names)
                    .map(|table| char::from(*table)),
            );
            std::ops::ControlFlow::Continue(())
        };
        self.store.scan(&KeyRange::all(), &mut look).unwrap();
        let mut tables: Vec<char> = tables.chars().collect();
        tables.dedup();
        tables.into_iter().collect()
    }
}

/// A home with two cases, both unsent; the first is asked about.
fn begin() -> (Home, Replica, RecordId) {
    let home = Home::default();
    let replica = home.open();
    let role = fieldwatch_schemas::status::Role::StationStaff;
    replica.enrolled(&account(role), &grants()).unwrap();
    let mut chance = SeededChance::new(5);
    let mut make = |no: &str| {
        let acts = [
            say("nature", "complaint"),
            say("channel", "platform"),
            say("external_no", no),
            long("narrative", "a long story"),
        ];
        let made = replica.new_record(Kind::Case, &acts, &NOW, &mut chance);
        made.unwrap()
    };
    let record = make("1");
    make("2");
    (home, replica, record)
}

fn erased(record: RecordId) -> Page {
    let feed = Feed::station(STATION).unwrap();
    Page {
        arrivals: vec![(feed, Arrival::Erased(record))],
        ..Page::default()
    }
}

fn refused(record: RecordId) -> Page {
    let outcome = Outcome {
        record,
        verdict: Verdict::Refused,
        durable: Vec::new(),
        missing: Vec::new(),
        problem: Some(ProblemKind::RecordErased.name().to_owned()),
        words: None,
        refused: None,
    };
    Page {
        outcomes: vec![outcome],
        ..Page::default()
    }
}

fn is_gone(home: &Home, replica: &Replica, record: RecordId) {
    assert_eq!(home.tables_of(record), "");
    assert!(replica.view(record).is_err());
    let status = replica.status().unwrap();
    assert_eq!(
        (status.records, status.outbox, status.quarantined),
        (1, 1, 0)
    );
}

#[test]
fn word_of_an_erasure_in_a_feed_or_upon_a_push_removes_a_record_with_its_unsent_work() {
    for page in [erased, refused] {
        let (home, replica, record) = begin();
        assert_eq!(home.tables_of(record), "clrs");
        replica.apply(&page(record)).unwrap();
        is_gone(&home, &replica, record);
        drop(replica);
        is_gone(&home, &home.open(), record);
    }
}

#[test]
fn of_a_record_that_left_before_it_was_erased_the_key_is_destroyed_too() {
    let (home, replica, record) = begin();
    let feed = Feed::station(STATION).unwrap();
    let heads = replica.heads(record).unwrap();
    let hashes = replica.changes(record).unwrap().into_iter();
    let hashes = hashes.map(|change| Chunk::parse(change.chunk).unwrap().hash());
    let stored = Outcome {
        record,
        verdict: Verdict::Stored,
        durable: hashes.collect(),
        missing: Vec::new(),
        problem: None,
        words: None,
        refused: None,
    };
    let stands = Stands {
        feed: 0,
        record,
        heads,
        mac: None,
        actor: None,
    };
    let came = Page {
        log: Some(LogId([4; 16])),
        outcomes: vec![stored],
        arrivals: vec![(feed.clone(), Arrival::Stands(stands))],
        ..Page::default()
    };
    replica.apply(&came).unwrap();
    let held = home.rows_of(record);
    let left = Page {
        arrivals: vec![(feed, Arrival::Left(record))],
        end: Some(Vec::new()),
        ..Page::default()
    };
    replica.apply(&left).unwrap();
    assert_eq!(home.tables_of(record), "d", "that it was here is known");
    assert!(home.can_read(&held), "its rows can be read in the file");
    assert_eq!(replica.offer().unwrap().erasures, Some(0));
    let heard = Page {
        erasures: Erasures::behind(Some(0), &[RecordId([9; 16]), record], 9),
        ..Page::default()
    };
    replica.apply(&heard).unwrap();
    assert!(!home.can_read(&held));
    is_gone(&home, &replica, record);
    assert_eq!(replica.offer().unwrap().erasures, Some(2));
}

#[test]
fn an_erased_record_is_made_neither_by_its_key_nor_by_an_edit() {
    let (home, replica, record) = begin();
    replica.apply(&erased(record)).unwrap();
    drop(replica);
    let replica = home.open();
    let mut chance = SeededChance::new(6);
    let acts = [
        say("nature", "complaint"),
        say("channel", "platform"),
        say("external_no", "1"),
    ];
    let made = replica.new_record(Kind::Case, &acts, &later(1), &mut chance);
    let problem = made.unwrap_err().problem();
    assert_eq!(problem.kind(), Some(ProblemKind::RecordErased));
    let edited = replica.edit(record, &[say("problem", "price")], &later(1), &mut chance);
    let problem = edited.unwrap_err().problem();
    assert_eq!(problem.kind(), Some(ProblemKind::RecordUnknown));
    is_gone(&home, &replica, record);
}

#[test]
fn an_erasure_that_the_disk_or_the_power_stopped_is_done_when_it_is_said_again() {
    let faults: [fn(&Home); 4] = [
        |home| home.store.fail_next(Fault::Apply),
        |home| home.store.fail_next(Fault::Flush),
        |home| home.file.fail_next(false),
        |home| home.file.fail_next(true),
    ];
    for fault in faults {
        for kept in 0..8 {
            let (home, replica, record) = begin();
            fault(&home);
            assert!(replica.apply(&erased(record)).is_err());
            drop(replica);
            home.store.crash_keeping(kept);
            let replica = home.open();
            replica.apply(&erased(record)).unwrap();
            is_gone(&home, &replica, record);
        }
    }
}
