//! Numbers: as XPath reads them and as people write them.

/// Reads a number as XPath does: an optional minus, digits, an optional point; an exponent is allowed, too.
pub(in crate::checklist) fn parse_number(text: &str) -> f64 {
    let text = text.trim();
    let plain = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.'))
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'));
    if plain {
        text.parse().unwrap_or(f64::NAN)
    } else {
        f64::NAN
    }
}

/// Writes a number without an exponent and without `.0`.
pub(in crate::checklist) fn number_text(number: f64) -> String {
    if number.is_nan() {
        "NaN".to_owned()
    } else if number.is_infinite() {
        if number > 0.0 {
            "Infinity".to_owned()
        } else {
            "-Infinity".to_owned()
        }
    } else if number == 0.0 {
        "0".to_owned()
    } else {
        number.to_string()
    }
}

/// A number without fraction as an integer, if it is not beyond `limit`.
pub(in crate::checklist) fn whole(number: f64, limit: i64) -> Option<i64> {
    let within =
        number.is_finite() && number == libm::trunc(number) && number.abs() <= as_f64(limit);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "just checked to be whole and within the limit"
    )]
    within.then_some(number as i64)
}

/// Counts and indexes as numbers; exact up to 2^53, far beyond every limit here.
pub(in crate::checklist) fn as_f64(number: i64) -> f64 {
    number as f64
}
