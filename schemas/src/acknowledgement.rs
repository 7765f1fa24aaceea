//! 受理回执: what a consumer takes away, made offline: a number, a code for the case, a page to print.
//!
//! The code is one short line, `FW1:NUMBER:CASE:MINUTE:CHECK`. `CHECK` is a piece of the SHA-256 of what stands before it, so that a
//! reader refuses a line that was misread or made up by hand; whoever holds the case can tell whether the line belongs to it. It is
//! no signature: the server's receipts are. Nothing in it is personal.

use sha2::{Digest as _, Sha256};

use crate::code::Lang;
use crate::field::{FieldValue, Scalar};
use crate::id::RecordId;
use crate::label;
use crate::record::edit::Act;
use crate::record::view::View;
use crate::time::{CHINA_OFFSET_MIN, Moment};

const VERSION: &str = "FW1";
const CHECK_CHARS: usize = 10;
const TAIL_CHARS: usize = 6;
/// Crockford's base 32: no letter looks like a digit.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A code that is not one of ours, or was misread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// It does not have our five parts.
    #[error("this is not the code of an acknowledgement")]
    Form,
    /// Its check does not fit.
    #[error("the code was misread or altered")]
    Check,
}

/// What a code says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// The acknowledgement's number.
    pub number: String,
    /// The case, in base 32.
    case: String,
    /// When it was issued, to the minute, in China's legal time: `202610140931`.
    pub minute: String,
}

impl Code {
    /// Reads a line that was scanned.
    ///
    /// # Errors
    ///
    /// [`CodeError`], saying whether it is a code of ours at all.
    pub fn read(line: &str) -> Result<Self, CodeError> {
        let (body, given) = line.trim().rsplit_once(':').ok_or(CodeError::Form)?;
        let parts: Vec<&str> = body.split(':').collect();
        let [VERSION, number, case, minute] = parts.as_slice() else {
            return Err(CodeError::Form);
        };
        if check(body) != given {
            return Err(CodeError::Check);
        }
        Ok(Self {
            number: (*number).to_owned(),
            case: (*case).to_owned(),
            minute: (*minute).to_owned(),
        })
    }

    /// Whether it was issued for this case.
    #[must_use]
    pub fn is_of(&self, case: RecordId) -> bool {
        self.case == base32(case.bytes())
    }
}

/// The number of an acknowledgement: station, day, and a tail that two devices of a station do not share.
#[must_use]
pub fn number(case: RecordId, station: &str, issued: Moment) -> String {
    let mut hash = Sha256::new();
    hash.update(b"fieldwatch acknowledgement 1");
    hash.update(case.bytes());
    hash.update(issued.ms.to_be_bytes());
    let tail: String = base32(&hash.finalize()).chars().take(TAIL_CHARS).collect();
    let day: String = minute(issued).chars().take(8).collect();
    format!("{station}-{day}-{tail}")
}

/// The line that is printed as a QR code.
#[must_use]
pub fn code(case: RecordId, number: &str, issued: Moment) -> String {
    let (case, minute) = (base32(case.bytes()), minute(issued));
    let body = format!("{VERSION}:{number}:{case}:{minute}");
    let check = check(&body);
    format!("{body}:{check}")
}

/// Everything that a new acknowledgement of a case says.
#[must_use]
pub fn acts(case: RecordId, station: &str, issued: Moment) -> Vec<Act> {
    let number = number(case, station, issued);
    let text = |path: &str, text: String| (path.to_owned(), Scalar::Text(text));
    let fields = [
        text("case", case.to_string()),
        text("station", station.to_owned()),
        text("qr", code(case, &number, issued)),
        text("number", number),
        ("issued_at".to_owned(), Scalar::Time(issued.ms)),
    ];
    let act = |(path, scalar)| Act::Set {
        path,
        value: FieldValue::Scalar(scalar),
    };
    fields.into_iter().map(act).collect()
}

/// The page to print, without the picture of the code.
#[must_use]
pub fn page(view: &View, lang: Lang) -> String {
    let name = |path: &str| label::field(view.kind, path, lang).to_owned();
    let mut lines = vec![label::kind(view.kind, lang).to_owned(), String::new()];
    if view.status() != view.kind.table().life_cycle.first {
        let status = label::status(view.kind, view.status(), lang);
        lines.push(format!("[{status}]"));
    }
    let colon = match lang {
        Lang::Zh => "：",
        Lang::En => ": ",
    };
    let paths = [
        "number",
        "issued_at",
        "station",
        "station_name",
        "station_phone",
        "case",
        "qr",
    ];
    let said = paths
        .iter()
        .filter_map(|path| Some((path, shown(view, path)?)));
    lines.extend(said.map(|(path, text)| format!("{}{colon}{text}", name(path))));
    lines.push(String::new());
    let closing = match lang {
        Lang::Zh => "凭本回执编号或二维码可查询办理情况。本回执不含个人信息。",
        Lang::En => "Ask about your case with this number or code. It holds no personal data.",
    };
    lines.push(closing.to_owned());
    lines.join("\n") + "\n"
}

/// What the page says of a field: the time as people write it, in China's legal time.
fn shown(view: &View, path: &str) -> Option<String> {
    let text = view.text(path)?;
    match view.time_ms(path) {
        Some(ms) if path == "issued_at" => {
            let text = Moment::china(ms).rfc3339();
            Some(text.chars().take(16).collect::<String>().replace('T', " "))
        }
        _ => Some(text.to_owned()),
    }
}

/// Digits of a moment in China's legal time, down to the minute.
fn minute(at: Moment) -> String {
    let local = Moment {
        ms: at.ms,
        offset_min: CHINA_OFFSET_MIN,
    };
    let digits = local.rfc3339();
    digits
        .chars()
        .filter(char::is_ascii_digit)
        .take(12)
        .collect()
}

fn check(body: &str) -> String {
    let digest = Sha256::digest(format!("fieldwatch acknowledgement code {body}"));
    base32(&digest).chars().take(CHECK_CHARS).collect()
}

fn base32(bytes: &[u8]) -> String {
    let bits = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |place| byte >> place & 1));
    let bits: Vec<u8> = bits.collect();
    let digit = |five: &[u8]| {
        let number =
            five.iter().fold(0, |sum, bit| sum << 1 | usize::from(*bit)) << (5 - five.len());
        DIGITS.get(number).copied().map_or('0', char::from)
    };
    bits.chunks(5).map(digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: RecordId = RecordId([7; 16]);

    fn issued() -> Moment {
        Moment::parse("2026-10-14T09:31:07+08:00").unwrap()
    }

    #[test]
    fn a_code_reads_back_and_belongs_to_its_case_alone() {
        let number = number(CASE, "330106-0012", issued());
        assert!(number.starts_with("330106-0012-20261014-"), "{number}");
        let line = code(CASE, &number, issued());
        let read = Code::read(&line).unwrap();
        assert_eq!(
            (read.number.as_str(), read.minute.as_str()),
            (number.as_str(), "202610140931")
        );
        assert!(read.is_of(CASE) && !read.is_of(RecordId([8; 16])));
    }

    #[test]
    fn one_wrong_character_is_noticed_wherever_it_is() {
        let line = code(CASE, &number(CASE, "330106-0012", issued()), issued());
        for (place, was) in line.char_indices() {
            let other = if was == 'A' { 'B' } else { 'A' };
            let mut wrong = line.clone();
            wrong.replace_range(place..=place, &other.to_string());
            assert!(Code::read(&wrong).is_err(), "{wrong}");
        }
        assert_eq!(Code::read("https://example.org/"), Err(CodeError::Form));
    }

    #[test]
    fn base_32_is_crockfords() {
        assert_eq!(base32(b"\xff\x00"), "ZW00");
        assert_eq!(base32(&[]), "");
    }
}
