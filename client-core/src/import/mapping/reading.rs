//! How cells are to be read: by a date pattern, or by a map, each proved before the first row.

use fieldwatch_schemas::field::Field;
use jiff::tz::TimeZone;

use super::error::entry;
use super::file::File;
use super::{MappingError, Reading};

/// Tries the pattern on the first moment of 1970: what it cannot write it cannot read.
pub(super) fn date_reading(place: &str, pattern: String) -> Result<Reading, MappingError> {
    let sample = TimeZone::UTC.to_zoned(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0));
    let tried = sample.and_then(|sample| jiff::fmt::strtime::format(&pattern, &sample));
    match tried {
        Ok(_) => Ok(Reading::Date(pattern)),
        Err(error) => Err(entry(
            place,
            format!("the date pattern {pattern:?} is wrong: {error}"),
        )),
    }
}

pub(super) fn map_reading(
    field: &'static Field,
    path: &str,
    name: &str,
    file: &File,
) -> Result<Reading, MappingError> {
    let Some(map) = file.maps.get(name) else {
        return Err(MappingError::MapUnknown {
            path: path.to_owned(),
            map: name.to_owned(),
            known: file.maps.keys().cloned().collect(),
        });
    };
    for (word, meaning) in map {
        let read = field.read_text(path, &meaning.replace(';', ","));
        read.map_err(|source| MappingError::Value {
            entry: format!("maps.{name}.{word:?}"),
            source,
        })?;
    }
    let trimmed = map
        .iter()
        .map(|(word, meaning)| (word.trim().to_owned(), meaning.clone()));
    Ok(Reading::Map(trimmed.collect()))
}
