//! The embedded lists, crosswalks and example mappings keep what `code.rs` promises.

use std::collections::{BTreeMap, BTreeSet};

use super::{CodeList, Lang, SOURCES, crosswalk, list, lists};

const CFPB_MAPPING: &str = include_str!("../../../docs/examples/cfpb-complaints.toml");
const MAPPING_12315: &str = include_str!("../../../docs/examples/12315.toml");

#[test]
fn every_embedded_list_is_read_and_found_by_its_name() {
    assert_eq!(lists().len(), SOURCES.len());
    for known in lists() {
        assert_eq!(list(&known.name), Some(known));
        assert!(
            known.version >= 1 && !known.source.is_empty() && !known.codes().is_empty(),
            "{}",
            known.name
        );
    }
    assert_eq!(list("nothing"), None);
}

#[test]
fn the_names_others_store_are_there_in_order() {
    for (name, codes) in [
        ("nature", "complaint tip_off consultation other"),
        (
            "channel",
            "12315 12345 letter call visit petition superior walk_in online_station wechat hotline platform",
        ),
        (
            "problem",
            "after_sales contract quality false_advertising safety price counterfeit dignity measurement other",
        ),
        (
            "claim",
            "repair redo replace return_goods make_up_quantity refund compensate apologise other",
        ),
        ("vulnerable", "minor elderly disabled"),
        ("age_band", "under_14 14_17 18_29 30_44 45_59 60_74 75_plus"),
        (
            "id_type",
            "id_card passport hk_macau_permit taiwan_permit foreign_permanent_resident other",
        ),
        ("not_accepted_reason", "1 2 3 4 5 6 7"),
        ("terminated_reason", "1 2 3 4 5 6 7 8"),
        (
            "sales_channel",
            "online in_store live_stream phone door_to_door other",
        ),
        ("region_level", "province city county"),
    ] {
        let stored: Vec<&str> = list(name)
            .unwrap()
            .codes()
            .iter()
            .map(|code| code.code.as_str())
            .collect();
        assert_eq!(stored.join(" "), codes, "{name}");
    }
}

#[test]
fn categories_are_24_on_the_first_level_ten_of_them_goods() {
    let category = list("category").unwrap();
    let first: Vec<&str> = category
        .codes()
        .iter()
        .filter(|code| code.parent.is_none())
        .map(|code| code.code.as_str())
        .collect();
    assert_eq!(
        first.join(" "),
        "daily_goods household_electronics clothing food vehicles housing_building_materials jewellery_sports \
         tobacco_alcohol_drinks medicine_medical agricultural_inputs life_social_services internet_services \
         telecom_services education_training sales_services tourism culture_sports_leisure public_utilities \
         health_care decoration_property finance insurance postal_express other"
    );
    let in_group = |group| {
        first
            .iter()
            .filter(|code| category.group(code).is_some_and(|g| g.code == group))
            .count()
    };
    assert_eq!((in_group("goods"), in_group("services")), (10, 13));
    assert_eq!(category.group("other"), None);
    assert_eq!(category.group("gym").unwrap().zh, "服务");
    assert_eq!(
        category.first_level("gym").unwrap().code,
        "culture_sports_leisure"
    );
    assert_eq!(category.first_level("food").unwrap().code, "food");
    assert_eq!(category.first_level("unheard_of"), None);
    assert!(
        category
            .children("life_social_services")
            .any(|child| child.code == "prepaid_card")
    );
}

#[test]
fn every_code_has_both_labels_and_no_other_code_of_its_list_has_them() {
    for list in lists() {
        for lang in [Lang::Zh, Lang::En] {
            let labels: BTreeSet<&str> = list.codes().iter().map(|code| code.label(lang)).collect();
            assert_eq!(
                labels.len(),
                list.codes().len(),
                "{} has a label twice",
                list.name
            );
        }
        for code in list.codes().iter().chain(&list.groups) {
            assert!(!code.zh.is_ascii(), "{} {}", list.name, code.code);
            assert!(
                code.en.is_ascii() && code.en.trim() == code.en && !code.en.is_empty(),
                "{}",
                code.code
            );
        }
    }
}

#[test]
fn no_code_stands_twice_and_codes_are_plain_words() {
    for list in lists() {
        let codes: BTreeSet<&str> = list.codes().iter().map(|code| code.code.as_str()).collect();
        assert_eq!(codes.len(), list.codes().len(), "{}", list.name);
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        assert!(
            codes
                .iter()
                .all(|code| !code.is_empty() && code.chars().all(plain)),
            "{}",
            list.name
        );
    }
}

#[test]
fn parents_come_first_are_on_the_first_level_and_groups_exist() {
    for list in lists() {
        let mut seen = BTreeSet::new();
        for code in list.codes() {
            if let Some(parent) = &code.parent {
                assert!(
                    seen.contains(parent.as_str()),
                    "{} before its parent",
                    code.code
                );
                assert_eq!(
                    list.code(parent).unwrap().parent,
                    None,
                    "{} is on a third level",
                    code.code
                );
                assert_eq!(code.group, None, "{} has its parent's group", code.code);
            }
            if let Some(group) = &code.group {
                assert!(
                    list.groups.iter().any(|known| &known.code == group),
                    "{}",
                    code.code
                );
            }
            seen.insert(code.code.as_str());
        }
    }
}

#[test]
fn only_closed_lists_refuse_unknown_codes() {
    let closed: Vec<&str> = lists()
        .iter()
        .filter(|list| list.closed)
        .map(|list| list.name.as_str())
        .collect();
    assert_eq!(closed, ["nature", "region_level"]);
    assert!(!list("nature").unwrap().accepts("praise"));
    assert!(list("nature").unwrap().accepts("tip_off"));
    assert!(list("channel").unwrap().accepts("telegraph"));
}

#[test]
fn labels_speak_both_languages_and_unknown_codes_stay_visible() {
    let problem = list("problem").unwrap();
    assert_eq!(problem.label(Lang::Zh, "after_sales"), "售后服务");
    assert_eq!(
        problem.label(Lang::En, "after_sales"),
        "After-sales service"
    );
    assert_eq!(problem.label(Lang::En, "unheard_of"), "unheard_of");
    assert_eq!(problem.code("unheard_of"), None);
}

#[test]
fn crosswalks_translate_into_codes_that_exist_and_nothing_else() {
    for name in ["12315", "cfpb"] {
        let crosswalk = crosswalk(name).unwrap();
        for list_name in crosswalk.lists() {
            let list: &CodeList = list(list_name).unwrap();
            for (word, code) in crosswalk.pairs(list_name) {
                assert!(list.code(code).is_some(), "{name}: {word} → {code}");
            }
        }
        assert_eq!(crosswalk.code("problem", "unheard of"), None);
        assert_eq!(crosswalk.code("unheard of", "合同"), None);
    }
    assert_eq!(
        crosswalk("12315").unwrap().code("problem", "广告宣传"),
        Some("false_advertising")
    );
    assert_eq!(
        crosswalk("cfpb").unwrap().code("category", "Payday loan"),
        Some("payday_loan")
    );
    assert_eq!(crosswalk("cfpb").unwrap().pairs("problem").count(), 76);
    assert_eq!(crosswalk("other"), None);
}

#[test]
fn the_12315_table_knows_every_chinese_label_of_its_lists() {
    let table = crosswalk("12315").unwrap();
    for name in ["nature", "problem", "claim", "vulnerable"] {
        for code in list(name).unwrap().codes() {
            assert_eq!(
                table.code(name, &code.zh),
                Some(code.code.as_str()),
                "{name}"
            );
        }
    }
    for code in list("category")
        .unwrap()
        .codes()
        .iter()
        .filter(|code| code.parent.is_none())
    {
        assert_eq!(table.code("category", &code.zh), Some(code.code.as_str()));
    }
}

#[test]
fn the_example_mappings_say_the_same_as_the_crosswalks() {
    let cfpb = maps_of(CFPB_MAPPING);
    for (table, maps, compared) in [
        (
            crosswalk("cfpb").unwrap(),
            &cfpb,
            &["problem", "vulnerable"][..],
        ),
        (
            crosswalk("12315").unwrap(),
            &maps_of(MAPPING_12315),
            &["nature", "problem", "category", "claim", "vulnerable"][..],
        ),
    ] {
        for name in compared {
            let pairs: BTreeMap<String, String> = table
                .pairs(name)
                .map(|(word, code)| (word.to_owned(), code.to_owned()))
                .collect();
            assert_eq!(maps[*name], pairs, "{} {name}", table.name);
        }
    }
    // The CFPB example counts on the first level; the crosswalk is finer.
    let category = list("category").unwrap();
    let coarse: BTreeMap<String, String> = crosswalk("cfpb")
        .unwrap()
        .pairs("category")
        .map(|(word, code)| {
            (
                word.to_owned(),
                category.first_level(code).unwrap().code.clone(),
            )
        })
        .collect();
    assert_eq!(cfpb["category"], coarse);
}

/// The `[maps.NAME]` tables of a mapping whose entries are `"word" = "code"`, one a line.
fn maps_of(mapping: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut maps: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut current = None;
    for line in mapping.lines() {
        if let Some(header) = line.strip_prefix('[') {
            current = header
                .strip_prefix("maps.")
                .map(|name| name.trim_end_matches(']').to_owned());
        } else if let (Some(name), Some((word, code))) = (&current, line.split_once("\" = \"")) {
            let word = word.strip_prefix('"').unwrap().to_owned();
            maps.entry(name.clone())
                .or_default()
                .insert(word, code.strip_suffix('"').unwrap().to_owned());
        }
    }
    maps
}
