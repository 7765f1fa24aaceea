//! Packs: what ships, which one holds, what is refused.

use jiff::civil::{Date, date};

use super::{
    Authority, ClockState, DEPARTMENT, HANGZHOU, PUDONG, Packs, at, complaint, due, happenings, the,
};
use crate::deadline::{PackError, UnknownPack};

fn holding(region: Option<&str>, authority: Authority, on: Date) -> Option<&'static str> {
    Packs::shipped()
        .pack_for(region, authority, on)
        .map(|pack| pack.id.as_str())
}

#[test]
fn all_shipped_packs_are_readable_and_every_rule_says_where_it_is_written() {
    let ids: Vec<_> = Packs::shipped()
        .iter()
        .map(|pack| pack.id.as_str())
        .collect();
    let expected = [
        "council",
        "department-2020",
        "department-2026",
        "service-targets",
        "shanghai-council",
        "zhejiang-council-2017",
    ];
    assert_eq!(ids, expected);
    for rule in Packs::shipped().iter().flat_map(|pack| &pack.rules) {
        assert!(
            !rule.citation.is_empty() && !rule.title.zh.is_empty() && !rule.title.en.is_empty(),
            "{}",
            rule.id
        );
        assert!(
            rule.verified || !rule.note.is_empty(),
            "{} does not say what is to be confirmed",
            rule.id
        );
    }
}

#[test]
fn the_longest_region_and_the_day_choose_the_pack() {
    let today = date(2026, 5, 1);
    assert_eq!(
        holding(Some("330106"), Authority::Council, today),
        Some("zhejiang-council-2017")
    );
    assert_eq!(
        holding(Some("310000"), Authority::Council, today),
        Some("shanghai-council")
    );
    assert_eq!(
        holding(Some("110101"), Authority::Council, today),
        Some("council")
    );
    assert_eq!(holding(None, Authority::Council, today), Some("council"));
    assert_eq!(
        holding(Some("330106"), Authority::Department, today),
        Some("department-2026")
    );
    assert_eq!(
        holding(None, Authority::Department, date(2026, 4, 15)),
        Some("department-2026")
    );
    assert_eq!(
        holding(None, Authority::Department, date(2026, 4, 14)),
        Some("department-2020")
    );
    assert_eq!(
        holding(None, Authority::Department, date(2019, 12, 31)),
        None
    );
    assert_eq!(
        holding(Some("33"), Authority::Council, date(2017, 4, 30)),
        Some("council")
    );
}

#[test]
fn stations_differ_in_law_and_share_the_service_targets() {
    let events = happenings(&[("accepted", "2024-03-05 10:00")]);
    let rules = |station| {
        let facts = complaint(station, "2024-03-04 09:00", &events);
        let clocks = Packs::shipped().evaluate(&facts, at("2024-03-05 12:00"));
        let mut rules: Vec<_> = clocks.iter().map(|clock| clock.rule).collect();
        rules.sort_unstable();
        rules
    };
    assert_eq!(
        rules(HANGZHOU),
        [
            "accept_5wd",
            "closed_7wd",
            "first_action_1wd",
            "mediate_10wd"
        ]
    );
    assert_eq!(
        rules(PUDONG),
        ["closed_7wd", "first_action_1wd", "mediate_60d"]
    );
    assert_eq!(
        rules(DEPARTMENT),
        [
            "accept_7wd",
            "closed_7wd",
            "first_action_1wd",
            "mediate_45wd"
        ]
    );
    assert_eq!(
        rules(("440100", Authority::Council)),
        ["closed_7wd", "first_action_1wd"]
    );
}

#[test]
fn a_consultation_is_held_to_the_service_targets_only() {
    let mut facts = complaint(HANGZHOU, "2024-03-04 09:00", &[]);
    facts.nature = Some("consultation");
    let clocks = Packs::shipped().evaluate(&facts, at("2024-03-04 12:00"));
    let rules: Vec<_> = clocks.iter().map(|clock| clock.rule).collect();
    assert_eq!(rules, ["first_action_1wd", "closed_7wd"]);
    facts.nature = None;
    assert_eq!(
        Packs::shipped()
            .evaluate(&facts, at("2024-03-04 12:00"))
            .len(),
        3,
        "unknown: all rules"
    );
}

#[test]
fn what_if_the_new_department_law_had_held() {
    let events = happenings(&[("accepted", "2026-04-14 10:00")]);
    let facts = complaint(HANGZHOU, "2026-04-14 09:00", &events);
    let clocks = Packs::shipped()
        .evaluate_under("department-2026", &facts, at("2026-04-20"))
        .unwrap();
    assert!(clocks.iter().all(|clock| clock.pack == "department-2026"));
    let mediate = the(&clocks, "mediate_60d");
    // 14 April + 60 days = Saturday 13 June, moved to Monday the 15th.
    assert_eq!(
        (mediate.state, due(mediate)),
        (ClockState::Running, "2026-06-16 00:00".to_owned())
    );
    assert!(!mediate.verified, "order 121 was not read in full");
    let unknown = Packs::shipped().evaluate_under("atlantis", &facts, 0);
    assert_eq!(
        unknown,
        Err(UnknownPack {
            id: "atlantis".to_owned()
        })
    );
}

const TEXT: &str = r#"
id = "one"
basis = "law"
authority = "council"
regions = ["33"]
until = 2025-12-31
title = { zh = "一", en = "one" }
[[rules]]
id = "answer_5d"
title = { zh = "答复", en = "answer" }
citation = "第三十一条"
verified = true
limit = { days = 5 }
start = ["referred"]
stop = ["returned"]
"#;

#[test]
fn a_lawyer_can_write_a_pack() {
    let next = TEXT
        .replace("\"one\"", "\"two\"")
        .replace("until = 2025-12-31", "from = 2026-01-01");
    let packs = Packs::parse([TEXT, next.as_str()]).unwrap();
    let events = happenings(&[("referred", "2025-12-31 10:00")]);
    let facts = complaint(HANGZHOU, "2025-12-30 09:00", &events);
    let clocks = packs.evaluate(&facts, at("2026-01-02"));
    // 31 December + 5 days = Monday 5 January.
    assert_eq!(
        (clocks[0].pack, due(&clocks[0])),
        ("one", "2026-01-06 00:00".to_owned())
    );
    assert_eq!(clocks.len(), 1);
}

#[test]
fn packs_that_leave_a_choice_or_make_no_sense_are_refused() {
    let twin = TEXT.replace("id = \"one\"", "id = \"two\"");
    assert!(matches!(
        Packs::parse([TEXT, twin.as_str()]),
        Err(PackError::Overlap { .. })
    ));
    assert!(matches!(
        Packs::parse([TEXT, TEXT]),
        Err(PackError::Overlap { .. })
    ));
    let elsewhere = twin.replace("\"33\"", "\"3301\"");
    assert!(
        Packs::parse([TEXT, elsewhere.as_str()]).is_ok(),
        "a city may have its own law"
    );
    for (from, to) in [
        ("authority = \"council\"", ""),
        ("\"33\"", "\"Zhejiang\""),
        ("days = 5", "days = 0"),
        ("days = 5", "hours = 4000000000"),
        (
            "until = 2025-12-31",
            "from = 2026-01-01\nuntil = 2025-12-31",
        ),
        ("start = [\"referred\"]", "start = []"),
    ] {
        let text = TEXT.replace(from, to);
        assert!(
            matches!(
                Packs::parse([text.as_str()]),
                Err(PackError::Invalid { .. })
            ),
            "{to}"
        );
    }
    for (from, to) in [
        ("verified = true", ""),
        ("limit = { days = 5 }", "limit = { weeks = 1 }"),
        ("stop =", "halt ="),
    ] {
        let text = TEXT.replace(from, to);
        assert!(
            matches!(Packs::parse([text.as_str()]), Err(PackError::Toml(_))),
            "{to}"
        );
    }
}
