//! Acts: everything that may be done to a record, a function each. Both sides write through these and nowhere else.
//!
//! One [`Document::edit`] is one change: a person's act with all it entails, atomic, attributed, and validated before it is made.

use automerge::transaction::{CommitOptions, Transactable as _, Transaction};
use automerge::{ActorId, ReadDoc as _};

use super::check::check_whole;
use super::conflict::candidates;
use super::event::NewEvent;
use super::frozen::EVENTS;
use super::{Document, DocumentError, guarded};
use crate::chunk::Chunk;
use crate::field::{FieldError, FieldValue, Rule, Scalar, Shape};
use crate::id::Actor;
use crate::inspection::sealed::{is_sealed, refusal};
use crate::kind::Kind;
use crate::limits::EVENT_BYTES_MAX;
use crate::status::{EventError, Role, Walk};
use crate::time::Moment;

/// Who edits, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Author {
    /// The writer's identity within this record.
    pub actor: Actor,
    /// The device's clock.
    pub now: Moment,
    /// The role that a person acts in; `None` where the server will judge it.
    pub role: Option<Role>,
}

/// One act.
#[derive(Debug, Clone, PartialEq)]
pub enum Act {
    /// Writes or clears a field.
    Set {
        /// Where.
        path: String,
        /// What.
        value: FieldValue,
    },
    /// Keeps what an import could not translate, under the path of the field it was meant for.
    KeepRaw {
        /// The field it was meant for.
        path: String,
        /// The text of the table.
        text: String,
    },
    /// Adds an event.
    Happen(NewEvent),
    /// Chooses between the values of a conflict; `number` counts from 1.
    Choose {
        /// The field.
        path: String,
        /// Which value.
        number: usize,
    },
}

/// An edit that was not made; the record is as it was.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EditError {
    /// The kind has no such field.
    #[error("{kind} has no field {path:?}; there are: {}", .kind.paths().join(", "))]
    FieldUnknown {
        /// The kind.
        kind: Kind,
        /// What was asked for.
        path: String,
    },
    /// The field cannot hold the value.
    #[error(transparent)]
    Value(#[from] FieldError),
    /// The event cannot happen.
    #[error(transparent)]
    Event(#[from] EventError),
    /// Others may make and edit such records.
    #[error("{kind}: made and edited by {}, not by {role}", names(.kind.table().editors), role = .role.name())]
    NotEditor {
        /// The kind.
        kind: Kind,
        /// Who asked.
        role: Role,
    },
    /// There is nothing to choose, or no such value.
    #[error("{path} has {values} values to choose from, not {number}")]
    NoSuchValue {
        /// The field.
        path: String,
        /// How many there are.
        values: usize,
        /// Which was asked for.
        number: usize,
    },
    /// automerge failed.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

fn names(roles: &[Role]) -> String {
    let names: Vec<_> = roles.iter().map(|role| role.name()).collect();
    names.join(", ")
}

impl Document {
    /// Makes one change of some acts. `None` if they change nothing.
    ///
    /// # Errors
    ///
    /// [`EditError`] for the first act that is not possible; nothing is changed then.
    pub fn edit(&mut self, author: &Author, acts: &[Act]) -> Result<Option<Chunk>, EditError> {
        self.edit_saying(author, acts, None)
    }

    /// As [`Document::edit`], with a message that says what kind of change it is.
    pub(super) fn edit_saying(
        &mut self,
        author: &Author,
        acts: &[Act],
        message: Option<&str>,
    ) -> Result<Option<Chunk>, EditError> {
        let mut draft = self.clone();
        draft.doc.set_actor(ActorId::from(author.actor.0));
        let before = draft.heads();
        let now = if self.kind.is_blind() {
            author.now.day()
        } else {
            author.now
        };
        let mut options = CommitOptions::default().with_time(now.ms.div_euclid(1000));
        if let Some(message) = message {
            options = options.with_message(message);
        }
        draft.prove_editor(author, acts)?;
        let mut walk = Walk::through(self.kind.table().life_cycle, &draft.events());
        for act in acts {
            draft.prove(author, act, &mut walk)?;
        }
        let plan: Vec<_> = acts
            .iter()
            .map(|act| draft.plan(act))
            .collect::<Result<_, _>>()?;
        let doc = &mut draft.doc;
        guarded(|| {
            let made = doc.transact_with(
                |()| options,
                |tx| plan.iter().try_for_each(|step| perform(tx, step)),
            );
            made.map(drop)
                .map_err(|failure| DocumentError::Automerge(failure.error.to_string()))
        })??;
        if draft.heads() == before {
            return Ok(None);
        }
        check_whole(&draft)?;
        let chunk = draft.chunks_since(&before)?.into_iter().next();
        *self = draft;
        Ok(chunk)
    }

    /// Whether the author's role may do what is more than adding events.
    fn prove_editor(&self, author: &Author, acts: &[Act]) -> Result<(), EditError> {
        let edits = acts.is_empty() || acts.iter().any(|act| !matches!(act, Act::Happen(_)));
        let barred = |role: &Role| !self.kind.table().editors.contains(role);
        match author.role.filter(barred) {
            Some(role) if edits => Err(EditError::NotEditor {
                kind: self.kind,
                role,
            }),
            _ => Ok(()),
        }
    }

    /// Whether the author's role may write a field that not every editor may.
    fn prove_field(&self, author: &Author, path: &str) -> Result<(), EditError> {
        let by = self.kind.field(path).and_then(|field| field.by);
        let barred = |role: &Role| by.is_some_and(|by| !by.contains(role));
        match author.role.filter(barred) {
            Some(role) => {
                let why = format!("is not written by {}", role.name());
                Err(FieldError::new(path, why).into())
            }
            None => Ok(()),
        }
    }

    /// Whether an act is possible on the record as it is, after the events of the acts before it.
    fn prove(&self, author: &Author, act: &Act, walk: &mut Walk) -> Result<(), EditError> {
        match act {
            Act::Set { path, value } => {
                let unknown = || EditError::FieldUnknown {
                    kind: self.kind,
                    path: path.clone(),
                };
                let field = self.kind.field(path).ok_or_else(unknown)?;
                field.check(path, value)?;
                self.prove_open(path, walk)?;
                self.prove_field(author, path)?;
                let is_fixed = match field.rule {
                    Rule::Once => true,
                    Rule::Follows => author.role.is_some(),
                    Rule::Optional | Rule::Required => false,
                };
                if is_fixed && self.is_written(path, value) {
                    return Err(
                        FieldError::new(path, "cannot be changed once it is written").into(),
                    );
                }
                Ok(())
            }
            Act::Happen(event) => self.prove_event(author, event, walk),
            Act::Choose { path, .. } => {
                self.prove_open(path, walk)?;
                self.prove_field(author, path)
            }
            Act::KeepRaw { .. } => Ok(()),
        }
    }

    /// Whether a field may be written in the status that the record has.
    fn prove_open(&self, path: &str, walk: &Walk) -> Result<(), EditError> {
        match is_sealed(self.kind, walk.status(), path) {
            true => Err(refusal(path, walk.status()).into()),
            false => Ok(()),
        }
    }

    fn is_written(&self, path: &str, value: &FieldValue) -> bool {
        let current = self
            .cell(path)
            .and_then(|(at, key)| self.doc.get(&at, key.as_str()).ok().flatten());
        match (current, value) {
            (None, _) => false,
            (Some((current, _)), FieldValue::Scalar(new)) => {
                current.as_scalar() != Some(&new.to_cell())
            }
            (Some(_), _) => true,
        }
    }

    fn prove_event(
        &self,
        author: &Author,
        event: &NewEvent,
        walk: &mut Walk,
    ) -> Result<(), EditError> {
        let life_cycle = self.kind.table().life_cycle;
        let rule = match (walk.rule(&event.kind, &event.data), author.role) {
            // What helps is what this person can do now.
            (Err(EventError::Illegal { event, status, .. }), Some(role)) => {
                let legal = life_cycle.legal_for(status, role);
                Err(EventError::Illegal {
                    event,
                    status,
                    legal,
                })
            }
            (rule, _) => rule,
        }?;
        if let Some(role) = author.role.filter(|role| !rule.roles.contains(role)) {
            return Err(EventError::NotFor {
                event: event.kind.clone(),
                role,
                legal: life_cycle.legal_for(walk.status(), role),
            }
            .into());
        }
        life_cycle.prove_data(&event.kind, rule.needs, &event.data)?;
        if event.cell().len() > EVENT_BYTES_MAX {
            return Err(
                FieldError::new("data", format!("longer than {EVENT_BYTES_MAX} bytes")).into(),
            );
        }
        walk.step(event.id, &event.kind, &event.data)?;
        Ok(())
    }

    /// Finds where each act writes, while the record can still be read.
    fn plan(&self, act: &Act) -> Result<Step, EditError> {
        let at = |path: &str| {
            let unknown = || EditError::FieldUnknown {
                kind: self.kind,
                path: path.to_owned(),
            };
            self.cell(path).ok_or_else(unknown)
        };
        match act {
            Act::Set { path, value } => {
                let (container, key) = at(path)?;
                let inner = self.doc.get(&container, key.as_str()).ok().flatten();
                let inner = inner
                    .filter(|(value, _)| value.is_object())
                    .map(|(_, id)| id);
                match (value, inner) {
                    (FieldValue::LongText(text), Some(id)) => Ok(Step::Text(id, text.clone())),
                    (FieldValue::Clear, Some(id)) => Ok(self.clearing(path, id)),
                    (FieldValue::Codes(codes), Some(id)) => {
                        let had: Vec<String> = self.doc.keys(&id).collect();
                        let drop = had
                            .iter()
                            .filter(|code| !codes.contains(*code))
                            .cloned()
                            .collect();
                        let add = codes
                            .iter()
                            .filter(|code| !had.contains(code))
                            .cloned()
                            .collect();
                        Ok(Step::Codes { id, add, drop })
                    }
                    (FieldValue::Scalar(scalar), None) => {
                        Ok(Step::Put(container, key, scalar.clone()))
                    }
                    (FieldValue::Clear, None) => Ok(Step::Delete(container, key)),
                    _ => Err(FieldError::new(path, "is a container").into()),
                }
            }
            Act::KeepRaw { path, text } => {
                let (container, key) = at(&format!("raw.{path}"))?;
                Ok(Step::Put(container, key, Scalar::Text(text.clone())))
            }
            Act::Happen(event) => {
                let (container, key) = at(&format!("{EVENTS}.{}", event.id))?;
                Ok(Step::Put(container, key, Scalar::Text(event.cell())))
            }
            Act::Choose { path, number } => {
                let (container, key) = at(path)?;
                let values = candidates(self, path);
                let chosen = number.checked_sub(1).and_then(|place| values.get(place));
                let cell = chosen.and_then(|candidate| candidate.cell.clone());
                let none = EditError::NoSuchValue {
                    path: path.clone(),
                    values: values.len(),
                    number: *number,
                };
                Ok(Step::Put(container, key, cell.ok_or(none)?))
            }
        }
    }

    fn clearing(&self, path: &str, id: automerge::ObjId) -> Step {
        let is_text = self
            .kind
            .field(path)
            .is_some_and(|field| field.shape == Shape::LongText);
        if is_text {
            return Step::Text(id, String::new());
        }
        let drop = self.doc.keys(&id).collect();
        Step::Codes {
            id,
            add: Vec::new(),
            drop,
        }
    }
}

/// One write, its place found.
enum Step {
    Put(automerge::ObjId, String, Scalar),
    Delete(automerge::ObjId, String),
    Text(automerge::ObjId, String),
    Codes {
        id: automerge::ObjId,
        add: Vec<String>,
        drop: Vec<String>,
    },
}

fn perform(tx: &mut Transaction<'_>, step: &Step) -> Result<(), automerge::AutomergeError> {
    match step {
        Step::Put(at, key, scalar) => {
            // Of several values automerge takes putting the one on top for removing the others; then whoever chooses another one
            // meanwhile would win without a word. Written anew, two choices made apart are a conflict again.
            if tx.get_all(at, key.as_str())?.len() > 1 {
                tx.delete(at, key.as_str())?;
            }
            tx.put(at, key.as_str(), scalar.to_cell())
        }
        Step::Delete(at, key) => match tx.get(at, key.as_str())? {
            Some(_) => tx.delete(at, key.as_str()),
            None => Ok(()),
        },
        Step::Text(id, text) => tx.update_text(id, text),
        Step::Codes { id, add, drop } => {
            add.iter()
                .try_for_each(|code| tx.put(id, code.as_str(), true))?;
            drop.iter()
                .try_for_each(|code| tx.delete(id, code.as_str()))
        }
    }
}
