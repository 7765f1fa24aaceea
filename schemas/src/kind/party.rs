//! `party` 消费者: who complained. It lives in its station's personal feed, and nowhere else.

use super::KindTable;
use crate::field::{Field, Shape};
use crate::status::{LifeCycle, STAFF};

pub(super) static TABLE: KindTable = KindTable {
    fields: &[
        Field::new("station", Shape::Station).following(),
        Field::new("shared_with", Shape::Stations).by(&[]),
        Field::new("name", Shape::Text),
        Field::new("phone", Shape::Text),
        Field::new("id_type", Shape::Code("id_type")),
        Field::new("id_number", Shape::Text),
        Field::new("address", Shape::Text),
        Field::new("postcode", Shape::Text),
        Field::new("email", Shape::Text),
        Field::new("age_band", Shape::Code("age_band")),
        Field::new("agent_name", Shape::Text),
        Field::new("agent_phone", Shape::Text),
        Field::new("agent_basis", Shape::Text),
        Field::new("guardian_name", Shape::Text),
        Field::new("guardian_consent", Shape::Flag),
    ],
    maps: &[],
    texts: &[],
    life_cycle: &LifeCycle {
        first: "registered",
        rules: &[],
        data: &[],
    },
    editors: STAFF,
    title: &["name", "phone", "address"],
    search: &["name", "phone"],
    natural: &[],
};
