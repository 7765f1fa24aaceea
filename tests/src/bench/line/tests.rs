//! What a line says is what scripts read.

use serde_json::json;

use super::Line;

#[test]
fn a_ratio_is_judged_where_there_is_a_reference_and_the_figure_where_there_is_none() {
    let fast = Line::new("m", "generator", "ms", 30.0).beside(20.0);
    assert_eq!(fast.clone().at_most(1.5).holds(), Some(true));
    assert_eq!(fast.clone().at_least(100.0).holds(), Some(false));
    assert_eq!(fast.holds(), None);
    let small = Line::new("m", "generator", "B", 900.0).at_most(1_024.0);
    assert_eq!(small.holds(), Some(true));
    assert_eq!(small.short_of_what_was_asked().holds(), Some(false));
}

#[test]
fn a_line_says_what_scripts_read() {
    let line = Line::new("m", "generator", "ms", 30.0)
        .beside(20.0)
        .at_most(1.5);
    let json = line.json();
    for (name, value) in [
        ("measure", json!("m")),
        ("ours", json!(30.0)),
        ("reference", json!(20.0)),
        ("ratio", json!(1.5)),
        ("bound", json!(1.5)),
        ("holds", json!(true)),
    ] {
        assert_eq!(json.get(name), Some(&value));
    }
    let absolute = Line::new("m", "generator", "B", 900.0).at_most(1_024.0);
    assert!(absolute.json()["reference"].is_null() && absolute.json()["ratio"].is_null());
}
