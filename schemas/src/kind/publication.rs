//! `publication` 公示: a complaint made public, after consent, redaction and the operator's hearing.
//!
//! It is written anew, apart from the case and without personal data. Even so its history holds what was redacted, and a record goes
//! with its history: so it stays with those who work on it, and the public reads its last words from the server, never the record.

use super::{Kind, KindTable};
use crate::field::{Field, Shape};
use crate::status::Next::{Stay, To};
use crate::status::{ANY, COORDINATOR, Datum, LifeCycle, SETTLED_CONTEST};

pub(super) static TABLE: KindTable = KindTable {
    fields: &[
        Field::new("title", Shape::Text).required(),
        Field::new("region", Shape::Area).once(),
        Field::new("station", Shape::Station).once(),
        Field::new("case", Shape::Record(Kind::Case)),
        Field::new("respondent.name", Shape::Text),
        Field::new("respondent.credit_code", Shape::CreditCode),
        Field::new("respondent.address", Shape::Text),
        Field::new("problem", Shape::Code("problem")),
        Field::new("category", Shape::Code("category")),
        Field::new("result", Shape::Text),
        Field::new("unit", Shape::Text),
        Field::new("ended_on", Shape::Date),
        Field::new("body", Shape::LongText),
        Field::new("consent.given", Shape::Flag),
        Field::new("consent.on", Shape::Date),
        Field::new("consent.proof", Shape::Text),
        Field::new("redaction.by", Shape::Text),
        Field::new("redaction.checked", Shape::Flag),
        Field::new("objection.until", Shape::Date),
        Field::new("objection.upheld", Shape::Flag),
        Field::new("objection_text", Shape::LongText),
        Field::new("correction", Shape::LongText),
        Field::new("live_until", Shape::Date),
    ],
    maps: &["respondent", "consent", "redaction", "objection"],
    texts: &["body", "objection_text", "correction"],
    life_cycle: &LIFE_CYCLE,
    editors: COORDINATOR,
    title: &["title", "respondent.name"],
    search: &["title", "respondent.name", "respondent.credit_code"],
    natural: &[],
};

static LIFE_CYCLE: LifeCycle = LifeCycle {
    first: "eligible",
    rules: rules! {
        "consent_checked"   from &["eligible"] => To("consent_checked"), by COORDINATOR needs &["consent"];
        "redacted"          from &["consent_checked"] => To("redacted"), by COORDINATOR;
        "operator_notified" from &["redacted"] => To("operator_notice"), by COORDINATOR needs &["objection_until"];
        "objected"          from &["operator_notice"] => To("objection"), by COORDINATOR;
        "approved"          from &["operator_notice", "objection"] => To("approved"), by COORDINATOR;
        "went_live"         from &["approved"] => To("live"), by COORDINATOR;
        "corrected"         from &["live", "corrected"] => To("corrected"), by COORDINATOR needs &["reason"];
        "withdrawn"         from &["eligible", "consent_checked", "redacted", "operator_notice", "objection", "approved", "live", "corrected"] => To("withdrawn"), by COORDINATOR needs &["reason"];
        "expired"           from &["live", "corrected"] => To("expired"), by COORDINATOR;
        SETTLED_CONTEST     from ANY => Stay, by COORDINATOR;
    },
    data: &[
        Datum::new("consent_checked", "consent", Shape::Text).derives("consent_proof"),
        Datum::new("operator_notified", "objection_until", Shape::Date).derives("objection_until"),
        Datum::new("corrected", "reason", Shape::Text).derives("correction_reason"),
        Datum::new("withdrawn", "reason", Shape::Text).derives("withdraw_reason"),
    ],
};
