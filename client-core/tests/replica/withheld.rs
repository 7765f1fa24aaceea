//! Records whose body the budget has no room for: what this device holds of them stays, and joins its feed by its heads alone.

use std::sync::Arc;

use fieldwatch_client_core::chance::SeededChance;
use fieldwatch_client_core::replica::{Arrival, Page, Replica, ReplicaError};
use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::{Hash, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::memory::MemoryStore;
use fieldwatch_schemas::sync::index::{Index, IndexRow};
use fieldwatch_schemas::sync::push::{Outcome, Verdict};
use fieldwatch_schemas::sync::repair::Stands;

use crate::device::{NOW, STATION, account, grants, open, say};

fn feed() -> Feed {
    Feed::station(STATION).unwrap()
}

/// A device with one case, all of which has been offered.
fn begin() -> (Arc<MemoryStore>, Replica, RecordId) {
    let store = Arc::new(MemoryStore::new());
    let replica = open(&store);
    let account = account(Role::StationStaff);
    replica.enrolled(&account, &grants()).unwrap();
    let acts = [say("nature", "complaint"), say("station", STATION)];
    let mut chance = SeededChance::new(6);
    let made = replica.new_record(Kind::Case, &acts, &NOW, &mut chance);
    (store, replica, made.unwrap())
}

/// Everything offered is stored.
fn stored(replica: &Replica, record: RecordId) -> Outcome {
    Outcome {
        record,
        verdict: Verdict::Stored,
        durable: hashes(replica, record),
        missing: Vec::new(),
        problem: None,
        words: None,
        refused: None,
    }
}

fn hashes(replica: &Replica, record: RecordId) -> Vec<Hash> {
    let changes = replica.changes(record).unwrap();
    let chunks = changes.into_iter().map(|change| change.chunk);
    chunks
        .map(|chunk| {
            fieldwatch_schemas::chunk::Chunk::parse(chunk)
                .unwrap()
                .hash()
        })
        .collect()
}

/// The row that stands for a body of 500 000 bytes.
fn row(record: RecordId) -> Index {
    let row = IndexRow {
        record,
        kind: "case".to_owned(),
        title: "case".to_owned(),
        status: "received".to_owned(),
        nature: None,
        external_no: None,
        received_ms: None,
        updated_ms: NOW.ms,
        needs_bytes: Some(500_000),
    };
    Index {
        feed: 0,
        rows: vec![row],
        before: None,
    }
}

fn stands(record: RecordId, heads: Vec<Hash>) -> Arrival {
    Arrival::Stands(Stands {
        feed: 0,
        record,
        heads,
        mac: None,
        actor: None,
    })
}

/// A reply that ends every feed.
fn end() -> Page {
    Page {
        cursors: vec![(feed(), 9)],
        complete: vec![(feed(), 9, None)],
        end: Some(Vec::new()),
        ..Page::default()
    }
}

#[test]
fn own_work_whose_body_has_no_room_in_the_budget_stays_when_its_last_part_is_stored() {
    let (store, replica, record) = begin();
    let page = Page {
        outcomes: vec![stored(&replica, record)],
        index: vec![(feed(), row(record))],
        ..end()
    };
    let applied = replica.apply(&page).unwrap();
    assert_eq!((applied.outbox, applied.wants), (0, 1));
    let again = replica.apply(&end()).unwrap();
    assert_eq!(again.wants, 1, "asked for until it comes");
    store.crash();
    let replica = open(&store);
    assert_eq!(hashes(&replica, record).len(), 1);
    assert_eq!(replica.offer().unwrap().wants, [record]);
}

#[test]
fn own_work_that_no_feed_brings_and_nobody_withholds_goes_when_all_have_come_to_their_end() {
    let (_, replica, record) = begin();
    let page = Page {
        outcomes: vec![stored(&replica, record)],
        ..end()
    };
    replica.apply(&page).unwrap();
    let gone = replica.view(record);
    assert!(matches!(gone, Err(ReplicaError::RecordUnknown(_))));
}

#[test]
fn what_is_held_whole_joins_its_feed_by_the_heads_that_the_server_has_and_needs_no_body() {
    let (_, replica, record) = begin();
    let heads = replica.heads(record).unwrap();
    let page = Page {
        outcomes: vec![stored(&replica, record)],
        index: vec![(feed(), row(record))],
        arrivals: vec![(feed(), stands(record, heads.clone()))],
        ..end()
    };
    let applied = replica.apply(&page).unwrap();
    assert_eq!(applied.wants, 0);
    let held = applied.feeds.iter().find(|each| each.feed == feed());
    let held = held.unwrap();
    assert_eq!((held.digest, held.records), (Digest::of(record, &heads), 1));
}

#[test]
fn what_is_not_held_whole_is_wanted_and_joins_nothing() {
    let (_, replica, record) = begin();
    let page = Page {
        outcomes: vec![stored(&replica, record)],
        index: vec![(feed(), row(record))],
        arrivals: vec![(feed(), stands(record, vec![Hash([8; 32])]))],
        ..end()
    };
    let applied = replica.apply(&page).unwrap();
    assert_eq!(applied.wants, 1);
    assert!(applied.feeds.iter().all(|each| each.records == 0));
    assert_eq!(hashes(&replica, record).len(), 1);
}

#[test]
fn what_one_feed_withholds_is_not_forgotten_because_it_left_another() {
    let (_, replica, record) = begin();
    let heads = replica.heads(record).unwrap();
    let joined = Page {
        outcomes: vec![stored(&replica, record)],
        arrivals: vec![(feed(), stands(record, heads))],
        ..end()
    };
    replica.apply(&joined).unwrap();
    let moved = Page {
        index: vec![(Feed::shared(), row(record))],
        arrivals: vec![(feed(), Arrival::Left(record))],
        ..end()
    };
    let applied = replica.apply(&moved).unwrap();
    assert_eq!(applied.wants, 1);
    assert_eq!(hashes(&replica, record).len(), 1, "it is still here");
}

#[test]
fn a_record_that_leaves_one_of_two_feeds_stays_as_long_as_the_other_has_it() {
    let (_, replica, record) = begin();
    let heads = replica.heads(record).unwrap();
    let in_both = Page {
        outcomes: vec![stored(&replica, record)],
        arrivals: vec![
            (feed(), stands(record, heads.clone())),
            (Feed::shared(), stands(record, heads)),
        ],
        ..end()
    };
    replica.apply(&in_both).unwrap();
    let left = |feed: Feed| Page {
        arrivals: vec![(feed, Arrival::Left(record))],
        ..end()
    };
    let applied = replica.apply(&left(feed())).unwrap();
    assert_eq!(hashes(&replica, record).len(), 1);
    let counts = |applied: &fieldwatch_client_core::replica::Applied| {
        let count = |feed: &Feed| {
            let status = applied.feeds.iter().find(|each| each.feed == *feed);
            status.unwrap().records
        };
        (count(&feed()), count(&Feed::shared()))
    };
    assert_eq!(counts(&applied), (0, 1));
    let applied = replica.apply(&left(Feed::shared())).unwrap();
    assert_eq!(counts(&applied), (0, 0));
    assert!(matches!(
        replica.heads(record),
        Err(ReplicaError::RecordUnknown(_))
    ));
}
