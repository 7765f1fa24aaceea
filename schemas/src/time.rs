//! Time as Fieldwatch keeps it: UTC milliseconds plus the offset that the device stated, written as RFC 3339.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// China Standard Time, the legal time of every council: +08:00 all year since 1991.
pub const CHINA_OFFSET_MIN: i16 = 480;

const DAY_MS: i64 = 86_400_000;

/// A moment and the offset from UTC of the clock that was read.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize,
)]
pub struct Moment {
    /// UTC milliseconds since 1970.
    #[n(0)]
    pub ms: i64,
    /// Minutes east of Greenwich.
    #[n(1)]
    pub offset_min: i16,
}

/// A text that is no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a time: {why}")]
pub struct TimeError {
    /// What was given.
    pub text: String,
    /// What is wrong with it.
    pub why: String,
}

impl Moment {
    /// A moment in China's legal time.
    #[must_use]
    pub fn china(ms: i64) -> Self {
        Self {
            ms,
            offset_min: CHINA_OFFSET_MIN,
        }
    }

    /// Reads RFC 3339 with an offset (`2024-02-09T08:30:00+08:00`), or a bare date, which is its first moment in China.
    ///
    /// # Errors
    ///
    /// [`TimeError`] if the text is neither, or names a day that does not exist.
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        let error = |why: jiff::Error| TimeError {
            text: text.chars().take(40).collect(),
            why: why.to_string(),
        };
        if let Ok(date) = text.parse::<jiff::civil::Date>()
            && !text.contains([':', 'T', 't'])
        {
            let zone = TimeZone::fixed(Offset::constant(8));
            return date
                .to_zoned(zone)
                .map(|day| Self::china(day.timestamp().as_millisecond()))
                .map_err(error);
        }
        let pieces = jiff::fmt::temporal::DateTimeParser::new();
        let ms = pieces
            .parse_timestamp(text)
            .map_err(error)?
            .as_millisecond();
        let offset = pieces
            .parse_pieces(text)
            .ok()
            .and_then(|found| found.to_numeric_offset());
        let minutes = offset.map_or(0, |offset| offset.seconds() / 60);
        Ok(Self {
            ms,
            offset_min: i16::try_from(minutes).unwrap_or(0),
        })
    }

    /// This moment without its time of day, as its own clock showed it: what a blind record may tell.
    #[must_use]
    pub fn day(self) -> Self {
        let offset_ms = i64::from(self.offset_min) * 60_000;
        let local = self.ms.saturating_add(offset_ms);
        Self {
            ms: local
                .saturating_sub(local.rem_euclid(DAY_MS))
                .saturating_sub(offset_ms),
            ..self
        }
    }

    /// RFC 3339 with the offset, to the second, or to the millisecond where there is a part of a second.
    #[must_use]
    pub fn rfc3339(self) -> String {
        let offset = Offset::from_seconds(i32::from(self.offset_min) * 60).unwrap_or(Offset::UTC);
        let Ok(time) = Timestamp::from_millisecond(self.ms) else {
            return format!("{} ms", self.ms);
        };
        time.display_with_offset(offset).to_string()
    }
}

#[cfg(test)]
mod tests;
