//! The engine with scripted replies: no replica, no network, no clock.

use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::id::{Hash, LogId};
use fieldwatch_schemas::sync::exchange::{Hello, ListTag};
use fieldwatch_schemas::sync::pull::{Commit, FeedCursor, FeedEnd, Gone, RecordItem};
use fieldwatch_schemas::sync::push::{Outcome, Pushed, Verdict};
use fieldwatch_schemas::sync::repair::{
    Asked, BucketList, Differs, Line, RepairAsk, RepairItem, Stands,
};
use proptest::prelude::*;

use super::*;
use crate::chance::SeededChance;
use crate::replica::{Arrival, FeedStatus};

const LOG: LogId = LogId([1; 16]);

fn record(number: u8) -> RecordId {
    RecordId([number; 16])
}

fn offer(records: &[u8]) -> Offer {
    Offer {
        index: Vec::new(),
        log: Some(LOG),
        feeds: vec![FeedCursor {
            feed: Feed::shared(),
            cursor: 5,
            complete: 5,
            mark: None,
            proof: None,
        }],
        outbox: records
            .iter()
            .map(|number| Pushed {
                record: record(*number),
                kind: "case".to_owned(),
                changes: vec![vec![*number].into()],
                vouched: None,
            })
            .collect(),
        grants: ListTag([0; 8]),
        stations: ListTag([0; 8]),
        wants: Vec::new(),
        erasures: None,
        repair: Vec::new(),
    }
}

fn applied(digest: u8, outbox: u64) -> Applied {
    Applied {
        feeds: vec![FeedStatus {
            feed: Feed::shared(),
            cursor: 5,
            digest: Digest([digest; 32]),
            records: 0,
            complete: 5,
            proof: None,
        }],
        outbox,
        ..Applied::default()
    }
}

fn hello() -> Item {
    Item::Hello(Hello {
        log: LOG,
        now_ms: 0,
        grants: None,
        stations: None,
        standing: None,
    })
}

fn commit(cursor: u64) -> Item {
    Item::Commit(Commit { feed: 0, cursor })
}

fn feed_end(digest: u8) -> Item {
    Item::FeedEnd(FeedEnd {
        feed: 0,
        cursor: 9,
        digest: Digest([digest; 32]),
        records: 0,
        has_more: false,
        proof: None,
        withheld: None,
    })
}

fn outcome(number: u8, verdict: Verdict) -> Item {
    Item::Outcome(Outcome {
        record: record(number),
        verdict,
        durable: vec![Hash([number; 32])],
        missing: Vec::new(),
        problem: None,
        words: None,
        refused: None,
    })
}

fn left(number: u8) -> Item {
    Item::Left(Gone {
        feed: 0,
        record: record(number),
        position: 6,
        replaced_by: None,
    })
}

fn engine(patience: Patience) -> Engine<SeededChance> {
    Engine::new(patience, None, SeededChance::new(1))
}

/// An engine that has sent its first request.
fn asking(patience: Patience, records: &[u8]) -> Engine<SeededChance> {
    let mut engine = engine(patience);
    assert_eq!(engine.handle(Input::Begin, 0), [Effect::Offer]);
    let effects = engine.handle(Input::Offered(offer(records)), 0);
    assert!(matches!(effects.as_slice(), [Effect::Send(_)]));
    engine
}

fn page(effects: &[Effect]) -> &Page {
    match effects {
        [Effect::Apply(page)] => page,
        other => panic!("no page: {other:?}"),
    }
}

#[test]
fn a_page_ends_at_its_commit_point_and_the_end_of_a_whole_reply_is_weighed() {
    let mut engine = asking(Patience::Once, &[1]);
    for item in [hello(), outcome(1, Verdict::Stored), left(2)] {
        assert_eq!(engine.handle(Input::Item(item), 0), []);
    }
    let effects = engine.handle(Input::Item(commit(7)), 0);
    let first = page(&effects).clone();
    assert_eq!((first.outcomes.len(), first.end.as_ref()), (1, None));
    assert_eq!(first.arrivals, [(Feed::shared(), Arrival::Left(record(2)))]);
    assert_eq!(first.cursors, [(Feed::shared(), 7)]);
    assert_eq!(engine.handle(Input::Applied(applied(3, 0)), 0), []);
    assert_eq!(engine.handle(Input::Item(feed_end(3)), 0), []);
    let effects = engine.handle(Input::Item(Item::End), 0);
    assert_eq!(page(&effects).end, Some(Vec::new()));
    let effects = engine.handle(Input::Applied(applied(3, 0)), 0);
    let [Effect::Done(Ok(report))] = effects.as_slice() else {
        panic!("not done: {effects:?}");
    };
    assert!(report.in_sync && report.acknowledged.contains(&record(1)));
}

#[test]
fn of_a_cut_reply_outcomes_are_kept_and_records_behind_the_last_commit_are_not() {
    let mut engine = asking(Patience::Once, &[1]);
    for item in [hello(), outcome(1, Verdict::Stored), left(2), feed_end(3)] {
        engine.handle(Input::Item(item), 0);
    }
    let effects = engine.handle(Input::Ended, 0);
    let sure = page(&effects);
    assert_eq!(
        (sure.outcomes.len(), sure.arrivals.len(), sure.cursors.len()),
        (1, 0, 0)
    );
    let effects = engine.handle(Input::Applied(applied(0, 0)), 0);
    assert_eq!(effects, [Effect::Offer], "it moved, so it goes on at once");
    engine.handle(Input::Offered(offer(&[])), 0);
    engine.handle(Input::Item(hello()), 0);
    engine.handle(Input::Ended, 0);
    let effects = engine.handle(Input::Applied(applied(0, 0)), 0);
    let [Effect::Done(Err(problem))] = effects.as_slice() else {
        panic!("nothing moved, and it goes on: {effects:?}");
    };
    assert_eq!(problem.kind(), Some(ProblemKind::Offline));
}

#[test]
fn a_feed_that_differs_is_repaired_twice_and_then_it_is_said() {
    let mut engine = asking(Patience::Once, &[]);
    for round in 0..3 {
        for item in [hello(), feed_end(3), Item::End] {
            engine.handle(Input::Item(item), 0);
        }
        let effects = engine.handle(Input::Applied(applied(4, 0)), 0);
        if round == 2 {
            let [Effect::Done(Ok(report))] = effects.as_slice() else {
                panic!("not done: {effects:?}");
            };
            assert_eq!((report.in_sync, report.repaired), (false, 2));
            return;
        }
        assert_eq!(page(&effects).distrust, [Feed::shared()]);
        assert_eq!(
            engine.handle(Input::Applied(applied(0, 0)), 0),
            [Effect::Offer]
        );
        engine.handle(Input::Offered(offer(&[])), 0);
        let differs = Item::Repair(RepairItem::Differs(Differs {
            feed: 0,
            position: 9,
            buckets: Vec::new().into(),
        }));
        engine.handle(Input::Item(hello()), 0);
        let effects = engine.handle(Input::Item(differs), 0);
        assert_eq!(page(&effects).differing, [(Feed::shared(), 9, vec![])]);
        let repaired = Applied {
            repaired: 1,
            ..applied(4, 0)
        };
        engine.handle(Input::Applied(repaired), 0);
        engine.handle(Input::Item(Item::End), 0);
        let effects = engine.handle(Input::Applied(applied(4, 0)), 0);
        assert_eq!(effects, [Effect::Offer], "now it is pulled again");
        engine.handle(Input::Offered(offer(&[])), 0);
    }
}

#[test]
fn what_the_server_still_lacks_after_the_whole_was_offered_is_refused_by_the_device_itself() {
    let mut engine = asking(Patience::Once, &[1]);
    for round in 0..2 {
        for item in [hello(), outcome(1, Verdict::Missing), feed_end(0)] {
            engine.handle(Input::Item(item), 0);
        }
        let effects = engine.handle(Input::Item(Item::End), 0);
        let verdict = page(&effects).outcomes[0].verdict;
        let expected = [Verdict::Missing, Verdict::Refused][round];
        assert_eq!(verdict, expected);
        engine.handle(Input::Applied(applied(0, 1)), 0);
        engine.handle(Input::Offered(offer(&[1])), 0);
    }
}

#[test]
fn a_server_that_answers_and_moves_nothing_is_not_asked_for_ever() {
    let mut engine = asking(Patience::Once, &[1]);
    for item in [hello(), feed_end(0), Item::End] {
        engine.handle(Input::Item(item), 0);
    }
    let effects = engine.handle(Input::Applied(applied(0, 1)), 0);
    assert!(matches!(effects.as_slice(), [Effect::Done(Err(_))]));
}

#[test]
fn a_log_that_takes_a_new_id_within_its_reply_is_asked_anew_and_only_once() {
    let mut engine = asking(Patience::Once, &[]);
    let says_nothing = |engine: &mut Engine<SeededChance>| {
        engine.handle(Input::Item(hello()), 0);
        engine.handle(Input::Item(Item::End), 0);
        engine.handle(Input::Applied(applied(0, 0)), 0)
    };
    assert_eq!(says_nothing(&mut engine), [Effect::Offer]);
    engine.handle(Input::Offered(offer(&[])), 0);
    let failed = says_nothing(&mut engine);
    assert!(matches!(failed.as_slice(), [Effect::Done(Err(_))]));
}

#[test]
fn only_who_watches_waits_and_a_revoked_device_never_does() {
    for (patience, kind, waits) in [
        (Patience::Once, ProblemKind::Unavailable, false),
        (Patience::Watch, ProblemKind::Unavailable, true),
        (Patience::Watch, ProblemKind::DeviceRevoked, false),
        (Patience::Watch, ProblemKind::ServerUntrusted, false),
    ] {
        let mut engine = asking(patience, &[]);
        engine.handle(Input::Failed(Problem::new(kind)), 0);
        let effects = engine.handle(Input::Applied(applied(0, 0)), 0);
        let is_waiting = matches!(effects.as_slice(), [Effect::Wait(ms)] if *ms <= 1_000);
        assert_eq!(is_waiting, waits, "{kind}: {effects:?}");
        if waits {
            assert_eq!(engine.handle(Input::Waited, 0), [Effect::Offer]);
        }
    }
}

#[test]
fn thirty_seconds_without_an_item_end_the_exchange() {
    let mut engine = asking(Patience::Once, &[]);
    assert_eq!(engine.handle(Input::Tick, STALL_MAX_MS - 1), []);
    engine.handle(Input::Item(hello()), STALL_MAX_MS - 1);
    assert_eq!(engine.handle(Input::Tick, STALL_MAX_MS), []);
    let effects = engine.handle(Input::Tick, 2 * STALL_MAX_MS);
    assert_eq!(effects.first(), Some(&Effect::Abandon));
}

#[test]
fn a_watcher_waits_at_least_as_long_as_the_server_asks() {
    let mut engine = Engine::new(Patience::Watch, None, SeededChance::new(1));
    engine.handle(Input::Begin, 0);
    engine.handle(Input::Offered(offer(&[1])), 0);
    engine.handle(Input::Later(90_000), 0);
    engine.handle(Input::Failed(Problem::new(ProblemKind::TooMany)), 0);
    let effects = engine.handle(Input::Applied(applied(0, 1)), 0);
    let [Effect::Wait(ms)] = effects.as_slice() else {
        panic!("not waited: {effects:?}");
    };
    assert!((90_000..=91_000).contains(ms), "{ms}");
}

#[test]
fn a_reply_is_broken_off_at_its_next_commit_point_for_what_somebody_opened() {
    let mut engine = Engine::new(Patience::Once, None, SeededChance::new(1));
    engine.handle(Input::Begin, 0);
    engine.handle(Input::Offered(offer(&[])), 0);
    engine.handle(Input::Item(hello()), 0);
    let effects = engine.handle(Input::Item(commit(5)), 0);
    assert!(matches!(effects.as_slice(), [Effect::Apply(_)]));
    let opened = Applied {
        opened: true,
        ..applied(0, 0)
    };
    let effects = engine.handle(Input::Applied(opened), 0);
    assert_eq!(effects, [Effect::Abandon, Effect::Offer]);
}

#[test]
fn a_spent_budget_ends_the_sync_without_saying_that_both_agree() {
    let mut engine = Engine::new(Patience::Once, Some(10_000), SeededChance::new(1));
    engine.handle(Input::Begin, 0);
    let effects = engine.handle(Input::Offered(offer(&[1])), 0);
    let [Effect::Send(request)] = effects.as_slice() else {
        panic!("not sent: {effects:?}");
    };
    assert_eq!(request.budget_bytes, Some(8_679), "the request counts too");
    for item in [hello(), outcome(1, Verdict::Stored), feed_end(0)] {
        engine.handle(Input::Item(item), 0);
    }
    let received_bytes = 10_000;
    engine.handle(
        Input::Traffic(Traffic {
            received_bytes,
            ..Traffic::default()
        }),
        0,
    );
    engine.handle(Input::Item(Item::End), 0);
    let effects = engine.handle(Input::Applied(applied(0, 1)), 0);
    assert!(matches!(effects.as_slice(), [Effect::Done(Ok(report))] if !report.in_sync));
}

#[test]
fn a_request_carries_no_more_of_the_outbox_than_the_budget_pays_for_but_one_record() {
    for (budget, sent) in [(0, 1), (1_400, 1), (1_750, 2), (10_000, 3)] {
        let mut engine = Engine::new(Patience::Once, Some(budget), SeededChance::new(1));
        engine.handle(Input::Begin, 0);
        let effects = engine.handle(Input::Offered(offer(&[1, 2, 3])), 0);
        let [Effect::Send(request)] = effects.as_slice() else {
            panic!("not sent: {effects:?}");
        };
        assert_eq!(request.outbox.len(), sent, "{budget}");
    }
}

#[test]
fn a_page_that_a_server_never_ends_is_not_gathered_for_ever() {
    let mut engine = asking(Patience::Once, &[]);
    engine.handle(Input::Item(hello()), 0);
    let stands = Item::Repair(RepairItem::Stands(Stands {
        feed: 0,
        record: record(1),
        heads: vec![Hash([1; 32]); 1 << 16],
        mac: None,
        actor: None,
    }));
    let taken = (0..100).take_while(|_| {
        let effects = engine.handle(Input::Item(stands.clone()), 0);
        effects.is_empty()
    });
    let taken = taken.count();
    assert!((60..64).contains(&taken), "two megabytes each: {taken}");
    assert!(matches!(engine.phase, Phase::Closing(..)));
}

#[test]
fn nothing_is_decided_about_what_no_feed_has_while_the_budget_leaves_a_feed_out() {
    for (budget, decides) in [(None, true), (Some(5_000), false)] {
        let mut engine = Engine::new(Patience::Once, budget, SeededChance::new(1));
        engine.handle(Input::Begin, 0);
        let mut offer = offer(&[1]);
        let station = FeedCursor {
            feed: Feed::station("330106-0012").unwrap(),
            ..offer.feeds[0].clone()
        };
        offer.feeds.push(station);
        let line = Line::new(record(1), Digest([1; 32]));
        let asked = Asked::Lists(vec![BucketList::new(0, &vec![line; 2_000])]);
        offer.repair = vec![RepairAsk { feed: 1, asked }];
        engine.handle(Input::Offered(offer), 0);
        for item in [hello(), outcome(1, Verdict::Stored), feed_end(0)] {
            assert_eq!(engine.handle(Input::Item(item), 0), []);
        }
        if decides {
            let end = FeedEnd {
                feed: 1,
                cursor: 9,
                digest: Digest::default(),
                records: 0,
                has_more: false,
                proof: None,
                withheld: None,
            };
            engine.handle(Input::Item(Item::FeedEnd(end)), 0);
        }
        let effects = engine.handle(Input::Item(Item::End), 0);
        assert_eq!(page(&effects).end.is_some(), decides);
    }
}

fn any_item() -> impl Strategy<Value = Item> {
    let verdicts = prop::sample::select(vec![
        Verdict::Stored,
        Verdict::Duplicate,
        Verdict::Missing,
        Verdict::Refused,
    ]);
    prop_oneof![
        Just(hello()),
        (0..4_u8, verdicts).prop_map(|(number, verdict)| outcome(number, verdict)),
        (any::<u8>(), any::<u8>(), any::<u64>()).prop_map(|(feed, number, position)| {
            Item::Erased(Gone {
                feed,
                record: record(number),
                position,
                replaced_by: None,
            })
        }),
        (0..3_u8, any::<bool>(), any::<Vec<u8>>()).prop_map(|(feed, is_whole, bytes)| {
            Item::Record(RecordItem {
                feed,
                record: record(feed),
                kind: String::from_utf8_lossy(&bytes).into_owned(),
                position: 0,
                is_whole,
                changes: Vec::new(),
                heads: Vec::new(),
                authors: Vec::new(),
                mac: None,
                actor: None,
            })
        }),
        (any::<u8>(), any::<u64>())
            .prop_map(|(feed, cursor)| Item::Commit(Commit { feed, cursor })),
        (0..3_u8).prop_map(feed_end),
        Just(Item::End),
    ]
}

proptest! {
    #[test]
    fn no_sequence_of_items_makes_it_panic_or_do_two_things_at_once(
        items in prop::collection::vec(any_item(), 0..40),
        tick in any::<i64>(),
    ) {
        let mut engine = asking(Patience::Watch, &[1, 2]);
        engine.handle(Input::Item(hello()), 0);
        for item in items {
            let effects = engine.handle(Input::Item(item), tick);
            let pages = effects.iter().filter(|effect| matches!(effect, Effect::Apply(_)));
            prop_assert!(pages.count() <= 1);
            engine.handle(Input::Applied(applied(1, 1)), tick);
            engine.handle(Input::Offered(offer(&[1, 2])), tick);
            engine.handle(Input::Tick, tick);
        }
    }
}
