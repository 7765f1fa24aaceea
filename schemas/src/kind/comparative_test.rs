//! `comparative_test` 比较试验: goods bought blind, sealed, tested side by side, their makers heard, the results published.
//!
//! Who bought a sample stands here by alias only.

use super::{Kind, KindTable};
use crate::field::{Field, Shape};
use crate::status::Next::{Stay, To};
use crate::status::{ANY, COORDINATOR, Datum, LifeCycle, SETTLED_CONTEST};

const SAMPLE_FIELDS: &[Field] = &[
    Field::new("name", Shape::Text),
    Field::new("brand", Shape::Text),
    Field::new("spec", Shape::Text),
    Field::new("batch_no", Shape::Text),
    Field::new("maker", Shape::Text),
    Field::new("seller", Shape::Text),
    Field::new("credit_code", Shape::CreditCode),
    Field::new("price_fen", Shape::Fen),
    Field::new("quantity", Shape::Integer(1, 1_000_000)),
    Field::new("bought_on", Shape::Date),
    Field::new("receipt_no", Shape::Text),
    Field::new("buyer_alias", Shape::Text),
    Field::new("seal_no", Shape::Text),
];

const HANDOVER_FIELDS: &[Field] = &[
    Field::new("sample", Shape::Text),
    Field::new("at", Shape::Time),
    Field::new("from", Shape::Text),
    Field::new("to", Shape::Text),
    Field::new("seal_intact", Shape::Flag),
    Field::new("note", Shape::Text),
];

const RESULT_FIELDS: &[Field] = &[
    Field::new("sample", Shape::Text),
    Field::new("indicator", Shape::Text),
    Field::new("standard", Shape::Text),
    Field::new("limit", Shape::Text),
    Field::new("value", Shape::Text),
    Field::new("unit", Shape::Text),
    Field::new("verdict", Shape::Code("test_verdict")),
    Field::new("retest", Shape::Flag),
];

const OBJECTION_FIELDS: &[Field] = &[
    Field::new("sample", Shape::Text),
    Field::new("from", Shape::Text),
    Field::new("on", Shape::Date),
    Field::new("text", Shape::Text),
    Field::new("upheld", Shape::Flag),
];

pub(super) static TABLE: KindTable = KindTable {
    fields: &[
        Field::new("title", Shape::Text).required(),
        Field::new("region", Shape::Area).once(),
        Field::new("campaign", Shape::Record(Kind::Campaign)),
        Field::new("category", Shape::Code("category")),
        Field::new("standard", Shape::Text),
        Field::new("plan", Shape::LongText),
        Field::new("budget_fen", Shape::Fen),
        Field::new("lab.name", Shape::Text),
        Field::new("lab.accreditation", Shape::Text),
        Field::new("lab.request_no", Shape::Text),
        Field::new("objection.from", Shape::Date),
        Field::new("objection.until", Shape::Date),
        Field::new("samples", Shape::Entries(SAMPLE_FIELDS)),
        Field::new("custody", Shape::Entries(HANDOVER_FIELDS)),
        Field::new("results", Shape::Entries(RESULT_FIELDS)),
        Field::new("objections", Shape::Entries(OBJECTION_FIELDS)),
        Field::new("report", Shape::LongText),
    ],
    maps: &[
        "lab",
        "objection",
        "samples",
        "custody",
        "results",
        "objections",
    ],
    texts: &["plan", "report"],
    life_cycle: &LIFE_CYCLE,
    editors: COORDINATOR,
    title: &["title", "lab.name"],
    search: &["title", "standard", "lab.name", "lab.request_no"],
    natural: &[],
};

static LIFE_CYCLE: LifeCycle = LifeCycle {
    first: "plan",
    rules: rules! {
        "purchase_started"   from &["plan"] => To("purchase"), by COORDINATOR;
        "sealed"             from &["purchase"] => To("sealed"), by COORDINATOR;
        "sent_to_lab"        from &["sealed"] => To("at_lab"), by COORDINATOR;
        "results_received"   from &["at_lab", "retest"] => To("results"), by COORDINATOR;
        "operators_notified" from &["results"] => To("operator_notice"), by COORDINATOR needs &["objection_until"];
        "objected"           from &["operator_notice"] => To("objection"), by COORDINATOR;
        "retest_ordered"     from &["objection"] => To("retest"), by COORDINATOR;
        "approved"           from &["operator_notice", "objection"] => To("approved"), by COORDINATOR;
        "published"          from &["approved"] => To("published"), by COORDINATOR;
        "cancelled"          from &["plan", "purchase", "sealed", "at_lab", "results", "operator_notice", "objection", "retest", "approved"] => To("cancelled"), by COORDINATOR needs &["reason"];
        SETTLED_CONTEST      from ANY => Stay, by COORDINATOR;
    },
    data: &[
        Datum::new("operators_notified", "objection_until", Shape::Date).derives("objection_until"),
        Datum::new("cancelled", "reason", Shape::Text).derives("cancel_reason"),
    ],
};
