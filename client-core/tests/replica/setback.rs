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
