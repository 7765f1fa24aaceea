//! Lists: the newest first, from summaries alone.

use std::ops::ControlFlow;

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::store::KeyRange;
use fieldwatch_schemas::summary::Summary;

use super::{Group, ReplicaError, State, keys};

/// Which records to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Only of this kind.
    pub kind: Option<Kind>,
    /// Only in this status.
    pub status: Option<String>,
    /// Only with this text in title, names, numbers or narrative, whatever its case.
    pub search: Option<String>,
    /// Which of them as to their bodies.
    pub bodies: Bodies,
    /// No more than this many.
    pub limit: usize,
}

/// Whether a list shows records whose bodies are still on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bodies {
    /// Only records that can be opened here.
    Here,
    /// Those of the index too.
    Anywhere,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            kind: None,
            status: None,
            search: None,
            bodies: Bodies::Here,
            limit: 50,
        }
    }
}

/// One line of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The record.
    pub record: RecordId,
    /// Whether it has been sent.
    pub state: State,
    /// What the line says.
    pub summary: Summary,
    /// Where the record's body is still on the server: what it needs, if the last budget had no room for it.
    pub absent: Option<Absent>,
}

/// A body that is still on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absent {
    /// What a sync must be allowed to carry for it, if the last one was not.
    pub needs_bytes: Option<u64>,
}

impl Filter {
    fn admits(&self, summary: &Summary, search: Option<&str>) -> bool {
        let fits_status = self
            .status
            .as_ref()
            .is_none_or(|status| *status == summary.status);
        let fits_search = search.is_none_or(|text| {
            summary.search.contains(text) || summary.title.to_lowercase().contains(text)
        });
        fits_status && fits_search
    }
}

impl Group<'_> {
    pub(super) fn list(&mut self, filter: &Filter) -> Result<Vec<Listed>, ReplicaError> {
        match self.search(filter)? {
            Some(listed) => Ok(listed),
            None => self.list_all(filter),
        }
    }

    /// Goes through the whole list until there is enough.
    fn list_all(&self, filter: &Filter) -> Result<Vec<Listed>, ReplicaError> {
        let search = filter.search.as_ref().map(|text| text.to_lowercase());
        let mut listed = Vec::new();
        let mut failure = None;
        let range = KeyRange::prefix(&[keys::LIST]);
        self.scan(&range, &mut |key, kind| {
            if listed.len() >= filter.limit {
                return ControlFlow::Break(());
            }
            if filter
                .kind
                .is_some_and(|wanted| wanted.name().as_bytes() != kind)
            {
                return ControlFlow::Continue(());
            }
            let Some(record) = keys::last_record(key) else {
                return ControlFlow::Continue(());
            };
            match self.noting(self.line(record, filter, search.as_deref())) {
                Ok(line) => listed.extend(line),
                // One line that is damaged hides no other; the next sync mends it.
                Err(error) if error.is_damage() => {}
                Err(error) => {
                    failure = Some(error);
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })?;
        failure.map_or(Ok(listed), Err)
    }

    /// The line of a record, if there is one and the filter's status and text admit it.
    pub(super) fn line(
        &self,
        record: RecordId,
        filter: &Filter,
        search: Option<&str>,
    ) -> Result<Option<Listed>, ReplicaError> {
        let (summary, absent) = match self.summary(record)? {
            Some(summary) => (summary, None),
            None => match self.listed_elsewhere(record, filter)? {
                Some((summary, absent)) => (summary, Some(absent)),
                None => return Ok(None),
            },
        };
        if !filter.admits(&summary, search) {
            return Ok(None);
        }
        let state = match absent {
            Some(_) => State::Stored,
            None => self.state_of(record)?,
        };
        Ok(Some(Listed {
            record,
            state,
            summary,
            absent,
        }))
    }

    fn listed_elsewhere(
        &self,
        record: RecordId,
        filter: &Filter,
    ) -> Result<Option<(Summary, Absent)>, ReplicaError> {
        if filter.bodies == Bodies::Here {
            return Ok(None);
        }
        let listing = self.listing(record)?;
        let line = listing.and_then(|listing| {
            let needs_bytes = listing.row.needs_bytes;
            Some((listing.row.summary()?, Absent { needs_bytes }))
        });
        Ok(line)
    }
}
