//! `checklist` 体察清单: one published version of a checklist, the same for everybody and for ever.
//!
//! Its id follows from the checklist's id and version, and but for a remark nothing in it can change once it is written: whoever
//! publishes the same again makes the same record, and whoever publishes something else under that version is refused. It lies in the feed `shared`.

use super::KindTable;
use crate::field::{Field, Shape};
use crate::status::{COORDINATOR, LifeCycle};

pub(super) static TABLE: KindTable = KindTable {
    fields: &[
        Field::new("id", Shape::Text).once(),
        Field::new("version", Shape::Text).once(),
        Field::new("title", Shape::Text).once(),
        Field::new("definition", Shape::Pieces).once(),
        Field::new("remark", Shape::Text),
    ],
    maps: &["definition"],
    texts: &[],
    life_cycle: &LifeCycle {
        first: "published",
        rules: &[],
        data: &[],
    },
    editors: COORDINATOR,
    title: &["title", "id"],
    search: &["title", "id", "version"],
    natural: &["id", "version"],
};
