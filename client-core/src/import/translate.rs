//! One row of a table in our terms: a pure function of the row, the mapping and the station, the same on every device.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::code;
use fieldwatch_schemas::field::{FieldValue, Rule, Scalar, Shape};
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::problem::cut;
use fieldwatch_schemas::record::import::Row;
use fieldwatch_schemas::time::Moment;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use super::mapping::{Bound, FieldColumn, Reading, Untranslated};

/// What separates several words in one cell.
const SEPARATORS: [char; 6] = [',', ';', '，', '；', '、', '|'];

/// What a cell comes to.
enum Read {
    /// Nothing is there.
    Absent,
    /// A value.
    Value(FieldValue),
    /// Nothing, or only a part, could be translated.
    Untranslated(Option<FieldValue>),
}

impl Bound<'_> {
    /// Translates one row. `station` is written where the mapping gives none.
    ///
    /// # Errors
    ///
    /// Why the row is refused, in words.
    pub(super) fn row(&self, cells: &[String], station: Option<&str>) -> Result<Row, String> {
        let mapping = self.mapping;
        let number = cells.get(self.external_no).map_or("", |cell| cell.trim());
        if number.is_empty() {
            return Err(format!(
                "the column {:?} is empty: the row has no number",
                mapping.external_no
            ));
        }
        let mut row = Row {
            record: RecordId::natural(Kind::Case, &[&mapping.channel, number]),
            kind: Kind::Case,
            fields: mapping.constants.clone(),
            raw: BTreeMap::new(),
            events: Vec::new(),
        };
        let mut text = |path: &str, text: &str| {
            let value = FieldValue::Scalar(Scalar::Text(text.to_owned()));
            row.fields.entry(path.to_owned()).or_insert(value);
        };
        text("channel", &mapping.channel);
        text("external_no", number);
        for (column, place) in mapping.fields.iter().zip(&self.fields) {
            let cell = cells.get(*place).map_or("", String::as_str);
            self.take_cell(&mut row, column, cell)?;
        }
        if let Some(station) = station {
            let value = FieldValue::Scalar(Scalar::Text(station.to_owned()));
            row.fields.entry("station".to_owned()).or_insert(value);
        }
        for (event, place) in mapping.events.iter().zip(&self.events) {
            let cell = cells.get(*place).map_or("", |cell| cell.trim());
            if !cell.is_empty() {
                let at = moment(cell, &event.reading, &mapping.zone)
                    .map_err(|why| format!("{} ({:?}): {why}", event.kind, event.column))?;
                row.events.push((event.kind.clone(), at));
            }
        }
        Ok(row)
    }

    fn take_cell(&self, row: &mut Row, column: &FieldColumn, cell: &str) -> Result<(), String> {
        let read = read_cell(column, cell, &self.mapping.zone)
            .map_err(|why| format!("{} ({:?}): {why}", column.path, column.column))?;
        let value = match read {
            Read::Absent => None,
            Read::Value(value) => Some(value),
            Read::Untranslated(part) => {
                let refuses = self.mapping.untranslated == Untranslated::RefusesRow;
                if refuses || (column.field.rule == Rule::Required && part.is_none()) {
                    return Err(format!(
                        "{} ({:?}): nothing translates {:?}",
                        column.path,
                        column.column,
                        cut(cell)
                    ));
                }
                row.raw.insert(column.path.clone(), cell.trim().to_owned());
                part
            }
        };
        if let Some(value) = value.filter(|value| *value != FieldValue::Clear) {
            row.fields.insert(column.path.clone(), value);
        }
        Ok(())
    }
}

fn read_cell(column: &FieldColumn, cell: &str, zone: &TimeZone) -> Result<Read, String> {
    let trimmed = cell.trim();
    if let Reading::Map(map) = &column.reading {
        return match map.get(trimmed) {
            Some(meaning) => plain(column, &meaning.replace(';', ",")),
            None if trimmed.is_empty() => Ok(Read::Absent),
            None => match column.field.shape {
                Shape::Codes(_) => Ok(several(trimmed, |word| map.get(word).map(String::as_str))),
                _ => Ok(Read::Untranslated(None)),
            },
        };
    }
    if trimmed.is_empty() {
        return Ok(Read::Absent);
    }
    match (column.field.shape, &column.reading) {
        (Shape::Time, reading) => {
            let at = moment(trimmed, reading, zone)?;
            Ok(Read::Value(FieldValue::Scalar(Scalar::Time(at.ms))))
        }
        (Shape::Code(list), _) if !is_known(list, trimmed) => Ok(Read::Untranslated(None)),
        (Shape::Codes(list), _) => Ok(several(trimmed, |word| {
            is_known(list, word).then_some(word)
        })),
        (Shape::LongText, _) => plain(column, cell),
        _ => plain(column, trimmed),
    }
}

fn plain(column: &FieldColumn, text: &str) -> Result<Read, String> {
    let value = column.field.read_text(&column.path, text);
    value.map(Read::Value).map_err(|error| error.why)
}

/// Reads several words, each translated by itself.
fn several<'t>(cell: &'t str, meaning: impl Fn(&'t str) -> Option<&'t str>) -> Read {
    let words = cell
        .split(SEPARATORS)
        .map(str::trim)
        .filter(|word| !word.is_empty());
    let mut codes = BTreeSet::new();
    let mut all = true;
    for word in words {
        match meaning(word) {
            Some(found) => codes.extend(split_codes(found)),
            None => all = false,
        }
    }
    let value = (!codes.is_empty()).then_some(FieldValue::Codes(codes));
    match (all, value) {
        (true, Some(value)) => Read::Value(value),
        (true, None) => Read::Absent,
        (false, value) => Read::Untranslated(value),
    }
}

fn split_codes(meaning: &str) -> impl Iterator<Item = String> + '_ {
    let codes = meaning.split([',', ';']).map(str::trim);
    codes.filter(|code| !code.is_empty()).map(str::to_owned)
}

fn is_known(list: &str, code: &str) -> bool {
    code::list(list).is_none_or(|list| list.code(code).is_some())
}

/// Reads a time; one without an offset of its own stands in the mapping's zone, one without a time of day at midnight.
fn moment(text: &str, reading: &Reading, zone: &TimeZone) -> Result<Moment, String> {
    let Reading::Date(pattern) = reading else {
        return Moment::parse(text).map_err(|error| error.to_string());
    };
    let words =
        |error: jiff::Error| format!("{:?} is not a date like {pattern:?}: {error}", cut(text));
    let parsed = strtime::parse(pattern, text).map_err(words)?;
    let timestamp = match parsed.offset() {
        Some(_) => parsed.to_timestamp(),
        None => parsed
            .to_datetime()
            .and_then(|local| zone.to_zoned(local))
            .map(|zoned| zoned.timestamp()),
    };
    let timestamp = timestamp.map_err(words)?;
    let offset = parsed.offset().unwrap_or_else(|| zone.to_offset(timestamp));
    Ok(Moment {
        ms: timestamp.as_millisecond(),
        offset_min: i16::try_from(offset.seconds() / 60).unwrap_or(0),
    })
}
