//! What a replica keeps, shows and imports, on a store in memory that can lose power.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed, in its functions too"
)]

#[path = "replica/device.rs"]
mod device;
#[path = "replica/erased.rs"]
mod erased;
#[path = "replica/receipts.rs"]
mod receipts;
#[path = "replica/refused.rs"]
mod refused;
#[path = "replica/returning.rs"]
mod returning;
#[path = "replica/searched.rs"]
mod searched;
#[path = "replica/setback.rs"]
mod setback;
#[path = "replica/withheld.rs"]
mod withheld;

use std::collections::BTreeMap;
use std::sync::Arc;

use device::{NOW, STATION, account, grants, later, long, open, say};
use fieldwatch_client_core::chance::SeededChance;
use fieldwatch_client_core::replica::{Filter, Imported, Replica, ReplicaError, State};
use fieldwatch_schemas::field::{FieldValue, Scalar};
use fieldwatch_schemas::id::{EventId, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::record::import::Row;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::memory::{Fault, MemoryStore};

fn row(number: &str, narrative: &str) -> Row {
    let text = |text: &str| FieldValue::Scalar(Scalar::Text(text.to_owned()));
    let fields = [
        ("nature", text("complaint")),
        ("station", text(STATION)),
        ("external_no", text(number)),
        ("narrative", FieldValue::LongText(narrative.to_owned())),
    ];
    Row {
        record: RecordId::natural(Kind::Case, &["platform", number]),
        kind: Kind::Case,
        fields: fields.map(|(path, value)| (path.to_owned(), value)).into(),
        raw: BTreeMap::new(),
        events: Vec::new(),
    }
}

#[test]
fn whatever_returned_survives_power_loss_and_its_outbox_with_it() {
    let store = Arc::new(MemoryStore::new());
    let mut chance = SeededChance::new(1);
    let mut made = Vec::new();
    for number in 0..5 {
        let replica = open(&store);
        let acts = [say("nature", "complaint"), say("station", STATION)];
        let record = replica.new_record(Kind::Case, &acts, &later(number), &mut chance);
        made.push(record.unwrap());
        let acts = [long("narrative", &format!("the {number}th"))];
        replica
            .edit(made[0], &acts, &later(number), &mut chance)
            .unwrap();
        store.crash();
        let replica = open(&store);
        for record in &made {
            assert_eq!(replica.view(*record).unwrap().state, State::Local);
        }
        let offered = replica.offer().unwrap().outbox;
        let order: Vec<_> = offered.iter().map(|pushed| pushed.record).collect();
        assert_eq!(order, made, "in the order in which they were made");
    }
    let view = open(&store).view(made[0]).unwrap().view;
    assert_eq!(view.text("narrative"), Some("the 4th"));
}

#[test]
fn an_edit_that_met_a_full_disk_is_not_kept_and_nothing_before_it_is_lost() {
    let store = Arc::new(MemoryStore::new());
    let mut chance = SeededChance::new(2);
    let replica = open(&store);
    let acts = [say("nature", "complaint"), say("station", STATION)];
    let record = replica
        .new_record(Kind::Case, &acts, &NOW, &mut chance)
        .unwrap();
    for fault in [Fault::Apply, Fault::Flush] {
        store.fail_next(fault);
        let edit = [long("narrative", "gone")];
        let failed = open(&store).edit(record, &edit, &NOW, &mut chance);
        assert!(matches!(failed, Err(ReplicaError::Store(_))));
        store.crash();
        let view = open(&store).view(record).unwrap().view;
        assert_eq!(view.text("narrative"), None);
    }
}

#[test]
fn a_new_case_knows_its_station_and_when_and_a_used_number_is_told() {
    let store = Arc::new(MemoryStore::new());
    let replica = open(&store);
    replica
        .enrolled(&account(Role::StationStaff), &grants())
        .unwrap();
    let mut chance = SeededChance::new(3);
    let acts = [
        say("nature", "tip_off"),
        say("channel", "platform"),
        say("external_no", "A-1"),
    ];
    let record = replica
        .new_record(Kind::Case, &acts, &NOW, &mut chance)
        .unwrap();
    assert_eq!(record, RecordId::natural(Kind::Case, &["platform", "A-1"]));
    let view = replica.view(record).unwrap().view;
    assert_eq!(view.text("station"), Some(STATION));
    assert_eq!(view.time_ms("received_at"), Some(NOW.ms));
    let again = replica.new_record(Kind::Case, &acts, &NOW, &mut chance);
    assert!(matches!(again, Err(ReplicaError::AlreadyExists(known)) if known == record));
}

/// Four cases a minute apart, a party after them, then an edit of the second case and an event in the third.
fn busy_morning(replica: &Replica, chance: &mut SeededChance) -> (Vec<RecordId>, RecordId) {
    let mut made = Vec::new();
    for number in 0..4 {
        let name = format!("Shop {number}");
        let acts = [
            say("nature", "complaint"),
            say("station", STATION),
            say("respondent.name", &name),
        ];
        let record = replica.new_record(Kind::Case, &acts, &later(number), chance);
        made.push(record.unwrap());
    }
    let party = [say("name", "Li"), say("station", STATION)];
    let party = replica.new_record(Kind::Party, &party, &later(9), chance);
    let acts = [say("problem", "contract")];
    replica.edit(made[1], &acts, &later(20), chance).unwrap();
    let event = NewEvent {
        id: EventId::random([7; 16]),
        kind: "accepted".to_owned(),
        at: later(21),
        data: serde_json::Map::new(),
    };
    let happened = replica.add_event(made[2], &event, &later(21), chance);
    assert_eq!(happened.unwrap().status, "accepted");
    (made, party.unwrap())
}

#[test]
fn a_list_has_the_newest_first_and_follows_kind_status_search_and_limit() {
    let replica = open(&Arc::new(MemoryStore::new()));
    let (made, party) = busy_morning(&replica, &mut SeededChance::new(4));
    let listed = |filter: Filter| -> Vec<RecordId> {
        let lines = replica.list(&filter).unwrap();
        lines.iter().map(|line| line.record).collect()
    };
    let any = Filter::default;
    let all = listed(any());
    assert_eq!(all, [made[2], made[1], party, made[3], made[0]]);
    let limit = 2;
    assert_eq!(listed(Filter { limit, ..any() }), all[..2]);
    let kind = Some(Kind::Party);
    assert_eq!(listed(Filter { kind, ..any() }), [party]);
    let status = Some("accepted".to_owned());
    assert_eq!(listed(Filter { status, ..any() }), [made[2]]);
    let search = Some("sHOP 3".to_owned());
    assert_eq!(listed(Filter { search, ..any() }), [made[3]]);
}

#[test]
fn importing_again_changes_nothing_and_another_version_changes_what_no_person_edited() {
    let replica = open(&Arc::new(MemoryStore::new()));
    let mut chance = SeededChance::new(5);
    let rows: Vec<Row> = (0..400).map(|n| row(&n.to_string(), "first")).collect();
    let counts = |results: Vec<Result<Imported, ReplicaError>>| {
        let mut counts = [0; 3];
        for result in results {
            counts[match result.unwrap() {
                Imported::Created => 0,
                Imported::Updated => 1,
                Imported::Unchanged => 2,
            }] += 1;
        }
        counts
    };
    let imported = replica.import_rows(&rows, &NOW, &mut chance).unwrap();
    assert_eq!(counts(imported), [400, 0, 0]);
    let before = replica.status().unwrap();
    let imported = replica.import_rows(&rows, &later(1), &mut chance).unwrap();
    assert_eq!(counts(imported), [0, 0, 400]);
    assert_eq!(replica.status().unwrap(), before);

    let person = [long("narrative", "a person's own words")];
    replica
        .edit(rows[0].record, &person, &later(2), &mut chance)
        .unwrap();
    let newer: Vec<Row> = (0..3).map(|n| row(&n.to_string(), "second")).collect();
    let imported = replica.import_rows(&newer, &later(3), &mut chance).unwrap();
    assert_eq!(counts(imported), [0, 2, 1]);
    let imported = replica.import_rows(&newer, &later(4), &mut chance).unwrap();
    assert_eq!(counts(imported), [0, 0, 3]);
    let text = |record| {
        let view = replica.view(record).unwrap().view;
        view.text("narrative").unwrap().to_owned()
    };
    assert_eq!(text(rows[0].record), "a person's own words");
    assert_eq!(text(rows[1].record), "second");
}

#[test]
fn the_same_row_on_two_devices_is_the_same_change() {
    let mut heads = Vec::new();
    for seed in [6, 7] {
        let replica = open(&Arc::new(MemoryStore::new()));
        let row = row("42", "same");
        replica
            .import_row(&row, &later(seed), &mut SeededChance::new(9))
            .unwrap();
        heads.push(replica.heads(row.record).unwrap());
    }
    assert_eq!(heads[0], heads[1]);
}

#[test]
fn a_row_that_makes_no_sound_record_is_refused_by_itself() {
    let replica = open(&Arc::new(MemoryStore::new()));
    let mut bad = row("1", "x");
    bad.fields.remove("nature");
    let rows = [bad, row("2", "y")];
    let results = replica
        .import_rows(&rows, &NOW, &mut SeededChance::new(8))
        .unwrap();
    assert!(matches!(results[0], Err(ReplicaError::Edit(_))));
    assert_eq!(*results[1].as_ref().unwrap(), Imported::Created);
    assert_eq!(replica.status().unwrap().records, 1);
}

#[test]
fn a_record_that_is_not_here_is_unknown() {
    let replica: Replica = open(&Arc::new(MemoryStore::new()));
    let absent = RecordId([3; 16]);
    assert!(matches!(replica.view(absent), Err(ReplicaError::RecordUnknown(id)) if id == absent));
}
