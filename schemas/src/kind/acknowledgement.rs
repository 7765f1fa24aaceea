//! `acknowledgement` 受理回执: what the consumer takes away: a number, and a code that leads back to the case. No personal data.

use super::{Kind, KindTable};
use crate::field::{Field, Shape};
use crate::status::Next::{Stay, To};
use crate::status::{ANY, Datum, LifeCycle, SETTLED_CONTEST, STAFF};

pub(super) static TABLE: KindTable = KindTable {
    fields: &[
        Field::new("case", Shape::Record(Kind::Case)).once(),
        Field::new("station", Shape::Station).once(),
        Field::new("number", Shape::Text).once(),
        Field::new("issued_at", Shape::Time).once(),
        Field::new("qr", Shape::Text).once(),
        Field::new("station_name", Shape::Text),
        Field::new("station_phone", Shape::Text),
    ],
    maps: &[],
    texts: &[],
    life_cycle: &LIFE_CYCLE,
    editors: STAFF,
    title: &["number"],
    search: &["number"],
    natural: &[],
};

static LIFE_CYCLE: LifeCycle = LifeCycle {
    first: "issued",
    rules: rules! {
        "handed_over" from &["issued"] => To("handed_over"), by STAFF;
        "voided"      from &["issued", "handed_over"] => To("voided"), by STAFF needs &["reason"];
        SETTLED_CONTEST from ANY => Stay, by STAFF;
    },
    data: &[Datum::new("voided", "reason", Shape::Text).derives("void_reason")],
};
