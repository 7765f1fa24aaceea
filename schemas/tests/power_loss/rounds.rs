//! Rounds of writing and losing power, on any disk that can lose it.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::child::{Child, Word};
use crate::work::{WRITERS, mix};

/// The most batches acknowledged, about, before the power goes.
const ACKS_MAX: u64 = 90;

/// After so many rounds the disk is renewed, so that opening does not become all that a round does.
const ROUNDS_ON_A_DISK: u64 = 25;

/// A place for the store that can lose power.
pub(crate) trait Disk {
    /// Where the store lies.
    fn store(&self) -> PathBuf;
    /// What the child must know to be on this disk.
    fn env(&self) -> Vec<(&'static str, &Path)> {
        Vec::new()
    }
    /// Forgets what is not durable, ends the child, and has power again.
    fn lose_power(&mut self, child: &mut Child);
    /// Becomes an empty disk.
    fn renew(&mut self);
}

/// Runs rounds on one disk, each opening what the round before left, and fails with what was lost.
pub(crate) fn run(name: &str, mut disk: impl Disk, rounds: u64) {
    let number_in = |name| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let rounds = number_in("FW_ROUNDS").unwrap_or(rounds);
    let seed = number_in("FW_SEED").unwrap_or(1);
    let mut acked = [0; WRITERS as usize];
    let mut total = 0;
    let mut judged = 0;
    let mut wrongs = String::new();
    for round in 0..rounds {
        let before: u32 = acked.iter().sum();
        let is_last = round + 1 == rounds || (round + 1).is_multiple_of(ROUNDS_ON_A_DISK);
        // Some rounds end while the store is being opened, the last one on a disk only looks.
        let acks = match mix(seed << 32 | round) % ACKS_MAX {
            _ if is_last => Acks::NoneButOpen,
            acks if acks < 5 => Acks::NoneNorOpen,
            acks => Acks::Some(acks),
        };
        // Between rare flushes sled writes over what it holds to be durable elsewhere.
        let flush_every = if round % 2 == 1 { 25 } else { 1 };
        judged += u32::from(before > 0);
        let held = round_of(name, &mut disk, flush_every, acks, &mut acked);
        total += acked.iter().sum::<u32>() - before;
        if is_last || held.is_err() {
            acked = [0; WRITERS as usize];
            disk.renew();
        }
        if let Err(words) = held {
            eprintln!("round {round}, {acks:?}, {flush_every} batches a flush: {words}");
            writeln!(
                wrongs,
                "round {round}, {acks:?}, {flush_every} batches a flush: {words}"
            )
            .unwrap();
        }
    }
    let lost = wrongs.lines().count();
    // What one round wrote is judged by the next, and after a loss the disk is renewed.
    eprintln!(
        "{rounds} rounds, {total} batches acknowledged: {lost} of {judged} ends judged lost something"
    );
    assert!(
        wrongs.is_empty(),
        "{lost} of {judged} ends lost something:\n{wrongs}FW_SEED={seed} FW_ROUNDS={rounds} repeats them"
    );
    assert!(
        rounds < 8 || total > 100,
        "only {total} batches were acknowledged"
    );
}

/// How many acknowledgements to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Acks {
    NoneNorOpen,
    NoneButOpen,
    Some(u64),
}

fn round_of(
    name: &str,
    disk: &mut impl Disk,
    flush_every: u32,
    acks: Acks,
    acked: &mut [u32; WRITERS as usize],
) -> Result<(), String> {
    let mut child = Child::start(name, &disk.store(), flush_every, &disk.env());
    let mut heard = 0;
    loop {
        let Some(word) = child.next() else {
            return Err("the child ended by itself".to_owned());
        };
        if let Word::Unreadable(words) = word {
            return Err(words);
        }
        heed(&word, acked)?;
        heard += u64::from(matches!(word, Word::Acked { .. }));
        let enough = match acks {
            Acks::NoneNorOpen => true,
            Acks::NoneButOpen => word == Word::Writing,
            Acks::Some(acks) => heard * u64::from(flush_every.min(6)) >= acks,
        };
        if enough {
            break;
        }
    }
    disk.lose_power(&mut child);
    // What was said before the power went was promised too.
    while let Some(word) = child.next() {
        heed(&word, acked)?;
    }
    Ok(())
}

/// What the child found must reach as far as what was acknowledged, and is durable from then on.
fn heed(word: &Word, acked: &mut [u32; WRITERS as usize]) -> Result<(), String> {
    match word {
        Word::Found { writer, number } => {
            let acked = &mut acked[usize::from(*writer)];
            if number < acked {
                return Err(format!(
                    "writer {writer}: {number} of {acked} batches are left"
                ));
            }
            *acked = *number;
        }
        Word::Acked { writer, number } => acked[usize::from(*writer)] = *number,
        Word::Wrong(words) => return Err(words.clone()),
        Word::DiskFull => return Err("the disk is too small for this test".to_owned()),
        Word::Opening | Word::Writing | Word::Unreadable(_) => {}
    }
    Ok(())
}
