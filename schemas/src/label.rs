//! Labels: what kinds, fields, statuses, events and what these carry are called, in Chinese and English.
//!
//! Data, one file a kind under `data/labels/`, compiled in and parsed once. What has no label is called by its name, so that what a
//! newer device wrote stays visible.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::code::Lang;
use crate::kind::Kind;

/// One label in both languages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    zh: String,
    en: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Labels {
    kind: Words,
    fields: BTreeMap<String, Words>,
    statuses: BTreeMap<String, Words>,
    events: BTreeMap<String, Words>,
    data: BTreeMap<String, Words>,
}

/// What a kind is called.
#[must_use]
pub fn kind(kind: Kind, lang: Lang) -> &'static str {
    labels(kind).map_or(kind.name(), |labels| labels.kind.say(lang))
}

/// What a field is called: `respondent.name`, or `findings.a1.text` of any entry.
#[must_use]
pub fn field(kind: Kind, path: &str, lang: Lang) -> &str {
    let Some(labels) = labels(kind) else {
        return path;
    };
    let of_entry = || {
        let (container, rest) = path.split_once('.')?;
        let (_, name) = rest.split_once('.')?;
        labels.fields.get(&format!("{container}.*.{name}"))
    };
    let words = labels.fields.get(path).or_else(of_entry);
    words.map_or(path, |words| words.say(lang))
}

/// What a status is called.
#[must_use]
pub fn status(kind: Kind, status: &str, lang: Lang) -> &str {
    let words = labels(kind).and_then(|labels| labels.statuses.get(status));
    words.map_or(status, |words| words.say(lang))
}

/// What an event is called.
#[must_use]
pub fn event(kind: Kind, event: &str, lang: Lang) -> &str {
    let words = labels(kind).and_then(|labels| labels.events.get(event));
    words.map_or(event, |words| words.say(lang))
}

/// What a key of an event's data is called.
#[must_use]
pub fn datum<'k>(kind: Kind, event: &str, key: &'k str, lang: Lang) -> &'k str {
    let words = labels(kind).and_then(|labels| labels.data.get(&format!("{event}.{key}")));
    words.map_or(key, |words| words.say(lang))
}

impl Words {
    fn say(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

fn source(kind: Kind) -> &'static str {
    match kind {
        Kind::Case => include_str!("../data/labels/case.json"),
        Kind::Party => include_str!("../data/labels/party.json"),
        Kind::Inspection => include_str!("../data/labels/inspection.json"),
        Kind::Reporter => include_str!("../data/labels/reporter.json"),
        Kind::Enterprise => include_str!("../data/labels/enterprise.json"),
        Kind::Campaign => include_str!("../data/labels/campaign.json"),
        Kind::Assignment => include_str!("../data/labels/assignment.json"),
        Kind::Alias => include_str!("../data/labels/alias.json"),
        Kind::Checklist => include_str!("../data/labels/checklist.json"),
        Kind::Lead => include_str!("../data/labels/lead.json"),
        Kind::Interview => include_str!("../data/labels/interview.json"),
        Kind::ComparativeTest => include_str!("../data/labels/comparative_test.json"),
        Kind::Notice => include_str!("../data/labels/notice.json"),
        Kind::Publication => include_str!("../data/labels/publication.json"),
        Kind::Acknowledgement => include_str!("../data/labels/acknowledgement.json"),
        Kind::Satisfaction => include_str!("../data/labels/satisfaction.json"),
    }
}

fn labels(kind: Kind) -> Option<&'static Labels> {
    static LABELS: OnceLock<BTreeMap<Kind, Labels>> = OnceLock::new();
    // A file that did not parse would be missing here; a test asks for every label.
    let read = |kind: Kind| Some((kind, serde_json::from_str(source(kind)).ok()?));
    LABELS
        .get_or_init(|| Kind::ALL.into_iter().filter_map(read).collect())
        .get(&kind)
}
