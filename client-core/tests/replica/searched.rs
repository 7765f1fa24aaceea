//! The index: a list that is searched, or shows one kind or status, is the one that going through every record gives.

use std::sync::Arc;

use fieldwatch_client_core::chance::SystemChance;
use fieldwatch_client_core::replica::{Filter, Page, Replica};
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::store::memory::MemoryStore;
use fieldwatch_schemas::store::{Batch, KeyRange, Store as _};
use proptest::prelude::*;

use super::device::{account, grants, later, long, open, say};
use fieldwatch_client_core::replica::Arrival;
use fieldwatch_schemas::status::Role;

/// More than are looked at one by one.
const MANY: usize = 300;

fn filled(store: &Arc<MemoryStore>, count: usize) -> (Replica, Vec<RecordId>) {
    let replica = open(store);
    replica
        .enrolled(&account(Role::StationStaff), &grants())
        .unwrap();
    let mut records = Vec::new();
    for number in 0..count {
        let words = [
            "电动车电池起火",
            "退款被拒绝",
            "Refund refused twice",
            "榴莲变质",
        ];
        let text = format!("{}，第{number}件", words[number % words.len()]);
        records.push(begin(&replica, number, &text));
    }
    (replica, records)
}

fn begin(replica: &Replica, minutes: usize, text: &str) -> RecordId {
    let acts = [say("nature", "complaint"), long("narrative", text)];
    let now = later(i64::try_from(minutes).unwrap());
    replica
        .new_record(Kind::Case, &acts, &now, &mut SystemChance)
        .unwrap()
}

fn search(replica: &Replica, text: &str) -> Vec<RecordId> {
    let filter = Filter {
        search: Some(text.to_owned()),
        limit: usize::MAX,
        ..Filter::default()
    };
    found(replica, &filter)
}

fn found(replica: &Replica, filter: &Filter) -> Vec<RecordId> {
    let listed = replica.list(filter).unwrap();
    listed.into_iter().map(|line| line.record).collect()
}

/// What a search must find: of all lines those that have the text.
fn expected(replica: &Replica, text: &str) -> Vec<RecordId> {
    let filter = Filter {
        limit: usize::MAX,
        ..Filter::default()
    };
    let lines = replica.list(&filter).unwrap().into_iter();
    let has = |text: &str, line: &fieldwatch_client_core::replica::Listed| {
        line.summary.search.contains(text) || line.summary.title.to_lowercase().contains(text)
    };
    let fit = lines.filter(|line| has(&text.to_lowercase(), line));
    fit.map(|line| line.record).collect()
}

fn rows_of(store: &MemoryStore, table: u8) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    let mut keep = |key: &[u8]| {
        keys.push(key.to_vec());
        std::ops::ControlFlow::Continue(())
    };
    store.keys(&KeyRange::prefix(&[table]), &mut keep).unwrap();
    keys
}

#[test]
fn a_search_finds_what_going_through_everything_finds_whatever_the_index_knows() {
    let store = Arc::new(MemoryStore::new());
    let (replica, records) = filled(&store, MANY);
    for text in [
        "退款", "榴莲", "榴", "refund", "REFUSED", "fu", "第7", "件", "没有",
    ] {
        let found = search(&replica, text);
        assert_eq!(found, expected(&replica, text), "{text}");
    }
    assert!(
        !rows_of(&store, b'k').is_empty(),
        "nothing was put in the index"
    );
    // What changes is found by its new words and no more by its old ones.
    let record = records[3];
    let acts = [long("narrative", "改为车厘子不新鲜")];
    replica
        .edit(record, &acts, &later(1_000), &mut SystemChance)
        .unwrap();
    assert_eq!(search(&replica, "车厘"), [record]);
    assert!(!search(&replica, "榴莲").contains(&record));
    let again = open(&store);
    assert_eq!(search(&again, "车厘"), [record]);
    assert_eq!(search(&again, "榴莲"), expected(&again, "榴莲"));
}

#[test]
fn the_newest_come_first_and_no_more_than_were_asked_for() {
    let store = Arc::new(MemoryStore::new());
    let (replica, _) = filled(&store, MANY);
    let all = search(&replica, "退款");
    let acts = [long("narrative", "退款之后又来")];
    let record = *all.last().unwrap();
    replica
        .edit(record, &acts, &later(2_000), &mut SystemChance)
        .unwrap();
    let filter = Filter {
        search: Some("退款".to_owned()),
        limit: 3,
        ..Filter::default()
    };
    assert_eq!(found(&replica, &filter), [record, all[0], all[1]]);
}

#[test]
fn a_status_that_few_have_is_found_and_a_kind_that_none_has_is_not() {
    let store = Arc::new(MemoryStore::new());
    let (replica, _) = filled(&store, MANY);
    let status = |status: &str| Filter {
        status: Some(status.to_owned()),
        limit: usize::MAX,
        ..Filter::default()
    };
    let first = replica.list(&Filter::default()).unwrap();
    let begun = first[0].summary.status.clone();
    assert_eq!(found(&replica, &status(&begun)).len(), MANY);
    assert!(found(&replica, &status("closed")).is_empty());
    let inspections = Filter {
        kind: Some(Kind::Inspection),
        ..Filter::default()
    };
    assert!(found(&replica, &inspections).is_empty());
}

#[test]
fn an_index_that_is_lost_or_damaged_hides_nothing_and_is_made_anew() {
    let store = Arc::new(MemoryStore::new());
    let (replica, _) = filled(&store, MANY);
    let before = search(&replica, "榴莲");
    assert!(!before.is_empty());
    for harm in 0..3 {
        let mut batch = Batch::new();
        for key in rows_of(&store, b'k') {
            match harm {
                0 => batch.delete(key),
                1 => batch.put(key, vec![0xff; 7]),
                _ => {}
            }
        }
        if harm == 2 {
            batch.put(b"msegments".to_vec(), vec![0xff]);
        }
        store.apply(&batch).unwrap();
        let again = open(&store);
        assert_eq!(search(&again, "榴莲"), before, "harm {harm}");
        assert_eq!(search(&again, "榴莲"), before, "harm {harm}, once more");
        assert!(!rows_of(&store, b'k').is_empty());
    }
}

#[test]
fn what_is_erased_leaves_the_index_with_the_keys_of_what_it_was_in() {
    let store = Arc::new(MemoryStore::new());
    let (replica, records) = filled(&store, MANY);
    assert!(search(&replica, "榴莲").contains(&records[3]));
    let before = rows_of(&store, b'k');
    let feed: Feed = "station/330106-0012".parse().unwrap();
    let page = Page {
        arrivals: vec![(feed, Arrival::Erased(records[3]))],
        ..Page::default()
    };
    replica.apply(&page).unwrap();
    let after = rows_of(&store, b'k');
    assert!(!after.is_empty());
    assert!(
        before.iter().all(|key| !after.contains(key)),
        "a segment that had it is still there"
    );
    let found = search(&replica, "榴莲");
    assert!(!found.contains(&records[3]));
    assert_eq!(found, expected(&replica, "榴莲"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn whatever_happens_to_records_a_search_finds_what_there_is(
        texts in prop::collection::vec("[退款货。a-c ]{1,12}", 260..300),
        edits in prop::collection::vec((0_usize..260, "[退款货。a-c ]{1,12}"), 0..40),
        text in "[退款货a-c]{1,4}",
    ) {
        let store = Arc::new(MemoryStore::new());
        let (replica, _) = filled(&store, 0);
        let begun = texts.iter().enumerate();
        let records: Vec<RecordId> = begun.map(|(number, text)| begin(&replica, number, text)).collect();
        prop_assert_eq!(search(&replica, &text), expected(&replica, &text));
        for (number, (place, words)) in edits.iter().enumerate() {
            let now = later(1_000 + i64::try_from(number).unwrap());
            let acts = [long("narrative", words)];
            replica.edit(records[*place], &acts, &now, &mut SystemChance).unwrap();
        }
        prop_assert_eq!(search(&replica, &text), expected(&replica, &text));
    }
}
