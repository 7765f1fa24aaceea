//! Records that are larger than a request: unsent ones go in prefixes, and what a server lost goes back from its heads down, through a
//! crash of the device.

use std::collections::BTreeSet;
use std::sync::Arc;

use fieldwatch_client_core::chance::SeededChance;
use fieldwatch_client_core::replica::{Arrival, Page, Replica};
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::{EventId, Hash, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::limits::{CHANGE_BYTES_MAX, PUSH_BYTES_TARGET, REQUEST_BYTES_MAX};
use fieldwatch_schemas::record::edit::Act;
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::memory::MemoryStore;
use fieldwatch_schemas::sync::pull::RecordItem;
use fieldwatch_schemas::sync::push::{Outcome, Pushed, Verdict};
use fieldwatch_schemas::sync::vouch::Mac;

use crate::device::{NOW, STATION, account, grants, open, say};

/// A case with so many unsent changes of some 300 KB.
fn large(store: &Arc<MemoryStore>, changes: u32) -> (Replica, RecordId) {
    let replica = open(store);
    replica
        .enrolled(&account(Role::StationStaff), &grants())
        .unwrap();
    let mut chance = SeededChance::new(21);
    let acts = [say("nature", "complaint"), say("station", STATION)];
    let record = replica.new_record(Kind::Case, &acts, &NOW, &mut chance);
    let record = record.unwrap();
    for change in 0..changes {
        let acts: Vec<Act> = (0..20).map(|each| letter(20 * change + each)).collect();
        replica.edit(record, &acts, &NOW, &mut chance).unwrap();
    }
    (replica, record)
}

fn letter(number: u32) -> Act {
    let mut data = serde_json::Map::new();
    data.insert("reason".to_owned(), format!("{number:015000}").into());
    let mut id = [7; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    let kind = ["materials_requested", "materials_supplied"][number as usize % 2];
    Act::Happen(NewEvent {
        id: EventId(id),
        kind: kind.to_owned(),
        at: NOW,
        data,
    })
}

fn chunks(pushed: &Pushed) -> Vec<Chunk> {
    let parse = |bytes: &minicbor::bytes::ByteVec| Chunk::parse(bytes.to_vec()).unwrap();
    pushed.changes.iter().map(parse).collect()
}

/// What the replica offers of its one record; none if nothing.
fn offered(replica: &Replica) -> Option<Pushed> {
    let mut outbox = replica.offer().unwrap().outbox;
    assert!(outbox.len() <= 1);
    let size_bytes = |pushed: &Pushed| {
        pushed
            .changes
            .iter()
            .map(|bytes| bytes.len())
            .sum::<usize>()
    };
    let sizes: usize = outbox.iter().map(size_bytes).sum();
    assert!(sizes <= PUSH_BYTES_TARGET + CHANGE_BYTES_MAX, "{sizes}");
    outbox.pop()
}

fn hear(
    replica: &Replica,
    pushed: &Pushed,
    verdict: Verdict,
    durable: Vec<Hash>,
    missing: Vec<Hash>,
) {
    let outcome = Outcome {
        record: pushed.record,
        verdict,
        durable,
        missing,
        problem: None,
        words: None,
        refused: None,
    };
    let page = Page {
        outcomes: vec![outcome],
        ..Page::default()
    };
    replica.apply(&page).unwrap();
}

#[test]
fn an_unsent_record_larger_than_a_request_goes_in_prefixes() {
    let (replica, _) = large(&Arc::new(MemoryStore::new()), 32);
    let (mut has, mut size_bytes, mut requests) = (BTreeSet::new(), 0, 0);
    while let Some(pushed) = offered(&replica) {
        assert!(pushed.vouched.is_none());
        let chunks = chunks(&pushed);
        for chunk in &chunks {
            // Upon the frozen change, or what went before.
            assert!(has.is_empty() || chunk.deps().iter().all(|dep| has.contains(dep)));
            has.insert(chunk.hash());
            size_bytes += chunk.bytes().len();
        }
        let durable = chunks.iter().map(Chunk::hash).collect();
        hear(&replica, &pushed, Verdict::Stored, durable, Vec::new());
        requests += 1;
    }
    assert_eq!(has.len(), 33);
    assert!(
        size_bytes > REQUEST_BYTES_MAX && requests > 15,
        "{size_bytes} in {requests}"
    );
}

/// The server shows the record with its mark, and then has lost it.
fn lost(replica: &Replica, record: RecordId) -> Vec<Hash> {
    let heads = replica.heads(record).unwrap();
    let known = replica.changes(record).unwrap().into_iter().map(|change| {
        fieldwatch_schemas::sync::pull::ChangeItem {
            chunk: None,
            known: Some(Chunk::parse(change.chunk).unwrap().hash()),
            received_ms: NOW.ms,
        }
    });
    let item = RecordItem {
        feed: 0,
        record,
        kind: "case".to_owned(),
        position: 9,
        is_whole: true,
        changes: known.collect(),
        heads: heads.clone(),
        authors: Vec::new(),
        mac: Some(Mac([7; 16])),
        actor: None,
    };
    let feed = Feed::station(STATION).unwrap();
    for arrival in [Arrival::Record(item), Arrival::Unknown(record)] {
        let page = Page {
            arrivals: vec![(feed.clone(), arrival)],
            ..Page::default()
        };
        replica.apply(&page).unwrap();
    }
    heads
}

#[test]
fn what_a_server_lost_goes_back_from_its_heads_down_and_on_where_it_was_after_a_crash() {
    let store = Arc::new(MemoryStore::new());
    let (mut replica, record) = large(&store, 10);
    let mut lacking = lost(&replica, record);
    let (mut brought, mut requests) = (BTreeSet::new(), 0);
    loop {
        let pushed = offered(&replica).unwrap();
        assert!(pushed.vouched.is_some());
        // The last part is whole, and in causal order.
        let mut part = chunks(&pushed);
        part.sort_by_key(|chunk| std::cmp::Reverse(chunk.seq()));
        for chunk in part {
            assert!(lacking.contains(&chunk.hash()), "from the heads down");
            lacking.retain(|hash| *hash != chunk.hash());
            lacking.extend(chunk.deps());
            assert!(brought.insert(chunk.hash()), "nothing twice");
        }
        requests += 1;
        if brought.len() == 11 {
            let durable = brought.into_iter().collect();
            hear(&replica, &pushed, Verdict::Stored, durable, Vec::new());
            break;
        }
        hear(
            &replica,
            &pushed,
            Verdict::Kept,
            Vec::new(),
            lacking.clone(),
        );
        store.crash();
        replica = open(&store);
    }
    assert!(requests > 4, "{requests}");
    assert!(offered(&replica).is_none(), "all of it was taken");
}

#[test]
fn a_server_that_gave_parts_up_is_brought_them_again_and_one_that_never_moves_is_left_alone() {
    let (replica, record) = large(&Arc::new(MemoryStore::new()), 10);
    let heads = lost(&replica, record);
    let first = offered(&replica).unwrap();
    let below = chunks(&first).last().unwrap().deps().to_vec();
    hear(&replica, &first, Verdict::Kept, Vec::new(), below);
    let second = offered(&replica).unwrap();
    assert_ne!(second.changes, first.changes);
    // It has lost what came before: from the beginning.
    hear(&replica, &second, Verdict::Kept, Vec::new(), heads.clone());
    assert_eq!(offered(&replica).as_ref(), Some(&first));
    let mut marked = 0;
    while let Some(pushed) = offered(&replica).filter(|pushed| pushed.vouched.is_some()) {
        hear(&replica, &pushed, Verdict::Kept, Vec::new(), heads.clone());
        marked += 1;
    }
    assert!(marked <= 2, "{marked}");
    let unmarked = chunks(&offered(&replica).unwrap());
    assert_eq!(unmarked[0].seq(), 1, "as any work, from its beginning");
}
