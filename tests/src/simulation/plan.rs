//! What is to happen in a world, drawn from its seed before anything does. Every entry has a number and a chance of its own, so that
//! leaving one out leaves the others as they are: that is how a failing schedule is made smaller.

use std::collections::BTreeSet;
use std::fmt;

use super::clock::{BEGIN_MS, DAY_MS, HOUR_MS};
use crate::chance::Chance;

/// How large a world is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// How many acts of people, at least.
    pub acts: u64,
    /// How many syncs, at least.
    pub syncs: u64,
    /// How many planned faults, at least.
    pub faults: u64,
    /// How long people work.
    pub days: i64,
}

impl Default for Size {
    fn default() -> Self {
        Self {
            acts: 215,
            syncs: 60,
            faults: 10,
            days: 21,
        }
    }
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A person does something on a device.
    Act,
    /// A device syncs.
    Sync,
    /// A device cannot reach the server for a while.
    Partition,
    /// The server loses power.
    ServerCrash,
    /// A device loses power.
    DeviceCrash,
    /// The server's disk is full.
    ServerDiskFull,
    /// A device's disk is full.
    DeviceDiskFull,
    /// A device's clock is set wrong.
    Clock,
    /// A phone is copied, and both go on.
    Clone,
    /// A copy of a phone is put away.
    PutAway,
    /// A phone is set back to the copy that was put away.
    SetBack,
    /// A person gets another role, or another place.
    PersonChange,
    /// A device is let in no more.
    Revocation,
    /// A record is erased everywhere.
    Erasure,
    /// A backup of the server is made.
    Backup,
    /// The server comes back from its backup.
    Restore,
    /// Somebody attends to the server: releases work, shares a case, moves a station.
    Office,
}

/// One thing that is to happen.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Its number: its place in the plan.
    pub number: u64,
    /// When.
    pub at_ms: i64,
    /// To whom, as a number to be divided by the count of devices.
    pub whom: u64,
    /// What.
    pub what: What,
    /// Whatever it needs of chance.
    pub chance: Chance,
}

/// Everything that is to happen, in the order of its time.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// The entries.
    pub entries: Vec<Planned>,
    /// When work ends and healing begins.
    pub end_ms: i64,
}

/// What of a plan happens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mask {
    /// Entries left out, by number.
    pub without: BTreeSet<u64>,
    /// Nothing but these happens, if it says which.
    pub only: Option<BTreeSet<u64>>,
    /// Whether the network does no harm.
    pub is_calm: bool,
    /// Whether what happens is told on stderr.
    pub is_told: bool,
}

const FAULTS: [(u64, What); 15] = [
    (14, What::Partition),
    (14, What::ServerCrash),
    (16, What::DeviceCrash),
    (7, What::ServerDiskFull),
    (9, What::DeviceDiskFull),
    (9, What::Clock),
    (5, What::Clone),
    (8, What::PutAway),
    (8, What::SetBack),
    (8, What::PersonChange),
    (5, What::Revocation),
    (10, What::Erasure),
    (18, What::Office),
    (10, What::Backup),
    (9, What::Restore),
];

impl Plan {
    /// Whether its world is a close one, as every third is: people at two stations, cases that are shared and handed to and fro, long texts,
    /// syncs that count bytes, and clocks that all say something else.
    #[must_use]
    pub fn is_close(&self) -> bool {
        self.seed.is_multiple_of(3)
    }

    /// The plan of a seed.
    #[must_use]
    pub fn of(seed: u64, size: Size) -> Self {
        let mut chance = Chance::seeded(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x51a1);
        let mut drawn = Vec::new();
        let mut draw = |what: &mut dyn FnMut(&mut Chance) -> What, least: u64| {
            for _ in 0..least + chance.below(least / 2 + 1) {
                let at_ms = BEGIN_MS + moment(&mut chance, size.days);
                let whom = chance.next_u64();
                let what = what(&mut chance);
                drawn.push((at_ms, whom, what));
            }
        };
        draw(&mut |_| What::Act, size.acts);
        draw(&mut |_| What::Sync, size.syncs);
        draw(&mut fault, size.faults);
        drawn.sort_unstable();
        let entries = (0_u64..)
            .zip(drawn)
            .map(|(number, (at_ms, whom, what))| Planned {
                number,
                at_ms,
                whom,
                what,
                chance: Chance::seeded(
                    seed.rotate_left(32) ^ number.wrapping_mul(0xd134_2543_de82_ef95),
                ),
            });
        Self {
            seed,
            entries: entries.collect(),
            end_ms: BEGIN_MS + size.days * DAY_MS,
        }
    }
}

/// People work in bursts: some hours of the days are full, others empty.
fn moment(chance: &mut Chance, days: i64) -> i64 {
    let day = chance.below(days.unsigned_abs()).cast_signed();
    let hour = [8, 9, 9, 10, 14, 15, 15, 22]
        .get(usize::try_from(chance.below(8)).unwrap_or(0))
        .copied()
        .unwrap_or(8);
    let within = if chance.hits(50) {
        10 * 60_000
    } else {
        HOUR_MS
    };
    day * DAY_MS + hour * HOUR_MS + chance.below(within.unsigned_abs()).cast_signed()
}

fn fault(chance: &mut Chance) -> What {
    let total = FAULTS.iter().map(|(weight, _)| weight).sum();
    let mut drawn = chance.below(total);
    for (weight, what) in FAULTS {
        match drawn.checked_sub(weight) {
            Some(rest) => drawn = rest,
            None => return what,
        }
    }
    What::Partition
}

impl Mask {
    /// Whether an entry happens.
    #[must_use]
    pub fn has(&self, number: u64) -> bool {
        let is_only = |only: &BTreeSet<u64>| only.contains(&number);
        !self.without.contains(&number) && self.only.as_ref().is_none_or(is_only)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Act => "act",
            Self::Sync => "sync",
            Self::Partition => "partition",
            Self::ServerCrash => "server loses power",
            Self::DeviceCrash => "device loses power",
            Self::ServerDiskFull => "server's disk is full",
            Self::DeviceDiskFull => "device's disk is full",
            Self::Clock => "clock is set wrong",
            Self::Clone => "phone is copied",
            Self::PutAway => "copy of a phone is put away",
            Self::SetBack => "phone is set back to its copy",
            Self::PersonChange => "person changes role or place",
            Self::Revocation => "device is revoked",
            Self::Erasure => "record is erased",
            Self::Backup => "backup is made",
            Self::Restore => "server comes back from its backup",
            Self::Office => "somebody attends to the server",
        })
    }
}
