//! Tests of: values while an expression is computed, and how they turn into one another.

use super::*;

const LOCAL: Offset = Offset::constant(8);

fn text(text: &str) -> Value<'_> {
    Value::Text(Cow::Borrowed(text))
}

#[test]
fn dates_are_read_with_and_without_time_and_offset() {
    let day = parse_dated("2024-05-01", LOCAL).unwrap();
    assert_eq!(day.to_number(LOCAL), 19844.0);
    let moment = parse_dated("2024-05-01T09:30", LOCAL).unwrap();
    assert_eq!(
        moment,
        parse_dated("2024-05-01T01:30:00.000Z", LOCAL)
            .map(|v| with_offset(v, LOCAL))
            .unwrap()
    );
    assert_eq!(moment.to_text(), "2024-05-01T09:30:00.000+08:00");
    assert_eq!(parse_dated("12:00", LOCAL).unwrap().to_number(LOCAL), 0.5);
    assert_eq!(
        parse_dated("12:00:00.000+08:00", LOCAL).unwrap().to_text(),
        "12:00:00.000"
    );
    for not in [
        "2024-13-01",
        "2024-5-1",
        "abc",
        "",
        "2024",
        "10:99",
        "2024-05-01T25:00",
    ] {
        assert_eq!(parse_dated(not, LOCAL), None, "{not}");
    }
}

fn with_offset(value: Value<'static>, offset: Offset) -> Value<'static> {
    match value {
        Value::Moment { ms, .. } => Value::Moment { ms, offset },
        other => other,
    }
}

#[test]
fn comparisons_follow_types() {
    assert!(text("5").equals(&Value::Number(5.0), LOCAL));
    assert!(!text("").equals(&Value::Number(0.0), LOCAL));
    assert!(text("").equals(&text(""), LOCAL));
    assert!(
        text("2024-05-01")
            .order(&parse_dated("2024-05-02", LOCAL).unwrap(), LOCAL)
            .unwrap()
            .is_lt()
    );
    assert!(text("10").order(&text("9"), LOCAL).unwrap().is_gt());
    assert!(
        text("2024-05-01")
            .order(&text("2024-04-30"), LOCAL)
            .unwrap()
            .is_gt()
    );
    assert_eq!(text("x").order(&Value::Number(1.0), LOCAL), None);
    // A day begins at local midnight.
    let midnight = parse_dated("2024-04-30T16:00:00Z", LOCAL).unwrap();
    assert!(midnight.equals(&parse_dated("2024-05-01", LOCAL).unwrap(), LOCAL));
}

#[test]
fn numbers_are_written_as_people_write_them() {
    assert_eq!(number_text(3.0), "3");
    assert_eq!(number_text(-0.0), "0");
    assert_eq!(number_text(0.1 + 0.2), "0.30000000000000004");
    assert_eq!(number_text(1e21), "1000000000000000000000");
    assert!(parse_number("1,5").is_nan());
    assert!(parse_number("infinity").is_nan());
    assert_eq!(parse_number(" -1.5 "), -1.5);
}
