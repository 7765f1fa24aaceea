//! Code lists (代码表): the versioned vocabularies that records, reports and screens share.
//!
//! A list is data, one file under `data/codes/`, compiled in and parsed once. Records store the
//! code, never the label; labels exist in Chinese and English. An **open** list may meet codes that
//! this version does not know (a newer device, an imported table): they are kept and counted,
//! never refused. A **closed** list admits only its own codes.
//!
//! `category` has two levels: a second-level code names its first-level one as `parent`, and each
//! first-level code except `other` belongs to one of the list's groups, goods or services.

mod crosswalk;
mod lang;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;

pub use self::crosswalk::{Crosswalk, crosswalk};
pub use self::lang::{Lang, UnknownLang};

/// The embedded lists, in the order in which [`lists`] gives them.
const SOURCES: [&str; 23] = [
    include_str!("../data/codes/nature.json"),
    include_str!("../data/codes/channel.json"),
    include_str!("../data/codes/problem.json"),
    include_str!("../data/codes/category.json"),
    include_str!("../data/codes/claim.json"),
    include_str!("../data/codes/vulnerable.json"),
    include_str!("../data/codes/age_band.json"),
    include_str!("../data/codes/id_type.json"),
    include_str!("../data/codes/not_accepted_reason.json"),
    include_str!("../data/codes/terminated_reason.json"),
    include_str!("../data/codes/station_kind.json"),
    include_str!("../data/codes/sales_channel.json"),
    include_str!("../data/codes/region_level.json"),
    include_str!("../data/codes/mediation_mode.json"),
    include_str!("../data/codes/severity.json"),
    include_str!("../data/codes/rectified.json"),
    include_str!("../data/codes/organisation_role.json"),
    include_str!("../data/codes/connection_status.json"),
    include_str!("../data/codes/pledge.json"),
    include_str!("../data/codes/lead_outcome.json"),
    include_str!("../data/codes/test_verdict.json"),
    include_str!("../data/codes/notice_form.json"),
    include_str!("../data/codes/survey_mode.json"),
];

/// One entry of a [`CodeList`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Code {
    /// What records store.
    pub code: String,
    /// The Chinese label.
    pub zh: String,
    /// The English label.
    pub en: String,
    /// The code one level up in the same list; none at the first level.
    #[serde(default)]
    pub parent: Option<String>,
    /// The [`CodeList::groups`] entry a first-level code belongs to, where the list has groups.
    #[serde(default)]
    pub group: Option<String>,
}

impl Code {
    /// The label in a language.
    #[must_use]
    pub fn label(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// A vocabulary: its codes in the order in which people expect to see them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "ListFile")]
pub struct CodeList {
    /// The name that fields of records refer to.
    pub name: String,
    /// Grows by one whenever a code or label changes.
    pub version: u32,
    /// Whether codes outside the list are refused.
    pub closed: bool,
    /// Where the vocabulary comes from, in Chinese.
    pub source: String,
    /// What first-level codes are gathered under; empty for most lists.
    pub groups: Vec<Code>,
    codes: Vec<Code>,
    by_code: BTreeMap<String, usize>,
}

/// A list as its file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListFile {
    name: String,
    version: u32,
    closed: bool,
    source: String,
    #[serde(default)]
    groups: Vec<Code>,
    codes: Vec<Code>,
}

impl From<ListFile> for CodeList {
    fn from(file: ListFile) -> Self {
        let by_code = file
            .codes
            .iter()
            .enumerate()
            .map(|(place, code)| (code.code.clone(), place))
            .collect();
        let ListFile {
            name,
            version,
            closed,
            source,
            groups,
            codes,
        } = file;
        Self {
            name,
            version,
            closed,
            source,
            groups,
            codes,
            by_code,
        }
    }
}

impl CodeList {
    /// All codes, in the list's order: a parent comes before its children.
    #[must_use]
    pub fn codes(&self) -> &[Code] {
        &self.codes
    }

    /// The entry of a code, if the list knows it.
    #[must_use]
    pub fn code(&self, code: &str) -> Option<&Code> {
        self.codes.get(*self.by_code.get(code)?)
    }

    /// Whether a record may hold this code: any in an open list, only known ones in a closed list.
    #[must_use]
    pub fn accepts(&self, code: &str) -> bool {
        !self.closed || self.by_code.contains_key(code)
    }

    /// The label of a code; an unknown code is its own label, so that it stays visible.
    #[must_use]
    pub fn label<'a>(&'a self, lang: Lang, code: &'a str) -> &'a str {
        self.code(code).map_or(code, |known| known.label(lang))
    }

    /// The first-level code that a code counts under: itself at the first level, else its parent.
    #[must_use]
    pub fn first_level(&self, code: &str) -> Option<&Code> {
        let known = self.code(code)?;
        match &known.parent {
            Some(parent) => self.code(parent),
            None => Some(known),
        }
    }

    /// The second-level codes of a first-level one, in order.
    pub fn children<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a Code> {
        self.codes
            .iter()
            .filter(move |child| child.parent.as_deref() == Some(code))
    }

    /// The group of a code: of its own, or of its parent (商品 or 服务 for `category`).
    #[must_use]
    pub fn group(&self, code: &str) -> Option<&Code> {
        let group = self.first_level(code)?.group.as_deref()?;
        self.groups.iter().find(|known| known.code == group)
    }
}

/// The list of that name, from `nature` to `region_level`.
#[must_use]
pub fn list(name: &str) -> Option<&'static CodeList> {
    lists().iter().find(|list| list.name == name)
}

/// Every list this build carries.
#[must_use]
pub fn lists() -> &'static [CodeList] {
    static LISTS: OnceLock<Vec<CodeList>> = OnceLock::new();
    // A file that did not parse would be missing here; a test reads each one.
    LISTS.get_or_init(|| {
        SOURCES
            .iter()
            .filter_map(|source| serde_json::from_str(source).ok())
            .collect()
    })
}
