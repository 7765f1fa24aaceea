//! What was refused waits alone: nothing waits for it, and a person decides what becomes of it.

use std::sync::{Arc, Mutex};

use fieldwatch_client_core::replica::{Page, ReplicaError, State};
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::id::{Hash, RecordId};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::sync::pull::Presence;
use fieldwatch_schemas::sync::push::{Outcome, RefusedSegment, Verdict};

use crate::linked::Device;
use crate::server::Server;

fn server() -> Arc<Mutex<Server>> {
    Arc::new(Mutex::new(Server::new()))
}

fn refuse(server: &Arc<Mutex<Server>>, record: RecordId, problem: ProblemKind) {
    server.lock().unwrap().refuses.insert(record, problem);
}

fn state(device: &Device, record: RecordId) -> State {
    device.replica.view(record).unwrap().state
}

#[test]
fn of_a_record_only_the_refused_segment_waits_and_what_was_taken_leaves_the_outbox() {
    let server = server();
    let mut alice = Device::new(1, &server);
    let case = alice.new_case("shop");
    alice.set(case, "problem", "quality", 1);
    alice.set(case, "respondent.phone", "1", 2);
    let pushed = alice.replica.offer().unwrap().outbox.remove(0);
    let hashes: Vec<Hash> = pushed
        .changes
        .iter()
        .map(|bytes| Chunk::parse(bytes.to_vec()).unwrap().hash())
        .collect();
    let segment = |hash, problem: ProblemKind| RefusedSegment {
        changes: vec![hash],
        problem: problem.name().to_owned(),
        words: problem.title().to_owned(),
    };
    let outcome = Outcome {
        record: case,
        verdict: Verdict::Refused,
        durable: vec![hashes[0]],
        missing: Vec::new(),
        problem: Some(ProblemKind::NotPermitted.name().to_owned()),
        words: Some("not yours to say".to_owned()),
        refused: Some(vec![
            segment(hashes[1], ProblemKind::NotPermitted),
            segment(hashes[2], ProblemKind::DependsOnRefused),
        ]),
    };
    let page = Page {
        outcomes: vec![outcome],
        ..Page::default()
    };
    assert_eq!(alice.replica.apply(&page).unwrap().outbox, 0);
    assert_eq!(state(&alice, case), State::Quarantined);
    let refused = alice.replica.refused(case).unwrap();
    assert_eq!(
        (refused.why.code.as_str(), refused.why.reason.as_str()),
        ("not_permitted", "not yours to say")
    );
    assert_eq!(refused.before.text("respondent.name"), Some("shop"));
    assert_eq!(refused.before.text("problem"), None);
    assert_eq!(refused.after.view.text("problem"), Some("quality"));
    alice.replica.retry(case).unwrap();
    let again = alice.replica.offer().unwrap().outbox.remove(0);
    assert_eq!(
        again.changes,
        pushed.changes[1..],
        "what is taken is not sent again"
    );
}

#[test]
fn nothing_waits_for_a_record_in_quarantine() {
    let server = server();
    let mut alice = Device::new(1, &server);
    let mut bob = Device::new(2, &server);
    let first = alice.new_case("refused first");
    refuse(&server, first, ProblemKind::RecordInvalid);
    let moved = alice.new_case("moves away");
    assert!(alice.synced().in_sync);
    let later = alice.new_case("later");
    let theirs = bob.new_case("bob's");
    server.lock().unwrap().remove(moved, Presence::Left);
    bob.synced();
    let synced = alice.synced();
    assert_eq!((synced.pushed, synced.refused), (1, 0));
    assert_eq!(state(&alice, later), State::Stored);
    assert!(alice.replica.view(theirs).is_ok());
    assert!(
        alice.replica.view(moved).is_err(),
        "it was purged all the same"
    );
    assert_eq!(state(&alice, first), State::Quarantined);
    // It can be worked on as ever, and the whole is offered when it is corrected.
    alice.set(first, "problem", "quality", 3);
    server.lock().unwrap().refuses.clear();
    assert_eq!(alice.synced().pushed, 1);
    assert_eq!(state(&alice, first), State::Stored);
}

#[test]
fn giving_up_keeps_what_others_wrote_and_touches_no_other_record() {
    let server = server();
    let mut alice = Device::new(1, &server);
    let mut bob = Device::new(2, &server);
    let (case, other) = (alice.new_case("shop"), alice.new_case("other"));
    alice.synced();
    bob.synced();
    bob.set(case, "narrative", "李写的", 1);
    bob.synced();
    for record in [case, other] {
        refuse(&server, record, ProblemKind::NotPermitted);
        alice.set(record, "problem", "quality", 2);
    }
    alice.synced();
    alice.replica.discard(case).unwrap();
    let view = alice.replica.view(case).unwrap().view;
    assert_eq!(
        (view.text("narrative"), view.text("problem")),
        (Some("李写的"), None)
    );
    assert_eq!(view, bob.replica.view(case).unwrap().view);
    assert_eq!(state(&alice, case), State::Stored);
    assert!(matches!(
        alice.replica.refused(case),
        Err(ReplicaError::NotQuarantined(_))
    ));
    assert_eq!(state(&alice, other), State::Quarantined);
    let refused = alice.replica.refused(other).unwrap();
    assert_eq!(refused.after.view.text("problem"), Some("quality"));
    assert!(alice.synced().in_sync);
    assert!(alice.replica.examine().unwrap().is_sound());
    // The new writer's first change follows what others wrote.
    server.lock().unwrap().refuses.clear();
    alice.set(case, "problem", "price", 3);
    let offered = alice.replica.offer().unwrap().outbox.remove(0);
    assert_eq!(Chunk::parse(offered.changes[0].to_vec()).unwrap().seq(), 1);
    assert_eq!(alice.synced().refused, 0);
}

#[test]
fn a_refused_record_that_left_its_feeds_stays_until_a_person_decides() {
    let server = server();
    let mut alice = Device::new(1, &server);
    let case = alice.new_case("shop");
    alice.synced();
    alice.set(case, "problem", "quality", 1);
    refuse(&server, case, ProblemKind::AwaitsRelease);
    server.lock().unwrap().remove(case, Presence::Left);
    alice.synced();
    alice.synced();
    assert_eq!(state(&alice, case), State::Quarantined);
    let refused = alice.replica.refused(case).unwrap();
    assert_eq!(refused.why.code, "awaits_release");
    assert!(alice.replica.examine().unwrap().is_sound());
    alice.replica.discard(case).unwrap();
    alice.synced();
    assert!(alice.replica.view(case).is_err());
    assert_eq!(alice.replica.status().unwrap().records, 0);
}

#[test]
fn what_a_coordinator_releases_comes_back_and_leaves_quarantine() {
    let server = server();
    let mut alice = Device::new(1, &server);
    let case = alice.new_case("shop");
    alice.synced();
    alice.set(case, "problem", "quality", 1);
    refuse(&server, case, ProblemKind::AwaitsRelease);
    let pushed = alice.replica.offer().unwrap().outbox;
    alice.synced();
    assert_eq!(state(&alice, case), State::Quarantined);
    server.lock().unwrap().refuses.clear();
    // The server takes what it kept, as if it had come just now.
    let mut beside = Device::new(1, &server);
    let mut request = alice.link.last.clone().unwrap();
    request.outbox = pushed;
    let standing = beside.link.standing.clone();
    let answered = server
        .lock()
        .unwrap()
        .answer(&request, beside.link.device, &standing);
    assert!(answered.is_ok());
    beside.synced();
    alice.synced();
    assert_eq!(state(&alice, case), State::Stored);
    assert_eq!(alice.replica.status().unwrap().quarantined, 0);
}
