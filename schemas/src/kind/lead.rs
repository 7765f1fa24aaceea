//! `lead` 线索: a possible violation, the 抄告函 that tells a department of it, and the department's reply.
//!
//! It goes on when the mediation that found it ends.

use super::{Kind, KindTable};
use crate::field::{Field, Shape};
use crate::status::Next::{Stay, To};
use crate::status::{ANY, COORDINATOR, Datum, LifeCycle, SETTLED_CONTEST, STAFF};

pub(super) static TABLE: KindTable = KindTable {
    fields: &[
        Field::new("title", Shape::Text).required(),
        Field::new("region", Shape::Area).once(),
        Field::new("station", Shape::Station).once(),
        Field::new("case", Shape::Record(Kind::Case)),
        Field::new("inspection", Shape::Record(Kind::Inspection)),
        Field::new("comparative_test", Shape::Record(Kind::ComparativeTest)),
        Field::new("enterprise", Shape::Record(Kind::Enterprise)),
        Field::new("respondent.name", Shape::Text),
        Field::new("respondent.credit_code", Shape::CreditCode),
        Field::new("respondent.address", Shape::Text),
        Field::new("violation", Shape::Text),
        Field::new("law", Shape::Text),
        Field::new("facts", Shape::LongText),
        Field::new("evidence_notes", Shape::LongText),
        Field::new("objection_text", Shape::LongText),
        Field::new("letter.number", Shape::Text),
        Field::new("letter.date", Shape::Date),
        Field::new("letter.recipient", Shape::Text),
        Field::new("letter.contact", Shape::Text),
        Field::new("letter.reply_due", Shape::Date),
        Field::new("letter_text", Shape::LongText),
        Field::new("reply.number", Shape::Text),
        Field::new("reply.date", Shape::Date),
        Field::new("reply_text", Shape::LongText),
        Field::new("outcome", Shape::Code("lead_outcome")),
        Field::new("fine_fen", Shape::Fen),
    ],
    maps: &["respondent", "letter", "reply"],
    texts: &[
        "facts",
        "evidence_notes",
        "objection_text",
        "letter_text",
        "reply_text",
    ],
    life_cycle: &LIFE_CYCLE,
    editors: STAFF,
    title: &["title", "respondent.name", "letter.number"],
    search: &[
        "title",
        "respondent.name",
        "respondent.credit_code",
        "letter.number",
        "letter.recipient",
    ],
    natural: &[],
};

/// Before a department knows.
const BEFORE_LETTER: &[&str] = &[
    "found",
    "corroborated",
    "respondent_notified",
    "objection",
    "final",
];

static LIFE_CYCLE: LifeCycle = LifeCycle {
    first: "found",
    rules: rules! {
        "corroborated"        from &["found"] => To("corroborated"), by STAFF;
        "respondent_notified" from &["corroborated"] => To("respondent_notified"), by STAFF;
        "objected"            from &["respondent_notified"] => To("objection"), by STAFF;
        "finalised"           from &["corroborated", "respondent_notified", "objection"] => To("final"), by COORDINATOR;
        "letter_sent"         from &["final"] => To("letter_sent"), by COORDINATOR needs &["to", "number"];
        "acknowledged"        from &["letter_sent"] => To("acknowledged"), by STAFF;
        "replied"             from &["letter_sent", "acknowledged"] => To("dept_result"), by STAFF needs &["outcome"];
        "closed"              from &["dept_result", "dropped"] => To("closed"), by COORDINATOR;
        "dropped"             from BEFORE_LETTER => To("dropped"), by COORDINATOR needs &["reason"];
        "reopened"            from &["closed"] => To("corroborated"), by COORDINATOR;
        SETTLED_CONTEST       from ANY => Stay, by COORDINATOR;
    },
    data: &[
        Datum::new("respondent_notified", "objection_until", Shape::Date)
            .derives("objection_until"),
        Datum::new("letter_sent", "to", Shape::Text).derives("letter_to"),
        Datum::new("letter_sent", "number", Shape::Text).derives("letter_number"),
        Datum::new("replied", "outcome", Shape::Code("lead_outcome")).derives("outcome"),
        Datum::new("replied", "fine_fen", Shape::Fen).derives("fine_fen"),
        Datum::new("dropped", "reason", Shape::Text).derives("drop_reason"),
    ],
};
