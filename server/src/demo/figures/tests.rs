//! The figures of the story, held to their word.

use super::*;
use serde_json::json;

#[test]
fn codes_are_shown_in_words_and_the_largest_count_comes_first() {
    let report = json!({
        "demands": {"total": 3, "complaint": 2, "tip_off": 1, "consultation": 0, "other": 0},
        "by_channel": {"walk_in": 1, "12315": 2},
        "by_category": {"food": 3},
        "by_problem": {"contract": 3},
        "recovered_fen": 268_000,
        "first_action": {"within": 3, "of": 3},
        "closed": {"within": 2, "of": 3},
        "inspections": {"pass": 1, "fail": 0, "critical_fail": 0},
    });
    let mut text = Vec::new();
    show(&mut Teller::new(Lang::Zh, &mut text), &report).unwrap();
    let text = String::from_utf8(text).unwrap();
    let place = |words: &str| text.find(words).unwrap();
    assert!(place("12315平台") < place("维权站现场接待"), "{text}");
    assert!(text.contains("挽回经济损失 ¥2,680.00"));
    assert!(text.contains("7 个工作日内办结 2 / 3 (66.7%)"));
}
