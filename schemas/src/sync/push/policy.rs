//! Policy: whether this person, in this role, may make this difference. Judged on the merged record, now.

use std::collections::BTreeSet;

use super::{Asker, Refusal};
use crate::checklist::published::Checklists;
use crate::chunk::Chunk;
use crate::feed::Feed;
use crate::field::Field;
use crate::id::Hash;
use crate::inspection::sealed::broken_by;
use crate::inspection::{SUBMITTED, can_be_submitted};
use crate::kind::Kind;
use crate::problem::ProblemKind;
use crate::record::Document;
use crate::record::check::Difference;
use crate::record::event::Event;
use crate::status::{EventError, Walk};

/// A record that is there must lie in a feed that the person may write. What cannot be seen is refused before it is looked at.
pub(super) fn may_see(
    feeds: &BTreeSet<Feed>,
    document: &Document,
    asker: &Asker<'_>,
) -> Result<(), Refusal> {
    if may_write(feeds, document.kind(), asker) {
        return Ok(());
    }
    if document.id().is_natural() {
        return Err(Refusal::new(
            ProblemKind::HeldElsewhere,
            "another station holds this record",
        ));
    }
    Err(not_permitted())
}

/// A record with the id of a natural key was born with that key, so that nobody holds a place that is another record's.
pub(super) fn has_its_key(after: &Document, fresh: &[Chunk]) -> Result<(), Refusal> {
    let Some(first) = fresh.first().filter(|_| after.id().is_natural()) else {
        return Ok(());
    };
    let born = after.at(&[first.hash()])?.fields();
    let text = |path: &str| born.get(path).and_then(|value| value.as_str());
    match after.kind().natural_id(text) == Some(after.id()) {
        true => Ok(()),
        false => Err(Refusal::new(
            ProblemKind::RecordInvalid,
            "its id is that of another natural key",
        )),
    }
}

/// Every new event was legal where its author saw the record. One that merging made illegal stays, contested.
/// So must be the answers of a visit that is submitted: complete where its inspector submitted it.
pub(super) fn events_are_legal(
    after: &Document,
    difference: &Difference,
    checklists: &dyn Checklists,
) -> Result<(), Refusal> {
    let life_cycle = after.kind().table().life_cycle;
    let changes: BTreeSet<Hash> = difference.events.iter().map(|event| event.change).collect();
    let illegal = |error: EventError| Refusal::new(ProblemKind::EventIllegal, error.to_string());
    for change in changes {
        let mut walk = Walk::new(life_cycle);
        let seen = after.at(&[change])?;
        let submits = |event: &Event| event.change == change && event.kind == SUBMITTED;
        if after.kind() == Kind::Inspection && difference.events.iter().any(submits) {
            can_be_submitted(&seen.view(), checklists)
                .map_err(|why| Refusal::new(ProblemKind::EventIllegal, why.to_string()))?;
        }
        for event in seen.events() {
            let rule = walk.rule(&event.kind, &event.data);
            let step = walk.step(event.id, &event.kind, &event.data);
            if event.change != change {
                continue;
            }
            step.map_err(illegal)?;
            if let Ok(rule) = rule {
                let checked = life_cycle.check_data(&event.kind, rule.needs, &event.data);
                checked.map_err(illegal)?;
            }
        }
    }
    Ok(())
}

/// No change of a visit touches what its result rests on after its author saw it submitted.
pub(super) fn sealed_stays(after: &Document, fresh: &[Chunk]) -> Result<(), Refusal> {
    if after.kind() != Kind::Inspection {
        return Ok(());
    }
    for chunk in fresh {
        if let Some(broken) = broken_by(after, chunk.hash(), chunk.deps())? {
            return Err(broken.into());
        }
    }
    Ok(())
}

/// A record belongs to some feed, or nobody would ever see it.
pub(super) fn lies_somewhere(feeds: &BTreeSet<Feed>) -> Result<(), Refusal> {
    match feeds.is_empty() {
        false => Ok(()),
        true => Err(Refusal::new(
            ProblemKind::RecordInvalid,
            "it does not say where it belongs: a station, a region or a campaign is required",
        )),
    }
}

/// The person may write where the record belongs now.
pub(super) fn may_lie(
    feeds: &BTreeSet<Feed>,
    kind: Kind,
    asker: &Asker<'_>,
) -> Result<(), Refusal> {
    match may_write(feeds, kind, asker) {
        true => Ok(()),
        false => Err(not_permitted()),
    }
}

/// The person may write the fields, and cause the events.
pub(super) fn may_make(
    difference: &Difference,
    kind: Kind,
    asker: &Asker<'_>,
) -> Result<(), Refusal> {
    let role = asker.standing.role;
    let edits = difference.is_new || !difference.paths.is_empty();
    if edits && !kind.table().editors.contains(&role) {
        return Err(not_permitted());
    }
    let is_barred = |field: &&Field| {
        let root = field.path.split('.').next().unwrap_or_default();
        field.by.is_some_and(|by| !by.contains(&role))
            && difference.paths.iter().any(|path| path == root)
    };
    if let Some(field) = kind.table().fields.iter().find(is_barred) {
        return Err(Refusal::new(
            ProblemKind::NotPermitted,
            format!("{}: is not written by {}", field.path, role.name()),
        ));
    }
    let life_cycle = kind.table().life_cycle;
    let barred = difference
        .events
        .iter()
        .find(|event| life_cycle.knows(&event.kind) && !life_cycle.allows(&event.kind, role));
    match barred {
        Some(event) => {
            let error = EventError::NotFor {
                event: event.kind.clone(),
                role,
                legal: life_cycle.events_for(role),
            };
            Err(Refusal::new(ProblemKind::NotPermitted, error.to_string()))
        }
        None => Ok(()),
    }
}

/// A feed must be granted for writing. What is made for all lies in `shared`, which everybody may only read: there the kind's editors
/// write records of that kind, and nothing else.
pub(super) fn may_write(feeds: &BTreeSet<Feed>, kind: Kind, asker: &Asker<'_>) -> bool {
    let makes_for_all = kind.is_for_all() && kind.table().editors.contains(&asker.standing.role);
    asker.grants.iter().any(|grant| {
        let is_written = grant.write || (makes_for_all && grant.feed == Feed::shared());
        is_written && feeds.contains(&grant.feed)
    })
}

fn not_permitted() -> Refusal {
    Refusal::new(
        ProblemKind::NotPermitted,
        "this person may not write this record",
    )
}
