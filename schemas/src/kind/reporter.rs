//! `reporter` 举报人: the person behind a tip-off. Kept secret like a consumer: in the station's personal feed, and nowhere else.

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
        Field::new("email", Shape::Text),
        Field::new("relation", Shape::Text),
        Field::new("keep_secret", Shape::Flag),
    ],
    maps: &[],
    texts: &[],
    life_cycle: &LifeCycle {
        first: "registered",
        rules: &[],
        data: &[],
    },
    editors: STAFF,
    title: &["name", "phone"],
    search: &["name", "phone"],
    natural: &[],
};
