//! `interview` 约谈: a talk with an enterprise, what it commits itself to, and whether that was done (回头看).

use super::{Kind, KindTable};
use crate::field::{Field, Shape};
use crate::status::Next::{Stay, To};
use crate::status::{ANY, COORDINATOR, Datum, LifeCycle, SETTLED_CONTEST};

const COMMITMENT_FIELDS: &[Field] = &[
    Field::new("text", Shape::Text),
    Field::new("due", Shape::Date),
    Field::new("evidence", Shape::Text),
    Field::new("rectified", Shape::Code("rectified")),
    Field::new("verified_on", Shape::Date),
    Field::new("inspection", Shape::Record(Kind::Inspection)),
];

pub(super) static TABLE: KindTable = KindTable {
    fields: &[
        Field::new("subject", Shape::Text).required(),
        Field::new("region", Shape::Area).once(),
        Field::new("campaign", Shape::Record(Kind::Campaign)),
        Field::new("case", Shape::Record(Kind::Case)),
        Field::new("enterprise", Shape::Record(Kind::Enterprise)),
        Field::new("respondent.name", Shape::Text),
        Field::new("respondent.credit_code", Shape::CreditCode),
        Field::new("legal_basis", Shape::Text),
        Field::new("notice.number", Shape::Text),
        Field::new("notice.date", Shape::Date),
        Field::new("venue", Shape::Text),
        Field::new("planned_at", Shape::Time),
        Field::new("held_at", Shape::Time),
        Field::new("attendees", Shape::LongText),
        Field::new("minutes", Shape::LongText),
        Field::new("commitments", Shape::Entries(COMMITMENT_FIELDS)),
        Field::new("rectification", Shape::LongText),
    ],
    maps: &["respondent", "notice", "commitments"],
    texts: &["attendees", "minutes", "rectification"],
    life_cycle: &LIFE_CYCLE,
    editors: COORDINATOR,
    title: &["subject", "respondent.name"],
    search: &[
        "subject",
        "respondent.name",
        "respondent.credit_code",
        "notice.number",
    ],
    natural: &[],
};

static LIFE_CYCLE: LifeCycle = LifeCycle {
    first: "proposed",
    rules: rules! {
        "notice_served"      from &["proposed"] => To("notice_served"), by COORDINATOR;
        "held"               from &["proposed", "notice_served"] => To("held"), by COORDINATOR;
        "refused_to_attend"  from &["notice_served"] => To("overdue"), by COORDINATOR;
        "committed"          from &["held"] => To("commitments"), by COORDINATOR;
        "fell_due"           from &["commitments"] => To("due"), by COORDINATOR;
        "evidence_submitted" from &["commitments", "due", "overdue"] => To("evidence_submitted"), by COORDINATOR;
        "verified"           from &["evidence_submitted"] => To("verified"), by COORDINATOR;
        "sent_back"          from &["evidence_submitted"] => To("due"), by COORDINATOR needs &["reason"];
        "became_overdue"     from &["commitments", "due"] => To("overdue"), by COORDINATOR;
        "escalated"          from &["overdue"] => To("escalated"), by COORDINATOR needs &["to"];
        "disclosed"          from &["overdue", "escalated"] => To("disclosed"), by COORDINATOR;
        "cancelled"          from &["proposed", "notice_served"] => To("cancelled"), by COORDINATOR needs &["reason"];
        SETTLED_CONTEST      from ANY => Stay, by COORDINATOR;
    },
    data: &[
        Datum::new("committed", "due", Shape::Date).derives("due"),
        Datum::new("verified", "inspection", Shape::Record(Kind::Inspection)).derives("inspection"),
        Datum::new("sent_back", "reason", Shape::Text).derives("sent_back_reason"),
        Datum::new("escalated", "to", Shape::Text).derives("escalated_to"),
        Datum::new("cancelled", "reason", Shape::Text).derives("cancel_reason"),
    ],
};
