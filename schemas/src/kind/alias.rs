//! `alias` 代号: whom an alias of a campaign stands for, with the exact times. Only the campaign's coordinators can read it.

use super::{Kind, KindTable};
use crate::field::{Field, Shape};
use crate::status::{COORDINATOR, LifeCycle};

pub(super) static TABLE: KindTable = KindTable {
    fields: &[
        Field::new("campaign", Shape::Record(Kind::Campaign)).once(),
        Field::new("alias", Shape::Text).once(),
        Field::new("person", Shape::Id).once(),
        Field::new("inspection", Shape::Record(Kind::Inspection)),
        Field::new("checked_in_at", Shape::Time),
        Field::new("submitted_at", Shape::Time),
        Field::new("conflict_of_interest", Shape::Text),
    ],
    maps: &[],
    texts: &[],
    life_cycle: &LifeCycle {
        first: "registered",
        rules: &[],
        data: &[],
    },
    editors: COORDINATOR,
    title: &["alias"],
    search: &["alias"],
    natural: &[],
};
