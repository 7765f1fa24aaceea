//! Fields: what each may hold, and the reading of a person's words into a value.
//!
//! A kind's fields are a table of [`Field`]s (see [`crate::kind`]). The same table types what a person gives, checks what a server
//! receives, and generates the JSON Schema, so that the three cannot disagree.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::code;
use crate::credit_code;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::limits::{FEN_MAX, LONG_TEXT_CHARS_MAX, PIECE_CHARS_MAX, TEXT_CHARS_MAX};
use crate::status::Role;
use crate::time::Moment;

/// One row of a kind's table of fields.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Field {
    /// Where it is: `nature`, or `respondent.name` inside a container.
    pub path: &'static str,
    /// What it may hold.
    pub shape: Shape,
    /// When it may be written.
    pub rule: Rule,
    /// Who may write it, where that is not every editor of its kind.
    pub by: Option<&'static [Role]>,
}

impl Field {
    /// A field that may be written at any time, and may be absent.
    #[must_use]
    pub const fn new(path: &'static str, shape: Shape) -> Self {
        Self {
            path,
            shape,
            rule: Rule::Optional,
            by: None,
        }
    }

    /// The same, written when the record is made, and later by the server alone.
    #[must_use]
    pub const fn following(self) -> Self {
        let rule = Rule::Follows;
        Self { rule, ..self }
    }

    /// The same, written by some roles alone.
    #[must_use]
    pub const fn by(self, roles: &'static [Role]) -> Self {
        Self {
            by: Some(roles),
            ..self
        }
    }

    /// The same, written once.
    #[must_use]
    pub const fn once(self) -> Self {
        let rule = Rule::Once;
        Self { rule, ..self }
    }

    /// The same, there from the beginning.
    #[must_use]
    pub const fn required(self) -> Self {
        let rule = Rule::Required;
        Self { rule, ..self }
    }
}

/// When a field may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// At any time, and it may be absent.
    Optional,
    /// Must have a value from the beginning, and may be edited.
    Required,
    /// May be written once, when the record is made, because feeds or people depend on it.
    Once,
    /// As [`Rule::Once`] for people; the server writes it when the record that this one belongs to moves.
    Follows,
}

/// What a field may hold.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// A short text.
    Text,
    /// A long text, merged character by character.
    LongText,
    /// A code of the list named.
    Code(&'static str),
    /// Several codes of the list named, each kept or dropped by itself.
    Codes(&'static str),
    /// Several stations' ids, each kept or dropped by itself.
    Stations,
    /// Money in integer fen, never negative.
    Fen,
    /// A moment; kept as UTC milliseconds.
    Time,
    /// A day of the civil calendar, `2026-10-14`.
    Date,
    /// Yes or no.
    Flag,
    /// A whole number between two bounds.
    Integer(i64, i64),
    /// A number between two bounds.
    Number(f64, f64),
    /// The id of a record of this kind.
    Record(Kind),
    /// A station's id, such as `330106-0012`.
    Station,
    /// A person's or campaign's id: any UUID.
    Id,
    /// A 统一社会信用代码 (GB 32100).
    CreditCode,
    /// An area code (GB/T 2260).
    Area,
    /// A container whose keys are question paths; a field below it is any [`Scalar`].
    Answers,
    /// A container of values that could not be translated, by field path.
    Raw,
    /// A container of one long text in pieces, by four digits: too long for a cell, and never edited.
    Pieces,
    /// A container of small tables: its keys are `ENTRY.FIELD`, so that two people who edit one entry apart merge field by field.
    Entries(&'static [Field]),
}

/// A value that fits into one cell of a document.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// UTC milliseconds.
    Time(i64),
    /// Yes or no.
    Flag(bool),
}

/// What an edit writes.
#[derive(Debug, Clone, PartialEq)]
pub enum FieldValue {
    /// One cell.
    Scalar(Scalar),
    /// A long text, merged by its difference from the visible one.
    LongText(String),
    /// A set of codes, or of stations' ids.
    Codes(BTreeSet<String>),
    /// Nothing: the field is cleared.
    Clear,
}

/// A value that its field cannot hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct FieldError {
    /// The field, as the person named it.
    pub path: String,
    /// What is wrong, in words.
    pub why: String,
}

impl FieldError {
    pub(crate) fn new(path: &str, why: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            why: why.into(),
        }
    }
}

impl Field {
    /// Reads a text that a person typed. Lists of codes are separated by commas; an empty text clears.
    ///
    /// # Errors
    ///
    /// [`FieldError`] naming the field, what it can hold, and where that is short, the codes there are.
    pub fn read_text(&self, path: &str, text: &str) -> Result<FieldValue, FieldError> {
        if text.is_empty() {
            return Ok(FieldValue::Clear);
        }
        let wrong = |why: String| FieldError::new(path, why);
        let json = match self.shape {
            Shape::Fen | Shape::Integer(..) => {
                let number = text.trim().parse::<i64>();
                Json::from(number.map_err(|_| wrong(format!("{text:?} is not a whole number")))?)
            }
            Shape::Number(..) => {
                let number = text
                    .trim()
                    .parse::<f64>()
                    .ok()
                    .filter(|number| number.is_finite());
                Json::from(number.ok_or_else(|| wrong(format!("{text:?} is not a number")))?)
            }
            Shape::Flag => match text.trim() {
                "true" | "yes" | "是" => Json::Bool(true),
                "false" | "no" | "否" => Json::Bool(false),
                _ => return Err(wrong(format!("{text:?} is neither true nor false"))),
            },
            Shape::Codes(_) | Shape::Stations => text
                .split(',')
                .map(str::trim)
                .filter(|code| !code.is_empty())
                .map(Json::from)
                .collect(),
            _ => Json::from(text),
        };
        self.read_json(path, &json)
    }

    /// Reads a JSON value. `null` clears.
    ///
    /// # Errors
    ///
    /// As [`Field::read_text`].
    pub fn read_json(&self, path: &str, json: &Json) -> Result<FieldValue, FieldError> {
        let value = self.read_form(path, json)?;
        self.check_codes(path, &value)?;
        Ok(value)
    }

    /// Reads a JSON value that another device wrote: of the right form, its codes perhaps newer than our lists.
    pub(crate) fn read_form(&self, path: &str, json: &Json) -> Result<FieldValue, FieldError> {
        let value = self.convert(path, json)?;
        self.check(path, &value)?;
        Ok(value)
    }

    fn convert(&self, path: &str, json: &Json) -> Result<FieldValue, FieldError> {
        let wrong = |why: &str| Err(FieldError::new(path, why));
        if json.is_null() {
            return Ok(FieldValue::Clear);
        }
        let value = match (self.shape, json) {
            (Shape::LongText, Json::String(text)) => FieldValue::LongText(text.clone()),
            (Shape::Codes(_) | Shape::Stations, Json::Array(items)) => {
                let codes: Option<BTreeSet<_>> = items
                    .iter()
                    .map(|item| item.as_str().map(str::to_owned))
                    .collect();
                let Some(codes) = codes else {
                    return wrong("must be a list of codes");
                };
                FieldValue::Codes(codes)
            }
            (Shape::Time, Json::String(text)) => {
                let moment = Moment::parse(text)
                    .map_err(|error| FieldError::new(path, error.to_string()))?;
                FieldValue::Scalar(Scalar::Time(moment.ms))
            }
            (Shape::Number(..), Json::Number(number)) => {
                FieldValue::Scalar(Scalar::Float(number.as_f64().unwrap_or(f64::NAN)))
            }
            (Shape::Raw, _) => {
                return wrong("holds what an import could not translate; it cannot be set");
            }
            (_, Json::String(text)) => FieldValue::Scalar(Scalar::Text(text.clone())),
            (_, Json::Bool(flag)) => FieldValue::Scalar(Scalar::Flag(*flag)),
            (_, Json::Number(number)) => match number.as_i64() {
                Some(number) => FieldValue::Scalar(Scalar::Int(number)),
                None => FieldValue::Scalar(Scalar::Float(number.as_f64().unwrap_or(f64::NAN))),
            },
            _ => return wrong("cannot hold a list or an object"),
        };
        Ok(value)
    }

    /// Whether a value has the shape and the bounds of this field. Codes are not looked up: an unknown one may come from a newer
    /// device, and must survive.
    ///
    /// # Errors
    ///
    /// [`FieldError`] naming the field and the bound.
    pub fn check(&self, path: &str, value: &FieldValue) -> Result<(), FieldError> {
        let wrong = |why: String| Err(FieldError::new(path, why));
        let scalar = match (self.shape, value) {
            (_, FieldValue::Clear) if self.rule == Rule::Required => {
                return wrong("cannot be empty".to_owned());
            }
            (_, FieldValue::Clear) => return Ok(()),
            (Shape::LongText, FieldValue::LongText(text)) => {
                return within(path, text, LONG_TEXT_CHARS_MAX);
            }
            (Shape::Stations, FieldValue::Codes(ids)) => {
                return ids.iter().try_for_each(|id| check_station(path, id));
            }
            (Shape::Codes(_), FieldValue::Codes(codes)) => {
                return codes
                    .iter()
                    .try_for_each(|code| check_code_form(path, code));
            }
            (_, FieldValue::Scalar(scalar)) => scalar,
            _ => return wrong(format!("must be {}", self.shape.words())),
        };
        match (self.shape, scalar) {
            (Shape::Text | Shape::Answers | Shape::Raw, Scalar::Text(text)) => {
                within(path, text, TEXT_CHARS_MAX.max(2_000))
            }
            (Shape::Pieces, Scalar::Text(text)) if is_piece(path) => {
                within(path, text, PIECE_CHARS_MAX)
            }
            (Shape::Answers, Scalar::Float(number)) if number.is_finite() => Ok(()),
            (Shape::Answers, Scalar::Int(_) | Scalar::Flag(_) | Scalar::Time(_)) => Ok(()),
            (Shape::Code(_), Scalar::Text(code)) => check_code_form(path, code),
            (Shape::Fen, Scalar::Int(fen)) => bounds(path, *fen, 0, FEN_MAX),
            (Shape::Integer(low, high), Scalar::Int(number)) => bounds(path, *number, low, high),
            (Shape::Number(low, high), Scalar::Float(number)) if number.is_finite() => {
                bounds(path, *number, low, high)
            }
            (Shape::Number(low, high), Scalar::Int(number)) => {
                let number = i32::try_from(*number).map_or(f64::INFINITY, f64::from);
                bounds(path, number, low, high)
            }
            (Shape::Time, Scalar::Time(_)) | (Shape::Flag, Scalar::Flag(_)) => Ok(()),
            (Shape::Record(_) | Shape::Id, Scalar::Text(id)) => id
                .parse::<RecordId>()
                .map(drop)
                .map_err(|error| FieldError::new(path, error.to_string())),
            (Shape::Station, Scalar::Text(id)) => check_station(path, id),
            (Shape::CreditCode, Scalar::Text(text)) => {
                credit_code::check(text).map_err(|error| FieldError::new(path, error.to_string()))
            }
            (Shape::Date, Scalar::Text(text)) if is_date(text) => Ok(()),
            (Shape::Area, Scalar::Text(text))
                if text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit()) =>
            {
                Ok(())
            }
            _ => wrong(format!("must be {}", self.shape.words())),
        }
    }

    fn check_codes(&self, path: &str, value: &FieldValue) -> Result<(), FieldError> {
        let (name, codes): (_, Vec<&String>) = match (self.shape, value) {
            (Shape::Code(name), FieldValue::Scalar(Scalar::Text(code))) => (name, vec![code]),
            (Shape::Codes(name), FieldValue::Codes(codes)) => (name, codes.iter().collect()),
            _ => return Ok(()),
        };
        let Some(list) = code::list(name) else {
            return Ok(());
        };
        match codes.into_iter().find(|code| list.code(code).is_none()) {
            None => Ok(()),
            Some(unknown) => {
                let known: Vec<_> = list.codes().iter().map(|code| code.code.as_str()).collect();
                Err(FieldError::new(
                    path,
                    format!(
                        "unknown code {unknown:?} of {name}; there are: {}",
                        known.join(", ")
                    ),
                ))
            }
        }
    }
}

impl Shape {
    /// What the shape is called in a message to a person.
    #[must_use]
    pub fn words(&self) -> &'static str {
        match self {
            Self::Text | Self::LongText => "a text",
            Self::Code(_) => "a code",
            Self::Codes(_) => "a list of codes",
            Self::Stations => "a list of station ids",
            Self::Fen => "money in whole fen",
            Self::Time => "a time (RFC 3339)",
            Self::Date => "a date such as 2026-10-14",
            Self::Flag => "true or false",
            Self::Integer(..) => "a whole number",
            Self::Number(..) => "a number",
            Self::Record(_) | Self::Id => "an id (a UUID)",
            Self::Station => "a station id",
            Self::CreditCode => "a 统一社会信用代码 of 18 characters",
            Self::Area => "an area code of six digits (GB/T 2260)",
            Self::Answers => "an answer: a text, a number, or true or false",
            Self::Raw => "an untranslated text",
            Self::Pieces => "a text in pieces, by four digits",
            Self::Entries(_) => "a table: set its fields as NAME.ENTRY.FIELD",
        }
    }
}

/// Whether a text is a day as ISO 8601 writes it in full.
fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

/// Whether a path ends with the number of a piece.
fn is_piece(path: &str) -> bool {
    let number = path.rsplit('.').next().unwrap_or_default();
    number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a text can name an entry of a table.
pub(crate) fn is_entry_name(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(fits)
}

fn within(path: &str, text: &str, chars_max: usize) -> Result<(), FieldError> {
    if text.chars().count() > chars_max {
        return Err(FieldError::new(
            path,
            format!("longer than {chars_max} characters"),
        ));
    }
    Ok(())
}

fn bounds<N: PartialOrd + std::fmt::Display + Copy>(
    path: &str,
    number: N,
    low: N,
    high: N,
) -> Result<(), FieldError> {
    if number < low || number > high {
        return Err(FieldError::new(
            path,
            format!("must lie between {low} and {high}, not {number}"),
        ));
    }
    Ok(())
}

fn check_code_form(path: &str, code: &str) -> Result<(), FieldError> {
    let fits = (1..=64).contains(&code.len())
        && code
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b));
    if fits {
        Ok(())
    } else {
        Err(FieldError::new(
            path,
            format!("{:?} is not a code", crate::problem::cut(code)),
        ))
    }
}

fn check_station(path: &str, id: &str) -> Result<(), FieldError> {
    crate::feed::Feed::station(id)
        .map(drop)
        .map_err(|error| FieldError::new(path, error.to_string()))
}
