//! A server that was set back without being told, and has gone on since: what it lost is owed to it again.

use std::sync::Arc;

use fieldwatch_client_core::chance::SeededChance;
use fieldwatch_client_core::replica::{Arrival, Page, Replica};
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::{Hash, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::memory::MemoryStore;
use fieldwatch_schemas::sync::pull::{ChangeItem, RecordItem};
use fieldwatch_schemas::sync::push::{Outcome, Verdict};
use fieldwatch_schemas::sync::vouch::Mac;

use crate::device::{NOW, STATION, account, grants, open, say};

fn device() -> Replica {
    let replica = open(&Arc::new(MemoryStore::new()));
    replica
        .enrolled(&account(Role::StationStaff), &grants())
        .unwrap();
    replica
}

/// What a server sends that has all of a replica's changes but the first few.
fn item_of(replica: &Replica, record: RecordId, but: usize) -> RecordItem {
    let changes = replica.changes(record).unwrap().into_iter().skip(but);
    let changes: Vec<ChangeItem> = changes
        .map(|change| ChangeItem {
            chunk: Some(change.chunk.into()),
            known: None,
            received_ms: NOW.ms,
        })
        .collect();
    RecordItem {
        feed: 0,
        record,
        kind: "case".to_owned(),
        position: 9,
        is_whole: but == 0,
        changes,
        heads: replica.heads(record).unwrap(),
        authors: Vec::new(),
        mac: None,
        actor: None,
    }
}

fn take(replica: &Replica, item: RecordItem) {
    let feed = Feed::station(STATION).unwrap();
    let page = Page {
        arrivals: vec![(feed, Arrival::Record(item))],
        ..Page::default()
    };
    replica.apply(&page).unwrap();
}

fn offered(replica: &Replica) -> Vec<Hash> {
    let outbox = replica.offer().unwrap().outbox;
    let chunks = outbox.into_iter().flat_map(|pushed| pushed.changes);
    chunks
        .map(|chunk| Chunk::parse(chunk.into()).unwrap().hash())
        .collect()
}

#[test]
fn what_was_acknowledged_and_is_not_below_the_servers_heads_is_sent_again() {
    let (alice, bob) = (device(), device());
    let mut chance = SeededChance::new(11);
    let acts = [say("nature", "complaint"), say("station", STATION)];
    let made = alice.new_record(Kind::Case, &acts, &NOW, &mut chance);
    let record = made.unwrap();
    take(&bob, item_of(&alice, record, 0));
    let hers = [say("problem", "quality")];
    let edited = alice.edit(record, &hers, &NOW, &mut chance).unwrap();
    // The server has all of it, says so, and is set back; then bob's work comes to it.
    take(&alice, item_of(&alice, record, 0));
    assert_eq!(offered(&alice), []);
    let his = [say("category", "1")];
    let his = bob.edit(record, &his, &NOW, &mut SeededChance::new(12));
    assert!(his.unwrap().chunk.is_some());
    take(&alice, item_of(&bob, record, 1));
    let lost = edited.chunk.map(|chunk| chunk.hash());
    assert_eq!(offered(&alice), Vec::from_iter(lost));
}

fn refused(record: RecordId) -> Page {
    let outcome = Outcome {
        record,
        verdict: Verdict::Refused,
        durable: Vec::new(),
        missing: Vec::new(),
        problem: Some("not_permitted".to_owned()),
        words: None,
        refused: None,
    };
    Page {
        outcomes: vec![outcome],
        ..Page::default()
    }
}

#[test]
fn what_others_wrote_and_a_server_lost_is_not_given_up_with_the_own_work_that_it_refused() {
    // What the device knows that the server had: when it came, or the server's mark.
    for received_ms in [NOW.ms, 0] {
        let (alice, bob) = (device(), device());
        let mut chance = SeededChance::new(13);
        let acts = [say("nature", "complaint"), say("station", STATION)];
        let made = alice.new_record(Kind::Case, &acts, &NOW, &mut chance);
        let record = made.unwrap();
        let hers = [say("problem", "quality")];
        alice.edit(record, &hers, &NOW, &mut chance).unwrap();
        let mut item = item_of(&alice, record, 0);
        item.mac = Some(Mac([7; 16]));
        item.changes
            .iter_mut()
            .for_each(|change| change.received_ms = received_ms);
        let hers: Vec<Hash> = alice
            .changes(record)
            .unwrap()
            .into_iter()
            .map(|change| Chunk::parse(change.chunk).unwrap().hash())
            .collect();
        take(&bob, item);
        let his = [say("problem", "price"), say("category", "1")];
        bob.edit(record, &his, &NOW, &mut SeededChance::new(14))
            .unwrap();
        // The server comes back without the record, and refuses all of it.
        let feed = Feed::station(STATION).unwrap();
        let unknown = Page {
            arrivals: vec![(feed, Arrival::Unknown(record))],
            ..Page::default()
        };
        bob.apply(&unknown).unwrap();
        assert_eq!(offered(&bob).len(), 3);
        bob.apply(&refused(record)).unwrap();
        assert_eq!(offered(&bob), []);
        bob.discard(record).unwrap();
        assert_eq!(offered(&bob), hers, "nobody else may have them");
        let view = bob.view(record).unwrap().view;
        assert_eq!(view.text("problem"), Some("quality"));
        assert_eq!(view.text("category"), None);
        // Once more refused, once more given up: there is nothing of his to give up any more.
        bob.apply(&refused(record)).unwrap();
        bob.discard(record).unwrap();
        assert_eq!(offered(&bob), hers);
    }
}
