//! One inspection (暗访体察) of a shop against the sample checklist: prices, receipts, licence, freshness, manners.

use serde_json::{Map, Value};

use super::calendar::{DAY_MS, Day, MINUTE_MS};
use super::enterprise::{Enterprise, Register};
use super::life::{Event, plain_event};
use super::phrases::{Book, fill};
use super::rng::Rng;
use super::trade::Item;

/// What a volunteer found in a shop.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::demo) struct Inspection {
    /// The name a volunteer goes by, so that readers do not learn who it was.
    pub(in crate::demo) alias: String,
    /// The code of what the shop sells.
    pub(in crate::demo) category: &'static str,
    /// The shop.
    pub(in crate::demo) enterprise: Enterprise,
    /// Code of GB/T 2260.
    pub(in crate::demo) region: String,
    /// Where the volunteer checked in.
    pub(in crate::demo) site: Site,
    /// When the volunteer checked in.
    pub(in crate::demo) visited_at_ms: i64,
    /// Answers by the name of the question.
    pub(in crate::demo) answers: Map<String, Value>,
    /// Free text for the coordinator.
    pub(in crate::demo) notes: String,
    /// What the volunteer's device records: `claimed`, `checked_in`, `submitted`.
    pub(in crate::demo) events: Vec<Event>,
    /// What the coordinator records afterwards: `approved`, `returned` or nothing yet.
    pub(in crate::demo) review: Vec<Event>,
    /// What the answers are meant to come to: `pass`, `fail` or `critical_fail`.
    pub(in crate::demo) meant: &'static str,
}

/// A place in WGS-84.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::demo) struct Site {
    /// Degrees north.
    pub(in crate::demo) lat: f64,
    /// Degrees east.
    pub(in crate::demo) lon: f64,
    /// Radius of the receiver's doubt.
    pub(in crate::demo) accuracy_m: f64,
    /// Whether the place was made up by software; here never.
    pub(in crate::demo) mock: bool,
}

/// When a visit was, and the time it must not leave.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) at_ms: i64,
    pub(super) from_ms: i64,
    pub(super) to_ms: i64,
}

const TRADES: &[(&str, u64)] = &[
    ("food", 62),
    ("daily_goods", 16),
    ("sales_services", 8),
    ("tobacco_alcohol_drinks", 8),
    ("medicine_medical", 6),
];

/// The visit that comes to `result`.
pub(super) fn make(
    rng: &mut Rng,
    book: &Book,
    register: &Register,
    result: &'static str,
    window: Window,
) -> Inspection {
    let category = rng.weighted(TRADES);
    let needs_license = !matches!(category, "daily_goods" | "sales_services");
    let flaws = flaws(rng, result, needs_license);
    let cause = flaws.iter().find_map(|flaw| match *flaw {
        "expired_goods" => Some("expired"),
        "hygiene_license" => Some("license"),
        _ => None,
    });
    let remark = rng.pick(book.visits.section("remark").all(cause.unwrap_or(result)));
    let items: Vec<Item> = book
        .categories
        .section(category)
        .all("item")
        .iter()
        .map(|line| Item::parse(line))
        .collect();
    let item = rng.pick(&items);
    let slots = [
        ("{item}", item.name),
        ("{price}", &item.price_yuan(rng).to_string()),
        ("{minutes}", &rng.between(12, 55).to_string()),
    ];
    let notes = fill(rng.pick(book.visits.section("note").all(result)), &slots);
    let mut events = fieldwork(rng, window);
    let review = review(rng, &events, window.to_ms);
    events.retain(|event| event.at_ms <= window.to_ms);
    Inspection {
        alias: format!(
            "{}-{:02}",
            rng.pick(&book.people.section("alias").words("word")),
            rng.between(1, 60)
        ),
        category,
        enterprise: register.seller(rng, category, &item),
        region: register.region.clone(),
        site: site(rng, register),
        visited_at_ms: window.at_ms,
        answers: answers(rng, &flaws, needs_license, remark),
        notes,
        events,
        review,
        meant: result,
    }
}

/// The questions answered badly. A pass has one at most, a failure most of those that are not critical.
fn flaws(rng: &mut Rng, result: &str, needs_license: bool) -> Vec<&'static str> {
    let mut minor = ["price_tag", "receipt", "return_policy", "scan_code_forced"];
    rng.shuffle(&mut minor);
    let count = match result {
        "pass" => usize::from(rng.happens(220)),
        "fail" => rng.pick(&[3, 3, 4]),
        _ => rng.pick(&[0, 1, 1, 2]),
    };
    let mut flaws: Vec<&'static str> = minor.into_iter().take(count).collect();
    match result {
        "fail" => flaws.push("service_attitude"),
        "critical_fail" if needs_license && rng.happens(400) => flaws.push("hygiene_license"),
        "critical_fail" => flaws.push("expired_goods"),
        _ => {}
    }
    flaws
}

fn answers(rng: &mut Rng, flaws: &[&str], needs_license: bool, remark: &str) -> Map<String, Value> {
    let bad = |name: &str| flaws.contains(&name);
    let good_if = |good: bool| if good { "yes" } else { "no" };
    let mut answers = Map::new();
    let mut put = |name: &str, value: Value| {
        answers.insert(name.to_owned(), value);
    };
    put("expired_goods", good_if(bad("expired_goods")).into());
    put(
        "hygiene_license",
        if needs_license {
            good_if(!bad("hygiene_license")).into()
        } else {
            "na".into()
        },
    );
    put("price_tag", good_if(!bad("price_tag")).into());
    put("receipt", good_if(!bad("receipt")).into());
    put("remark", remark.into());
    let return_policy = if bad("return_policy") {
        "no"
    } else {
        rng.weighted(&[("yes", 80), ("na", 20)])
    };
    put("return_policy", return_policy.into());
    put("scan_code_forced", good_if(bad("scan_code_forced")).into());
    let manners = if bad("service_attitude") {
        rng.between(1, 2)
    } else {
        rng.pick(&[4, 4, 5, 5, 5])
    };
    put("service_attitude", manners.into());
    answers
}

fn site(rng: &mut Rng, register: &Register) -> Site {
    let (lat_e6, lon_e6) = register.middle_e6;
    let mut near = |middle_e6: i32| {
        let offset = i32::try_from(rng.between(-25_000, 25_000)).unwrap_or(0);
        f64::from(middle_e6.saturating_add(offset)) / 1e6
    };
    let (lat, lon) = (near(lat_e6), near(lon_e6));
    let accuracy_dm = i32::try_from(rng.between(32, 380).min(rng.between(32, 380))).unwrap_or(0);
    Site {
        lat,
        lon,
        accuracy_m: f64::from(accuracy_dm) / 10.0,
        mock: false,
    }
}

fn fieldwork(rng: &mut Rng, window: Window) -> Vec<Event> {
    let claimed_ms = (window.at_ms - rng.between(5 * 60, 72 * 60) * MINUTE_MS).max(window.from_ms);
    let submitted_ms = window.at_ms + rng.between(18, 95) * MINUTE_MS;
    vec![
        plain_event("claimed", claimed_ms.min(window.at_ms - 1)),
        plain_event("checked_in", window.at_ms),
        plain_event("submitted", submitted_ms),
    ]
}

fn review(rng: &mut Rng, events: &[Event], to_ms: i64) -> Vec<Event> {
    let submitted_ms = events.last().map_or(to_ms, |event| event.at_ms);
    let day = Day::of(submitted_ms.saturating_add(DAY_MS)).working_after(rng.between(0, 2));
    let at_ms = day
        .at(rng.between(9 * 60, 17 * 60))
        .max(submitted_ms + MINUTE_MS);
    let verdict = rng.weighted(&[("approved", 86), ("returned", 8), ("", 6)]);
    if verdict.is_empty() || at_ms > to_ms {
        Vec::new()
    } else {
        vec![verdict_event(verdict, at_ms)]
    }
}

/// A verdict; one that sends the visit back says why.
fn verdict_event(verdict: &'static str, at_ms: i64) -> Event {
    let mut event = plain_event(verdict, at_ms);
    if verdict == "returned" {
        event
            .data
            .insert("reason".to_owned(), "请补充购物凭证和现场照片".into());
    }
    event
}
