//! Types of items, by their names in current XLSForm.

use serde::{Deserialize, Serialize};

/// What an item is, by its XLSForm type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Kind {
    /// `begin_group`: items shown together; a section where it has no parent.
    Group,
    /// `begin_repeat`: items asked several times.
    Repeat,
    /// One choice of a list.
    SelectOne,
    /// Any choices of a list.
    SelectMultiple,
    /// All choices of a list, put in order.
    Rank,
    /// A number on a scale.
    Range,
    /// Words.
    #[default]
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Decimal,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A day and time.
    DateTime,
    /// A place.
    Geopoint,
    /// A line of places.
    Geotrace,
    /// An area within places.
    Geoshape,
    /// A picture.
    Image,
    /// A sound recording.
    Audio,
    /// A film.
    Video,
    /// Any file.
    File,
    /// A scanned code.
    Barcode,
    /// Words to read, nothing to answer.
    Note,
    /// A value computed and not shown.
    Calculate,
    /// A value kept and not shown.
    Hidden,
    /// A box to tick.
    Acknowledge,
    /// Filled in by the device; the name is the XLSForm type (`start`, `deviceid`…).
    Metadata(String),
    /// A type we cannot run.
    Unsupported(String),
}

/// Types that the device fills in.
const METADATA: [&str; 14] = [
    "start",
    "end",
    "today",
    "deviceid",
    "username",
    "phonenumber",
    "email",
    "simserial",
    "subscriberid",
    "audit",
    "start-geopoint",
    "background-audio",
    "background-geopoint",
    "uri",
];

/// Every other kind, with the spelling of its type.
const SPELLED: [(Kind, &str); 24] = [
    (Kind::Group, "group"),
    (Kind::Repeat, "repeat"),
    (Kind::SelectOne, "select_one"),
    (Kind::SelectMultiple, "select_multiple"),
    (Kind::Rank, "rank"),
    (Kind::Range, "range"),
    (Kind::Text, "text"),
    (Kind::Integer, "integer"),
    (Kind::Decimal, "decimal"),
    (Kind::Date, "date"),
    (Kind::Time, "time"),
    (Kind::DateTime, "dateTime"),
    (Kind::Geopoint, "geopoint"),
    (Kind::Geotrace, "geotrace"),
    (Kind::Geoshape, "geoshape"),
    (Kind::Image, "image"),
    (Kind::Audio, "audio"),
    (Kind::Video, "video"),
    (Kind::File, "file"),
    (Kind::Barcode, "barcode"),
    (Kind::Note, "note"),
    (Kind::Calculate, "calculate"),
    (Kind::Hidden, "hidden"),
    (Kind::Acknowledge, "acknowledge"),
];

impl Kind {
    /// The type as it is spelled in current XLSForm.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Metadata(name) | Self::Unsupported(name) => name,
            other => SPELLED
                .iter()
                .find(|(kind, _)| kind == other)
                .map_or("text", |(_, name)| name),
        }
    }

    /// Whether items stand in it.
    #[must_use]
    pub fn is_container(&self) -> bool {
        matches!(self, Self::Group | Self::Repeat)
    }

    /// Whether a person gives the answer.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        !matches!(
            self,
            Self::Group
                | Self::Repeat
                | Self::Note
                | Self::Calculate
                | Self::Hidden
                | Self::Metadata(_)
        )
    }

    /// Whether the answer is one or more choices of a list.
    #[must_use]
    pub fn has_choices(&self) -> bool {
        matches!(self, Self::SelectOne | Self::SelectMultiple | Self::Rank)
    }
}

impl From<String> for Kind {
    fn from(name: String) -> Self {
        if let Some((kind, _)) = SPELLED.iter().find(|(_, spelled)| *spelled == name) {
            return kind.clone();
        }
        if METADATA.contains(&name.as_str()) {
            Self::Metadata(name)
        } else {
            Self::Unsupported(name)
        }
    }
}

impl From<Kind> for String {
    fn from(kind: Kind) -> Self {
        kind.as_str().to_owned()
    }
}
