//! A store that was set back: how it is found out, and what somebody who may not see a record any more can ask and bring.

use std::sync::Arc;

use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::sync::exchange::Request;
use fieldwatch_schemas::sync::push::{Outcome, Pushed, Verdict};
use fieldwatch_schemas::sync::vouch::Mac;
use fieldwatch_server::exchange::Exchange;
use fieldwatch_server::ledger::Ledger;
use fieldwatch_server::register::Register;

use crate::repairing::{filled, register, vouched};
use crate::replica::Replica;
use crate::world::{STATION, World, staff, volunteer};

/// A request that shows where the station's feed stood in this world.
fn proven(world: &World, alice: &mut Replica) -> Request {
    let reply = alice.sync(world).unwrap();
    let end = reply.ends[0].clone();
    let mut request = alice.request();
    let station = Feed::station(STATION).unwrap();
    request.feeds.retain(|wanted| wanted.feed == station);
    request.feeds[0].complete = end.cursor;
    request.feeds[0].proof = end.proof;
    request
}

/// Whether a request makes the log take another id.
fn renews(world: &World, alice: &Replica, request: &Request) -> bool {
    let before = world.log.id();
    let ledger = Arc::new(Ledger::in_memory().unwrap());
    let register = Register::open(world.log.clone(), ledger).unwrap();
    let asker = alice.asker.clone();
    let begun = Exchange::begin(&Arc::new(register), &world.log, asker, request.clone());
    begun.map(drop).unwrap();
    world.log.id() != before
}

#[test]
fn a_log_that_others_pushed_on_after_it_was_set_back_is_found_out_all_the_same() {
    let (world, mut alice) = filled(3);
    let request = proven(&world, &mut alice);
    // The same server's earlier state, opened again: others bring it further than alice ever was.
    let back = World::new();
    back.log.reopen().unwrap();
    assert_eq!(back.log.id(), world.log.id());
    let mut bob = Replica::of_station(staff(2));
    for _ in 0..9 {
        bob.new_case();
    }
    bob.sync(&back).unwrap();
    assert!(back.log.durable_position() > request.feeds[0].complete);
    let mut forged = request.clone();
    forged.feeds[0].proof = Some(Mac([1; 16]));
    assert!(!renews(&back, &alice, &forged), "nothing proves that end");
    assert!(renews(&back, &alice, &request));
    assert!(!renews(&back, &alice, &request), "once is enough");
}

#[test]
fn a_server_that_was_only_opened_again_keeps_its_log_whatever_was_pushed_since() {
    let (world, mut alice) = filled(3);
    let before = proven(&world, &mut alice);
    for _ in 0..3 {
        world.log.reopen().unwrap();
        let record = alice.new_case();
        let since = proven(&world, &mut alice);
        assert!(alice.documents.contains_key(&record));
        assert!(!renews(&world, &alice, &before));
        assert!(!renews(&world, &alice, &since));
    }
}

/// What somebody who may see nothing of a record hears.
fn told(world: &World, pushed: &Pushed) -> (Verdict, usize, usize, Option<String>) {
    let outcomes = world.push(&volunteer(9), vec![pushed.clone()]);
    let Outcome {
        verdict,
        durable,
        missing,
        problem,
        ..
    } = outcomes.unwrap().remove(0);
    (verdict, durable.len(), missing.len(), problem)
}

#[test]
fn who_may_not_see_a_record_can_ask_by_its_mark_whether_it_is_there_and_bring_what_is_lost() {
    let (world, alice) = filled(1);
    let record = *alice.documents.keys().next().unwrap();
    let (whole, vouched) = vouched(&world, record, &Replica::of_station(staff(2)));
    let heads = vouched.heads.len();
    let asks = |record, mac| Pushed {
        record,
        changes: Vec::new(),
        vouched: Some(fieldwatch_schemas::sync::vouch::Vouched {
            mac,
            ..vouched.clone()
        }),
        ..whole.clone()
    };
    let question = asks(record, vouched.mac);
    assert_eq!(told(&world, &question), (Verdict::Duplicate, 0, 0, None));
    // Without the mark nobody can tell a record that is here from one that is not.
    let nothing = (Verdict::Missing, 0, heads, None);
    assert_eq!(told(&world, &asks(record, Mac([9; 16]))), nothing);
    let strange = RecordId::random([77; 16]);
    assert_eq!(told(&world, &asks(strange, vouched.mac)), nothing);

    let lost = World::new();
    register(&lost, &alice);
    assert_eq!(told(&lost, &question), nothing);
    let count = whole.changes.len();
    assert_eq!(told(&lost, &whole), (Verdict::Stored, count, 0, None));
    assert_eq!(told(&lost, &question), (Verdict::Duplicate, 0, 0, None));
    let mut fresh = Replica::of_station(staff(3));
    fresh.sync(&lost).unwrap();
    assert!(fresh.documents.contains_key(&record));
    assert_eq!(lost.check().problems, Vec::<String>::new());
}
