//! `enterprise` 企业: one row of the register, by its 统一社会信用代码; connected (联网、绿通), supervised (督办) or neither.
//!
//! Its id follows from the credit code, so that devices that never met make the same record.

use super::KindTable;
use crate::field::{Field, Shape};
use crate::status::Next::{Stay, To};
use crate::status::{ANY, COORDINATOR, Datum, LifeCycle, SETTLED_CONTEST};

pub(super) static TABLE: KindTable = KindTable {
    fields: &[
        Field::new("credit_code", Shape::CreditCode).once(),
        Field::new("name", Shape::Text).required(),
        Field::new("former_names", Shape::Text),
        Field::new("address", Shape::Text),
        Field::new("region", Shape::Area),
        Field::new("industry", Shape::Code("category")),
        Field::new("roles", Shape::Codes("organisation_role")),
        Field::new("connection_status", Shape::Code("connection_status")),
        Field::new("supervised", Shape::Flag),
        Field::new("platform", Shape::Text),
        Field::new("contact.name", Shape::Text),
        Field::new("contact.phone", Shape::Text),
        Field::new("contact.hours", Shape::Text),
        Field::new("pledges", Shape::Codes("pledge")),
        Field::new("stores", Shape::Integer(0, 1_000_000)),
        Field::new("notes", Shape::LongText),
    ],
    maps: &["roles", "contact", "pledges"],
    texts: &["notes"],
    life_cycle: &LIFE_CYCLE,
    editors: COORDINATOR,
    title: &["name", "credit_code"],
    search: &["name", "credit_code", "former_names", "platform"],
    natural: &["credit_code"],
};

static LIFE_CYCLE: LifeCycle = LifeCycle {
    first: "registered",
    rules: rules! {
        "applied"             from &["registered", "exited"] => To("applied"), by COORDINATOR;
        "approved"            from &["applied"] => To("approved"), by COORDINATOR;
        "application_refused" from &["applied"] => To("registered"), by COORDINATOR needs &["reason"];
        "connected"           from &["approved", "suspended"] => To("connected"), by COORDINATOR;
        "supervised"          from &["connected"] => To("supervised"), by COORDINATOR needs &["reason"];
        "supervision_ended"   from &["supervised", "warned"] => To("connected"), by COORDINATOR;
        "warned"              from &["supervised"] => To("warned"), by COORDINATOR;
        "suspended"           from &["connected", "supervised", "warned"] => To("suspended"), by COORDINATOR needs &["reason"];
        "exited"              from &["approved", "connected", "supervised", "warned", "suspended"] => To("exited"), by COORDINATOR;
        SETTLED_CONTEST       from ANY => Stay, by COORDINATOR;
    },
    data: &[
        Datum::new("application_refused", "reason", Shape::Text),
        Datum::new("supervised", "reason", Shape::Text).derives("supervision_reason"),
        Datum::new("suspended", "reason", Shape::Text).derives("suspension_reason"),
    ],
};
