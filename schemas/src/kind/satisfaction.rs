//! `satisfaction` 满意度测评: what the consumer thinks of how the case was handled.

use super::{Kind, KindTable};
use crate::field::{Field, Shape};
use crate::status::Next::{Stay, To};
use crate::status::{ANY, LifeCycle, SETTLED_CONTEST, STAFF};

pub(super) static TABLE: KindTable = KindTable {
    fields: &[
        Field::new("case", Shape::Record(Kind::Case)).once(),
        Field::new("station", Shape::Station).once(),
        Field::new("mode", Shape::Code("survey_mode")),
        Field::new("score", Shape::Integer(1, 5)),
        Field::new("resolved", Shape::Flag),
        Field::new("comment", Shape::LongText),
        Field::new("asked_at", Shape::Time),
        Field::new("answered_at", Shape::Time),
    ],
    maps: &[],
    texts: &["comment"],
    life_cycle: &LIFE_CYCLE,
    editors: STAFF,
    title: &["comment", "case"],
    search: &["comment"],
    natural: &[],
};

static LIFE_CYCLE: LifeCycle = LifeCycle {
    first: "asked",
    rules: rules! {
        "answered" from &["asked", "lapsed"] => To("answered"), by STAFF;
        "declined" from &["asked"] => To("declined"), by STAFF;
        "lapsed"   from &["asked"] => To("lapsed"), by STAFF;
        SETTLED_CONTEST from ANY => Stay, by STAFF;
    },
    data: &[],
};
