//! `case` 诉求件: the intake form and its life cycle.

use super::{Kind, KindTable};
use crate::field::Rule::{Once, Optional, Required};
use crate::field::{Field, Shape};
use crate::status::{EventRule, LifeCycle, Next, Role};

const fn field(path: &'static str, shape: Shape) -> Field {
    Field {
        path,
        shape,
        rule: Optional,
    }
}

pub(super) static TABLE: KindTable = KindTable {
    fields: &[
        Field {
            path: "nature",
            shape: Shape::Code("nature"),
            rule: Required,
        },
        field("channel", Shape::Code("channel")),
        Field {
            path: "external_no",
            shape: Shape::Text,
            rule: Once,
        },
        field("received_at", Shape::Time),
        Field {
            path: "station",
            shape: Shape::Station,
            rule: Once,
        },
        field("category", Shape::Code("category")),
        field("problem", Shape::Code("problem")),
        field("respondent.name", Shape::Text),
        field("respondent.credit_code", Shape::CreditCode),
        field("respondent.address", Shape::Text),
        field("respondent.phone", Shape::Text),
        field("party", Shape::Record(Kind::Party)),
        field("narrative", Shape::LongText),
        field("claims", Shape::Codes("claim")),
        field("claimed_fen", Shape::Fen),
        field("recovered.refund_fen", Shape::Fen),
        field("recovered.compensation_fen", Shape::Fen),
        field("recovered.multiplied_fen", Shape::Fen),
        field("vulnerable", Shape::Codes("vulnerable")),
        field("consents.publish", Shape::Flag),
        field("consents.delegate", Shape::Flag),
        field("raw", Shape::Raw),
    ],
    maps: &[
        "respondent",
        "recovered",
        "claims",
        "vulnerable",
        "consents",
        "raw",
    ],
    texts: &["narrative"],
    life_cycle: &LIFE_CYCLE,
};

const STAFF: &[Role] = &[Role::StationStaff, Role::Coordinator];

/// Everywhere a case may still be worked on.
const OPEN: &[&str] = &[
    "registered",
    "triage",
    "need_materials",
    "pre_settlement",
    "settled",
    "referred_out",
    "accepted",
    "mediating",
    "testing",
    "suspended",
    "agreed",
    "performed",
    "defaulted",
    "terminated",
    "not_accepted",
];

const fn rule(event: &'static str, from: &'static [&'static str], next: Next) -> EventRule {
    EventRule {
        event,
        from,
        next,
        roles: STAFF,
        needs: &[],
    }
}

const fn rule_with(
    event: &'static str,
    from: &'static [&'static str],
    next: Next,
    needs: &'static [&'static str],
) -> EventRule {
    EventRule {
        event,
        from,
        next,
        roles: STAFF,
        needs,
    }
}

static LIFE_CYCLE: LifeCycle = LifeCycle {
    first: "registered",
    rules: &[
        rule("received", &["registered"], Next::Stay),
        rule("first_action", &["registered"], Next::To("triage")),
        rule("first_action", OPEN, Next::Stay),
        rule(
            "materials_requested",
            &["registered", "triage"],
            Next::To("need_materials"),
        ),
        rule(
            "materials_supplied",
            &["need_materials"],
            Next::To("triage"),
        ),
        rule(
            "offered_to_enterprise",
            &["registered", "triage", "accepted", "mediating"],
            Next::To("pre_settlement"),
        ),
        rule(
            "settled",
            &["pre_settlement", "triage", "registered"],
            Next::To("settled"),
        ),
        rule("offer_refused", &["pre_settlement"], Next::To("triage")),
        rule(
            "referred",
            &["registered", "triage", "accepted"],
            Next::To("referred_out"),
        ),
        rule("returned", &["referred_out"], Next::To("triage")),
        rule(
            "accepted",
            &["registered", "triage", "need_materials", "pre_settlement"],
            Next::To("accepted"),
        ),
        rule_with(
            "not_accepted",
            &["registered", "triage", "need_materials"],
            Next::To("not_accepted"),
            &["reason"],
        ),
        rule("mediation_started", &["accepted"], Next::To("mediating")),
        rule(
            "testing_started",
            &["accepted", "mediating"],
            Next::To("testing"),
        ),
        rule("testing_ended", &["testing"], Next::To("mediating")),
        rule(
            "suspended",
            &["accepted", "mediating"],
            Next::To("suspended"),
        ),
        rule("resumed", &["suspended"], Next::To("mediating")),
        rule("agreed", &["accepted", "mediating"], Next::To("agreed")),
        rule(
            "performed",
            &["agreed", "settled", "defaulted"],
            Next::To("performed"),
        ),
        rule("defaulted", &["agreed", "settled"], Next::To("defaulted")),
        rule_with(
            "terminated",
            &["accepted", "mediating", "testing", "suspended"],
            Next::To("terminated"),
            &["reason"],
        ),
        rule("withdrawn", OPEN, Next::To("withdrawn")),
        rule_with("merged", OPEN, Next::To("merged"), &["duplicate_of"]),
        rule("closed", OPEN, Next::To("closed")),
        rule("closed", &["withdrawn", "merged"], Next::To("closed")),
        rule(
            "reopened",
            &["closed", "withdrawn", "merged"],
            Next::To("triage"),
        ),
        rule("surveyed", &["closed"], Next::Stay),
    ],
};
