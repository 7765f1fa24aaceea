//! 统一社会信用代码: the 18-character identity of enterprises and other organisations, GB 32100-2015.
//!
//! ```text
//! 9 1 330100 799655058 B
//! │ │   │        │     └ check character
//! │ │   │        └ organisation, GB 11714
//! │ │   └ area of registration, six digits
//! │ └ kind of organisation
//! └ registering department
//! ```
//!
//! The alphabet is the digits and the capital letters without I, O, S, V and Z. The check character
//! finds every single wrong character and every swap of two neighbours that differ.

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use crate::code::Lang;

/// The alphabet; the place of a character is its value.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
const LENGTH: usize = 18;
/// Positions of the area of registration, counted from 1.
const AREA: std::ops::RangeInclusive<usize> = 3..=8;

/// A credit code whose check character is right, in capitals.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CreditCode(String);

/// What is wrong with a text that should be a credit code; positions count from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CreditCodeError {
    /// Not 18 characters long.
    #[error("a credit code has 18 characters, this has {found}")]
    Length {
        /// How many characters there are.
        found: usize,
    },
    /// One of the letters that the standard leaves out because they look like digits or each other.
    #[error(
        "character {position} is {found}: a credit code never has I, O, S, V or Z (1, 0, 5, U and 2 are meant)"
    )]
    ExcludedLetter {
        /// Where it stands.
        position: usize,
        /// The letter.
        found: char,
    },
    /// A character that is neither a digit nor a capital letter.
    #[error("character {position} is {found:?}: a credit code has only digits and capital letters")]
    Character {
        /// Where it stands.
        position: usize,
        /// The character.
        found: char,
    },
    /// A letter among the six digits of the area of registration.
    #[error(
        "character {position} is {found}: characters 3 to 8 are the area of registration, all digits"
    )]
    Area {
        /// Where it stands.
        position: usize,
        /// The letter.
        found: char,
    },
    /// All characters may stand where they do, but the last does not follow from the others.
    #[error(
        "the check character is {found} but the first 17 give {expected}: one or more characters are mistyped"
    )]
    Check {
        /// The last character.
        found: char,
        /// What the others give.
        expected: char,
    },
}

impl CreditCodeError {
    /// The reason for the person who typed the code.
    #[must_use]
    pub fn in_words(&self, lang: Lang) -> String {
        if lang == Lang::En {
            return self.to_string();
        }
        match self {
            Self::Length { found } => format!("统一社会信用代码应为18位，现为{found}位"),
            Self::ExcludedLetter { position, found } => {
                format!(
                    "第{position}位是“{found}”：统一社会信用代码不使用字母I、O、S、V、Z（请核对是否为1、0、5、U、2）"
                )
            }
            Self::Character { position, found } => {
                format!("第{position}位是“{found}”：统一社会信用代码只有数字和大写字母")
            }
            Self::Area { position, found } => {
                format!("第{position}位是“{found}”：第3至8位为登记机关行政区划码，应全是数字")
            }
            Self::Check { found, expected } => {
                format!("校验码是“{found}”，按前17位应为“{expected}”：请逐位核对")
            }
        }
    }
}

impl CreditCode {
    /// Reads a code as people type or paste it: spaces and hyphens are dropped, full-width
    /// characters and small letters are folded.
    ///
    /// # Errors
    ///
    /// The first [`CreditCodeError`], from left to right, the check character last.
    pub fn parse(text: &str) -> Result<Self, CreditCodeError> {
        let code: String = text
            .chars()
            .map(fold)
            .filter(|c| !c.is_whitespace() && *c != '-')
            .collect();
        check(&code)?;
        Ok(Self(code))
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The GB/T 2260 code of the area of registration, as it was when the code was given; it may
    /// have been abolished since.
    #[must_use]
    pub fn area(&self) -> &str {
        self.0.get(2..8).unwrap_or_default()
    }
}

impl fmt::Display for CreditCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CreditCode {
    type Err = CreditCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

/// Whether a text is a credit code exactly as records store it, in capitals; what people type is
/// for [`CreditCode::parse`].
///
/// # Errors
///
/// The first [`CreditCodeError`], from left to right, the check character last.
pub fn check(code: &str) -> Result<(), CreditCodeError> {
    let found = code.chars().count();
    if found != LENGTH {
        return Err(CreditCodeError::Length { found });
    }
    for (place, found) in code.chars().enumerate() {
        check_character(place + 1, found)?;
    }
    let expected = check_character_of(code);
    match code.chars().next_back() {
        Some(found) if found != expected => Err(CreditCodeError::Check { found, expected }),
        _ => Ok(()),
    }
}

/// Full-width forms (U+FF01 to U+FF5E) become ASCII, small letters capitals.
fn fold(c: char) -> char {
    let narrow = match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    narrow.to_ascii_uppercase()
}

fn check_character(position: usize, found: char) -> Result<(), CreditCodeError> {
    match found {
        'I' | 'O' | 'S' | 'V' | 'Z' => Err(CreditCodeError::ExcludedLetter { position, found }),
        'A'..='Y' if AREA.contains(&position) => Err(CreditCodeError::Area { position, found }),
        '0'..='9' | 'A'..='Y' => Ok(()),
        _ => Err(CreditCodeError::Character { position, found }),
    }
}

/// The character that the first 17 give: GB 32100-2015, formula (1), weights 3^(i−1) mod 31.
fn check_character_of(code: &str) -> char {
    let mut weight = 1;
    let mut sum = 0;
    for byte in code.bytes().take(LENGTH - 1) {
        sum += weight
            * ALPHABET
                .iter()
                .position(|known| *known == byte)
                .unwrap_or_default();
        weight = weight * 3 % 31;
    }
    ALPHABET
        .get((31 - sum % 31) % 31)
        .copied()
        .map_or('0', char::from)
}
