//! Kinds of records, and for each the table of what it holds and the frozen change it begins with.
//!
//! To add a kind: a variant here, a file `kind/NAME.rs` with its tables, a frozen first change (`crate::record::frozen`), labels and
//! golden files.

mod case;
mod inspection;
mod party;

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::field::{Field, Shape};
use crate::id::IdError;
use crate::status::LifeCycle;

/// The type of a record.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 诉求件: a complaint, tip-off, consultation or other demand.
    #[n(0)]
    Case,
    /// 消费者: the person behind a case; lives apart, in the station's personal feed.
    #[n(1)]
    Party,
    /// 暗访体察: one undercover visit with its answers.
    #[n(2)]
    Inspection,
}

/// What a kind is made of.
#[derive(Debug)]
pub struct KindTable {
    /// The fields, containers not listed by themselves.
    pub fields: &'static [Field],
    /// The maps that the frozen first change creates, besides `events` and `attachments`.
    pub maps: &'static [&'static str],
    /// The long texts that the frozen first change creates.
    pub texts: &'static [&'static str],
    /// Statuses and events.
    pub life_cycle: &'static LifeCycle,
}

impl Kind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Case, Self::Party, Self::Inspection];

    /// The name used in commands, feeds and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Party => "party",
            Self::Inspection => "inspection",
        }
    }

    /// Whether records of this kind must not tell who made them and when: random ids, commit times cut to the day.
    #[must_use]
    pub fn is_blind(self) -> bool {
        matches!(self, Self::Inspection)
    }

    /// Whether the record holds personal data of a consumer.
    #[must_use]
    pub fn is_personal(self) -> bool {
        matches!(self, Self::Party)
    }

    /// The tables of this kind.
    #[must_use]
    pub fn table(self) -> &'static KindTable {
        match self {
            Self::Case => &case::TABLE,
            Self::Party => &party::TABLE,
            Self::Inspection => &inspection::TABLE,
        }
    }

    /// The field at a path, answers and untranslated values included.
    #[must_use]
    pub fn field(self, path: &str) -> Option<&'static Field> {
        let fields = self.table().fields;
        fields.iter().find(|field| field.path == path).or_else(|| {
            let (container, rest) = path.split_once('.')?;
            let open = |field: &&Field| {
                field.path == container
                    && matches!(field.shape, Shape::Answers | Shape::Raw)
                    && !rest.is_empty()
            };
            fields.iter().find(open)
        })
    }

    /// The paths a person may set, for a message that helps.
    #[must_use]
    pub fn paths(self) -> Vec<&'static str> {
        self.table().fields.iter().map(|field| field.path).collect()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| IdError::new(text, "a kind: case, party or inspection"))
    }
}
