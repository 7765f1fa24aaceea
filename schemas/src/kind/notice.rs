//! `notice` 提示、警示、倡议、点评: a word to the public, after legal review; once published everybody has it.
//!
//! Its drafts go with it, as with every record: they are no place for what the public must not read.

use super::{Kind, KindTable};
use crate::field::{Field, Shape};
use crate::status::Next::{Stay, To};
use crate::status::{ANY, COORDINATOR, Datum, LifeCycle, SETTLED_CONTEST};

pub(super) static TABLE: KindTable = KindTable {
    fields: &[
        Field::new("title", Shape::Text).required(),
        Field::new("region", Shape::Area).once(),
        Field::new("form", Shape::Code("notice_form")),
        Field::new("category", Shape::Code("category")),
        Field::new("body", Shape::LongText),
        Field::new("campaign", Shape::Record(Kind::Campaign)),
        Field::new("cases_counted", Shape::Integer(0, 100_000_000)),
        Field::new("author_unit", Shape::Text),
        Field::new("valid_until", Shape::Date),
        Field::new("reach", Shape::Integer(0, 100_000_000_000)),
    ],
    maps: &[],
    texts: &["body"],
    life_cycle: &LIFE_CYCLE,
    editors: COORDINATOR,
    title: &["title"],
    search: &["title", "body"],
    natural: &[],
};

static LIFE_CYCLE: LifeCycle = LifeCycle {
    first: "draft",
    rules: rules! {
        "submitted" from &["draft"] => To("in_review"), by COORDINATOR;
        "reviewed"  from &["in_review"] => To("legal_check"), by COORDINATOR;
        "returned"  from &["in_review", "legal_check"] => To("draft"), by COORDINATOR needs &["reason"];
        "published" from &["legal_check"] => To("published"), by COORDINATOR;
        "withdrawn" from &["published"] => To("withdrawn"), by COORDINATOR needs &["reason"];
        "expired"   from &["published"] => To("expired"), by COORDINATOR;
        SETTLED_CONTEST from ANY => Stay, by COORDINATOR;
    },
    data: &[
        Datum::new("returned", "reason", Shape::Text).derives("return_reason"),
        Datum::new("withdrawn", "reason", Shape::Text).derives("withdraw_reason"),
    ],
};
