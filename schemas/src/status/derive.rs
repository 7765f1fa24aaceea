//! What follows from the data of events, by the tables: sums that were agreed, to whom a case was referred, and the like.

use serde_json::{Map, Value as Json};

use crate::record::view::View;

/// The derived fields of a record, by path. The last event that counts and says something decides; contested and void ones do not
/// count, and what does not fit its field is passed over.
#[must_use]
pub fn derived(view: &View) -> Map<String, Json> {
    let life_cycle = view.kind.table().life_cycle;
    let mut found = Map::new();
    for event in view.settled_events() {
        for (key, value) in &event.data {
            let Some(datum) = life_cycle.datum(&event.kind, key) else {
                continue;
            };
            let fits = datum.field.read_form(key, value).is_ok() && !value.is_null();
            if let (Some(path), true) = (datum.derives, fits) {
                found.insert(path.to_owned(), value.clone());
            }
        }
    }
    found
}
