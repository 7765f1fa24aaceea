//! 回头看: what became of an earlier visit's findings.
//!
//! A later visit names the earlier one in `previous`; each of its findings may name the earlier finding it comes back to, and say
//! whether that was rectified. A finding that nobody came back to is open.

use serde_json::{Map, Value as Json};

use crate::record::view::View;

/// What became of one earlier finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The earlier finding's entry.
    pub finding: String,
    /// What it said.
    pub before: Option<String>,
    /// The later visit's entries that come back to it.
    pub again: Vec<String>,
    /// What the later visit says of it: a code of the list `rectified`. Where several entries say something, the worst of it.
    pub rectified: Option<String>,
}

/// Sets the findings of two visits side by side, by entry. `None` if the later one does not name the earlier.
#[must_use]
pub fn compare(earlier: &View, later: &View) -> Option<Vec<Followed>> {
    let previous = later.text("previous")?;
    if previous != earlier.record.to_string() {
        return None;
    }
    let follow = |(finding, cells): (&String, &Json)| {
        let again: Vec<_> = findings(later)
            .filter(|(_, cells)| text(cells, "previous") == Some(finding.as_str()))
            .collect();
        let said = again
            .iter()
            .filter_map(|(_, cells)| text(cells, "rectified"));
        Followed {
            finding: finding.clone(),
            before: text(cells, "text").map(str::to_owned),
            rectified: said.max_by_key(|code| badness(code)).map(str::to_owned),
            again: again.iter().map(|(name, _)| (*name).clone()).collect(),
        }
    };
    Some(findings(earlier).map(follow).collect())
}

fn findings(view: &View) -> impl Iterator<Item = (&String, &Json)> {
    let table = view.at("findings").and_then(Json::as_object);
    table.into_iter().flat_map(Map::iter)
}

fn text<'c>(cells: &'c Json, name: &str) -> Option<&'c str> {
    cells.get(name).and_then(Json::as_str)
}

/// How bad a code is; one that we do not know is between.
fn badness(code: &str) -> u8 {
    match code {
        "yes" => 0,
        "partly" => 2,
        "no" => 3,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
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
}
