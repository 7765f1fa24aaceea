//! The life of a case, as a table.

use crate::field::Shape;
use crate::kind::Kind;
use crate::status::Next::{Stay, To};
use crate::status::{ANY, COORDINATOR, Datum, LifeCycle, SETTLED_CONTEST, STAFF};

/// Everywhere a case may still be worked on.
const OPEN: &[&str] = &[
    "registered",
    "triage",
    "need_materials",
    "pre_settlement",
    "settled",
    "referred_out",
    "closed_by_receiver",
    "accepted",
    "not_accepted",
    "mediating",
    "testing",
    "suspended",
    "agreed",
    "judicial_confirmation",
    "confirmed",
    "confirmation_refused",
    "performed",
    "defaulted",
    "enforcement",
    "litigation_support",
    "terminated",
    "told_other_routes",
];

/// Before anything is decided.
const FRESH: &[&str] = &["registered", "triage"];

/// Accepted, and no result yet.
const IN_MEDIATION: &[&str] = &["accepted", "mediating", "testing", "suspended"];

/// Somebody has promised something and has not done it yet.
const PROMISED: &[&str] = &["agreed", "settled", "confirmed", "confirmation_refused"];

pub(super) static LIFE_CYCLE: LifeCycle = LifeCycle {
    first: "registered",
    rules: rules! {
        "received"               from &["registered"] => Stay, by STAFF;
        "first_action"           from &["registered"] => To("triage"), by STAFF;
        "first_action"           from OPEN => Stay, by STAFF;
        "materials_requested"    from FRESH => To("need_materials"), by STAFF;
        "materials_supplied"     from &["need_materials"] => To("triage"), by STAFF;
        "offered_to_enterprise"  from &["registered", "triage", "accepted", "mediating"] => To("pre_settlement"), by STAFF;
        "settled"                from &["registered", "triage", "pre_settlement"] => To("settled"), by STAFF;
        "offer_refused"          from &["pre_settlement"] => To("triage"), by STAFF;
        "offer_lapsed"           from &["pre_settlement"] => To("triage"), by STAFF;
        "referred"               from &["registered", "triage", "accepted"] => To("referred_out"), by STAFF needs &["to"];
        "returned"               from &["referred_out"] => To("triage"), by STAFF;
        "receiver_closed"        from &["referred_out"] => To("closed_by_receiver"), by STAFF;
        "accepted"               from &["registered", "triage", "need_materials", "pre_settlement"] => To("accepted"), by STAFF;
        "not_accepted"           from &["registered", "triage", "need_materials"] => To("not_accepted"), by STAFF needs &["reason"];
        "mediation_started"      from &["accepted"] => To("mediating"), by STAFF;
        "mediation_held"         from &["mediating"] => Stay, by STAFF;
        "testing_started"        from &["accepted", "mediating"] => To("testing"), by STAFF;
        "testing_ended"          from &["testing"] => To("mediating"), by STAFF;
        "suspended"              from &["accepted", "mediating"] => To("suspended"), by STAFF;
        "resumed"                from &["suspended"] => To("mediating"), by STAFF;
        "agreed"                 from &["accepted", "mediating"] => To("agreed"), by STAFF;
        "confirmation_requested" from &["agreed"] => To("judicial_confirmation"), by STAFF;
        "confirmed"              from &["judicial_confirmation"] => To("confirmed"), by STAFF;
        "confirmation_refused"   from &["judicial_confirmation"] => To("confirmation_refused"), by STAFF;
        "performed"              from &["agreed", "settled", "confirmed", "confirmation_refused", "defaulted", "enforcement", "litigation_support"] => To("performed"), by STAFF;
        "defaulted"              from PROMISED => To("defaulted"), by STAFF;
        "enforcement_requested"  from &["defaulted"] => To("enforcement"), by STAFF;
        "litigation_supported"   from &["defaulted", "terminated", "told_other_routes"] => To("litigation_support"), by STAFF;
        "terminated"             from IN_MEDIATION => To("terminated"), by STAFF needs &["reason"];
        "routes_told"            from &["terminated", "not_accepted"] => To("told_other_routes"), by STAFF;
        "lead_opened"            from OPEN => Stay, by STAFF needs &["lead"];
        "withdrawn"              from OPEN => To("withdrawn"), by STAFF;
        "merged"                 from OPEN => To("merged"), by STAFF needs &["duplicate_of"];
        "closed"                 from OPEN => To("closed"), by STAFF;
        "closed"                 from &["withdrawn", "merged"] => To("closed"), by STAFF;
        "reopened"               from &["closed", "withdrawn", "merged"] => To("triage"), by STAFF;
        "surveyed"               from &["closed"] => Stay, by STAFF;
        "archived"               from &["closed"] => To("archived"), by COORDINATOR;
        SETTLED_CONTEST          from ANY => Stay, by STAFF;
    },
    data: &[
        Datum::new("not_accepted", "reason", Shape::Code("not_accepted_reason"))
            .derives("not_accepted_reason"),
        Datum::new("terminated", "reason", Shape::Code("terminated_reason"))
            .derives("terminated_reason"),
        Datum::new("referred", "to", Shape::Text).derives("referred_to"),
        Datum::new("referred", "reply_due", Shape::Date).derives("reply_due"),
        Datum::new("returned", "reason", Shape::Text),
        Datum::new("merged", "duplicate_of", Shape::Record(Kind::Case)).derives("duplicate_of"),
        Datum::new("lead_opened", "lead", Shape::Record(Kind::Lead)).derives("lead"),
        Datum::new("settled", "refund_fen", Shape::Fen).derives("recovered.refund_fen"),
        Datum::new("settled", "replacement_fen", Shape::Fen).derives("recovered.replacement_fen"),
        Datum::new("settled", "compensation_fen", Shape::Fen).derives("recovered.compensation_fen"),
        Datum::new("settled", "multiplied_fen", Shape::Fen).derives("recovered.multiplied_fen"),
        Datum::new("agreed", "refund_fen", Shape::Fen).derives("agreed.refund_fen"),
        Datum::new("agreed", "replacement_fen", Shape::Fen).derives("agreed.replacement_fen"),
        Datum::new("agreed", "compensation_fen", Shape::Fen).derives("agreed.compensation_fen"),
        Datum::new("agreed", "multiplied_fen", Shape::Fen).derives("agreed.multiplied_fen"),
        Datum::new("agreed", "perform_by", Shape::Date).derives("perform_by"),
        Datum::new("performed", "refund_fen", Shape::Fen).derives("recovered.refund_fen"),
        Datum::new("performed", "replacement_fen", Shape::Fen).derives("recovered.replacement_fen"),
        Datum::new("performed", "compensation_fen", Shape::Fen)
            .derives("recovered.compensation_fen"),
        Datum::new("performed", "multiplied_fen", Shape::Fen).derives("recovered.multiplied_fen"),
        Datum::new("mediation_held", "mode", Shape::Code("mediation_mode"))
            .derives("mediation_mode"),
        Datum::new("surveyed", "score", Shape::Integer(1, 5)).derives("score"),
    ],
};
