//! Copies of one home: they write with the same writer, and nothing of either is lost.

use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use fieldwatch_client_core::chance::SeededChance;
use fieldwatch_client_core::replica::State;
use fieldwatch_schemas::id::{DeviceId, RecordId};
use fieldwatch_schemas::limits::REBASES_MAX;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::memory::{Fault, MemoryStore};
use fieldwatch_schemas::store::{Batch, KeyRange, Store};
use proptest::prelude::*;

use crate::device;
use crate::linked::Device;
use crate::server::Server;

impl Device {
    /// The same home a second time: everything but chance is the same.
    fn copied(&self, chance: u64) -> Self {
        let store = Arc::new(MemoryStore::new());
        self.store
            .scan(&KeyRange::prefix(&[]), &mut |key, value| {
                let mut batch = Batch::new();
                batch.put(key.to_vec(), value.to_vec());
                store.apply(&batch).unwrap();
                ControlFlow::Continue(())
            })
            .unwrap();
        store.flush().unwrap();
        Self {
            replica: device::open(&store),
            store,
            link: self.link.clone(),
            chance: SeededChance::new(chance),
            clock_ms: self.clock_ms,
        }
    }

    fn says(&self, record: RecordId, path: &str) -> String {
        let view = self.replica.view(record).unwrap().view;
        view.text(path).unwrap_or_default().to_owned()
    }

    fn is_clean(&self) {
        let status = self.replica.status().unwrap();
        assert_eq!((status.outbox, status.quarantined), (0, 0));
    }
}

fn server() -> Arc<Mutex<Server>> {
    Arc::new(Mutex::new(Server::new()))
}

#[test]
fn what_two_copies_of_a_home_write_apart_is_all_kept_and_both_go_on() {
    let server = server();
    let mut phone = Device::new(1, &server);
    let (one, two) = (phone.new_case("one"), phone.new_case("two"));
    phone.synced();
    let mut copy = phone.copied(77);
    for round in 0..3 {
        let words = |who: &str| format!("{who} {round}");
        phone.set(one, "narrative", &words("phone"), 10 * round + 1);
        phone.set(two, "respondent.phone", &words("phone"), 10 * round + 2);
        copy.set(one, "respondent.phone", &words("copy"), 10 * round + 3);
        copy.set(two, "respondent.phone", &words("copy"), 10 * round + 4);
        let made = copy.new_case(&words("copy's own"));
        assert_eq!(phone.synced().rebased, 0);
        let synced = copy.synced();
        assert_eq!((synced.refused, synced.repaired), (0, 0));
        // From the first re-base on the copy has writers of its own.
        assert_eq!(synced.rebased, if round == 0 { 2 } else { 0 });
        assert_eq!(phone.synced().repaired, 0);
        for device in [&phone, &copy] {
            device.is_clean();
            assert!(device.says(one, "narrative").contains("phone"));
            assert_eq!(device.says(one, "respondent.phone"), words("copy"));
            let conflicts = device.replica.conflicts().unwrap();
            assert_eq!(conflicts.len(), 1);
            assert_eq!(conflicts[0].values.len(), 2);
            assert!(device.replica.view(made).is_ok());
        }
        let conflicts = copy.replica.conflicts().unwrap();
        assert!(conflicts[0].values.iter().all(|value| value.by == "王"));
        phone
            .replica
            .resolve(
                two,
                "respondent.phone",
                1,
                &device::later(60),
                &mut phone.chance,
            )
            .unwrap();
        phone.synced();
        copy.synced();
        assert!(copy.replica.conflicts().unwrap().is_empty());
    }
}

#[test]
fn a_phone_restored_from_an_older_copy_writes_on_and_loses_nothing() {
    let server = server();
    let mut phone = Device::new(1, &server);
    let case = phone.new_case("shop");
    phone.synced();
    let backup = phone.copied(5);
    for minute in 1..4 {
        phone.set(case, "respondent.phone", &minute.to_string(), minute);
        phone.synced();
    }
    let mut restored = backup;
    restored.set(case, "problem", "quality", 10);
    restored.set(case, "problem", "contract", 11);
    let synced = restored.synced();
    assert_eq!((synced.rebased, synced.repaired, synced.refused), (1, 0, 0));
    restored.is_clean();
    assert_eq!(restored.says(case, "respondent.phone"), "3");
    assert_eq!(restored.says(case, "problem"), "contract");
    restored.set(case, "problem", "price", 12);
    assert_eq!(restored.synced().rebased, 0);
}

#[test]
fn work_that_was_copied_before_it_was_sent_is_there_once() {
    let server = server();
    let mut phone = Device::new(1, &server);
    let case = phone.new_case("shop");
    phone.synced();
    let mut second = phone.copied(6);
    phone.set(case, "narrative", "一", 1);
    second.set(case, "problem", "quality", 2);
    let mut third = second.copied(7);
    second.set(case, "respondent.phone", "2", 3);
    third.set(case, "respondent.phone", "3", 4);
    phone.synced();
    assert_eq!(second.synced().rebased, 1);
    assert!((1..=2).contains(&third.synced().rebased));
    second.synced();
    let conflicts = second.replica.conflicts().unwrap();
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].path, "respondent.phone");
    let entry = server.lock().unwrap().records[&case].clone();
    assert_eq!(entry.document.chunks().unwrap().len(), 5);
    for device in [&second, &third] {
        device.is_clean();
    }
}

#[test]
fn what_the_other_copy_sent_may_also_arrive_before_this_ones_work_is_refused() {
    let server = server();
    let mut phone = Device::new(1, &server);
    let case = phone.new_case("shop");
    phone.synced();
    let mut copy = phone.copied(8);
    phone.set(case, "narrative", "一", 1);
    phone.synced();
    copy.set(case, "problem", "quality", 2);
    // A refusal of another kind keeps it from being sent; what the phone wrote comes all the same.
    server
        .lock()
        .unwrap()
        .refuses
        .insert(case, ProblemKind::NotPermitted);
    let synced = copy.sync().unwrap();
    assert_eq!((synced.refused, synced.rebased, synced.repaired), (1, 1, 0));
    assert_eq!(copy.replica.view(case).unwrap().state, State::Quarantined);
    assert_eq!(copy.says(case, "narrative"), "一");
    server.lock().unwrap().refuses.clear();
    copy.replica.retry(case).unwrap();
    assert_eq!(copy.synced().pushed, 1);
    copy.is_clean();
}

#[test]
fn a_server_that_always_speaks_of_a_copy_is_believed_only_so_often() {
    let server = server();
    let mut phone = Device::new(1, &server);
    let case = phone.new_case("shop");
    server
        .lock()
        .unwrap()
        .refuses
        .insert(case, ProblemKind::ActorReused);
    let synced = phone.sync().unwrap();
    assert_eq!(synced.refused, 1);
    assert!(synced.round_trips <= u64::from(REBASES_MAX) + 2);
    assert_eq!(phone.replica.view(case).unwrap().state, State::Quarantined);
    assert_eq!(phone.says(case, "respondent.name"), "shop");
}

#[test]
fn a_home_that_is_enrolled_anew_sends_what_it_had_under_its_new_name() {
    let server = server();
    let mut phone = Device::new(1, &server);
    let case = phone.new_case("shop");
    phone.synced();
    phone.set(case, "problem", "quality", 1);
    phone.link.device = DeviceId([9; 16]);
    let synced = phone.synced();
    assert_eq!((synced.pushed, synced.rebased), (1, 1));
    phone.is_clean();
}

#[test]
fn power_loss_in_the_middle_of_a_rebase_leaves_the_old_work_or_the_new() {
    let server = server();
    let mut phone = Device::new(1, &server);
    let case = phone.new_case("shop");
    phone.synced();
    let mut backup = phone.copied(9);
    phone.set(case, "narrative", "一", 1);
    phone.synced();
    for number in 0..450 {
        backup.set(case, "respondent.phone", &number.to_string(), number);
    }
    for kept in 0..8 {
        let mut copy = backup.copied(10);
        copy.link.server = Arc::new(Mutex::new(server.lock().unwrap().clone()));
        copy.store.fail_next(Fault::Flush);
        assert!(copy.sync().is_err());
        copy.store.crash_keeping(kept);
        copy.replica = device::open(&copy.store);
        copy.synced();
        copy.is_clean();
        assert_eq!(copy.says(case, "respondent.phone"), "449", "{kept}");
        assert_eq!(copy.says(case, "narrative"), "一");
    }
}

#[test]
fn unsent_work_that_was_copied_and_grew_on_every_phone_settles_without_a_repair() {
    let server = server();
    let mut phone = Device::new(1, &server);
    let case = phone.new_case("shop");
    phone.synced();
    let mut second = phone.copied(6);
    phone.set(case, "narrative", "一", 1);
    second.set(case, "problem", "quality", 2);
    let mut third = second.copied(7);
    second.set(case, "narrative", "二", 3);
    third.set(case, "problem", "contract", 4);
    let mut fourth = third.copied(8);
    third.set(case, "narrative", "三", 5);
    fourth.set(case, "narrative", "四", 6);
    // What the copies have in common comes to the same changes; the first to come with its own keeps the writer, the last one
    // finds two of them taken.
    for (number, copy) in [&mut phone, &mut second, &mut third, &mut fourth]
        .into_iter()
        .enumerate()
    {
        let synced = copy.synced();
        assert_eq!((synced.refused, synced.repaired), (0, 0), "{number}");
        assert!(usize::try_from(synced.rebased).unwrap() <= number);
        copy.is_clean();
    }
    for copy in [&mut phone, &mut second, &mut third] {
        let synced = copy.synced();
        assert_eq!((synced.pushed, synced.repaired), (0, 0));
        assert_eq!(synced.rebased, 0);
        let said = copy.says(case, "narrative");
        assert_eq!(said, fourth.says(case, "narrative"));
        assert!(
            ["一", "二", "三", "四"]
                .iter()
                .all(|word| said.contains(word))
        );
        assert_eq!(copy.says(case, "problem"), "contract");
    }
}

/// What one of three copies of a home does next.
#[derive(Debug, Clone)]
enum Move {
    Set {
        who: usize,
        case: usize,
        field: usize,
    },
    Sync(usize),
    Copy {
        from: usize,
        to: usize,
    },
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let set = (0..3_usize, 0..2_usize, 0..3_usize);
    let one = prop_oneof![
        6 => set.prop_map(|(who, case, field)| Move::Set { who, case, field }),
        3 => (0..3_usize).prop_map(Move::Sync),
        1 => (0..3_usize, 0..3_usize).prop_map(|(from, to)| Move::Copy { from, to }),
    ];
    prop::collection::vec(one, 1..30)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn copies_of_copies_converge_and_every_word_is_somewhere(moves in moves()) {
        let server = server();
        let mut phone = Device::new(1, &server);
        let cases = [phone.new_case("one"), phone.new_case("two")];
        phone.synced();
        let mut copies = [phone.copied(11), phone.copied(12), phone];
        for (step, each) in moves.iter().enumerate() {
            let minute = i64::try_from(step).unwrap();
            match *each {
                Move::Set { who, case, field } => {
                    let field = ["narrative", "respondent.phone", "respondent.name"][field];
                    // One letter that was never there, so that no merged text is what is written next.
                    let letter = char::from_u32(0x4e00 + u32::try_from(step).unwrap());
                    copies[who].set(cases[case], field, &String::from_iter(letter), minute);
                }
                Move::Sync(who) => { copies[who].synced(); }
                // A copy takes the place of a phone that has nothing to send: what is thrown away by hand is nobody's loss to prevent.
                Move::Copy { from, to } => {
                    copies[to].synced();
                    copies[to] = copies[from].copied(100 + u64::try_from(step).unwrap());
                }
            }
        }
        for _ in 0..2 {
            for copy in &mut copies {
                let synced = copy.synced();
                prop_assert_eq!((synced.refused, synced.repaired), (0, 0));
            }
        }
        let status = |copy: &Device| copy.replica.status().unwrap().feeds;
        for copy in &copies {
            copy.is_clean();
            prop_assert_eq!(status(copy), status(&copies[0]));
            for case in cases {
                prop_assert_eq!(copy.replica.view(case).unwrap().view, copies[0].replica.view(case).unwrap().view);
            }
        }
    }
}
