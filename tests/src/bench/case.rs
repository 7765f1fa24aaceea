//! One case as a device would have made it: a change for each act, raw, ready to be pushed.

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::field::{FieldValue, Scalar};
use fieldwatch_schemas::id::{Actor, EventId, Hash, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::edit::{Act, Author};
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::sync::push::Pushed;
use fieldwatch_schemas::time::Moment;

use super::words;
use crate::chance::Chance;
use crate::fault::{Fault, Told};

/// A case, and whoever goes on writing it.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) chunks: Vec<Chunk>,
    document: Document,
    actor: Actor,
    now: Moment,
    chance: Chance,
}

impl Case {
    /// A case that somebody begins with these acts.
    pub(super) fn begun(id: RecordId, acts: &[Act], now: Moment, chance: Chance) -> Told<Self> {
        let mut case = Self::of(Document::begin(id, Kind::Case)?, Vec::new(), now, chance);
        case.write(acts)?;
        Ok(case)
    }

    /// A case that exists, with its changes.
    pub(super) fn of(
        document: Document,
        chunks: Vec<Chunk>,
        now: Moment,
        mut chance: Chance,
    ) -> Self {
        Self {
            chunks,
            document,
            actor: Actor(sixteen(&mut chance)),
            now,
            chance,
        }
    }

    pub(super) fn id(&self) -> RecordId {
        self.document.id()
    }

    /// Its heads.
    pub(super) fn heads(&self) -> Vec<Hash> {
        self.document.heads()
    }

    /// Goes on until the case has so many changes: what a station does first, then what it learns.
    pub(super) fn grown_to(mut self, changes: usize) -> Told<Self> {
        while self.chunks.len() < changes {
            self.now.ms += 3_600_000;
            if self.chunks.len() != 1 || self.happen("first_action").is_err() {
                self.edit()?;
            }
        }
        Ok(self)
    }

    /// One more change of one field.
    pub(super) fn edit(&mut self) -> Told<Chunk> {
        let number = self.chance.below(1 << 40);
        let value = match number % 3 {
            0 => (
                "recovered.refund_fen",
                Scalar::Int(i64::try_from(number % 900_000)?),
            ),
            1 => (
                "respondent.phone",
                Scalar::Text(words::phone(&mut self.chance)),
            ),
            _ => (
                "keywords",
                Scalar::Text(format!("回访{}", number % 100_000)),
            ),
        };
        self.write(&[set(value.0, value.1)])?;
        let last = self.chunks.last().cloned();
        last.ok_or_else(|| Fault::new("the edit made no change"))
    }

    fn happen(&mut self, kind: &str) -> Told<()> {
        let event = NewEvent {
            id: EventId::random(sixteen(&mut self.chance)),
            kind: kind.to_owned(),
            at: self.now,
            data: serde_json::Map::new(),
        };
        self.write(&[Act::Happen(event)])
    }

    fn write(&mut self, acts: &[Act]) -> Told<()> {
        let author = Author {
            actor: self.actor,
            now: self.now,
            role: None,
        };
        self.chunks.extend(self.document.edit(&author, acts)?);
        Ok(())
    }

    /// Its changes from a place on, as they are pushed.
    pub(super) fn pushed_from(&self, place: usize) -> Pushed {
        let changes = self.chunks.get(place..).unwrap_or_default();
        Pushed {
            record: self.id(),
            kind: Kind::Case.name().to_owned(),
            changes: changes
                .iter()
                .map(|chunk| chunk.bytes().to_vec().into())
                .collect(),
            vouched: None,
        }
    }
}

/// An act that writes a field.
pub(super) fn set(path: &str, value: Scalar) -> Act {
    Act::Set {
        path: path.to_owned(),
        value: FieldValue::Scalar(value),
    }
}

/// Sixteen bytes of chance.
pub(super) fn sixteen(chance: &mut Chance) -> [u8; 16] {
    let both = (u128::from(chance.next_u64()) << 64) | u128::from(chance.next_u64());
    both.to_be_bytes()
}
