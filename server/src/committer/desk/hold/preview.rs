//! What a release would come to, for who decides about it.

use std::collections::BTreeSet;

use fieldwatch_schemas::id::{DeviceId, RecordId};
use fieldwatch_schemas::record::view::View;
use serde_json::{Value as Json, json};

use super::super::hand::OrderError;
use super::super::{Desk, Ruling};

impl Desk {
    /// What the record would say if what waits were taken: fields that would change, before and after, and events that would be added.
    ///
    /// # Errors
    ///
    /// [`OrderError::Unknown`] if nothing waits, [`OrderError::Refused`] if it could not be taken.
    pub fn preview(&mut self, record: RecordId, device: DeviceId) -> Result<Json, OrderError> {
        let (asker, pushed) = self.waiting_work(record, device)?;
        let store = self.log.store()?;
        let held = self.look_up(record)?;
        let ruling = self.judge_guarded(&*store, &asker, &pushed, held.as_ref())?;
        let before = held.as_ref().map(|kept| kept.document.view());
        if let Some(kept) = held {
            self.cache.put(record, kept);
        }
        let after = match ruling {
            Some(Ruling::Write(now, _, _)) => now.1,
            Some(Ruling::Duplicate) => return Ok(json!({ "fields": {}, "events": [] })),
            Some(Ruling::Refuse(refusal)) => return Err(OrderError::Refused(refusal)),
            Some(Ruling::Missing(_)) | None => return Err(OrderError::Unknown),
        };
        Ok(compared(before.as_ref(), &after))
    }
}

fn compared(before: Option<&View>, after: &View) -> Json {
    let was = |path: &String| before.and_then(|view| view.fields.get(path));
    let gone = before.into_iter().flat_map(|view| view.fields.keys());
    let paths: BTreeSet<&String> = after.fields.keys().chain(gone).collect();
    let changed = paths
        .into_iter()
        .filter(|path| was(path) != after.fields.get(*path))
        .map(|path| {
            let change = json!({ "before": was(path), "after": after.fields.get(path) });
            (path.clone(), change)
        });
    let fields: serde_json::Map<String, Json> = changed.collect();
    let known: BTreeSet<_> = before
        .into_iter()
        .flat_map(|view| view.events.iter().map(|event| event.id))
        .collect();
    let events = after
        .events
        .iter()
        .filter(|event| !known.contains(&event.id));
    let events: Vec<Json> = events
        .map(|event| json!({ "type": event.kind, "at": event.at.rfc3339(), "data": event.data }))
        .collect();
    json!({ "fields": fields, "events": events })
}
