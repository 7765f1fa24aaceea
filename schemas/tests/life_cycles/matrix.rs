//! The tables that are written by hand, as `README.md` beside this file explains them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use fieldwatch_schemas::kind::Kind;

/// One table.
pub(crate) struct Matrix {
    /// The first status.
    pub(crate) first: String,
    nexts: BTreeMap<String, BTreeMap<String, String>>,
    roles: BTreeMap<String, BTreeSet<String>>,
}

impl Matrix {
    /// The table of a kind.
    pub(crate) fn of(kind: Kind) -> Self {
        let path = format!(
            "{}/tests/life_cycles/{kind}.txt",
            env!("CARGO_MANIFEST_DIR")
        );
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut matrix = Self {
            first: String::new(),
            nexts: BTreeMap::new(),
            roles: BTreeMap::new(),
        };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            match line.strip_prefix("begin ") {
                Some(first) => matrix.first = first.to_owned(),
                None => matrix.read(line),
            }
        }
        matrix
    }

    fn read(&mut self, line: &str) {
        let (left, right) = line.split_once('|').unwrap_or_else(|| panic!("{line}"));
        if let Some(roles) = left.strip_prefix("by ") {
            let roles: BTreeSet<String> = roles.split_whitespace().map(str::to_owned).collect();
            for event in right.split_whitespace() {
                let twice = self.roles.insert(event.to_owned(), roles.clone());
                assert!(twice.is_none(), "{event} stands twice");
            }
            return;
        }
        for status in left.split_whitespace() {
            let nexts = self.nexts.entry(status.to_owned()).or_default();
            for step in right.split_whitespace() {
                let (event, next) = match step.strip_suffix('=') {
                    Some(event) => (event, status),
                    None => step.split_once('>').unwrap_or_else(|| panic!("{step}")),
                };
                let twice = nexts.insert(event.to_owned(), next.to_owned());
                assert!(twice.is_none(), "{status}: {event} stands twice");
            }
        }
    }

    /// Where an event leads, if it may happen.
    pub(crate) fn next(&self, status: &str, event: &str) -> Option<&str> {
        self.nexts.get(status)?.get(event).map(String::as_str)
    }

    /// What may happen.
    pub(crate) fn legal(&self, status: &str) -> BTreeSet<&str> {
        let nexts = self.nexts.get(status).into_iter();
        nexts
            .flat_map(|nexts| nexts.keys().map(String::as_str))
            .collect()
    }

    /// Every status that has a line.
    pub(crate) fn statuses(&self) -> BTreeSet<&str> {
        self.nexts.keys().map(String::as_str).collect()
    }

    /// Every event that somebody may cause.
    pub(crate) fn events(&self) -> BTreeSet<&str> {
        self.roles.keys().map(String::as_str).collect()
    }

    /// Whether a role may cause an event.
    pub(crate) fn is_for(&self, event: &str, role: &str) -> bool {
        self.roles
            .get(event)
            .is_some_and(|roles| roles.contains(role))
    }
}
