//! Kinds of records, and for each the table of what it holds and the frozen change it begins with.
//!
//! To add a kind: a variant here, a file `kind/NAME.rs` with its tables, a frozen first change (`crate::record::frozen`), labels and a
//! sample under `data/`, a life cycle written down by hand under `tests/life_cycles/`, golden files.

/// The rows of a life cycle: `"EVENT" from STATUSES => NEXT, by ROLES needs KEYS;`.
macro_rules! rules {
    (@needs) => { &[] };
    (@needs $needs:expr) => { $needs };
    ($($event:tt from $from:expr => $next:expr, by $roles:ident $(needs $needs:expr)?;)*) => {
        &[$(crate::status::EventRule {
            event: $event,
            from: $from,
            next: $next,
            roles: $roles,
            needs: rules!(@needs $($needs)?),
        }),*]
    };
}

mod acknowledgement;
mod alias;
mod assignment;
mod campaign;
mod case;
mod checklist;
mod comparative_test;
mod enterprise;
mod inspection;
mod interview;
mod lead;
mod notice;
mod party;
mod publication;
mod reporter;
mod satisfaction;

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::field::{Field, Rule, Shape, is_entry_name};
use crate::id::{IdError, RecordId};
use crate::status::{LifeCycle, Role};

/// The type of a record.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// 诉求件: a complaint, tip-off, consultation or other demand.
    #[n(0)]
    Case,
    /// 消费者: the person behind a case; lives apart, in the station's personal feed.
    #[n(1)]
    Party,
    /// 暗访体察: one undercover visit with its answers.
    #[n(2)]
    Inspection,
    /// 举报人: the person behind a tip-off; lives apart, as a consumer does.
    #[n(3)]
    Reporter,
    /// 企业: one row of the register.
    #[n(4)]
    Enterprise,
    /// 专项体察: a plan of visits.
    #[n(5)]
    Campaign,
    /// 体察任务: who is asked to visit what.
    #[n(6)]
    Assignment,
    /// 代号: whom an alias stands for.
    #[n(7)]
    Alias,
    /// 线索: a possible violation, its 抄告函 and the reply.
    #[n(8)]
    Lead,
    /// 约谈: a talk with an enterprise, and what it committed itself to.
    #[n(9)]
    Interview,
    /// 比较试验: samples, their custody, their results.
    #[n(10)]
    ComparativeTest,
    /// 提示、警示、倡议、点评: a word to the public.
    #[n(11)]
    Notice,
    /// 公示: a complaint made public.
    #[n(12)]
    Publication,
    /// 受理回执: what the consumer takes away.
    #[n(13)]
    Acknowledgement,
    /// 满意度测评: what the consumer thinks of it.
    #[n(14)]
    Satisfaction,
    /// 体察清单: one published version of a checklist.
    #[n(15)]
    Checklist,
}

/// What a kind is made of.
#[derive(Debug)]
pub struct KindTable {
    /// The fields, containers not listed by themselves.
    pub fields: &'static [Field],
    /// The maps that the frozen first change creates, besides `events` and `attachments`.
    pub maps: &'static [&'static str],
    /// The long texts that the frozen first change creates.
    pub texts: &'static [&'static str],
    /// Statuses and events.
    pub life_cycle: &'static LifeCycle,
    /// Who may make such records and edit their fields; events have roles of their own.
    pub editors: &'static [Role],
    /// The fields that a person recognises it by; the first that says something is its title.
    pub title: &'static [&'static str],
    /// The fields that a search looks in.
    pub search: &'static [&'static str],
    /// The fields that its natural key is made of, if it can have one.
    pub natural: &'static [&'static str],
}

impl Kind {
    /// Every kind, in the order of their numbers.
    pub const ALL: [Self; 16] = [
        Self::Case,
        Self::Party,
        Self::Inspection,
        Self::Reporter,
        Self::Enterprise,
        Self::Campaign,
        Self::Assignment,
        Self::Alias,
        Self::Lead,
        Self::Interview,
        Self::ComparativeTest,
        Self::Notice,
        Self::Publication,
        Self::Acknowledgement,
        Self::Satisfaction,
        Self::Checklist,
    ];

    /// The name used in commands, feeds and files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Party => "party",
            Self::Inspection => "inspection",
            Self::Reporter => "reporter",
            Self::Enterprise => "enterprise",
            Self::Campaign => "campaign",
            Self::Assignment => "assignment",
            Self::Alias => "alias",
            Self::Lead => "lead",
            Self::Interview => "interview",
            Self::ComparativeTest => "comparative_test",
            Self::Notice => "notice",
            Self::Publication => "publication",
            Self::Acknowledgement => "acknowledgement",
            Self::Satisfaction => "satisfaction",
            Self::Checklist => "checklist",
        }
    }

    /// Whether records of this kind must not tell who made them and when: random ids, commit times cut to the day.
    #[must_use]
    pub fn is_blind(self) -> bool {
        matches!(self, Self::Inspection | Self::Assignment)
    }

    /// Whether the record holds personal data of a consumer or a reporter.
    #[must_use]
    pub fn is_personal(self) -> bool {
        matches!(self, Self::Party | Self::Reporter)
    }

    /// Whether its editors make it for everybody: it lies in the feed `shared`, which nobody else may write.
    #[must_use]
    pub fn is_for_all(self) -> bool {
        matches!(self, Self::Checklist)
    }

    /// The tables of this kind.
    #[must_use]
    pub fn table(self) -> &'static KindTable {
        match self {
            Self::Case => &case::TABLE,
            Self::Party => &party::TABLE,
            Self::Inspection => &inspection::TABLE,
            Self::Reporter => &reporter::TABLE,
            Self::Enterprise => &enterprise::TABLE,
            Self::Campaign => &campaign::TABLE,
            Self::Assignment => &assignment::TABLE,
            Self::Alias => &alias::TABLE,
            Self::Lead => &lead::TABLE,
            Self::Interview => &interview::TABLE,
            Self::ComparativeTest => &comparative_test::TABLE,
            Self::Notice => &notice::TABLE,
            Self::Publication => &publication::TABLE,
            Self::Acknowledgement => &acknowledgement::TABLE,
            Self::Satisfaction => &satisfaction::TABLE,
            Self::Checklist => &checklist::TABLE,
        }
    }

    /// The field at a path: of the table, of an entry (`findings.a1.text`), an answer, an untranslated value.
    #[must_use]
    pub fn field(self, path: &str) -> Option<&'static Field> {
        let fields = self.table().fields;
        if let Some(field) = fields.iter().find(|field| field.path == path) {
            return Some(field);
        }
        let (container, rest) = path.split_once('.')?;
        let open = fields.iter().find(|field| field.path == container)?;
        match open.shape {
            Shape::Answers | Shape::Raw | Shape::Pieces => (!rest.is_empty()).then_some(open),
            Shape::Entries(inner) => {
                let (entry, name) = rest.split_once('.')?;
                let named = inner.iter().find(|field| field.path == name);
                named.filter(|_| is_entry_name(entry))
            }
            _ => None,
        }
    }

    /// The id that a record with these fields must have, where its kind has a natural key and they say it whole.
    #[must_use]
    pub fn natural_id<'t>(self, text: impl Fn(&str) -> Option<&'t str>) -> Option<RecordId> {
        let paths = self.table().natural;
        let parts: Vec<&str> = paths.iter().map_while(|path| text(path)).collect();
        let is_whole = !paths.is_empty() && parts.len() == paths.len();
        is_whole.then(|| RecordId::natural(self, &parts))
    }

    /// Whether every record of this kind has the id of its natural key: none of the key's fields can change.
    #[must_use]
    pub fn is_natural(self) -> bool {
        let KindTable { natural, .. } = self.table();
        let is_fixed = |path: &&str| {
            self.field(path)
                .is_some_and(|field| field.rule == Rule::Once)
        };
        !natural.is_empty() && natural.iter().all(is_fixed)
    }

    /// The paths a person may set, for a message that helps.
    #[must_use]
    pub fn paths(self) -> Vec<&'static str> {
        self.table().fields.iter().map(|field| field.path).collect()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kind {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let found = Self::ALL.into_iter().find(|kind| kind.name() == text);
        found.ok_or_else(|| IdError::new(text, "a kind of record"))
    }
}
