//! Erasing and compacting, killed with signal 9 at many moments: what was begun is finished by whoever opens the store next, and the
//! store is sound.
//!
//! `FW_ROUNDS` changes how often; the seed is printed.

use fieldwatch_tests::chance::{Chance, number as given, seed};
use fieldwatch_tests::fault::Told;
use fieldwatch_tests::world::{World, number};

use crate::STATION;

/// A stopped server with so many cases.
fn begin(cases: u64) -> Told<(World, Vec<String>)> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let alice = world.staff("alice", STATION)?;
    let narrative = format!("narrative={}", "a long story, ".repeat(400));
    let cases = (0..cases).map(|_| alice.new_record("case", &["nature=complaint", &narrative]));
    let cases = cases.collect::<Told<Vec<_>>>()?;
    alice.settle()?;
    world.stop()?;
    Ok((world, cases))
}

/// About half of the commands are to return, however fast they are here.
fn aim(reach_ms: &mut u64, returned: bool) {
    *reach_ms = match returned {
        true => *reach_ms * 4 / 5 + 1,
        false => *reach_ms * 5 / 4 + 1,
    };
}

#[test]
fn an_erasure_that_was_killed_is_undone_or_finished_and_never_half() -> Told<()> {
    let test = "an_erasure_that_was_killed_is_undone_or_finished_and_never_half";
    let mut chance = Chance::seeded(seed("erasure", test));
    let rounds = given("FW_ROUNDS").unwrap_or(16);
    let (world, cases) = begin(rounds)?;
    let (mut reach_ms, mut killed, mut finished) = (60, 0, 0);
    for (round, case) in (0..).zip(&cases) {
        let ran = world
            .start(&["erase", case])?
            .kill_after(chance.below(reach_ms))?;
        let returned = ran.code() == Some(0);
        killed += u64::from(!returned);
        aim(&mut reach_ms, returned);
        let left = world.check()?;
        let is_gone = left == rounds - round - 1;
        assert!(is_gone || left == rounds - round, "{left} are left");
        assert!(is_gone || !returned, "it said that it was erased");
        finished += u64::from(is_gone && !returned);
        world.admin(&["erase", case])?;
        assert_eq!(world.check()?, rounds - round - 1);
    }
    eprintln!("{killed} of {rounds} erasures killed, {finished} of them finished by the next");
    assert!(rounds < 10 || killed > 0, "no kill came in the middle");
    world.serve_again()?;
    let late = world.staff("bob", STATION)?;
    late.settle()?;
    assert_eq!(late.states()?.len(), 0);
    Ok(())
}

#[test]
fn a_server_killed_while_it_erases_finishes_when_it_serves_again() -> Told<()> {
    let test = "a_server_killed_while_it_erases_finishes_when_it_serves_again";
    let mut chance = Chance::seeded(seed("erasure", test));
    let rounds = given("FW_ROUNDS").unwrap_or(12);
    let (world, cases) = begin(rounds)?;
    for (round, case) in (0..).zip(&cases) {
        world.serve_again()?;
        let mut asked = world.start(&["erase", case])?;
        asked.ends_within(chance.below(40));
        world.kill_nine()?;
        asked.finish()?;
        let left = world.check()?;
        assert!(left == rounds - round || left == rounds - round - 1);
        world.admin(&["erase", case])?;
        assert_eq!(world.check()?, rounds - round - 1);
    }
    Ok(())
}

#[test]
fn a_compaction_that_was_killed_leaves_one_whole_store() -> Told<()> {
    let test = "a_compaction_that_was_killed_leaves_one_whole_store";
    let mut chance = Chance::seeded(seed("erasure", test));
    let rounds = given("FW_ROUNDS").unwrap_or(12);
    let (world, cases) = begin(24)?;
    let (gone, kept) = cases.split_at(8);
    for case in gone {
        world.admin(&["erase", case])?;
    }
    let (mut reach_ms, mut killed) = (100, 0);
    for _ in 0..rounds {
        let ran = world
            .start(&["compact"])?
            .kill_after(chance.below(reach_ms))?;
        let returned = ran.code() == Some(0);
        killed += u64::from(!returned);
        aim(&mut reach_ms, returned);
        assert_eq!(world.check()?, kept.len() as u64);
        for left in ["store.new", "store.old"] {
            assert!(!world.data().join(left).exists(), "{left} is left over");
        }
    }
    eprintln!("{killed} of {rounds} compactions killed");
    assert!(rounds < 10 || killed > 0, "no kill came in the middle");
    let compacted = world.admin(&["compact"])?.json()?;
    assert!(number(&compacted, "bytes_after")? > 0, "{compacted}");
    world.serve_again()?;
    let bob = world.staff("bob", STATION)?;
    bob.settle()?;
    assert_eq!(bob.states()?.len(), kept.len());
    Ok(())
}
