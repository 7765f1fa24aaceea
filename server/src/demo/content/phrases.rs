//! The embedded word lists: sections of `key: text` lines, in files a person can read and translate.
//!
//! A line that is no section, no pair and no comment is left out; the tests see to it that every list is there.

use std::collections::BTreeMap;

/// One section of a file: lists of texts by key, in the order of the file.
#[derive(Debug, Default)]
pub(super) struct Section {
    lists: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Section {
    /// The texts under `key`; none if there is no such key.
    pub(super) fn all(&self, key: &str) -> &[&'static str] {
        self.lists.get(key).map_or(&[], Vec::as_slice)
    }

    /// The first text under `key`, or nothing.
    pub(super) fn first(&self, key: &str) -> &'static str {
        self.all(key).first().copied().unwrap_or_default()
    }

    /// The single words of the first text under `key`.
    pub(super) fn words(&self, key: &str) -> Vec<&'static str> {
        self.first(key).split_whitespace().collect()
    }

    /// The number under `key`, or 0.
    pub(super) fn number(&self, key: &str) -> u64 {
        self.first(key).parse().unwrap_or(0)
    }

    /// How many texts there are.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.lists.values().map(Vec::len).sum()
    }
}

/// The sections of one file by name.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    sections: BTreeMap<&'static str, Section>,
    empty: Section,
}

impl Phrases {
    pub(super) fn parse(files: &[&'static str]) -> Self {
        let mut phrases = Self::default();
        let mut name = "";
        for line in files
            .iter()
            .flat_map(|text| text.lines())
            .map(str::trim)
            .filter(|line| !line.starts_with('#'))
        {
            if let Some(section) = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                name = section;
            } else if let Some((key, value)) = line.split_once(':') {
                phrases
                    .sections
                    .entry(name)
                    .or_default()
                    .lists
                    .entry(key)
                    .or_default()
                    .push(value.trim());
            }
        }
        phrases
    }

    /// The section of that name; an empty one if there is none.
    pub(super) fn section(&self, name: &str) -> &Section {
        self.sections.get(name).unwrap_or(&self.empty)
    }

    /// Every section with its name, by name.
    pub(super) fn sections(&self) -> impl Iterator<Item = (&'static str, &Section)> {
        self.sections.iter().map(|(name, section)| (*name, section))
    }
}

/// All embedded files.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) categories: Phrases,
    pub(super) patterns: Phrases,
    pub(super) people: Phrases,
    pub(super) visits: Phrases,
}

impl Book {
    pub(super) fn embedded() -> Self {
        Self {
            categories: Phrases::parse(&[include_str!("goods.txt"), include_str!("services.txt")]),
            patterns: Phrases::parse(&[include_str!("patterns.txt")]),
            people: Phrases::parse(&[include_str!("people.txt")]),
            visits: Phrases::parse(&[include_str!("visits.txt")]),
        }
    }
}

/// Replaces each slot, `{item}` for example, by its text; earlier slots may bring later ones with them.
pub(super) fn fill(pattern: &str, slots: &[(&str, &str)]) -> String {
    slots
        .iter()
        .fold(pattern.to_owned(), |text, (slot, value)| {
            text.replace(slot, value)
        })
}
