//! Crosswalks (对照表): what other systems' words mean in our codes.
//!
//! One file under `data/crosswalks/` per foreign system; inside it one table per code list. A
//! foreign word the table does not have has no translation: whoever imports keeps it and counts it.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

const SOURCES: [&str; 2] = [
    include_str!("../../data/crosswalks/12315.json"),
    include_str!("../../data/crosswalks/cfpb.json"),
];

/// The translations of one foreign system.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crosswalk {
    /// `12315` or `cfpb`.
    pub name: String,
    /// Grows by one whenever a translation changes.
    pub version: u32,
    /// What the foreign words were taken from.
    pub source: String,
    maps: BTreeMap<String, BTreeMap<String, String>>,
}

impl Crosswalk {
    /// Our code in `list` for a foreign word; none if the word is unknown.
    #[must_use]
    pub fn code(&self, list: &str, foreign: &str) -> Option<&str> {
        self.maps.get(list)?.get(foreign).map(String::as_str)
    }

    /// The foreign words and our codes for one list, sorted by word.
    pub fn pairs(&self, list: &str) -> impl Iterator<Item = (&str, &str)> {
        self.maps
            .get(list)
            .into_iter()
            .flatten()
            .map(|(word, code)| (word.as_str(), code.as_str()))
    }

    /// The code lists this crosswalk has tables for.
    pub fn lists(&self) -> impl Iterator<Item = &str> {
        self.maps.keys().map(String::as_str)
    }
}

/// The crosswalk of that name.
#[must_use]
pub fn crosswalk(name: &str) -> Option<&'static Crosswalk> {
    static CROSSWALKS: OnceLock<Vec<Crosswalk>> = OnceLock::new();
    // A file that did not parse would be missing here; a test reads each one.
    CROSSWALKS
        .get_or_init(|| {
            SOURCES
                .iter()
                .filter_map(|source| serde_json::from_str(source).ok())
                .collect()
        })
        .iter()
        .find(|crosswalk| crosswalk.name == name)
}
