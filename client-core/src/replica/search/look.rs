//! Looking: from the pieces of a filter to the lines that it admits.

mod places;

use std::collections::{BTreeMap, BTreeSet};

use super::grams::{self, Gram};
use super::segment::Doc;
use super::{Directory, damaged};
use crate::replica::list::{Filter, Listed};
use crate::replica::{Group, ReplicaError};

/// The pieces that every record has which a filter admits.
pub(super) fn grams(filter: &Filter) -> Vec<Gram> {
    let text = filter.search.as_ref().map(|text| text.to_lowercase());
    let mut all = text.map_or_else(Vec::new, |text| grams::of_search(&text));
    all.extend(filter.status.as_deref().map(grams::status));
    all.extend(filter.kind.map(|kind| grams::kind(kind.name())));
    all
}

impl Group<'_> {
    pub(super) fn look(
        &self,
        filter: &Filter,
        grams: &[Gram],
    ) -> Result<Vec<Listed>, ReplicaError> {
        let Directory { segments, .. } = self.directory()?.ok_or_else(damaged)?;
        let (_, noted) = self.notes()?;
        let mut fresh = self.look_at_noted(filter, grams, &noted)?;
        let mut sources = Vec::new();
        for segment in segments {
            sources.push(self.places_in(segment, grams)?);
        }
        let mut heads = BTreeMap::new();
        for (number, source) in sources.iter_mut().enumerate() {
            if let Some(doc) = self.next_doc(source)? {
                heads.insert((doc, number), ());
            }
        }
        let search = filter.search.as_ref().map(|text| text.to_lowercase());
        let mut listed = Vec::new();
        let mut last = None;
        while listed.len() < filter.limit {
            let head = heads.first_key_value().map(|(head, ())| *head);
            let newest = fresh.first_key_value().map(|(doc, _)| *doc);
            let Some((doc, number)) =
                head.filter(|(doc, _)| newest.is_none_or(|newest| *doc < newest))
            else {
                match fresh.pop_first() {
                    Some((_, line)) => listed.push(line),
                    None => break,
                }
                continue;
            };
            heads.remove(&(doc, number));
            if let Some(source) = sources.get_mut(number)
                && let Some(next) = self.next_doc(source)?
            {
                heads.insert((next, number), ());
            }
            if last != Some(doc) && !noted.contains(&doc.record) {
                listed.extend(self.look_at(doc, filter, search.as_deref())?);
            }
            last = Some(doc);
        }
        Ok(listed)
    }

    /// The lines that a filter admits of records that changed lately, as the list sorts them.
    fn look_at_noted(
        &self,
        filter: &Filter,
        grams: &[Gram],
        noted: &BTreeSet<fieldwatch_schemas::id::RecordId>,
    ) -> Result<BTreeMap<Doc, Listed>, ReplicaError> {
        let search = filter.search.as_ref().map(|text| text.to_lowercase());
        let mut fresh = BTreeMap::new();
        for record in noted {
            let Some(entry) = self.entry(*record)? else {
                continue;
            };
            let has = |gram: &Gram| entry.grams.binary_search(gram).is_ok();
            if grams.iter().all(has) {
                let line = self.look_at(entry.doc, filter, search.as_deref())?;
                fresh.extend(line.map(|line| (entry.doc, line)));
            }
        }
        Ok(fresh)
    }

    /// The line of a record, if the filter admits it and it stands where the index says. One that is damaged hides no other.
    fn look_at(
        &self,
        doc: Doc,
        filter: &Filter,
        search: Option<&str>,
    ) -> Result<Option<Listed>, ReplicaError> {
        let line = match self.noting(self.line(doc.record, filter, search)) {
            Err(error) if error.is_damage() => None,
            line => line?,
        };
        Ok(line.filter(|line| {
            let is_kind = filter.kind.is_none_or(|kind| line.summary.kind == kind);
            line.summary.updated_ms == doc.updated_ms && is_kind
        }))
    }
}
