//! Visits come to the result they are meant to come to, by answers the sample checklist knows.

use super::{TO_MS, inspections, shares, types};

#[test]
fn inspections_come_to_what_they_are_meant_to() {
    let all = inspections(1_000);
    let results = shares(all.iter().map(|inspection| inspection.meant));
    assert_eq!(
        (results["pass"], results["fail"], results["critical_fail"]),
        (78.0, 15.0, 7.0)
    );
    for inspection in &all {
        let is = |name: &str, answer: &str| inspection.answers[name] == answer;
        let critical = is("hygiene_license", "no") || is("expired_goods", "yes");
        assert_eq!(
            critical,
            inspection.meant == "critical_fail",
            "{:?}",
            inspection.answers
        );
        let flaws = [
            ("price_tag", "no"),
            ("receipt", "no"),
            ("return_policy", "no"),
            ("scan_code_forced", "yes"),
        ];
        let flaws = flaws.iter().filter(|(name, bad)| is(name, bad)).count();
        let manners = inspection.answers["service_attitude"].as_i64().unwrap();
        match inspection.meant {
            "pass" => assert!(flaws <= 1 && manners >= 4),
            "fail" => assert!(flaws >= 3 && manners <= 2),
            _ => assert!(flaws <= 2),
        }
        assert_eq!(inspection.answers.len(), 8);
        assert!(
            (1..=5).contains(&manners)
                && inspection.answers["remark"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty())
        );
        assert!(
            !inspection.notes.contains('{')
                && !inspection.site.mock
                && inspection.site.accuracy_m > 0.0
        );
        assert!("claimed checked_in submitted".starts_with(&types(&inspection.events)));
        let events = [inspection.events.clone(), inspection.review.clone()].concat();
        assert!(events.windows(2).all(|two| two[0].at_ms < two[1].at_ms));
        assert!(events.iter().all(|event| event.at_ms <= TO_MS));
    }
}
