//! Functions of days and times. English month and day names, as every XLSForm client writes them.

use jiff::civil::DateTime;
use jiff::tz::Offset;

use super::function::Function;
use super::value::{
    Value, civil, day_from_epoch, days_since_epoch, milliseconds, moment_from_epoch,
};

/// Applies a function of dates; none where it is another, or what it is given is no date.
pub(super) fn apply<'a>(
    function: Function,
    arguments: &[Value<'a>],
    local: Offset,
) -> Option<Value<'a>> {
    let first = arguments.first()?;
    match function {
        Function::Date => day(first, local),
        Function::DateTime => moment(first, local),
        Function::DecimalDateTime => Some(Value::Number(
            first
                .dated(local)
                .map_or(f64::NAN, |dated| dated.to_number(local)),
        )),
        Function::DecimalTime => Some(Value::Number(fraction_of_day(first, local))),
        Function::FormatDate | Function::FormatDateTime => {
            let format = arguments.get(1)?.to_text();
            Some(format_civil(local_civil(first, local)?, &format))
        }
        _ => None,
    }
}

fn day(value: &Value<'_>, local: Offset) -> Option<Value<'static>> {
    local_civil(value, local).map(|civil| Value::Day(civil.date()))
}

fn moment(value: &Value<'_>, local: Offset) -> Option<Value<'static>> {
    match value {
        Value::Number(days) => moment_from_epoch(*days, local),
        other => match other.dated(local)? {
            Value::Moment { ms, offset } => Some(Value::Moment { ms, offset }),
            Value::Day(day) => moment_from_epoch(f64::from(days_since_epoch(day)), local),
            _ => None,
        },
    }
}

fn fraction_of_day(value: &Value<'_>, local: Offset) -> f64 {
    match value.dated(local) {
        Some(Value::Moment { ms, .. }) => {
            civil(ms, local).map_or(f64::NAN, |civil| Value::Time(civil.time()).to_number(local))
        }
        Some(Value::Day(_)) => 0.0,
        Some(time) => time.to_number(local),
        None => f64::NAN,
    }
}

/// The day and time on the wall: of a moment in local time, of a number of days, of a day at midnight.
fn local_civil(value: &Value<'_>, local: Offset) -> Option<DateTime> {
    match value {
        Value::Number(days) => match moment_from_epoch(*days, local)? {
            Value::Moment { ms, .. } => civil(ms, local),
            _ => None,
        },
        Value::Text(text) if !super::value::parse_number(text).is_nan() => {
            let day = day_from_epoch(super::value::parse_number(text))?;
            Some(day.to_datetime(jiff::civil::Time::midnight()))
        }
        other => match other.dated(local)? {
            Value::Moment { ms, .. } => civil(ms, local),
            Value::Day(day) => Some(day.to_datetime(jiff::civil::Time::midnight())),
            Value::Time(time) => Some(jiff::civil::Date::constant(1970, 1, 1).to_datetime(time)),
            _ => None,
        },
    }
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/// `%Y-%m-%d` and the other codes of the OpenRosa specification; an unknown code stands for itself.
fn format_civil(at: DateTime, format: &str) -> Value<'static> {
    let mut text = String::with_capacity(format.len() + 8);
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let name = |names: &[&str], place: i8| {
            usize::try_from(place)
                .ok()
                .and_then(|place| names.get(place).copied())
                .unwrap_or("")
                .to_owned()
        };
        text.push_str(&match chars.next() {
            Some('Y') => format!("{:04}", at.year()),
            Some('y') => format!("{:02}", at.year().rem_euclid(100)),
            Some('m') => format!("{:02}", at.month()),
            Some('n') => at.month().to_string(),
            Some('b') => name(&MONTHS, at.month() - 1),
            Some('d') => format!("{:02}", at.day()),
            Some('e') => at.day().to_string(),
            Some('a') => name(&DAYS, at.weekday().to_sunday_zero_offset()),
            Some('W') => at.date().iso_week_date().week().to_string(),
            Some('H') => format!("{:02}", at.hour()),
            Some('h') => at.hour().to_string(),
            Some('M') => format!("{:02}", at.minute()),
            Some('S') => format!("{:02}", at.second()),
            Some('3') => format!("{:03}", milliseconds(at.time()) % 1000),
            Some('%') => "%".to_owned(),
            Some(other) => format!("%{other}"),
            None => "%".to_owned(),
        });
    }
    Value::text(text)
}
