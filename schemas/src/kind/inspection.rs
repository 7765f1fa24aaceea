//! `inspection` 暗访体察: one visit, blind until it is submitted and by an alias ever after.
//!
//! What was found at the place stands in `findings`; a later round (回头看) names the earlier visit in `previous` and the earlier finding in each of its own.

use super::{Kind, KindTable};
use crate::field::{Field, Shape};
use crate::status::Next::{Stay, To};
use crate::status::{ANY, COORDINATOR, Datum, INSPECTOR, LifeCycle, SETTLED_CONTEST};

const FINDING_FIELDS: &[Field] = &[
    Field::new("text", Shape::Text),
    Field::new("question", Shape::Text),
    Field::new("problem", Shape::Code("problem")),
    Field::new("severity", Shape::Code("severity")),
    Field::new("evidence", Shape::Text),
    Field::new("previous", Shape::Text),
    Field::new("rectified", Shape::Code("rectified")),
];

const PURCHASE_FIELDS: &[Field] = &[
    Field::new("name", Shape::Text),
    Field::new("seller", Shape::Text),
    Field::new("price_fen", Shape::Fen),
    Field::new("quantity", Shape::Integer(1, 1_000_000)),
    Field::new("batch_no", Shape::Text),
    Field::new("receipt_no", Shape::Text),
    Field::new("bought_on", Shape::Date),
];

pub(super) static TABLE: KindTable = KindTable {
    fields: &[
        Field::new("campaign", Shape::Id).once(),
        Field::new("region", Shape::Area).once(),
        Field::new("alias", Shape::Text).once(),
        Field::new("checklist.id", Shape::Text).once(),
        Field::new("checklist.version", Shape::Text).once(),
        Field::new("enterprise", Shape::Text),
        Field::new("enterprise_record", Shape::Record(Kind::Enterprise)),
        Field::new("site.lat", Shape::Number(-90.0, 90.0)),
        Field::new("site.lon", Shape::Number(-180.0, 180.0)),
        Field::new("site.accuracy_m", Shape::Number(0.0, 100_000.0)),
        Field::new("site.mock", Shape::Flag),
        Field::new("check_in.lat", Shape::Number(-90.0, 90.0)),
        Field::new("check_in.lon", Shape::Number(-180.0, 180.0)),
        Field::new("check_in.accuracy_m", Shape::Number(0.0, 100_000.0)),
        Field::new("check_in.mock", Shape::Flag),
        Field::new("check_in.place", Shape::Text),
        Field::new("round", Shape::Integer(1, 1_000)),
        Field::new("previous", Shape::Record(Kind::Inspection)),
        Field::new("answers", Shape::Answers),
        Field::new("findings", Shape::Entries(FINDING_FIELDS)),
        Field::new("purchases", Shape::Entries(PURCHASE_FIELDS)),
        Field::new("notes", Shape::LongText),
    ],
    maps: &[
        "checklist",
        "site",
        "check_in",
        "answers",
        "findings",
        "purchases",
    ],
    texts: &["notes"],
    life_cycle: &LIFE_CYCLE,
    editors: INSPECTOR,
    title: &["enterprise", "alias", "notes"],
    search: &["enterprise", "alias", "notes"],
    natural: &[],
};

/// While the visit is in its inspector's hands.
const IN_HAND: &[&str] = &[
    "draft", "claimed", "briefed", "on_site", "captured", "returned",
];

/// While it is before its reviewers.
const UNDER_REVIEW: &[&str] = &["submitted", "auto_checked", "in_review"];

static LIFE_CYCLE: LifeCycle = LifeCycle {
    first: "draft",
    rules: rules! {
        "claimed"            from &["draft"] => To("claimed"), by INSPECTOR;
        "briefed"            from &["claimed"] => To("briefed"), by INSPECTOR;
        "checked_in"         from &["draft", "claimed", "briefed", "returned"] => To("on_site"), by INSPECTOR;
        "captured"           from &["on_site"] => To("captured"), by INSPECTOR;
        "submitted"          from IN_HAND => To("submitted"), by INSPECTOR;
        "auto_checked"       from &["submitted"] => To("auto_checked"), by COORDINATOR;
        "review_started"     from &["submitted", "auto_checked"] => To("in_review"), by COORDINATOR;
        "returned"           from UNDER_REVIEW => To("returned"), by COORDINATOR needs &["reason"];
        "approved"           from UNDER_REVIEW => To("approved"), by COORDINATOR;
        "rejected"           from UNDER_REVIEW => To("rejected"), by COORDINATOR needs &["reason"];
        "findings_confirmed" from &["approved"] => To("findings_confirmed"), by COORDINATOR;
        "frozen"             from &["approved", "findings_confirmed"] => To("frozen"), by COORDINATOR;
        "aborted"            from IN_HAND => To("aborted"), by INSPECTOR needs &["reason"];
        "cancelled"          from IN_HAND => To("cancelled"), by COORDINATOR;
        "expired"            from IN_HAND => To("expired"), by COORDINATOR;
        SETTLED_CONTEST      from ANY => Stay, by COORDINATOR;
    },
    data: &[
        Datum::new("returned", "reason", Shape::Text).derives("return_reason"),
        Datum::new("rejected", "reason", Shape::Text).derives("reject_reason"),
        Datum::new("aborted", "reason", Shape::Text).derives("abort_reason"),
    ],
};
