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
    /// No more than this many.
    pub limit: usize,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            kind: None,
            status: None,
            search: None,
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
    pub(super) fn list(&self, filter: &Filter) -> Result<Vec<Listed>, ReplicaError> {
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
            match self.noting(self.line(key, filter, search.as_deref())) {
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

    fn line(
        &self,
        key: &[u8],
        filter: &Filter,
        search: Option<&str>,
    ) -> Result<Option<Listed>, ReplicaError> {
        let Some(record) = keys::last_record(key) else {
            return Ok(None);
        };
        let Some(summary) = self.summary(record)? else {
            return Ok(None);
        };
        if !filter.admits(&summary, search) {
            return Ok(None);
        }
        Ok(Some(Listed {
            record,
            state: self.state_of(record)?,
            summary,
        }))
    }
}
