//! `inspection` 暗访体察: one visit, blind until it is submitted and by an alias ever after.

use super::{Kind, KindTable};
use crate::field::Rule::{Once, Optional};
use crate::field::{Field, Shape};
use crate::status::{EventRule, LifeCycle, Next, Role};

const fn field(path: &'static str, shape: Shape) -> Field {
    Field {
        path,
        shape,
        rule: Optional,
    }
}

pub(super) static TABLE: KindTable = KindTable {
    fields: &[
        Field {
            path: "campaign",
            shape: Shape::Id,
            rule: Once,
        },
        Field {
            path: "region",
            shape: Shape::Area,
            rule: Once,
        },
        Field {
            path: "alias",
            shape: Shape::Text,
            rule: Once,
        },
        field("checklist.id", Shape::Text),
        field("checklist.version", Shape::Text),
        field("enterprise", Shape::Text),
        field("site.lat", Shape::Number(-90.0, 90.0)),
        field("site.lon", Shape::Number(-180.0, 180.0)),
        field("site.accuracy_m", Shape::Number(0.0, 100_000.0)),
        field("site.mock", Shape::Flag),
        field("round", Shape::Integer(1, 1_000)),
        field("previous", Shape::Record(Kind::Inspection)),
        field("answers", Shape::Answers),
        field("notes", Shape::LongText),
    ],
    maps: &["checklist", "site", "answers"],
    texts: &["notes"],
    life_cycle: &LIFE_CYCLE,
};

const INSPECTOR: &[Role] = &[Role::Volunteer, Role::StationStaff, Role::Coordinator];
const REVIEWER: &[Role] = &[Role::Coordinator];
const IN_HAND: &[&str] = &["draft", "claimed", "on_site", "returned"];

const fn rule(
    event: &'static str,
    from: &'static [&'static str],
    to: &'static str,
    roles: &'static [Role],
    needs: &'static [&'static str],
) -> EventRule {
    EventRule {
        event,
        from,
        next: Next::To(to),
        roles,
        needs,
    }
}

static LIFE_CYCLE: LifeCycle = LifeCycle {
    first: "draft",
    rules: &[
        rule("claimed", &["draft"], "claimed", INSPECTOR, &[]),
        rule(
            "checked_in",
            &["draft", "claimed", "returned"],
            "on_site",
            INSPECTOR,
            &[],
        ),
        rule("submitted", IN_HAND, "submitted", INSPECTOR, &[]),
        rule(
            "returned",
            &["submitted"],
            "returned",
            REVIEWER,
            &["reason"],
        ),
        rule("approved", &["submitted"], "approved", REVIEWER, &[]),
        rule(
            "rejected",
            &["submitted"],
            "rejected",
            REVIEWER,
            &["reason"],
        ),
        rule("aborted", IN_HAND, "aborted", INSPECTOR, &["reason"]),
    ],
};
