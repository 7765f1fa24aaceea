//! Rounds of visits, held to their word.

use super::*;
use crate::id::{Actor, RecordId};
use crate::kind::Kind;
use crate::record::Document;
use crate::record::edit::{Act, Author};
use crate::time::Moment;

fn visit(id: u8, fields: &[(&str, &str)]) -> View {
    let kind = Kind::Inspection;
    let mut document = Document::begin(RecordId([id; 16]), kind).unwrap();
    let now = Moment::china(0);
    let actor = Actor([id; 16]);
    let acts: Vec<Act> = fields
        .iter()
        .map(|(path, text)| Act::Set {
            path: (*path).to_owned(),
            value: kind.field(path).unwrap().read_text(path, text).unwrap(),
        })
        .collect();
    let role = None;
    document.edit(&Author { actor, now, role }, &acts).unwrap();
    document.view()
}

#[test]
fn a_later_visit_says_what_became_of_each_finding_and_what_it_left_out_stays_open() {
    let earlier = visit(
        1,
        &[
            ("findings.a.text", "未明码标价"),
            ("findings.b.text", "拒开发票"),
        ],
    );
    let previous = RecordId([1; 16]).to_string();
    let later = visit(
        2,
        &[
            ("previous", &previous),
            ("findings.x.previous", "a"),
            ("findings.x.rectified", "yes"),
            ("findings.y.previous", "a"),
            ("findings.y.rectified", "partly"),
            ("findings.z.text", "新问题"),
        ],
    );
    let followed = compare(&earlier, &later).unwrap();
    let [a, b] = followed.as_slice() else {
        panic!("{followed:?}")
    };
    assert_eq!(
        (a.finding.as_str(), a.before.as_deref()),
        ("a", Some("未明码标价"))
    );
    assert_eq!(
        (a.again.join(" ").as_str(), a.rectified.as_deref()),
        ("x y", Some("partly"))
    );
    assert_eq!((b.again.len(), b.rectified.as_deref()), (0, None));
}

#[test]
fn visits_that_do_not_follow_each_other_are_not_compared() {
    let earlier = visit(1, &[("findings.a.text", "未明码标价")]);
    assert_eq!(compare(&earlier, &visit(2, &[])), None);
    let other = RecordId([3; 16]).to_string();
    assert_eq!(compare(&earlier, &visit(2, &[("previous", &other)])), None);
}
