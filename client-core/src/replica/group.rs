//! Acts upon a replica under its lock, applied one by one and flushed together by whoever opened the group.

use std::sync::MutexGuard;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::field::{FieldValue, Scalar};
use fieldwatch_schemas::id::{Actor, EventId, Hash, RecordId};
use fieldwatch_schemas::inspection::{SUBMITTED, can_be_submitted};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::edit::{Act, Author};
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::store::Batch;
use fieldwatch_schemas::time::Moment;

use super::held::Held;
use super::{Memory, Replica, ReplicaError, keys};
use crate::chance::Chance;

/// Several acts in a row; see [`Replica::batch`].
#[derive(Debug)]
pub struct Group<'a> {
    pub(super) replica: &'a Replica,
    pub(super) state: MutexGuard<'a, Memory>,
}

/// What an edit came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// The record's heads after it.
    pub heads: Vec<Hash>,
    /// The change, unless the acts changed nothing.
    pub chunk: Option<Chunk>,
}

/// What an event led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// The event.
    pub event: EventId,
    /// The record's status after it.
    pub status: &'static str,
}

impl Group<'_> {
    /// As [`Replica::new_record`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn new_record(
        &mut self,
        kind: Kind,
        acts: &[Act],
        now: &Moment,
        chance: &mut dyn Chance,
    ) -> Result<RecordId, ReplicaError> {
        let mut all = self.defaults(kind, acts, now)?;
        all.extend_from_slice(acts);
        let id = match kind.natural_id(|path| text_of(&all, path)) {
            Some(id) => id,
            None => RecordId::fresh(kind, now.ms, chance.sixteen()?),
        };
        if self.find(id)?.is_some() {
            return Err(ReplicaError::AlreadyExists(id));
        }
        let mut held = Held::new(id, kind.name());
        let mut document = Document::begin(id, kind)?;
        self.write(&mut held, &mut document, &all, now, chance)?;
        Ok(id)
    }

    /// As [`Replica::edit`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn edit(
        &mut self,
        record: RecordId,
        acts: &[Act],
        now: &Moment,
        chance: &mut dyn Chance,
    ) -> Result<Edited, ReplicaError> {
        let mut held = self.held(record)?;
        let mut document = held.document()?;
        let chunk = self.write(&mut held, &mut document, acts, now, chance)?;
        let heads = document.heads();
        Ok(Edited { heads, chunk })
    }

    /// As [`Replica::add_event`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn add_event(
        &mut self,
        record: RecordId,
        event: &NewEvent,
        now: &Moment,
        chance: &mut dyn Chance,
    ) -> Result<Happened, ReplicaError> {
        let mut held = self.held(record)?;
        let mut document = held.document()?;
        let act = Act::Happen(event.clone());
        self.write(&mut held, &mut document, &[act], now, chance)?;
        Ok(Happened {
            event: event.id,
            status: document.view().status(),
        })
    }

    /// Makes one change of some acts and saves it; what was refused before is offered anew with it.
    fn write(
        &mut self,
        held: &mut Held,
        document: &mut Document,
        acts: &[Act],
        now: &Moment,
        chance: &mut dyn Chance,
    ) -> Result<Option<Chunk>, ReplicaError> {
        let author = self.author(held, now, chance)?;
        let chunk = document.edit(&author, acts)?;
        let submits = |act: &Act| matches!(act, Act::Happen(event) if event.kind == SUBMITTED);
        if document.kind() == Kind::Inspection && acts.iter().any(submits) {
            can_be_submitted(&document.view(), self)?;
        }
        if let Some(chunk) = &chunk {
            self.save_own(held, document, chunk)?;
        } else if held.changes.is_empty() {
            self.save(held, Some(document), Batch::new())?;
        }
        Ok(chunk)
    }

    /// Saves a record with a change that was made here.
    pub(super) fn save_own(
        &mut self,
        held: &mut Held,
        document: &Document,
        chunk: &Chunk,
    ) -> Result<(), ReplicaError> {
        held.add_own(chunk);
        let mut also = Batch::new();
        if std::mem::take(&mut held.row.is_refused) {
            also.delete(keys::of_record(keys::REFUSED, held.id));
        }
        self.stay(held.id, &mut also);
        self.save(held, Some(document), also)
    }

    /// Who this installation is in a record; a new actor the first time.
    pub(super) fn author(
        &self,
        held: &mut Held,
        now: &Moment,
        chance: &mut dyn Chance,
    ) -> Result<Author, ReplicaError> {
        let actor = match held.row.actor {
            Some(actor) => actor,
            None => Actor(chance.sixteen()?),
        };
        held.row.actor = Some(actor);
        let role = self.account()?.map(|account| account.standing.role);
        Ok(Author {
            actor,
            now: *now,
            role,
        })
    }

    /// What every record of a kind says and these acts do not.
    fn defaults(&self, kind: Kind, acts: &[Act], now: &Moment) -> Result<Vec<Act>, ReplicaError> {
        let standing = self.account()?.map(|account| account.standing);
        let text = |text: Option<&String>| text.cloned().map(Scalar::Text);
        let station = text(
            standing
                .as_ref()
                .and_then(|standing| standing.station.as_ref()),
        );
        let region = text(
            standing
                .as_ref()
                .and_then(|standing| standing.region.as_ref()),
        );
        let defaults = [
            ("station", station),
            ("region", region),
            ("received_at", Some(Scalar::Time(now.ms))),
            ("issued_at", Some(Scalar::Time(now.ms))),
        ];
        let is_given = |path: &str| {
            acts.iter()
                .any(|act| matches!(act, Act::Set { path: given, .. } if given == path))
        };
        let missing = defaults
            .into_iter()
            .filter(|(path, _)| kind.field(path).is_some() && !is_given(path));
        let set = |(path, value): (&str, Option<Scalar>)| {
            Some(Act::Set {
                path: path.to_owned(),
                value: FieldValue::Scalar(value?),
            })
        };
        Ok(missing.filter_map(set).collect())
    }
}

/// The text that acts set a field to.
fn text_of<'a>(acts: &'a [Act], path: &str) -> Option<&'a str> {
    acts.iter().rev().find_map(|act| match act {
        Act::Set {
            path: given,
            value: FieldValue::Scalar(Scalar::Text(text)),
        } if given == path => Some(text.as_str()),
        _ => None,
    })
}
