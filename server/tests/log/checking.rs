//! A check of a sound store finds nothing; each sort of damage is found.

use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::{Batch, Store as _};
use fieldwatch_schemas::sync::pull::Presence;
use fieldwatch_server::tables::{self, FeedHead, FeedRow, RecordRow, SummaryRow};

use crate::pulling::row_of;
use crate::replica::{Replica, text};
use crate::world::{STATION, World, staff};

/// Three cases; damages one as `damage` says, and returns what the check finds.
fn found(damage: impl Fn(&World, RecordId, RecordRow, &mut Batch)) -> Vec<String> {
    let world = World::new();
    let mut alice = Replica::of_station(staff(1));
    for _ in 0..3 {
        let record = alice.new_case();
        alice.sync(&world).unwrap();
        alice.edit(record, &[text("problem", "contract")]);
    }
    alice.sync(&world).unwrap();
    let checked = world.check();
    assert_eq!((checked.records, checked.changes), (3, 6));
    assert_eq!(checked.problems, Vec::<String>::new());
    let record = *alice.documents.keys().nth(1).unwrap();
    let mut batch = Batch::new();
    damage(&world, record, row_of(&world, record), &mut batch);
    world.log.store().unwrap().apply(&batch).unwrap();
    world.check().problems
}

fn put_row(batch: &mut Batch, record: RecordId, row: &RecordRow) {
    batch.put(tables::record_key(record), minicbor::to_vec(row).unwrap());
}

fn station() -> Feed {
    Feed::station(STATION).unwrap()
}

/// Some problem says this.
fn says(problems: &[String], words: &str) {
    assert!(
        problems.iter().any(|problem| problem.contains(words)),
        "{words}: {problems:?}"
    );
}

#[test]
fn a_flipped_bit_in_a_change_is_found() {
    let problems = found(|world, record, row, batch| {
        let key = tables::change_key(record, row.position, 0);
        let mut value = world.log.store().unwrap().get(&key).unwrap().unwrap();
        *value.last_mut().unwrap() ^= 1;
        batch.put(key, value);
    });
    says(&problems, "checksum");
}

#[test]
fn a_missing_change_and_heads_that_are_not_reached_are_found() {
    let problems = found(|_, record, row, batch| {
        batch.delete(tables::change_key(record, row.position, 0));
    });
    says(&problems, "do not come to its heads");
}

#[test]
fn a_row_that_cannot_be_read_is_found() {
    let problems = found(|_, record, _, batch| {
        batch.put(tables::record_key(record), "nonsense");
    });
    says(&problems, "the row of record");
}

#[test]
fn wrong_writers_and_sizes_are_found() {
    let problems = found(|_, record, mut row, batch| {
        row.writers[0].seq += 1;
        row.size_bytes += 1;
        put_row(batch, record, &row);
    });
    says(&problems, "does not name the writers");
    says(&problems, "its row counts 2 changes");
}

#[test]
fn a_record_in_another_feed_than_it_belongs_into_is_found() {
    let problems = found(|_, record, mut row, batch| {
        row.places.retain(|place| place.feed != station());
        put_row(batch, record, &row);
    });
    says(&problems, "belongs into");
    says(
        &problems,
        "feed station/330106-0012: it has 3 rows, its records have 2",
    );
}

#[test]
fn a_missing_feed_row_and_one_without_its_record_are_found() {
    let problems = found(|_, _, row, batch| {
        batch.delete(tables::feed_row_key(&station(), row.position));
    });
    says(&problems, "is not as it should be");
    let problems = found(|_, _, _, batch| {
        let row = FeedRow {
            record: RecordId::random([9; 16]),
            entered: 1,
            presence: Presence::Present,
            short: 0,
        };
        let key = tables::feed_row_key(&station(), 1);
        batch.put(key, minicbor::to_vec(&row).unwrap());
    });
    says(&problems, "it has 4 rows, its records have 3");
}

#[test]
fn a_wrong_digest_and_a_wrong_number_of_records_are_found() {
    let problems = found(|world, _, _, batch| {
        let key = tables::feed_head_key(&station());
        let head: Option<FeedHead> =
            tables::read(&*world.log.store().unwrap(), "head", &key).unwrap();
        let mut head = head.unwrap();
        head.digest = head.digest.plus(Digest([1; 32]));
        batch.put(key, minicbor::to_vec(&head).unwrap());
    });
    says(&problems, "its head is");
}

#[test]
fn a_wrong_summary_and_parts_without_a_record_are_found() {
    let problems = found(|world, record, _, batch| {
        let key = tables::summary_key(record);
        let row: Option<SummaryRow> =
            tables::read(&*world.log.store().unwrap(), "summary", &key).unwrap();
        let mut row = row.unwrap();
        row.summary.recovered_fen += 1;
        let value = minicbor::to_vec(&row).unwrap();
        batch.put(
            tables::summary_key(RecordId::random([8; 16])),
            value.clone(),
        );
        batch.put(key, value);
    });
    says(&problems, "its summary is not what it says");
    says(&problems, "is missing; parts of it are there");
}

#[test]
fn a_change_beyond_its_records_position_and_a_key_of_no_table_are_found() {
    let problems = found(|world, record, row, batch| {
        let key = tables::change_key(record, row.position, 0);
        let value = world.log.store().unwrap().get(&key).unwrap().unwrap();
        batch.put(tables::change_key(record, row.position + 50, 0), value);
        batch.put(vec![9, 9], "what is this");
    });
    says(&problems, "its last change is at");
    says(&problems, "a key of no table");
}

#[test]
fn a_row_that_its_seal_does_not_fit_is_found_and_stops_nothing() {
    let keys: [fn(RecordId, &RecordRow) -> Vec<u8>; 3] = [
        |record, _| tables::record_key(record),
        |record, _| tables::summary_key(record),
        |record, row| tables::change_key(record, row.position, 0),
    ];
    for key in keys {
        let world = World::new();
        let mut alice = Replica::of_station(staff(1));
        let mut records: Vec<_> = (0..3).map(|_| alice.new_case()).collect();
        alice.sync(&world).unwrap();
        records.sort();
        let key = key(records[0], &row_of(&world, records[0]));
        let mut value = world.store.get(&key).unwrap().unwrap();
        value[30] ^= 1;
        let mut batch = Batch::new();
        batch.put(key, value);
        world.store.apply(&batch).unwrap();
        let checked = world.check();
        assert_eq!(checked.records, 3);
        says(&checked.problems, "a value that its seal does not fit");
        let others = |problem: &String| {
            let named = |record: &RecordId| problem.contains(&record.to_string());
            records[1..].iter().any(named)
        };
        assert!(!checked.problems.iter().any(others), "{checked:?}");
    }
}
