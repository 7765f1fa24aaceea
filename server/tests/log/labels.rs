//! Who wrote, as each reader may see it.

use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::edit::Author;
use fieldwatch_schemas::time::Moment;

use crate::replica::{Replica, author, happen, text};
use crate::world::{NOW_MS, STATION, World, coordinator, staff, volunteer};

/// What a reader reads as the author of a visit that volunteer 3 made and submitted.
fn author_of_a_visit(alias: Option<&str>) -> (String, String) {
    let world = World::new();
    let person = volunteer(3).standing.person;
    let mut maker = Replica::new(volunteer(3), &[Feed::person(person)]);
    let visit = maker.begin(Kind::Inspection);
    maker.edit(visit, &[text("region", "330106")]);
    if let Some(alias) = alias {
        maker.edit(visit, &[text("alias", alias)]);
    }
    maker.edit(visit, &[happen("submitted", NOW_MS, 1)]);
    let own = maker.sync(&world).unwrap();
    let region = [Feed::region("330106").unwrap()];
    let mut reader = Replica::new(coordinator(4, "330106"), &region);
    let read = reader.sync(&world).unwrap();
    let received_ms = read.records()[0].changes[0].received_ms;
    let day = Moment::china(NOW_MS).day().ms;
    assert_eq!(
        received_ms, day,
        "not even the hour of a blind record is told"
    );
    let label = |reply: &crate::replica::Reply| reply.records()[0].authors[0].label.clone();
    (label(&own), label(&read))
}

#[test]
fn the_maker_of_a_blind_record_is_an_alias_to_everybody_else() {
    let (own, read) = author_of_a_visit(Some("山雀"));
    assert_eq!((own.as_str(), read.as_str()), ("person 3", "山雀"));
    let (_, read) = author_of_a_visit(None);
    assert_eq!(read, "体察员");
}

#[test]
fn whoever_brought_an_imported_row_first_is_not_its_author() {
    let world = World::new();
    let mut alice = Replica::of_station(staff(1));
    let record = alice.import("7");
    alice.edit(record, &[text("problem", "contract")]);
    alice.sync(&world).unwrap();
    let mut bob = Replica::of_station(staff(2));
    let reply = bob.sync(&world).unwrap();
    let mut labels: Vec<&str> = reply.records()[0]
        .authors
        .iter()
        .map(|author| author.label.as_str())
        .collect();
    labels.sort_unstable();
    assert_eq!(labels, ["person 1", "导入"]);
}

#[test]
fn a_person_does_not_hide_behind_a_row_that_no_table_has() {
    let world = World::new();
    let mut alice = Replica::of_station(staff(1));
    let record = alice.begin(Kind::Case);
    let timeless = Author {
        now: Moment::china(0),
        ..author(&alice.asker, record)
    };
    let document = alice.documents.get_mut(&record).unwrap();
    let acts = [text("nature", "complaint"), text("station", STATION)];
    let chunk = document.edit(&timeless, &acts).unwrap().unwrap();
    alice.outbox.entry(record).or_default().push(chunk);
    alice.sync(&world).unwrap();
    let mut bob = Replica::of_station(staff(2));
    let reply = bob.sync(&world).unwrap();
    assert_eq!(reply.records()[0].authors[0].label, "person 1");
}
