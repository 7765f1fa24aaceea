//! How often things are what they are: weights, with where they come from.
//!
//! Natures: the demands of one county-level council in 2023. Problems: the national shares of 2024 in hundredths of a
//! per cent. Channels, claims and results of visits have no published figures; theirs are plausible.

use super::calendar::{Day, Hours};
use super::rng::Rng;

type Weights = &'static [(&'static str, u64)];

/// Nature (诉求类型).
pub(super) const NATURES: Weights = &[
    ("complaint", 15_847),
    ("tip_off", 2_491),
    ("consultation", 1_004),
    ("other", 2_431),
];

/// Problem (问题性质).
pub(super) const PROBLEMS: Weights = &[
    ("after_sales", 2_967),
    ("contract", 2_269),
    ("quality", 2_144),
    ("false_advertising", 660),
    ("safety", 518),
    ("price", 448),
    ("counterfeit", 214),
    ("dignity", 101),
    ("measurement", 84),
    ("other", 595),
];

/// Result of a visit (暗访体察).
pub(super) const RESULTS: Weights = &[("pass", 78), ("fail", 15), ("critical_fail", 7)];

const CHANNELS_OF_DISPUTES: Weights = &[
    ("12315", 440),
    ("platform", 140),
    ("12345", 160),
    ("call", 60),
    ("hotline", 50),
    ("walk_in", 60),
    ("wechat", 30),
    ("online_station", 25),
    ("letter", 8),
    ("visit", 12),
    ("petition", 7),
    ("superior", 8),
];
const CHANNELS_OF_QUESTIONS: Weights = &[
    ("hotline", 330),
    ("call", 240),
    ("walk_in", 180),
    ("wechat", 120),
    ("12345", 80),
    ("visit", 30),
    ("online_station", 20),
];

const SERVICE_DEFECT: Weights = &[
    ("refund", 60),
    ("redo", 25),
    ("compensate", 10),
    ("other", 5),
];
const GOODS_DEFECT: Weights = &[
    ("refund", 45),
    ("replace", 25),
    ("return_goods", 22),
    ("compensate", 8),
];
const DURABLE_DEFECT: Weights = &[
    ("refund", 28),
    ("repair", 27),
    ("replace", 22),
    ("return_goods", 18),
    ("compensate", 5),
];
const DURABLE_SERVICING: Weights = &[
    ("repair", 45),
    ("refund", 20),
    ("replace", 20),
    ("return_goods", 15),
];

/// The channel (渠道) a demand of that nature comes by.
pub(super) fn channel(rng: &mut Rng, nature: &str) -> &'static str {
    rng.weighted(if nature == "consultation" {
        CHANNELS_OF_QUESTIONS
    } else {
        CHANNELS_OF_DISPUTES
    })
}

/// When the channel takes demands.
pub(super) fn hours(channel: &str) -> Hours {
    match channel {
        "12315" | "12345" | "platform" | "wechat" | "online_station" => Hours::Always,
        _ => Hours::Office,
    }
}

/// The number another system gave; demands that begin at the council have none.
pub(super) fn external_no(
    channel: &str,
    prefix: &str,
    received_at_ms: i64,
    number: u64,
) -> Option<String> {
    let letters = match channel {
        "12315" => "SX",
        "12345" => "RX",
        "platform" => "PT",
        "petition" => "XF",
        "superior" => "JB",
        _ => return None,
    };
    let (year, month, day) = Day::of(received_at_ms).date();
    Some(format!(
        "{letters}{prefix}-{year:04}{month:02}{day:02}-{number:06}"
    ))
}

/// What the consumer asks for, the main claim first; `kind` is `goods`, `durable` (goods worth mending) or `service`.
pub(super) fn claims(rng: &mut Rng, problem: &str, kind: &str) -> Vec<&'static str> {
    let (main, compensation_per_mille): (Weights, u64) = match (problem, kind) {
        ("quality", "service") => (SERVICE_DEFECT, 200),
        ("quality", "durable") => (DURABLE_DEFECT, 200),
        ("quality", _) => (GOODS_DEFECT, 200),
        ("after_sales", "service") => (&[("refund", 80), ("other", 20)], 100),
        ("after_sales", "durable") => (DURABLE_SERVICING, 100),
        ("after_sales", _) => (
            &[("refund", 50), ("return_goods", 30), ("replace", 20)],
            100,
        ),
        ("contract", _) => (&[("refund", 80), ("other", 20)], 150),
        ("false_advertising", _) => (
            &[("refund", 70), ("return_goods", 20), ("apologise", 10)],
            450,
        ),
        ("safety", _) => (&[("compensate", 60), ("refund", 40)], 300),
        ("price", _) => (&[("refund", 90), ("other", 10)], 50),
        ("counterfeit", _) => (&[("return_goods", 60), ("refund", 40)], 650),
        ("dignity", _) => (&[("apologise", 1)], 300),
        ("measurement", _) => (&[("make_up_quantity", 60), ("refund", 40)], 150),
        _ => (&[("other", 70), ("apologise", 30)], 0),
    };
    let mut claims = vec![rng.weighted(main)];
    if claims.contains(&"return_goods") {
        claims.push("refund");
    }
    if rng.happens(compensation_per_mille) && !claims.contains(&"compensate") {
        claims.push("compensate");
    }
    claims
}
