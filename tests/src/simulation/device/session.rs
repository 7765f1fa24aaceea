//! A sync under way on a simulated device, and what is heard in passing.

use std::collections::BTreeSet;

use fieldwatch_client_core::chance::SeededChance;
use fieldwatch_client_core::engine::{Engine, Report, Traffic};
use fieldwatch_schemas::id::{Hash, RecordId};
use fieldwatch_schemas::problem::Problem;
use fieldwatch_schemas::sync::exchange::Item;
use fieldwatch_schemas::sync::frame::Frames;

use crate::simulation::network::Weather;

/// A sync under way.
#[derive(Debug)]
pub(in crate::simulation) struct Session {
    pub(in crate::simulation) engine: Engine<SeededChance>,
    pub(in crate::simulation) frames: Frames,
    pub(in crate::simulation) traffic: Traffic,
    pub(in crate::simulation) began_ms: i64,
    /// How many bytes it may take.
    budget: Option<u64>,
    /// The records that the server said it has, and those of them that a receipt came for.
    outcomes: BTreeSet<RecordId>,
    pub(in crate::simulation) receipted: BTreeSet<RecordId>,
    /// The request that is being answered; bytes of earlier ones are dropped.
    pub(in crate::simulation) request: u64,
    /// What its messages meet.
    pub(in crate::simulation) weather: Weather,
}

/// What a device wants of the world.
#[derive(Debug)]
pub(in crate::simulation) enum Wish {
    /// These bytes brought to the server.
    Send(Vec<u8>),
    /// Nothing: the sync is over.
    Done(Result<Report, Problem>),
}

/// What the device heard in passing, for whoever keeps the books.
#[derive(Debug, Default)]
pub(in crate::simulation) struct Heard {
    /// Changes that the server acknowledged.
    pub(in crate::simulation) acknowledged: Vec<(RecordId, Hash)>,
    /// What it wants.
    pub(in crate::simulation) wishes: Vec<Wish>,
}

impl Session {
    pub(super) fn begin(
        engine: Engine<SeededChance>,
        budget: Option<u64>,
        weather: Weather,
        began_ms: i64,
    ) -> Self {
        Self {
            engine,
            frames: Frames::default(),
            traffic: Traffic::default(),
            began_ms,
            budget,
            outcomes: BTreeSet::new(),
            receipted: BTreeSet::new(),
            request: 0,
            weather,
        }
    }

    /// By how many bytes it has exceeded its budget.
    pub(super) fn over_budget(&self) -> u64 {
        let spent = self.traffic.sent_bytes + self.traffic.received_bytes;
        spent.saturating_sub(self.budget.unwrap_or(u64::MAX))
    }

    /// Notes what was acknowledged, and of which records a receipt has come.
    pub(super) fn note(&mut self, item: &Item, heard: &mut Heard) {
        match item {
            Item::Hello(_) => self.outcomes.clear(),
            Item::Outcome(outcome) if !outcome.durable.is_empty() => {
                let hashes = outcome.durable.iter().map(|hash| (outcome.record, *hash));
                heard.acknowledged.extend(hashes);
                self.outcomes.insert(outcome.record);
            }
            Item::Receipt(_) => self.receipted.append(&mut self.outcomes),
            _ => {}
        }
    }
}
