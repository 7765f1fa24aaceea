//! Policy: whether this person, in this role, may make this difference. Judged on the merged record, now.

use std::collections::BTreeSet;

use super::{Asker, Held, Refusal};
use crate::feed::{Feed, feeds_of};
use crate::id::{Hash, RecordId};
use crate::kind::Kind;
use crate::problem::ProblemKind;
use crate::record::Document;
use crate::record::check::Difference;
use crate::status::{EventError, Role, fold};

/// A record that is there must lie in a feed that the person may write. What cannot be seen is refused before it is looked at.
pub(super) fn may_see(
    held: Option<Held<'_>>,
    asker: &Asker<'_>,
    station_region: &dyn Fn(&str) -> Option<String>,
    record: RecordId,
) -> Result<(), Refusal> {
    let Some(held) = held else { return Ok(()) };
    let feeds = feeds_of(&held.document.view(), held.owner, station_region);
    if may_write(&feeds, asker) {
        return Ok(());
    }
    if record.is_natural() {
        return Err(Refusal::new(
            ProblemKind::HeldElsewhere,
            "another station holds this record",
        ));
    }
    Err(not_permitted())
}

/// Every new event was legal where its author saw the record. One that merging made illegal stays, contested.
pub(super) fn events_are_legal(after: &Document, difference: &Difference) -> Result<(), Refusal> {
    let life_cycle = after.kind().table().life_cycle;
    let changes: BTreeSet<Hash> = difference.events.iter().map(|event| event.change).collect();
    for change in changes {
        let seen = after.at(&[change])?;
        let events = seen.events();
        let folded = fold(life_cycle, &events);
        let mut status = life_cycle.first;
        for (event, contested) in events.iter().zip(folded.contested) {
            let rule = life_cycle.rule(&event.kind, status);
            if event.change == change && contested {
                let why = rule
                    .err()
                    .map(|error| error.to_string())
                    .unwrap_or_default();
                return Err(Refusal::new(ProblemKind::EventIllegal, why));
            }
            let Ok(rule) = rule else { continue };
            if let Some(needs) = rule
                .needs
                .iter()
                .find(|key| !event.data.contains_key(**key))
            {
                let error = EventError::Needs {
                    event: event.kind.clone(),
                    needs,
                };
                return Err(Refusal::new(ProblemKind::EventIllegal, error.to_string()));
            }
            if let crate::status::Next::To(next) = rule.next {
                status = next;
            }
        }
    }
    Ok(())
}

/// The person may write where the record belongs now, and cause the events.
pub(super) fn may_make(
    difference: &Difference,
    feeds: &BTreeSet<Feed>,
    kind: Kind,
    asker: &Asker<'_>,
) -> Result<(), Refusal> {
    if feeds.is_empty() {
        return Err(Refusal::new(
            ProblemKind::RecordInvalid,
            "station: is required",
        ));
    }
    if !may_write(feeds, asker) {
        return Err(not_permitted());
    }
    let role = asker.standing.role;
    if kind != Kind::Inspection && !matches!(role, Role::StationStaff | Role::Coordinator) {
        return Err(not_permitted());
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
            };
            Err(Refusal::new(ProblemKind::NotPermitted, error.to_string()))
        }
        None => Ok(()),
    }
}

fn may_write(feeds: &BTreeSet<Feed>, asker: &Asker<'_>) -> bool {
    asker
        .grants
        .iter()
        .any(|grant| grant.write && feeds.contains(&grant.feed))
}

fn not_permitted() -> Refusal {
    Refusal::new(
        ProblemKind::NotPermitted,
        "this person may not write this record",
    )
}
