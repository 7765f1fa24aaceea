//! Whatever is damaged among the rows of a device, the next sync puts it in order: what the server has comes back, what was never sent
//! and can still be read is sent, and everything else is as it was.

use crate::harmed::{self, Harmed, Rows, World, flip, forget, garble, keys, swap};
use fieldwatch_client_core::chance::SeededChance;
use fieldwatch_client_core::replica::{Filter, Page, ReplicaError, State};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::sync::pull::Presence;

/// Every row of a table, harmed in every way, one by one. Where values are sealed, one that was changed cannot be taken for another, and
/// is noticed when it is read.
fn every_row(table: u8) {
    let (open, sealed) = (World::new(), World::sealed());
    for key in keys(&open.alice.store, table) {
        let mut harmed = Harmed::of(&open);
        forget(&harmed.device.store, &key);
        let what = format!("{} {key:02x?} forgotten", char::from(table));
        match table {
            // Nobody misses who wrote until somebody looks for it.
            b'a' => harmed.is_salvaged(&open, &what),
            _ => harmed.heals(&open, &what),
        }
        let mut harmed = Harmed::of(&open);
        garble(&harmed.device.store, &key);
        harmed.is_salvaged(&open, &format!("{} {key:02x?} garbled", char::from(table)));
    }
    for (number, key) in (0..).zip(keys(&sealed.alice.store, table)) {
        let mut harmed = Harmed::of(&sealed);
        let harm = [garble as Rows, flip][number % 2];
        harm(&harmed.device.store, &key);
        harmed.heals(&sealed, &format!("{} {key:02x?} sealed", char::from(table)));
    }
}

#[test]
fn a_harmed_row_of_a_record_is_healed() {
    every_row(b'r');
}

#[test]
fn a_harmed_change_is_healed_and_what_was_never_sent_and_is_readable_is_sent() {
    every_row(b'c');
}

#[test]
fn a_harmed_feed_is_healed() {
    every_row(b'f');
}

#[test]
fn a_harmed_line_of_the_list_or_its_summary_is_healed() {
    every_row(b'l');
    every_row(b's');
}

#[test]
fn a_harmed_outbox_or_quarantine_is_healed() {
    every_row(b'o');
    every_row(b'q');
}

#[test]
fn harmed_labels_marks_and_facts_are_healed() {
    for table in *b"amxgw" {
        every_row(table);
    }
}

#[test]
fn rows_in_each_others_place_are_found() {
    let world = World::new();
    for table in *b"rflosq" {
        let keys = keys(&world.alice.store, table);
        for pair in keys.windows(2) {
            let mut harmed = Harmed::of(&world);
            swap(&harmed.device.store, &pair[0], &pair[1]);
            harmed.is_salvaged(
                &world,
                &format!("{} {pair:02x?} swapped", char::from(table)),
            );
        }
    }
}

#[test]
fn changes_of_a_record_in_each_others_place_are_put_in_order() {
    let world = World::new();
    let keys = keys(&world.alice.store, b'c');
    for pair in keys
        .windows(2)
        .filter(|pair| pair[0][..17] == pair[1][..17])
    {
        let mut harmed = Harmed::of(&world);
        swap(&harmed.device.store, &pair[0], &pair[1]);
        harmed.is_salvaged(&world, &format!("{pair:02x?} swapped"));
    }
}

#[test]
fn rows_that_speak_of_nothing_are_swept() {
    let world = World::new();
    for (table, length) in [
        (b'a', 32),
        (b'c', 20),
        (b'g', 16),
        (b'l', 24),
        (b'o', 8),
        (b'q', 16),
        (b's', 16),
        (b'w', 16),
        (b'x', 16),
        (b'z', 48),
        (b'r', 16),
        (b'r', 3),
    ] {
        let mut harmed = Harmed::of(&world);
        let mut key = vec![table];
        key.resize(1 + length, 7);
        harmed::put(&harmed.device.store, &key, b"nothing");
        harmed.is_salvaged(&world, &format!("{} of nothing", char::from(table)));
    }
}

#[test]
fn any_harms_together_are_healed() {
    let worlds = [World::new(), World::sealed()];
    for seed in 0..100_u64 {
        // Without seals a changed value may say something else that can be read; so there, rows are only forgotten.
        let is_sealed = seed % 2 == 1;
        let world = &worlds[usize::from(is_sealed)];
        let all = harmed::all_keys(&world.alice.store);
        let mut chance = SeededChance::new(seed);
        let mut harmed = Harmed::of(world);
        for _ in 0..=harmed::below(&mut chance, 7) {
            let key = &all[harmed::below(&mut chance, all.len())];
            match harmed::below(&mut chance, 2) {
                1 if is_sealed => garble(&harmed.device.store, key),
                _ if key[0] == b'a' => {}
                _ => forget(&harmed.device.store, key),
            }
        }
        harmed.heals(world, &format!("seed {seed}"));
    }
}

#[test]
fn a_sound_home_is_found_sound_and_is_left_as_it_is() {
    let world = World::new();
    let before = harmed::everything(&world.alice.store);
    let told = world.alice.replica.examine().unwrap();
    assert!(told.is_sound(), "{told:?}");
    assert_eq!(told.records, world.alice.replica.status().unwrap().records);
    world.alice.replica.salvage().unwrap();
    assert_eq!(harmed::everything(&world.alice.store), before);
}

#[test]
fn examining_changes_nothing_and_tells_what_salvaging_finds() {
    let world = World::new();
    let harmed = Harmed::of(&world);
    for table in *b"rsl" {
        garble(&harmed.device.store, &keys(&harmed.device.store, table)[0]);
    }
    let before = harmed::everything(&harmed.device.store);
    let told = harmed.device.replica.examine().unwrap();
    assert!(told.harms >= 3, "{told:?}");
    assert_eq!(harmed::everything(&harmed.device.store), before);
    assert_eq!(harmed.device.replica.salvage().unwrap(), told);
}

#[test]
fn one_damaged_record_stops_no_list_no_other_record_and_no_sync() {
    let world = World::new();
    for table in *b"rcs" {
        for key in keys(&world.alice.store, table) {
            let mut harmed = Harmed::of(&world);
            garble(&harmed.device.store, &key);
            let replica = &harmed.device.replica;
            let listed = replica.list(&Filter::default()).unwrap();
            assert!(listed.len() + 1 >= world.records.len(), "{listed:?}");
            replica.conflicts().unwrap();
            replica.status().unwrap();
            let readable = world.records.iter().filter(|id| replica.view(**id).is_ok());
            assert!(readable.count() + 1 >= world.records.len());
            replica.apply(&Page::default()).unwrap();
            assert!(harmed.device.sync().unwrap().in_sync);
        }
    }
}

#[test]
fn what_cannot_be_applied_is_kept_aside_until_the_server_has_sent_the_rest() {
    let world = World::new();
    let mut harmed = Harmed::of(&world);
    let changes = keys(&harmed.device.store, b'c');
    let of_edited = changes
        .iter()
        .filter(|key| key[1..17] == *world.edited.bytes());
    garble(&harmed.device.store, of_edited.clone().next().unwrap());
    let told = harmed.device.replica.salvage().unwrap();
    assert_eq!(told.lost.len(), world.unsent_of_edited, "{told:?}");
    assert!(
        told.lost
            .iter()
            .all(|lost| lost.record == world.edited && lost.change.is_some())
    );
    assert!(matches!(
        harmed.device.replica.view(world.edited),
        Err(ReplicaError::RecordUnknown(_))
    ));
    harmed.device.synced();
    let shown = harmed.device.replica.view(world.edited).unwrap();
    assert_eq!(
        (shown.view.text("problem"), shown.state),
        (Some("quality"), State::Stored)
    );
    assert!(harmed.device.replica.examine().unwrap().is_sound());
}

#[test]
fn a_home_of_which_most_cannot_be_read_is_not_swept() {
    let world = World::sealed();
    let mut harmed = Harmed::of(&world);
    for number in 0..40 {
        harmed.device.new_case(&number.to_string());
    }
    for key in harmed::all_keys(&harmed.device.store) {
        garble(&harmed.device.store, &key);
    }
    let before = harmed::everything(&harmed.device.store);
    let refused = harmed.device.replica.salvage().unwrap_err();
    assert!(refused.is_damage(), "{refused}");
    let after = harmed::everything(&harmed.device.store);
    assert!(before.iter().all(|row| after.contains(row)));
}

#[test]
fn a_damaged_record_can_be_erased_and_the_rest_adds_up() {
    let world = World::sealed();
    for table in *b"rcs" {
        for key in keys(&world.alice.store, table)
            .iter()
            .filter(|key| key[1..17] == *world.edited.bytes())
        {
            let mut harmed = Harmed::of(&world);
            garble(&harmed.device.store, key);
            {
                let mut server = harmed.device.link.server.lock().unwrap();
                server.remove(world.edited, Presence::Erased);
                server
                    .refuses
                    .insert(world.edited, ProblemKind::RecordErased);
            }
            assert!(harmed.device.sync().unwrap().in_sync);
            assert!(matches!(
                harmed.device.replica.view(world.edited),
                Err(ReplicaError::RecordUnknown(_))
            ));
            harmed.device.synced();
            assert!(harmed.device.replica.examine().unwrap().is_sound());
        }
    }
}
