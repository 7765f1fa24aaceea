//! What is offered to the server, and what it refused.

use std::sync::Arc;

use fieldwatch_client_core::chance::SeededChance;
use fieldwatch_client_core::replica::{Arrival, Page, ReplicaError, State};
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::store::memory::{Fault, MemoryStore};
use fieldwatch_schemas::sync::push::{Outcome, Verdict};

use crate::device::{NOW, STATION, open, say};

#[test]
fn nothing_is_offered_to_the_server_before_it_is_durable_here() {
    let store = Arc::new(MemoryStore::new());
    let mut chance = SeededChance::new(3);
    let replica = open(&store);
    let acts = [say("nature", "complaint"), say("station", STATION)];
    let made = replica.batch(|group| {
        let made = group.new_record(Kind::Case, &acts, &NOW, &mut chance);
        store.fail_next(Fault::Flush);
        made
    });
    assert!(matches!(made, Err(ReplicaError::Store(_))));
    assert!(matches!(replica.offer(), Err(ReplicaError::Store(_))));
    store.crash();
    assert!(open(&store).offer().unwrap().outbox.is_empty());
}

#[test]
fn a_correction_made_while_the_refusal_was_on_its_way_is_sent_and_not_quarantined() {
    let mut chance = SeededChance::new(4);
    let replica = open(&Arc::new(MemoryStore::new()));
    let acts = [say("nature", "complaint"), say("station", STATION)];
    let made = |chance: &mut SeededChance| replica.new_record(Kind::Case, &acts, &NOW, chance);
    let (corrected, left) = (made(&mut chance).unwrap(), made(&mut chance).unwrap());
    let refused = |record| Outcome {
        record,
        verdict: Verdict::Refused,
        durable: Vec::new(),
        missing: Vec::new(),
        problem: Some("record_invalid".to_owned()),
        words: None,
        refused: None,
    };
    let page = Page {
        outcomes: vec![refused(corrected), refused(left)],
        ..Page::default()
    };
    assert_eq!(replica.offer().unwrap().outbox.len(), 2);
    let edit = [say("problem", "quality")];
    replica.edit(corrected, &edit, &NOW, &mut chance).unwrap();
    replica.apply(&page).unwrap();
    let state = |record| replica.view(record).unwrap().state;
    assert_eq!(state(corrected), State::Local);
    assert_eq!(state(left), State::Quarantined);
    let offered = replica.offer().unwrap().outbox;
    assert_eq!(offered.len(), 1);
    assert_eq!(offered[0].changes.len(), 2, "both, to be judged together");
    replica.apply(&page).unwrap();
    assert_eq!(state(corrected), State::Quarantined);
}

#[test]
fn a_refused_record_that_no_feed_has_is_asked_for_so_that_its_erasure_is_heard() {
    let mut chance = SeededChance::new(6);
    let replica = open(&Arc::new(MemoryStore::new()));
    let acts = [say("nature", "complaint"), say("station", STATION)];
    let made = replica.new_record(Kind::Case, &acts, &NOW, &mut chance);
    let record = made.unwrap();
    assert_eq!(replica.offer().unwrap().wants, []);
    let refused = Outcome {
        record,
        verdict: Verdict::Refused,
        durable: Vec::new(),
        missing: Vec::new(),
        problem: Some("not_permitted".to_owned()),
        words: None,
        refused: None,
    };
    let page = Page {
        outcomes: vec![refused],
        ..Page::default()
    };
    replica.apply(&page).unwrap();
    assert_eq!(replica.offer().unwrap().wants, [record]);
    let erased = Page {
        arrivals: vec![(Feed::shared(), Arrival::Erased(record))],
        ..Page::default()
    };
    replica.apply(&erased).unwrap();
    assert!(matches!(
        replica.view(record),
        Err(ReplicaError::RecordUnknown(_))
    ));
    assert_eq!(replica.offer().unwrap().wants, []);
}

#[test]
fn what_no_feed_has_goes_when_that_is_given_up_which_kept_it_here() {
    let mut chance = SeededChance::new(6);
    let replica = open(&Arc::new(MemoryStore::new()));
    let acts = [say("nature", "complaint"), say("station", STATION)];
    let record = replica.new_record(Kind::Case, &acts, &NOW, &mut chance);
    let record = record.unwrap();
    let taken = replica.changes(record).unwrap().remove(0).chunk;
    let edit = [say("brand", "某品牌")];
    replica.edit(record, &edit, &NOW, &mut chance).unwrap();
    replica.offer().unwrap();
    // The server has the first change, and refuses the second; no feed of this device's has the record.
    let refused = Outcome {
        record,
        verdict: Verdict::Refused,
        durable: vec![Chunk::parse(taken).unwrap().hash()],
        missing: Vec::new(),
        problem: Some("not_permitted".to_owned()),
        words: None,
        refused: None,
    };
    let end = || Page {
        end: Some(Vec::new()),
        ..Page::default()
    };
    let page = Page {
        outcomes: vec![refused],
        ..end()
    };
    replica.apply(&page).unwrap();
    assert_eq!(replica.quarantined().unwrap().len(), 1);
    replica.discard(record).unwrap();
    assert!(
        replica.view(record).is_ok(),
        "until the next sync has come to its end"
    );
    replica.apply(&end()).unwrap();
    assert!(matches!(
        replica.view(record),
        Err(ReplicaError::RecordUnknown(_))
    ));
}

#[test]
fn a_record_given_up_halfway_when_power_was_lost_is_given_up_the_next_time() {
    for kept in 0..3 {
        let store = Arc::new(MemoryStore::new());
        let mut chance = SeededChance::new(5);
        let replica = open(&store);
        let acts = [say("nature", "complaint"), say("station", STATION)];
        let made = replica.new_record(Kind::Case, &acts, &NOW, &mut chance);
        let record = made.unwrap();
        let edits = replica.batch(|group| {
            (0..410).try_for_each(|number| {
                let edit = [say("respondent.phone", &number.to_string())];
                group.edit(record, &edit, &NOW, &mut chance).map(drop)
            })
        });
        edits.unwrap();
        let outcomes = vec![Outcome {
            record,
            verdict: Verdict::Refused,
            durable: Vec::new(),
            missing: Vec::new(),
            problem: Some("not_permitted".to_owned()),
            words: None,
            refused: None,
        }];
        let page = Page {
            outcomes,
            ..Page::default()
        };
        replica.offer().unwrap();
        replica.apply(&page).unwrap();
        store.fail_next(Fault::Flush);
        assert!(replica.discard(record).is_err());
        store.crash_keeping(kept);
        let replica = open(&store);
        assert_eq!(replica.quarantined().unwrap().len(), 1);
        replica.discard(record).unwrap();
        assert_eq!(
            replica.status().unwrap(),
            open(&Arc::new(MemoryStore::new())).status().unwrap()
        );
    }
}
