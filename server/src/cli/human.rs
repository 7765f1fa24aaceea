//! Answers in words, Chinese or English.

mod backing;
mod erasing;

use fieldwatch_schemas::area;
use fieldwatch_schemas::code::Lang;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde_json::Value;

use self::backing::renewed;
pub(super) use self::backing::{backed_up, restored};
pub(super) use self::erasing::{compacted, erased};

/// What `init` made.
pub(super) fn begun(answer: &Value, lang: Lang) -> String {
    let (name, pin, person) = (
        text(answer, "name"),
        text(answer, "pin"),
        text(answer, "administrator"),
    );
    let begun = match lang {
        Lang::Zh => format!(
            "数据目录已就绪。\n  服务器    {name}\n  密钥指纹  {pin}\n  管理员    {person}\n下一步：serve --listen 0.0.0.0:8443"
        ),
        Lang::En => format!(
            "The data folder is ready.\n  server         {name}\n  key pin        {pin}\n  administrator  {person}\nNext: serve --listen 0.0.0.0:8443"
        ),
    };
    begun + &renewed(answer, lang)
}

/// The key that receipts are signed with, bare: to be copied, and compared.
pub(super) fn receipt_key(answer: &Value, _: Lang) -> String {
    text(answer, "key").to_owned()
}

/// One station.
pub(super) fn station(row: &Value, lang: Lang) -> String {
    let (id, name, code) = (text(row, "station"), text(row, "name"), text(row, "region"));
    let area = area::full_name(code).unwrap_or_default();
    match lang {
        Lang::Zh => format!("维权站 {id}  {name}  {code} {area}"),
        Lang::En => format!("station {id}  {name}  {code} {area}"),
    }
}

/// One person.
pub(super) fn person(row: &Value, lang: Lang) -> String {
    let (id, name, role) = (text(row, "person"), text(row, "name"), text(row, "role"));
    let further = row.get("further_stations").and_then(Value::as_array);
    let place = [row.get("station"), row.get("region")];
    let place = place
        .into_iter()
        .flatten()
        .chain(further.into_iter().flatten());
    let place: Vec<_> = place.filter_map(Value::as_str).collect();
    let place = place.join(" ");
    let line = match lang {
        Lang::Zh => format!("{}  {name}  {id}  {place}", role_in_chinese(role)),
        Lang::En => format!("{}  {name}  {id}  {place}", role.replace('_', " ")),
    };
    line.trim_end().to_owned()
}

fn role_in_chinese(role: &str) -> &str {
    match role {
        "volunteer" => "志愿者",
        "station_staff" => "维权站工作人员",
        "coordinator" => "协调员",
        "enterprise_contact" => "企业联系人",
        "auditor" => "审计员",
        "administrator" => "管理员",
        other => other,
    }
}

/// A ticket's link.
pub(super) fn ticket(answer: &Value, lang: Lang) -> String {
    let (link, expires) = (text(answer, "link"), text(answer, "expires"));
    match lang {
        Lang::Zh => format!("{link}\n一次有效，{expires} 前使用。"),
        Lang::En => format!("{link}\nGood once, until {expires}."),
    }
}

/// A ticket's link, and the same as a QR code.
pub(super) fn ticket_with_qr(answer: &Value, lang: Lang) -> String {
    let code = QrCode::new(text(answer, "link")).map(|code| {
        // Terminals are dark: what is light in the code is drawn.
        let mut picture = code.render::<Dense1x2>();
        picture
            .dark_color(Dense1x2::Light)
            .light_color(Dense1x2::Dark);
        picture.build()
    });
    format!("{}\n{}", code.unwrap_or_default(), ticket(answer, lang))
}

/// One device.
pub(super) fn device(row: &Value, lang: Lang) -> String {
    let (id, name, person) = (text(row, "device"), text(row, "name"), text(row, "person"));
    let (enrolled, revoked) = (text(row, "enrolled"), text(row, "revoked"));
    let line = match (lang, revoked) {
        (Lang::Zh, "") => format!("设备 {id}  人员 {person}  {enrolled} 登记  {name}"),
        (Lang::Zh, _) => format!("设备 {id}  人员 {person}  {revoked} 已撤销  {name}"),
        (Lang::En, "") => format!("device {id}  person {person}  enrolled {enrolled}  {name}"),
        (Lang::En, _) => format!("device {id}  person {person}  revoked {revoked}  {name}"),
    };
    line.trim_end().to_owned()
}

/// With whom a record is shared.
pub(super) fn shared(row: &Value, lang: Lang) -> String {
    let record = text(row, "record");
    let with = row.get("shared_with").and_then(Value::as_array);
    let with: Vec<_> = with
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    match (lang, with.is_empty()) {
        (Lang::Zh, true) => format!("{record}  不再共享"),
        (Lang::Zh, false) => format!("{record}  共享给 {}", with.join("、")),
        (Lang::En, true) => format!("{record}  shared with nobody"),
        (Lang::En, false) => format!("{record}  shared with {}", with.join(", ")),
    }
}

/// One thing that waits for a release, or what became of it.
pub(super) fn waiting(row: &Value, lang: Lang) -> String {
    let (id, record) = (text(row, "id"), text(row, "record"));
    if row.get("released").is_some() {
        return match lang {
            Lang::Zh => format!("{id}  {record}  已放行"),
            Lang::En => format!("{id}  {record}  released"),
        };
    }
    if row.get("discarded").is_some() {
        return match lang {
            Lang::Zh => format!("{id}  {record}  已放弃"),
            Lang::En => format!("{id}  {record}  discarded"),
        };
    }
    let changes = row
        .get("changes")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let (kind, reason, received) = (
        text(row, "kind"),
        text(row, "reason"),
        text(row, "received"),
    );
    let (person, device) = (text(row, "person"), text(row, "device"));
    let line = match lang {
        Lang::Zh => format!(
            "{id}  {received}  {kind} {record}  更改 {changes}  人员 {person}  设备 {device}  {reason}"
        ),
        Lang::En => format!(
            "{id}  {received}  {kind} {record}  changes {changes}  person {person}  device {device}  {reason}"
        ),
    };
    match row.get("preview") {
        Some(preview) => format!("{line}\n{preview:#}"),
        None => line,
    }
}

/// One feed.
pub(super) fn feed(row: &Value, lang: Lang) -> String {
    let (name, digest) = (text(row, "feed"), text(row, "digest"));
    let number = |key: &str| row.get(key).and_then(Value::as_u64).unwrap_or_default();
    let (position, records) = (number("position"), number("records"));
    match lang {
        Lang::Zh => format!("{name}  位置 {position}  记录 {records}  摘要 {digest}"),
        Lang::En => format!("{name}  position {position}  records {records}  digest {digest}"),
    }
}

/// What `check` found.
pub(super) fn checked(answer: &Value, lang: Lang) -> String {
    let number = |key: &str| answer.get(key).and_then(Value::as_u64).unwrap_or_default();
    let (records, changes) = (number("records"), number("changes"));
    let problems = answer.get("problems").and_then(Value::as_array);
    let problems = problems.map(Vec::as_slice).unwrap_or_default();
    let mut words = match lang {
        Lang::Zh => format!(
            "已检查 {records} 条记录、{changes} 次更改，发现 {} 个问题",
            problems.len()
        ),
        Lang::En => format!(
            "checked {records} records, {changes} changes: {} problems",
            problems.len()
        ),
    };
    for problem in problems {
        words.push_str("\n  ");
        words.push_str(problem.as_str().unwrap_or(&problem.to_string()));
    }
    words
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
