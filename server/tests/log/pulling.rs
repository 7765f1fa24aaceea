//! What a pull sends: pages, budgets, second feeds, records that enter and leave, damage.

use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::{LogId, RecordId};
use fieldwatch_schemas::limits::PAGE_BYTES_MAX;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::{Batch, Store as _};
use fieldwatch_schemas::sync::exchange::Item;
use fieldwatch_schemas::sync::frame;
use fieldwatch_server::pull::Pull;
use fieldwatch_server::tables;

use crate::replica::{Replica, hash_of, names, narrative, text};
use crate::world::{STATION, World, coordinator, staff, volunteer};

fn region(code: &str) -> Feed {
    Feed::region(code).unwrap()
}

fn station() -> Feed {
    Feed::station(STATION).unwrap()
}

/// A world with so many cases of some 2 KiB each, and who made them.
fn filled(cases: usize) -> (World, Replica) {
    let world = World::new();
    let mut alice = Replica::of_station(staff(1));
    for number in 0..cases {
        let record = alice.new_case();
        let story = format!("{number} {}", "消费者称商家拒绝退款。".repeat(60));
        alice.edit(record, &[narrative(&story)]);
    }
    alice.sync(&world).unwrap();
    (world, alice)
}

#[test]
fn two_devices_come_to_the_digest_of_the_feed() {
    let (world, mut alice) = filled(5);
    let mut bob = Replica::of_station(staff(2));
    bob.sync(&world).unwrap();
    let record = *bob.documents.keys().next().unwrap();
    bob.edit(record, &[text("problem", "contract")]);
    bob.sync(&world).unwrap();
    let reply = alice.sync(&world).unwrap();
    assert_eq!(reply.records().len(), 1);
    assert_eq!(reply.records()[0].changes.len(), 1, "only what is new");
    let line = world.feed(&station());
    assert_eq!(alice.digest(&alice.feeds[0]).to_string(), line.digest);
    assert_eq!(bob.digest(&bob.feeds[0]).to_string(), line.digest);
    assert_eq!((line.records, line.position), (5, alice.feeds[0].cursor));
}

#[test]
fn nothing_new_is_one_page_that_reads_no_record() {
    let (world, mut alice) = filled(3);
    let reply = alice.sync(&world).unwrap();
    assert!(reply.pages.is_empty());
    assert_eq!((reply.ends[0].records, reply.ends[0].has_more), (3, false));
}

#[test]
fn pages_keep_their_size_and_a_device_cut_after_any_of_them_goes_on_where_it_stopped() {
    let (world, _) = filled(120);
    let mut whole = Replica::of_station(staff(2));
    let reply = whole.sync(&world).unwrap();
    assert!(reply.pages.len() > 3, "{} pages", reply.pages.len());
    for page in &reply.pages {
        let bytes: usize = page.iter().map(|item| frame::encode(item).len()).sum();
        assert!(bytes <= PAGE_BYTES_MAX, "{bytes}");
        assert!(bytes > PAGE_BYTES_MAX / 2 || Some(page) == reply.pages.last());
        assert!(matches!(page.last(), Some(Item::Commit(_))));
    }
    let mut cut = Replica::of_station(staff(3));
    cut.log = Some(world.log.id());
    let mut seen = 0;
    while cut.feeds[0].records.len() < 120 {
        let request = cut.request();
        let mut pull = Pull::begin(world.log.clone(), &cut.asker, &request, names()).unwrap();
        let page = pull.next_page().unwrap().unwrap();
        page.iter().for_each(|item| cut.take(item));
        seen += 1;
        assert!(seen <= reply.pages.len());
    }
    assert_eq!(cut.digest(&cut.feeds[0]), whole.digest(&whole.feeds[0]));
}

#[test]
fn a_budget_ends_a_reply_early_and_says_that_there_is_more() {
    let (world, _) = filled(40);
    let mut bob = Replica::of_station(staff(2));
    bob.budget_bytes = Some(20_000);
    let mut rounds = 0;
    loop {
        rounds += 1;
        let before = bob.documents.len();
        let reply = bob.sync(&world).unwrap();
        let items = reply.pages.iter().flatten().map(frame::encode);
        assert!(items.map(|frame| frame.len()).sum::<usize>() <= 21_000);
        if !reply.ends[0].has_more {
            break;
        }
        assert!(bob.documents.len() > before, "every reply gets somewhere");
    }
    assert!(rounds > 2 && bob.documents.len() == 40);
    let mut eve = Replica::of_station(staff(3));
    eve.budget_bytes = Some(0);
    let reply = eve.sync(&world).unwrap();
    assert!(reply.ends[0].has_more);
    assert_eq!(
        eve.documents.len(),
        1,
        "one record, so that it gets somewhere"
    );
    eve.sync(&world).unwrap();
    assert_eq!(eve.documents.len(), 2);
}

#[test]
fn a_second_feed_brings_no_changes_again_and_what_the_device_brought_comes_back_as_hashes() {
    let (world, _) = filled(2);
    let feeds = [region("330000")];
    let mut boss = Replica::new(coordinator(5, "330000"), &feeds);
    let mut asker = boss.asker.clone();
    asker.grants.extend(coordinator(5, "330100").grants);
    boss.asker = asker;
    boss.feeds = Replica::new(boss.asker.clone(), &[region("330000"), region("330100")]).feeds;
    let reply = boss.sync(&world).unwrap();
    let (first, second): (Vec<_>, Vec<_>) =
        reply.records().into_iter().partition(|item| item.feed == 0);
    assert!(
        first
            .iter()
            .all(|item| item.changes.len() == 2 && item.is_whole)
    );
    assert!(
        second
            .iter()
            .all(|item| item.changes.is_empty() && !item.is_whole)
    );
    assert_eq!((first.len(), second.len()), (2, 2));

    let mut carol = Replica::of_station(staff(6));
    let record = carol.new_case();
    let made = carol.documents[&record].heads();
    let reply = carol.sync(&world).unwrap();
    let own = reply
        .records()
        .into_iter()
        .find(|item| item.record == record);
    let own = own.unwrap();
    assert_eq!(own.changes[0].known, made.first().copied());
    assert_eq!(own.changes[0].chunk, None);
    let other = reply
        .records()
        .into_iter()
        .find(|item| item.record != record);
    assert!(
        other
            .unwrap()
            .changes
            .iter()
            .all(|change| change.known.is_none())
    );
}

#[test]
fn a_record_that_moves_leaves_one_feed_and_enters_another_whole() {
    let (world, mut alice) = filled(1);
    let mut west = Replica::new(coordinator(7, "330106"), &[region("330106")]);
    let mut east = Replica::new(coordinator(8, "330102"), &[region("330102")]);
    west.sync(&world).unwrap();
    east.sync(&world).unwrap();
    let record = *alice.documents.keys().next().unwrap();
    world
        .stations
        .lock()
        .unwrap()
        .insert(STATION.to_owned(), "330102".to_owned());
    alice.edit(record, &[text("problem", "contract")]);
    alice.sync(&world).unwrap();
    let reply = west.sync(&world).unwrap();
    assert!(matches!(&reply.pages[0][0], Item::Left(gone) if gone.record == record));
    assert_eq!(reply.ends[0].records, 0);
    assert!(west.feeds[0].records.is_empty());
    let reply = east.sync(&world).unwrap();
    assert!(reply.records()[0].is_whole);
    assert_eq!(reply.records()[0].changes.len(), 3);
    assert_eq!(world.check().problems, Vec::<String>::new());
    let mut late = Replica::new(coordinator(9, "330106"), &[region("330106")]);
    let reply = late.sync(&world).unwrap();
    assert!(
        reply
            .pages
            .iter()
            .flatten()
            .all(|item| matches!(item, Item::Commit(_)))
    );
    assert!(
        !reply.ends[0].has_more,
        "who never had it hears nothing of it"
    );

    let back = "330106".to_owned();
    world
        .stations
        .lock()
        .unwrap()
        .insert(STATION.to_owned(), back);
    alice.edit(record, &[text("problem", "quality")]);
    alice.sync(&world).unwrap();
    assert!(
        west.sync(&world).unwrap().records()[0].is_whole,
        "it entered anew"
    );
    assert_eq!(late.sync(&world).unwrap().ends[0].records, 1);
    assert_eq!(world.check().problems, Vec::<String>::new());
}

#[test]
fn a_feed_not_granted_is_refused_before_anything_is_read_whether_it_exists_or_not() {
    let (world, alice) = filled(1);
    let begin = |asker, feeds: &[Feed]| {
        let request = Replica::new(alice.asker.clone(), feeds).request();
        Pull::begin(world.log.clone(), &asker, &request, names()).map(drop)
    };
    let nowhere = Feed::station("nowhere").unwrap();
    let refused = Err(ProblemKind::FeedNotGranted);
    assert_eq!(begin(volunteer(9), &[station()]), refused);
    assert_eq!(begin(volunteer(9), &[Feed::shared(), nowhere]), refused);
    assert_eq!(begin(staff(1), &[region("330106")]), refused);
    assert_eq!(
        begin(coordinator(9, "330102"), &[region("330106")]),
        Err(ProblemKind::RegionNotGranted)
    );
    assert_eq!(begin(staff(1), &[station()]), Ok(()));
}

#[test]
fn cursors_of_another_log_get_no_feeds_and_those_from_the_future_the_end() {
    let (world, _) = filled(3);
    let mut bob = Replica::of_station(staff(2));
    bob.sync(&world).unwrap();
    for log in [Some(LogId([9; 16])), None] {
        bob.log = log;
        let reply = bob.sync(&world).unwrap();
        assert!(reply.pages.is_empty() && reply.ends.is_empty());
    }
    let mut request = bob.request();
    request.feeds[0].cursor = 1_000;
    let mut pull = Pull::begin(world.log.clone(), &bob.asker, &request, names()).unwrap();
    let ends = pull.next_page().unwrap().unwrap();
    let [Item::FeedEnd(end)] = ends.as_slice() else {
        panic!("more than the end: {ends:?}");
    };
    assert_eq!((end.cursor, end.has_more), (3, false));
}

#[test]
fn a_record_that_is_wanted_comes_whole_whatever_the_cursor_and_only_from_a_feed_asked_for() {
    let (world, mut alice) = filled(3);
    let record = *alice.documents.keys().next().unwrap();
    alice.wants = vec![record, RecordId::random([99; 16]), record];
    let reply = alice.sync(&world).unwrap();
    assert_eq!(reply.records().len(), 1);
    assert!(reply.records()[0].is_whole && reply.records()[0].record == record);
    let mut eve = Replica::new(volunteer(9), &[Feed::shared()]);
    eve.wants = vec![record];
    assert!(eve.sync(&world).unwrap().pages.is_empty());
}

#[test]
fn a_record_that_moved_past_the_end_of_a_cut_reply_comes_whole_with_the_next() {
    let (world, mut alice) = filled(3);
    let mut bob = Replica::of_station(staff(2));
    let first = *alice.documents.keys().next().unwrap();
    alice.edit(first, &[text("problem", "contract")]);
    alice.sync(&world).unwrap();
    bob.budget_bytes = Some(1);
    bob.sync(&world).unwrap();
    assert!(!bob.documents.contains_key(&first), "its row has moved on");
    bob.budget_bytes = None;
    let reply = bob.sync(&world).unwrap();
    assert!(reply.records().iter().all(|item| item.is_whole));
    assert_eq!((bob.wants.len(), bob.feeds[0].records.len()), (0, 3));
}

#[test]
fn a_damaged_change_keeps_its_record_out_and_the_digest_tells() {
    let (world, alice) = filled(3);
    let record = *alice.documents.keys().nth(1).unwrap();
    let row = row_of(&world, record);
    let key = tables::change_key(record, row.position, 1);
    let mut value = world.log.store().unwrap().get(&key).unwrap().unwrap();
    let middle = value.len() / 2;
    value[middle] ^= 4;
    let mut batch = Batch::new();
    batch.put(key, value);
    world.log.store().unwrap().apply(&batch).unwrap();
    let mut bob = Replica::of_station(staff(2));
    let reply = bob.sync(&world).unwrap();
    assert_eq!((reply.skipped, reply.records().len()), (1, 2));
    assert_ne!(bob.digest(&bob.feeds[0]), reply.ends[0].digest);
    assert_eq!(reply.ends[0].records, 3);
}

#[test]
fn changes_made_between_two_pages_reach_the_device_in_the_same_reply() {
    let (world, mut alice) = filled(60);
    let mut bob = Replica::of_station(staff(2));
    let mut pull = Pull::begin(world.log.clone(), &bob.asker, &bob.request(), names()).unwrap();
    let first = pull.next_page().unwrap().unwrap();
    let Item::Record(early) = &first[0] else {
        panic!("no record")
    };
    let added = alice.edit(early.record, &[text("problem", "contract")]);
    alice.sync(&world).unwrap();
    let mut again = Vec::new();
    first.iter().for_each(|item| bob.take(item));
    while let Some(page) = pull.next_page().unwrap() {
        page.iter().for_each(|item| bob.take(item));
        again.extend(page.into_iter().filter_map(|item| match item {
            Item::Record(item) if item.record == early.record => Some(item),
            _ => None,
        }));
    }
    assert_eq!(again.len(), 1);
    let hashes: Vec<_> = again[0].changes.iter().map(hash_of).collect();
    assert_eq!(hashes, [added.hash()], "not what came a page before");
    assert_eq!(
        bob.digest(&bob.feeds[0]).to_string(),
        world.feed(&station()).digest
    );
}

pub(crate) fn row_of(world: &World, record: RecordId) -> tables::RecordRow {
    let key = tables::record_key(record);
    tables::read(&*world.log.store().unwrap(), "a record", &key)
        .unwrap()
        .unwrap()
}
