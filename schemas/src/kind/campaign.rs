//! `campaign` 专项体察: what is looked into, where, when, how often and by which checklist.

use super::{Kind, KindTable};
use crate::field::{Field, Shape};
use crate::status::Next::{Stay, To};
use crate::status::{ANY, COORDINATOR, Datum, LifeCycle, SETTLED_CONTEST};

pub(super) static TABLE: KindTable = KindTable {
    fields: &[
        Field::new("title", Shape::Text).required(),
        Field::new("region", Shape::Area).once(),
        Field::new("subject", Shape::Text),
        Field::new("categories", Shape::Codes("category")),
        Field::new("scope", Shape::LongText),
        Field::new("period.from", Shape::Date),
        Field::new("period.until", Shape::Date),
        Field::new("quota", Shape::Integer(1, 1_000_000)),
        Field::new("rounds", Shape::Integer(1, 100)),
        Field::new("checklist.id", Shape::Text),
        Field::new("checklist.version", Shape::Text),
        Field::new("previous", Shape::Record(Kind::Campaign)),
        Field::new("briefing", Shape::LongText),
        Field::new("legal_basis", Shape::Text),
    ],
    maps: &["categories", "period", "checklist"],
    texts: &["scope", "briefing"],
    life_cycle: &LIFE_CYCLE,
    editors: COORDINATOR,
    title: &["title", "subject"],
    search: &["title", "subject"],
    natural: &[],
};

static LIFE_CYCLE: LifeCycle = LifeCycle {
    first: "planned",
    rules: rules! {
        "opened"         from &["planned"] => To("open"), by COORDINATOR;
        "review_started" from &["open"] => To("in_review"), by COORDINATOR;
        "resumed"        from &["in_review"] => To("open"), by COORDINATOR;
        "concluded"      from &["open", "in_review"] => To("concluded"), by COORDINATOR;
        "cancelled"      from &["planned", "open", "in_review"] => To("cancelled"), by COORDINATOR needs &["reason"];
        SETTLED_CONTEST  from ANY => Stay, by COORDINATOR;
    },
    data: &[Datum::new("cancelled", "reason", Shape::Text).derives("cancel_reason")],
};
