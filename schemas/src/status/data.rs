//! What the data of events may hold: a table beside the rules, one row a key.
//!
//! A key that the table does not name may hold anything: a newer device may know it. Codes are looked up on the device where the
//! event is made, never later, for the same reason.

use serde_json::{Map, Value as Json};

use super::{EventError, LifeCycle};
use crate::field::{Field, FieldError, FieldValue, Scalar, Shape};
use crate::time::Moment;

/// One row: what an event may say under a key.
#[derive(Debug)]
pub struct Datum {
    /// The event's type.
    pub event: &'static str,
    /// The key, and what it may hold.
    pub field: Field,
    /// The derived field that it gives its value to.
    pub derives: Option<&'static str>,
}

impl Datum {
    /// A row that derives nothing.
    #[must_use]
    pub const fn new(event: &'static str, key: &'static str, shape: Shape) -> Self {
        Self {
            event,
            field: Field::new(key, shape),
            derives: None,
        }
    }

    /// The same, giving its value to a derived field.
    #[must_use]
    pub const fn derives(self, path: &'static str) -> Self {
        let derives = Some(path);
        Self { derives, ..self }
    }
}

impl Datum {
    /// Reads what a person typed for it.
    ///
    /// # Errors
    ///
    /// [`FieldError`] naming the key, and what it can hold.
    pub fn read_text(&self, text: &str) -> Result<Json, FieldError> {
        Ok(match self.field.read_text(self.field.path, text)? {
            FieldValue::Scalar(Scalar::Text(text)) | FieldValue::LongText(text) => text.into(),
            FieldValue::Scalar(Scalar::Int(number)) => number.into(),
            FieldValue::Scalar(Scalar::Float(number)) => number.into(),
            FieldValue::Scalar(Scalar::Flag(flag)) => flag.into(),
            FieldValue::Scalar(Scalar::Time(ms)) => Moment::china(ms).rfc3339().into(),
            FieldValue::Codes(codes) => codes.into_iter().collect(),
            FieldValue::Clear => Json::Null,
        })
    }
}

impl LifeCycle {
    /// What an event may say under a key, if the table names it.
    #[must_use]
    pub fn datum(&'static self, event: &str, key: &str) -> Option<&'static Datum> {
        let is_it = |datum: &&Datum| datum.event == event && datum.field.path == key;
        self.data.iter().find(is_it)
    }

    /// Whether an event that is made here says what it needs, in the form it should have, and with codes that we know.
    ///
    /// # Errors
    ///
    /// [`EventError::Needs`] or [`EventError::Wrong`].
    pub fn prove_data(
        &'static self,
        event: &str,
        needs: &[&'static str],
        data: &Map<String, Json>,
    ) -> Result<(), EventError> {
        prove_needs(event, needs, data)?;
        self.each(event, data, |field, value| {
            field.read_json(field.path, value).map(drop)
        })
    }

    /// As [`LifeCycle::prove_data`], for an event that another device made, whose codes may be newer than our lists.
    ///
    /// # Errors
    ///
    /// As [`LifeCycle::prove_data`].
    pub fn check_data(
        &'static self,
        event: &str,
        needs: &[&'static str],
        data: &Map<String, Json>,
    ) -> Result<(), EventError> {
        prove_needs(event, needs, data)?;
        self.each(event, data, |field, value| {
            field.read_form(field.path, value).map(drop)
        })
    }

    fn each(
        &'static self,
        event: &str,
        data: &Map<String, Json>,
        check: impl Fn(&Field, &Json) -> Result<(), FieldError>,
    ) -> Result<(), EventError> {
        let wrong = |error: FieldError| EventError::Wrong {
            event: event.to_owned(),
            why: error.to_string(),
        };
        data.iter().try_for_each(|(key, value)| {
            let datum = self.datum(event, key);
            datum.map_or(Ok(()), |datum| check(&datum.field, value).map_err(wrong))
        })
    }
}

fn prove_needs(
    event: &str,
    needs: &[&'static str],
    data: &Map<String, Json>,
) -> Result<(), EventError> {
    let is_missing = |key: &&&'static str| data.get(**key).is_none_or(Json::is_null);
    match needs.iter().find(is_missing) {
        None => Ok(()),
        Some(needs) => Err(EventError::Needs {
            event: event.to_owned(),
            needs,
        }),
    }
}
