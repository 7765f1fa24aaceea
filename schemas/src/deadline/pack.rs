//! Rule packs: TOML files that say which deadlines hold where, for whom, since when, and where that is written.
//!
//! ```toml
//! id = "zhejiang-council-2017"      # with the version: it is printed beside every deadline
//! basis = "law"                     # or "service": targets that add to whatever law applies
//! authority = "council"             # council | department; a service pack without one is for both
//! regions = ["33"]                  # GB/T 2260 prefixes; "" is everywhere
//! from = 2017-05-01                 # first and last day in force; both may be left out
//! until = 2030-12-31
//! title = { zh = "…", en = "…" }
//!
//! [[rules]]                         # see `Rule`
//! ```
//!
//! A set of packs never leaves a choice: two laws for one authority and one region may not overlap in time.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer};

use super::{Authority, Limit, Rule, Words};

/// The longest limit, in days: ten years.
const LIMIT_DAYS_MAX: u32 = 3_660;

const SHIPPED: [&str; 6] = [
    include_str!("../../data/rules/council.toml"),
    include_str!("../../data/rules/department-2020.toml"),
    include_str!("../../data/rules/department-2026.toml"),
    include_str!("../../data/rules/service.toml"),
    include_str!("../../data/rules/shanghai-council.toml"),
    include_str!("../../data/rules/zhejiang-council.toml"),
];

static SHIPPED_PACKS: LazyLock<Packs> = LazyLock::new(|| Packs::parse(SHIPPED).unwrap_or_default());

/// Why rule packs were refused.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// Not TOML, or not a pack.
    #[error("this is not a rule pack")]
    Toml(#[from] toml::de::Error),
    /// The pack contradicts itself.
    #[error("rule pack `{pack}`: {reason}")]
    Invalid {
        /// Its id.
        pack: String,
        /// What is wrong, in words.
        reason: &'static str,
    },
    /// Two packs claim the same cases, or the same id.
    #[error("rule packs `{one}` and `{other}` overlap")]
    Overlap {
        /// One of them.
        one: String,
        /// The other.
        other: String,
    },
}

/// What a pack rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Basis {
    /// The law: exactly one such pack holds for a clock.
    Law,
    /// A service target, beside the law.
    Service,
}

/// One version of the rules of one jurisdiction.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Its id, with the version in it.
    pub id: String,
    /// What it is called.
    pub title: Words,
    /// What it rests on.
    pub basis: Basis,
    /// Whom it binds; absent (service targets only) means both.
    #[serde(default)]
    pub authority: Option<Authority>,
    /// GB/T 2260 prefixes.
    pub regions: Vec<String>,
    /// First day in force.
    #[serde(default, deserialize_with = "civil_date")]
    pub from: Option<Date>,
    /// Last day in force.
    #[serde(default, deserialize_with = "civil_date")]
    pub until: Option<Date>,
    /// Its rules.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

impl Pack {
    /// Says whether clocks that start on a day fall under this version.
    #[must_use]
    pub fn is_in_force(&self, date: Date) -> bool {
        self.from.is_none_or(|from| from <= date) && self.until.is_none_or(|until| date <= until)
    }

    /// Says whether these are service targets, not law.
    #[must_use]
    pub fn is_service(&self) -> bool {
        self.basis == Basis::Service
    }

    /// How closely the pack's regions fit: the length of the longest prefix; nothing if it does not concern them.
    pub(super) fn matches(&self, region: Option<&str>, authority: Authority) -> Option<usize> {
        if self.authority.is_some_and(|bound| bound != authority) {
            return None;
        }
        let region = region.unwrap_or_default();
        let fitting = self
            .regions
            .iter()
            .filter(|prefix| region.starts_with(prefix.as_str()));
        fitting.map(String::len).max()
    }

    fn flaw(&self) -> Option<&'static str> {
        if self.id.is_empty() {
            return Some("it needs an id");
        }
        if self.basis == Basis::Law && self.authority.is_none() {
            return Some("law needs an authority");
        }
        if !self.regions.iter().all(|prefix| is_region_prefix(prefix)) || self.regions.is_empty() {
            return Some("regions are prefixes of 0, 2, 4 or 6 digits");
        }
        if self
            .from
            .zip(self.until)
            .is_some_and(|(from, until)| until < from)
        {
            return Some("it ends before it begins");
        }
        let mut ids: Vec<&str> = self.rules.iter().map(|rule| rule.id.as_str()).collect();
        ids.sort_unstable();
        if ids
            .iter()
            .zip(ids.iter().skip(1))
            .any(|(one, other)| one == other)
        {
            return Some("two rules share an id");
        }
        self.rules.iter().find_map(rule_flaw)
    }

    fn overlaps(&self, other: &Self) -> bool {
        let law = self.basis == Basis::Law
            && other.basis == Basis::Law
            && self.authority == other.authority;
        let begins_in_time = |one: &Self, two: &Self| match (one.from, two.until) {
            (Some(from), Some(until)) => from <= until,
            _ => true,
        };
        let together = begins_in_time(self, other) && begins_in_time(other, self);
        self.id == other.id
            || law
                && together
                && self
                    .regions
                    .iter()
                    .any(|region| other.regions.contains(region))
    }
}

fn is_region_prefix(prefix: &str) -> bool {
    matches!(prefix.len(), 0 | 2 | 4 | 6) && prefix.bytes().all(|byte| byte.is_ascii_digit())
}

fn rule_flaw(rule: &Rule) -> Option<&'static str> {
    let most = match rule.limit {
        Limit::Hours(_) => LIMIT_DAYS_MAX * 24,
        Limit::Days(_) | Limit::WorkingDays(_) => LIMIT_DAYS_MAX,
    };
    let by = rule.extension.as_ref().map_or(0, |extension| extension.by);
    if rule.limit.amount() == 0 || rule.limit.amount() > most || by > most {
        return Some("a limit is between one and ten years");
    }
    if rule.start.is_empty() || rule.id.is_empty() || rule.citation.is_empty() {
        return Some("a rule needs an id, a citation and a start");
    }
    None
}

/// A set of packs that leaves no choice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packs {
    packs: Vec<Pack>,
}

impl Packs {
    /// The packs that come with this build.
    #[must_use]
    pub fn shipped() -> &'static Self {
        &SHIPPED_PACKS
    }

    /// Reads packs, one a text.
    ///
    /// # Errors
    ///
    /// [`PackError`] if one is unreadable or contradictory, or if two claim the same cases.
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, PackError> {
        let mut packs: Vec<Pack> = Vec::new();
        for text in texts {
            let pack: Pack = toml::from_str(text)?;
            if let Some(reason) = pack.flaw() {
                return Err(PackError::Invalid {
                    pack: pack.id,
                    reason,
                });
            }
            if let Some(other) = packs.iter().find(|other| other.overlaps(&pack)) {
                return Err(PackError::Overlap {
                    one: other.id.clone(),
                    other: pack.id,
                });
            }
            packs.push(pack);
        }
        Ok(Self { packs })
    }

    /// All packs, in the order they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Pack> {
        self.packs.iter()
    }

    /// The pack with an id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Pack> {
        self.packs.iter().find(|pack| pack.id == id)
    }

    /// The law for clocks that start on a day: the longest region prefix among the versions in force.
    #[must_use]
    pub fn pack_for(
        &self,
        region: Option<&str>,
        authority: Authority,
        date: Date,
    ) -> Option<&Pack> {
        let laws = self
            .packs
            .iter()
            .filter(|pack| !pack.is_service() && pack.is_in_force(date));
        let fitting = laws.filter_map(|pack| Some((pack.matches(region, authority)?, pack)));
        fitting
            .max_by_key(|(length, _)| *length)
            .map(|(_, pack)| pack)
    }
}

fn civil_date<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Date>, D::Error> {
    let text = toml::value::Datetime::deserialize(input)?.to_string();
    text.parse().map(Some).map_err(serde::de::Error::custom)
}
