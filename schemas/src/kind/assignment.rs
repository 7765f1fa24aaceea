//! `assignment` 体察任务: who is asked to visit what. Only the campaign's coordinators and the person asked can read it.
//!
//! Everything the person needs stands in it, because a volunteer does not read the campaign.

use super::{Kind, KindTable};
use crate::field::{Field, Shape};
use crate::status::Next::{Stay, To};
use crate::status::{ANY, COORDINATOR, Datum, INSPECTOR, LifeCycle, SETTLED_CONTEST};

pub(super) static TABLE: KindTable = KindTable {
    fields: &[
        Field::new("campaign", Shape::Record(Kind::Campaign)).once(),
        Field::new("person", Shape::Id).once(),
        Field::new("alias", Shape::Text),
        Field::new("title", Shape::Text),
        Field::new("target", Shape::Text),
        Field::new("enterprise", Shape::Record(Kind::Enterprise)),
        Field::new("region", Shape::Area),
        Field::new("checklist.id", Shape::Text),
        Field::new("checklist.version", Shape::Text),
        Field::new("due", Shape::Date),
        Field::new("round", Shape::Integer(1, 1_000)),
        Field::new("previous", Shape::Record(Kind::Inspection)),
        Field::new("budget_fen", Shape::Fen),
        Field::new("briefing", Shape::LongText),
    ],
    maps: &["checklist"],
    texts: &["briefing"],
    life_cycle: &LIFE_CYCLE,
    editors: COORDINATOR,
    title: &["title", "target"],
    search: &["title", "target"],
    natural: &[],
};

static LIFE_CYCLE: LifeCycle = LifeCycle {
    first: "planned",
    rules: rules! {
        "offered"   from &["planned", "declined"] => To("offered"), by COORDINATOR;
        "claimed"   from &["offered"] => To("claimed"), by INSPECTOR;
        "declined"  from &["offered", "claimed", "briefed"] => To("declined"), by INSPECTOR;
        "briefed"   from &["claimed"] => To("briefed"), by INSPECTOR;
        "done"      from &["claimed", "briefed"] => To("done"), by INSPECTOR;
        "cancelled" from &["planned", "offered", "claimed", "briefed", "declined"] => To("cancelled"), by COORDINATOR;
        "expired"   from &["offered", "claimed", "briefed"] => To("expired"), by COORDINATOR;
        SETTLED_CONTEST from ANY => Stay, by COORDINATOR;
    },
    data: &[
        Datum::new("briefed", "quiz_score", Shape::Integer(0, 100)).derives("quiz_score"),
        Datum::new("declined", "reason", Shape::Text).derives("decline_reason"),
        Datum::new("done", "inspection", Shape::Record(Kind::Inspection)).derives("inspection"),
    ],
};
