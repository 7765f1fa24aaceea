//! Words for people, in Chinese and English: fields, statuses, events, values, moments.

mod advice;
mod harms;
mod problems;
pub(super) mod refusals;

use fieldwatch_schemas::code::{self, Lang};
use fieldwatch_schemas::field::Shape;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::label;
use fieldwatch_schemas::time::Moment;
use serde_json::Value as Json;

pub(super) use self::advice::advice;
pub(super) use self::harms::harm;
pub(super) use self::problems::problem;
use crate::replica::State;

/// The one of two texts that is in the language.
pub(super) fn either<'t>(lang: Lang, zh: &'t str, en: &'t str) -> &'t str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

/// What a field is called, within its entry of a table; answers and fields of newer versions by their path.
pub(super) fn field(lang: Lang, kind: Kind, path: &str) -> String {
    let name = label::field(kind, path, lang);
    let is_table = |container: &str| {
        let field = kind.field(container);
        field.is_some_and(|field| matches!(field.shape, Shape::Entries(_)))
    };
    match path.splitn(3, '.').collect::<Vec<_>>().as_slice() {
        [container, entry, _] if is_table(container) => {
            let table = label::field(kind, container, lang);
            format!("{table} {entry} {name}")
        }
        _ => name.to_owned(),
    }
}

/// What a status is called.
pub(super) fn status(lang: Lang, kind: Kind, status: &str) -> String {
    label::status(kind, status, lang).to_owned()
}

/// What an event is called.
pub(super) fn event(lang: Lang, kind: Kind, event: &str) -> String {
    label::event(kind, event, lang).to_owned()
}

/// What a kind is called.
pub(super) fn kind(lang: Lang, kind: Kind) -> &'static str {
    label::kind(kind, lang)
}

/// Whether a record has been sent, in the words of the form.
pub(super) fn state(lang: Lang, state: State) -> &'static str {
    match state {
        State::Local => either(lang, "未发送", "local"),
        State::Sending => either(lang, "发送中", "sending"),
        State::Stored => either(lang, "服务器已确认", "stored"),
        State::Quarantined => either(lang, "需处理", "quarantined"),
    }
}

/// A field's value: codes by their labels, moments by the clock on the wall.
pub(super) fn value(lang: Lang, kind: Kind, path: &str, json: &Json) -> String {
    shaped(lang, kind.field(path).map(|field| field.shape), json)
}

/// A value of a shape, if that is known.
pub(super) fn shaped(lang: Lang, shape: Option<Shape>, json: &Json) -> String {
    let coded = |list: &str, code: &str| match code::list(list) {
        Some(list) => list.label(lang, code).to_owned(),
        None => code.to_owned(),
    };
    match (shape, json) {
        (Some(Shape::Code(list)), Json::String(code)) => coded(list, code),
        (Some(Shape::Codes(list)), Json::Array(codes)) => {
            let labels = codes.iter().filter_map(Json::as_str);
            let labels: Vec<_> = labels.map(|code| coded(list, code)).collect();
            labels.join(either(lang, "、", ", "))
        }
        (Some(Shape::Stations), Json::Array(ids)) => {
            let ids: Vec<_> = ids.iter().filter_map(Json::as_str).collect();
            ids.join(either(lang, "、", ", "))
        }
        (Some(Shape::Time), Json::String(text)) => match Moment::parse(text) {
            Ok(moment) => minute(moment),
            Err(_) => text.clone(),
        },
        (Some(Shape::Fen), Json::Number(fen)) => match fen.as_i64() {
            Some(fen) => yuan(lang, fen),
            None => fen.to_string(),
        },
        (_, Json::Bool(flag)) => match flag {
            true => either(lang, "是", "yes").to_owned(),
            false => either(lang, "否", "no").to_owned(),
        },
        (_, Json::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

/// Money as people say it; records keep whole fen.
fn yuan(lang: Lang, fen: i64) -> String {
    let unit = either(lang, " 元", " yuan");
    format!("{}.{:02}{unit}", fen / 100, fen % 100)
}

/// A moment to the minute, as its own clock showed it: `2024-02-09 08:30`.
pub(super) fn minute(moment: Moment) -> String {
    let text = moment.rfc3339();
    let (date, time) = text.split_once('T').unwrap_or((&text, ""));
    let time: String = time.chars().take(5).collect();
    format!("{date} {time}")
}

/// A span of time, to its largest two units.
pub(super) fn span(lang: Lang, seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match lang {
        Lang::Zh if days > 0 => format!("{days} 天 {hours} 小时"),
        Lang::Zh => format!("{hours} 小时 {minutes} 分钟"),
        Lang::En if days > 0 => format!("{days} d {hours} h"),
        Lang::En => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_field_of_an_entry_is_called_by_its_table_its_entry_and_its_name() {
        let called = |lang, path| field(lang, Kind::Inspection, path);
        assert_eq!(called(Lang::Zh, "findings.a1.text"), "发现问题 a1 问题描述");
        assert_eq!(called(Lang::Zh, "answers.q1.x"), "answers.q1.x");
    }

    #[test]
    fn values_read_as_people_say_them() {
        let said = |path, json| value(Lang::Zh, Kind::Case, path, &json);
        assert_eq!(said("nature", json!("complaint")), "投诉");
        assert_eq!(
            said("claims", json!(["refund", "return_goods"])),
            "退还货款和服务费用、退货"
        );
        assert_eq!(said("claimed_fen", json!(120_005)), "1200.05 元");
        assert_eq!(
            said("received_at", json!("2024-02-09T08:30:00+08:00")),
            "2024-02-09 08:30"
        );
        assert_eq!(
            value(Lang::En, Kind::Case, "consents.publish", &json!(true)),
            "yes"
        );
    }
}
