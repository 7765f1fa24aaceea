//! Who wrote, as a reader may see it.
//!
//! A label is the name of the person whose device the actor is bound to. Of a blind record everybody but its maker reads the record's
//! alias in the maker's place. A row of an imported table was written by nobody: whoever happened to bring it first is not its author.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fieldwatch_schemas::id::{Actor, PersonId};
use fieldwatch_schemas::sync::pull::AuthorLabel;

use crate::tables::{RecordRow, WriterRow};

/// Tells a person's name. Called under the log's lock: it must not come back to the log.
pub type Names = dyn Fn(PersonId) -> Option<String> + Send + Sync;

/// The maker of a blind record that has no alias.
pub(super) const INSPECTOR: &str = "体察员";
/// An imported row.
pub(super) const IMPORT: &str = "导入";
/// A person that the register does not know.
pub(super) const UNKNOWN: &str = "未知";

/// Labels for one reader.
pub(super) struct Labels {
    reader: PersonId,
    names: Arc<Names>,
    /// Names that were looked up for this reply.
    known: BTreeMap<PersonId, String>,
}

impl Labels {
    pub(super) fn new(reader: PersonId, names: Arc<Names>) -> Self {
        Self {
            reader,
            names,
            known: BTreeMap::new(),
        }
    }

    /// The labels of some of a record's writers.
    pub(super) fn of(&mut self, row: &RecordRow, actors: &BTreeSet<Actor>) -> Vec<AuthorLabel> {
        let writers = row.writers.iter();
        writers
            // Of whom nobody knows whose it is, devices keep the label that they were told before.
            .filter(|writer| actors.contains(&writer.actor) && !writer.writer().is_nobodys())
            .map(|writer| AuthorLabel {
                actor: writer.actor,
                label: self.label(row, writer),
            })
            .collect()
    }

    fn label(&mut self, row: &RecordRow, writer: &WriterRow) -> String {
        if writer.is_row && writer.seq == 1 {
            return IMPORT.to_owned();
        }
        let is_hidden =
            row.kind.is_blind() && writer.person == row.owner && self.reader != row.owner;
        if is_hidden {
            return row.alias.clone().unwrap_or_else(|| INSPECTOR.to_owned());
        }
        let names = &self.names;
        let name = self
            .known
            .entry(writer.person)
            .or_insert_with(|| names(writer.person).unwrap_or_else(|| UNKNOWN.to_owned()));
        name.clone()
    }
}
