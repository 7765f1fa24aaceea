//! Laying a mapping on a table: where each column stands.

use super::{Mapping, MappingError};

/// A mapping laid on a table: where each column stands.
#[derive(Debug)]
pub(in crate::import) struct Bound<'m> {
    pub(in crate::import) mapping: &'m Mapping,
    pub(in crate::import) external_no: usize,
    pub(in crate::import) fields: Vec<usize>,
    pub(in crate::import) events: Vec<usize>,
}

impl Mapping {
    /// Finds every column that the mapping names.
    pub(in crate::import) fn bind(&self, columns: &[String]) -> Result<Bound<'_>, MappingError> {
        let place_of = |what: &str, column: &str| {
            let mut places = columns
                .iter()
                .enumerate()
                .filter(|(_, known)| known.trim() == column.trim());
            let unknown = || MappingError::ColumnUnknown {
                what: what.to_owned(),
                column: column.to_owned(),
                known: columns
                    .iter()
                    .map(|known| fieldwatch_schemas::problem::cut(known))
                    .collect(),
            };
            let (place, _) = places.next().ok_or_else(unknown)?;
            match places.next() {
                None => Ok(place),
                Some(_) => Err(MappingError::ColumnTwice {
                    what: what.to_owned(),
                    column: column.to_owned(),
                }),
            }
        };
        let fields = self
            .fields
            .iter()
            .map(|field| place_of(&field.path, &field.column));
        let events = self
            .events
            .iter()
            .map(|event| place_of(&event.kind, &event.column));
        Ok(Bound {
            mapping: self,
            external_no: place_of("external_no", &self.external_no)?,
            fields: fields.collect::<Result<_, _>>()?,
            events: events.collect::<Result<_, _>>()?,
        })
    }
}
