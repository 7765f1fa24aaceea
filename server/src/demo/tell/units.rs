//! Numbers, sums and columns as people write them.

/// A part of a whole in percent with one decimal; of nothing, a dash.
pub(in crate::demo) fn percent(part: u64, whole: u64) -> String {
    match part
        .saturating_mul(1_000)
        .saturating_add(whole / 2)
        .checked_div(whole)
    {
        Some(per_mille) => format!("{}.{}%", per_mille / 10, per_mille % 10),
        None => "—".to_owned(),
    }
}

/// Fen as yuan, with thousands apart: ¥1,234.50.
pub(in crate::demo) fn yuan(fen: i64) -> String {
    let fen = fen.unsigned_abs();
    format!("¥{}.{:02}", thousands(fen / 100), fen % 100)
}

/// Bytes as people read them: 812 B, 14.3 KiB.
pub(in crate::demo) fn size(bytes: u64) -> String {
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let tenths = bytes.saturating_mul(10) / 1_024;
    format!("{}.{} KiB", tenths / 10, tenths % 10)
}

/// A number with thousands apart.
pub(in crate::demo) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// The text with spaces behind it until it fills so many columns.
pub(in crate::demo) fn padded(text: &str, columns: usize) -> String {
    let spaces = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(spaces))
}

/// How many columns of a terminal a text takes: two for each character of Chinese.
pub(super) fn width(text: &str) -> usize {
    text.chars()
        .map(|each| if is_wide(each) { 2 } else { 1 })
        .sum()
}

fn is_wide(each: char) -> bool {
    matches!(each, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_and_shares_are_written_as_people_write_them() {
        assert_eq!(yuan(123_456_705), "¥1,234,567.05");
        assert_eq!(yuan(90), "¥0.90");
        assert_eq!(
            (percent(2, 3), percent(0, 0)),
            ("66.7%".to_owned(), "—".to_owned())
        );
        assert_eq!(thousands(1_000), "1,000");
        assert_eq!(
            (size(812), size(14_643)),
            ("812 B".to_owned(), "14.2 KiB".to_owned())
        );
    }
}
