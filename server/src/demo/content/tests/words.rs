//! What people say: the same in every build, seldom the same twice, complete for every code.

use std::collections::BTreeSet;

use super::super::phrases::Book;
use super::super::trade::{Item, details};
use super::{CATEGORIES, CLAIMS, PROBLEMS, cases, listed, types};

/// FNV-1a, so that the whole output can be pinned in one number.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[test]
fn narratives_and_times_are_those_of_every_other_build() {
    let all = cases(20_260_315, 200);
    let text: String = all
        .iter()
        .flat_map(|case| [case.narrative.clone(), types(&case.events)])
        .collect();
    let times = all
        .iter()
        .flat_map(|case| &case.events)
        .fold(0_i64, |sum, event| sum.wrapping_add(event.at_ms));
    assert_eq!(
        (fingerprint(&text), times),
        (17_078_355_505_751_058_294, 1_826_056_416_149_128),
        "if the texts were changed on purpose, pin the new value"
    );
}

#[test]
fn narratives_vary_and_leave_no_slot_open() {
    let thousand = cases(9, 1_000);
    let distinct: BTreeSet<&str> = thousand
        .iter()
        .map(|case| case.narrative.as_str())
        .collect();
    assert!(distinct.len() >= 990, "{}", distinct.len());
    let lengths: Vec<usize> = cases(10, 8_000)
        .iter()
        .map(|case| {
            assert!(!case.narrative.contains(['{', '}']), "{}", case.narrative);
            assert!(
                !["“”", "，，", "@", "：。"]
                    .iter()
                    .any(|hole| case.narrative.contains(hole)),
                "{}",
                case.narrative
            );
            assert!(case.respondent.name.chars().count() > 3, "{case:?}");
            case.narrative.chars().count()
        })
        .collect();
    assert!(
        lengths.iter().all(|length| (40..=2_000).contains(length)),
        "{:?}",
        (lengths.iter().min(), lengths.iter().max())
    );
    let long = lengths.iter().filter(|length| **length > 300).count();
    assert!((40..240).contains(&long), "{long}");
}

#[test]
fn every_category_has_words_for_its_shops_items_and_problems() {
    let book = Book::embedded();
    for category in CATEGORIES.split_whitespace() {
        let about = book.categories.section(category);
        let keys = "refer shop item quality after_sales contract false_advertising safety";
        assert!(
            keys.split_whitespace()
                .all(|key| !about.all(key).is_empty()),
            "{category}"
        );
        assert!(about.number("weight") > 0, "{category}");
        assert!(
            listed("goods durable service", about.first("kind")),
            "{category}"
        );
        let items: Vec<Item> = about
            .all("item")
            .iter()
            .map(|line| Item::parse(line))
            .collect();
        let is_sold = |item: &Item| about.all("shop").iter().any(|shop| item.is_sold_by(shop));
        assert!(items.iter().all(is_sold), "{category}");
        let told = PROBLEMS
            .split_whitespace()
            .filter(|problem| !about.all(problem).is_empty());
        for problem in told {
            let fits = |item: &Item| !details(about, problem, item.name).is_empty();
            assert!(items.iter().any(fits), "{category}: {problem}");
        }
    }
}

#[test]
fn there_are_at_least_sixty_patterns_and_some_for_every_code() {
    let book = Book::embedded();
    let texts = |section: &str, key: &str| book.patterns.section(section).all(key).len();
    let sections = "opening problem reply tip_off consultation other diary";
    let count = |name: &str| book.patterns.section(name).count();
    assert!(sections.split_whitespace().map(count).sum::<usize>() >= 60);
    for problem in PROBLEMS.split_whitespace() {
        for section in [
            "problem",
            "offence_goods",
            "offence_service",
            "consultation",
        ] {
            assert!(texts(section, problem) > 0, "{section}: {problem}");
        }
    }
    assert!(
        CLAIMS
            .split_whitespace()
            .all(|claim| texts("claim", claim) > 0)
    );
}
