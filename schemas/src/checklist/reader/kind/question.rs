//! Types of questions without choices, in all their spellings.

use crate::checklist::kind::Kind;

pub(super) fn simple(spaced: &str) -> Option<Kind> {
    let bare = spaced
        .strip_prefix("q ")
        .or_else(|| spaced.strip_prefix("add ")?.strip_suffix(" prompt"))
        .unwrap_or(spaced);
    Some(match bare {
        "text" | "string" => Kind::Text,
        "integer" | "int" => Kind::Integer,
        "decimal" => Kind::Decimal,
        "date" => Kind::Date,
        "time" => Kind::Time,
        "datetime" | "date time" => Kind::DateTime,
        "geopoint" | "gps" | "location" => Kind::Geopoint,
        "geotrace" => Kind::Geotrace,
        "geoshape" => Kind::Geoshape,
        "image" | "photo" | "picture" => Kind::Image,
        "audio" => Kind::Audio,
        "video" => Kind::Video,
        "file" => Kind::File,
        "barcode" => Kind::Barcode,
        "note" => Kind::Note,
        "calculate" => Kind::Calculate,
        "hidden" => Kind::Hidden,
        "acknowledge" | "trigger" => Kind::Acknowledge,
        "range" => Kind::Range,
        _ => return metadata(spaced),
    })
}

fn metadata(spaced: &str) -> Option<Kind> {
    let bare = spaced
        .strip_prefix("get ")
        .or_else(|| spaced.strip_prefix("uri:"))
        .unwrap_or(spaced);
    let name = match bare {
        "start" | "start time" => "start",
        "end" | "end time" => "end",
        "today" => "today",
        "deviceid" | "device id" | "imei" => "deviceid",
        "username" => "username",
        "phonenumber" | "phone number" => "phonenumber",
        "email" => "email",
        "simserial" | "sim id" => "simserial",
        "subscriberid" | "subscriber id" => "subscriberid",
        "audit" => "audit",
        "start-geopoint" => "start-geopoint",
        "background-audio" => "background-audio",
        "background-geopoint" => "background-geopoint",
        _ => return None,
    };
    Some(Kind::Metadata(name.to_owned()))
}
