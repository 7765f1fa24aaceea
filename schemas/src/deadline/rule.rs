//! One rule of a pack: what starts, stops, pauses and lengthens its clock.

use serde::{Deserialize, Serialize};

pub(super) const HOUR_MS: i64 = 3_600_000;

/// Words for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// How long a period is, and in what it is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Elapsed hours, holidays or not.
    Hours(u32),
    /// Calendar days.
    Days(u32),
    /// Working days.
    WorkingDays(u32),
}

impl Limit {
    /// The number, whatever it counts.
    #[must_use]
    pub fn amount(self) -> u32 {
        match self {
            Self::Hours(amount) | Self::Days(amount) | Self::WorkingDays(amount) => amount,
        }
    }

    /// An amount of what the limit counts, as [`period::due`](super::period::due) takes it: milliseconds for hours.
    pub(super) fn measure(self, amount: u32) -> i64 {
        match self {
            Self::Hours(_) => i64::from(amount) * HOUR_MS,
            Self::Days(_) | Self::WorkingDays(_) => i64::from(amount),
        }
    }
}

/// A pause: the event that stops the count and the one that lets it go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pause {
    /// Stands still from here.
    pub from: String,
    /// Goes on from here.
    pub to: String,
}

/// A longer period that the parties may agree on, once, before the time is up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// How much longer, in what the limit is counted in.
    pub by: u32,
    /// The flag that any event's data carries as `true` when they agreed.
    pub when: String,
}

/// One rule of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its id, such as `mediate_60d`; unique in its pack.
    pub id: String,
    /// What it asks for.
    pub title: Words,
    /// Where it is written.
    pub citation: String,
    /// It was read there; otherwise the note says what is still to be confirmed.
    pub verified: bool,
    /// What a lawyer should know about it.
    #[serde(default)]
    pub note: String,
    /// How long.
    pub limit: Limit,
    /// The natures of case it concerns; none means all.
    #[serde(default)]
    pub natures: Vec<String>,
    /// Events that start it; `received` means the field `received_at`.
    pub start: Vec<String>,
    /// Events that stop it, besides those that end a case.
    pub stop: Vec<String>,
    /// What makes it stand still.
    #[serde(default)]
    pub pause: Vec<Pause>,
    /// What makes it longer.
    #[serde(default)]
    pub extension: Option<Extension>,
}

impl Rule {
    /// Says whether the rule concerns cases of a nature.
    #[must_use]
    pub fn concerns(&self, nature: Option<&str>) -> bool {
        let Some(nature) = nature else { return true };
        self.natures.is_empty() || self.natures.iter().any(|named| named == nature)
    }
}
