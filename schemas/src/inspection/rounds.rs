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
mod tests;
