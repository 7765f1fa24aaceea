//! `party` 消费者: who complained. It lives in its station's personal feed, and nowhere else.

use super::KindTable;
use crate::field::Rule::{Once, Optional};
use crate::field::{Field, Shape};
use crate::status::LifeCycle;

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
            path: "station",
            shape: Shape::Station,
            rule: Once,
        },
        field("name", Shape::Text),
        field("phone", Shape::Text),
        field("id_type", Shape::Code("id_type")),
        field("id_number", Shape::Text),
        field("address", Shape::Text),
        field("age_band", Shape::Code("age_band")),
    ],
    maps: &[],
    texts: &[],
    life_cycle: &LifeCycle {
        first: "registered",
        rules: &[],
    },
};
