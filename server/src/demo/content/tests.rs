//! What the demo's reports rely on: the same data for ever, known codes, legal orders, the published proportions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::calendar::DAY_MS;
use super::credit_code::check_character;
use super::{Case, Event, Generator, Inspection};

mod events;
mod inspections;
mod words;

/// The first quarter of 2026 in Shanghai.
const FROM_MS: i64 = 1_767_196_800_000;
const TO_MS: i64 = FROM_MS + 90 * DAY_MS;
/// As many demands as one council had in one year.
static YEAR: LazyLock<Vec<Case>> = LazyLock::new(|| cases(1, 21_773));

const CHANNELS: &str = "12315 12345 letter call visit petition superior walk_in online_station wechat hotline platform";
const PROBLEMS: &str = "after_sales contract quality false_advertising safety price counterfeit dignity measurement other";
const CATEGORIES: &str = "daily_goods household_electronics clothing food vehicles housing_building_materials \
    jewellery_sports tobacco_alcohol_drinks medicine_medical agricultural_inputs life_social_services internet_services \
    telecom_services education_training sales_services tourism culture_sports_leisure public_utilities health_care \
    decoration_property finance insurance postal_express other";
const CLAIMS: &str =
    "repair redo replace return_goods make_up_quantity refund compensate apologise other";
const AGE_BANDS: &str = "under_14 14_17 18_29 30_44 45_59 60_74 75_plus";

fn cases(seed: u64, n: usize) -> Vec<Case> {
    Generator::new(seed).cases(n, FROM_MS, TO_MS)
}

fn inspections(n: usize) -> Vec<Inspection> {
    Generator::new(5).inspections(n, FROM_MS, TO_MS)
}

fn shares<'a>(values: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, f64> {
    let mut counts = BTreeMap::new();
    let mut total = 0.0;
    for value in values {
        *counts.entry(value).or_insert(0.0) += 1.0;
        total += 1.0;
    }
    counts
        .into_iter()
        .map(|(value, count)| (value, 100.0 * count / total))
        .collect()
}

fn time_of(case: &Case, event_type: &str) -> Option<i64> {
    case.events
        .iter()
        .find(|event| event.event_type == event_type)
        .map(|event| event.at_ms)
}

fn listed(list: &str, code: &str) -> bool {
    list.split_whitespace().any(|known| known == code)
}

fn types(events: &[Event]) -> String {
    events
        .iter()
        .map(|event| event.event_type)
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    assert_eq!(
        format!("{:?}", cases(7, 300)),
        format!("{:?}", cases(7, 300))
    );
    assert_eq!(
        format!("{:?}", inspections(50)),
        format!("{:?}", inspections(50))
    );
    assert_ne!(cases(7, 10), cases(8, 10));
}

#[test]
fn natures_and_problems_have_the_published_shares() {
    let year = &*YEAR;
    let natures = shares(year.iter().map(|case| case.nature));
    let count = |nature: &str| year.iter().filter(|case| case.nature == nature).count();
    assert_eq!(natures.len(), 4);
    let published = [
        ("complaint", 15_847),
        ("tip_off", 2_491),
        ("consultation", 1_004),
        ("other", 2_431),
    ];
    assert!(published.iter().all(|(nature, n)| count(nature) == *n));
    let problems = shares(year.iter().map(|case| case.problem));
    let published = [
        29.67, 22.69, 21.44, 6.60, 5.18, 4.48, 2.14, 1.01, 0.84, 5.95,
    ];
    for (problem, share) in PROBLEMS.split_whitespace().zip(published) {
        assert!(
            (problems[problem] - share).abs() < 0.01,
            "{problem}: {}",
            problems[problem]
        );
    }
    assert_eq!(shares(year.iter().map(|case| case.channel)).len(), 12);
    assert_eq!(shares(year.iter().map(|case| case.category)).len(), 24);
}

#[test]
fn every_code_is_listed() {
    for case in cases(5, 5_000) {
        assert!(listed(CHANNELS, case.channel), "{}", case.channel);
        assert!(
            listed(PROBLEMS, case.problem) && listed(CATEGORIES, case.category),
            "{case:?}"
        );
        assert!(case.claims.iter().all(|claim| listed(CLAIMS, claim)));
        assert!(
            case.vulnerable
                .iter()
                .all(|group| listed("minor elderly disabled", group))
        );
        assert_eq!(case.claims.is_empty(), case.nature != "complaint");
        let Some(party) = &case.party else {
            assert_ne!(case.nature, "complaint");
            continue;
        };
        assert!(listed(AGE_BANDS, party.age_band));
        assert_eq!(
            case.vulnerable.contains(&"minor"),
            listed("under_14 14_17", party.age_band)
        );
        assert_eq!(
            case.vulnerable.contains(&"elderly"),
            listed("60_74 75_plus", party.age_band)
        );
        assert!(
            party.phone.len() == 11
                && ["142", "143", "154"]
                    .iter()
                    .any(|range| party.phone.starts_with(&format!("{range}0000")))
        );
    }
}

#[test]
fn credit_codes_have_right_check_characters() {
    let of_cases = cases(6, 2_000).into_iter().map(|case| case.respondent);
    let of_visits = inspections(200)
        .into_iter()
        .map(|inspection| inspection.enterprise);
    let shops: BTreeSet<(String, String)> = of_cases
        .chain(of_visits)
        .map(|shop| (shop.credit_code, shop.name))
        .collect();
    assert!(shops.len() > 200, "{}", shops.len());
    for (code, name) in &shops {
        assert_eq!(code.len(), 18, "{name}");
        let first_17: String = code.chars().take(17).collect();
        assert_eq!(
            code.chars().last(),
            Some(check_character(&first_17)),
            "{name}"
        );
    }
    assert_eq!(
        shops
            .iter()
            .map(|(code, _)| code)
            .collect::<BTreeSet<_>>()
            .len(),
        shops.len()
    );
}

#[test]
fn external_numbers_never_meet() {
    let mut first = Generator::new(1).with_prefix("3301060012");
    let mut second = Generator::new(1).with_prefix("3301060013");
    let all = [
        first.cases(800, FROM_MS, TO_MS),
        first.cases(800, FROM_MS, TO_MS),
        second.cases(800, FROM_MS, TO_MS),
    ]
    .concat();
    let numbers: Vec<&String> = all
        .iter()
        .filter_map(|case| case.external_no.as_ref())
        .collect();
    assert!(numbers.len() > 1_500);
    assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), numbers.len());
    assert!(all.iter().all(|case| case.external_no.is_some()
        == listed("12315 12345 platform petition superior", case.channel)));
}

#[test]
fn sums_are_plausible_and_paid_only_after_performance() {
    let year = &*YEAR;
    let complaints: Vec<&Case> = year
        .iter()
        .filter(|case| case.nature == "complaint")
        .collect();
    let recovered = |case: &Case| {
        case.recovered.refund_fen + case.recovered.compensation_fen + case.recovered.multiplied_fen
    };
    for case in year {
        assert!(case.claimed_fen >= 0 && recovered(case) >= 0);
        assert!(
            recovered(case) == 0
                || time_of(case, "performed")
                    .or(time_of(case, "settled"))
                    .is_some()
        );
    }
    let mean_yuan = complaints.iter().map(|case| recovered(case)).sum::<i64>()
        / 100
        / i64::try_from(complaints.len()).unwrap();
    assert!((250..1_800).contains(&mean_yuan), "{mean_yuan}");
    let multiplied = complaints
        .iter()
        .filter(|case| case.recovered.multiplied_fen > 0)
        .count();
    assert!((50..800).contains(&multiplied), "{multiplied}");
    let elderly = complaints
        .iter()
        .filter(|case| case.vulnerable.contains(&"elderly"))
        .count();
    assert!((600..1_900).contains(&elderly), "{elderly}");
}

#[test]
fn a_range_of_one_second_and_no_cases_at_all_are_fine() {
    assert_eq!(
        Generator::new(1).cases(3, FROM_MS, FROM_MS + 1_000).len(),
        3
    );
    assert!(Generator::new(1).cases(0, FROM_MS, TO_MS).is_empty());
    let elsewhere = Generator::new(1)
        .with_region("320585")
        .cases(1, FROM_MS, TO_MS);
    assert!(
        elsewhere[0]
            .respondent
            .address
            .starts_with("江苏省苏州市太仓市")
    );
    assert!(
        ["91320585X", "92320585X"]
            .iter()
            .any(|start| elsewhere[0].respondent.credit_code.starts_with(start))
    );
}
