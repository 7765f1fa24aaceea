//! Feeds: the parts of the server's log to which access is granted as a whole, and which records belong to which.
//!
//! Where a record belongs is a pure function of its merged state ([`feeds_of`]), so that every server computes the same.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::area;
use crate::id::{IdError, PersonId, RecordId};
use crate::kind::Kind;
use crate::record::view::View;
use crate::status::Role;

/// The name of a feed, such as `station/330106-0012`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize)]
#[cbor(transparent)]
#[serde(try_from = "String", into = "String")]
pub struct Feed(#[n(0)] String);

/// What a person may do to the records of a feed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, Serialize, Deserialize)]
pub struct Grant {
    /// The feed.
    #[n(0)]
    pub feed: Feed,
    /// Whether they may edit and make records there, or only read.
    #[n(1)]
    pub write: bool,
}

/// Who a person is to the grants.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct Standing {
    /// The person.
    #[n(0)]
    pub person: PersonId,
    /// Their role.
    #[n(1)]
    pub role: Role,
    /// The station of a station's staff.
    #[n(2)]
    pub station: Option<String>,
    /// The region of a coordinator (GB/T 2260).
    #[n(3)]
    pub region: Option<String>,
    /// Further stations of a station's staff.
    #[n(4)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further_stations: Vec<String>,
}

impl Standing {
    /// The stations of a station's staff, the first one first.
    pub fn stations(&self) -> impl Iterator<Item = &str> {
        let all = self.station.iter().chain(&self.further_stations);
        all.map(String::as_str)
    }
}

impl Feed {
    /// All demands of a station.
    ///
    /// # Errors
    ///
    /// [`IdError`] unless the id is 1–40 ASCII letters, digits and hyphens.
    pub fn station(id: &str) -> Result<Self, IdError> {
        let fits = (1..=40).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits {
            Ok(Self(format!("station/{id}")))
        } else {
            Err(IdError::new(id, "a station id: letters, digits, hyphens"))
        }
    }

    /// The people behind a station's demands.
    ///
    /// # Errors
    ///
    /// As [`Feed::station`].
    pub fn station_personal(id: &str) -> Result<Self, IdError> {
        Self::station(id).map(|Self(feed)| Self(feed + "/personal"))
    }

    /// What one person alone works on.
    #[must_use]
    pub fn person(person: PersonId) -> Self {
        Self(format!("person/{person}"))
    }

    /// The visits of a campaign, once submitted. `id` is a UUID.
    #[must_use]
    pub fn campaign(id: RecordId) -> Self {
        Self(format!("campaign/{id}"))
    }

    /// Who the inspectors of a campaign are: for its coordinators alone.
    #[must_use]
    pub fn campaign_alias(id: RecordId) -> Self {
        Self(format!("campaign/{id}/alias"))
    }

    /// The enterprises of a region (GB/T 2260).
    ///
    /// # Errors
    ///
    /// [`IdError`] unless the code is six digits.
    pub fn register(code: &str) -> Result<Self, IdError> {
        Self::region(code).map(|_| Self(format!("register/{code}")))
    }

    /// Everything of a region (GB/T 2260) that its coordinators see.
    ///
    /// # Errors
    ///
    /// [`IdError`] unless the code is six digits.
    pub fn region(code: &str) -> Result<Self, IdError> {
        let fits = code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit());
        if fits {
            Ok(Self(format!("region/{code}")))
        } else {
            Err(IdError::new(code, "an area code of six digits"))
        }
    }

    /// Checklists, code lists, rule packs and notices for all.
    #[must_use]
    pub fn shared() -> Self {
        Self("shared".to_owned())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Feed {
    type Err = IdError;
    fn from_str(text: &str) -> Result<Self, IdError> {
        let fits = (1..=100).contains(&text.len())
            && text.split('/').all(|part| !part.is_empty())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-/".contains(&b));
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(IdError::new(text, "a feed"))
        }
    }
}

impl TryFrom<String> for Feed {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        text.parse()
    }
}

impl From<Feed> for String {
    fn from(feed: Feed) -> Self {
        feed.0
    }
}

/// The feeds that a record belongs to. `owner` is who made it; `station_region` tells the region of a station from the register.
#[must_use]
pub fn feeds_of(
    view: &View,
    owner: PersonId,
    station_region: &dyn Fn(&str) -> Option<String>,
) -> BTreeSet<Feed> {
    // A field that the kind does not have proves nothing; and where a station holds a record, the station's region does.
    let own = |path: &str| {
        view.kind
            .field(path)
            .and_then(|field| view.text(field.path))
    };
    // Where nobody has chosen between two stations, both hold it.
    let stations = view.stations();
    let holders = || stations.iter().copied().chain(view.shared_with());
    let of_campaign = || own("campaign").and_then(|id| id.parse().ok());
    let region = || -> Vec<String> {
        match stations.is_empty() {
            false => stations
                .iter()
                .filter_map(|id| station_region(id))
                .collect(),
            true => view.region().map(str::to_owned).into_iter().collect(),
        }
    };
    let mut feeds = BTreeSet::new();
    match view.kind {
        Kind::Case
        | Kind::Acknowledgement
        | Kind::Satisfaction
        | Kind::Lead
        | Kind::Publication => {
            feeds.extend(holders().filter_map(|id| Feed::station(id).ok()));
            feeds.extend(regions(&region()));
        }
        Kind::Party | Kind::Reporter => {
            feeds.extend(holders().filter_map(|id| Feed::station_personal(id).ok()));
        }
        Kind::Inspection => {
            feeds.insert(Feed::person(owner));
            if view.was("submitted") {
                feeds.extend(of_campaign().map(Feed::campaign));
                feeds.extend(regions(view.region().map(str::to_owned).as_slice()));
            }
        }
        Kind::Assignment => {
            let person = own("person").and_then(|id| id.parse().ok());
            let is_offered = view.status() != view.kind.table().life_cycle.first;
            feeds.extend(person.filter(|_| is_offered).map(Feed::person));
            feeds.extend(of_campaign().map(Feed::campaign_alias));
        }
        Kind::Checklist => {
            feeds.insert(Feed::shared());
        }
        Kind::Alias => feeds.extend(of_campaign().map(Feed::campaign_alias)),
        Kind::Enterprise => feeds.extend(registers(&region())),
        Kind::Campaign => {
            feeds.insert(Feed::campaign(view.record));
            feeds.extend(regions(&region()));
        }
        Kind::Interview | Kind::ComparativeTest => feeds.extend(regions(&region())),
        Kind::Notice => {
            feeds.extend(regions(&region()));
            feeds.extend((view.status() == "published").then(Feed::shared));
        }
    }
    feeds
}

/// One feed per level of a region: province, city, county. So nobody needs more than a few feeds.
fn regions(codes: &[String]) -> Vec<Feed> {
    let levels = codes.iter().flat_map(|code| area::levels(code));
    levels
        .filter_map(|level| Feed::region(level).ok())
        .collect()
}

/// One register per level of a region. An enterprise without one is in no register, and cannot be sent.
fn registers(codes: &[String]) -> Vec<Feed> {
    let levels = codes.iter().flat_map(|code| area::levels(code));
    let feeds = levels.filter_map(|level| Feed::register(level).ok());
    feeds.collect()
}

/// What a person may read and write of one campaign, beside what [`grants_of`] says: a coordinator whose region contains the
/// campaign's reads and writes its visits and its aliases, and nobody else does.
#[must_use]
pub fn campaign_grants(campaign: &View, standing: &Standing) -> Vec<Grant> {
    let region = campaign
        .region()
        .filter(|_| campaign.kind == Kind::Campaign);
    campaign_grants_in(campaign.record, region, standing)
}

/// As [`campaign_grants`], of a campaign known by its id and region alone.
#[must_use]
pub fn campaign_grants_in(
    campaign: RecordId,
    region: Option<&str>,
    standing: &Standing,
) -> Vec<Grant> {
    let own = standing.region.as_deref();
    let covers = |code: &str| own.is_some_and(|own| area::contains(own, code).unwrap_or(false));
    if standing.role != Role::Coordinator || !region.is_some_and(covers) {
        return Vec::new();
    }
    let feeds = [Feed::campaign(campaign), Feed::campaign_alias(campaign)];
    feeds.map(|feed| Grant { feed, write: true }).to_vec()
}

/// What a person may read and write, from who they are.
#[must_use]
pub fn grants_of(standing: &Standing) -> Vec<Grant> {
    let mut grants = vec![Grant {
        feed: Feed::shared(),
        write: false,
    }];
    let mut may_write =
        |feed: Option<Feed>| grants.extend(feed.map(|feed| Grant { feed, write: true }));
    match standing.role {
        Role::Volunteer => may_write(Some(Feed::person(standing.person))),
        Role::StationStaff => {
            may_write(Some(Feed::person(standing.person)));
            for station in standing.stations() {
                may_write(Feed::station(station).ok());
                may_write(Feed::station_personal(station).ok());
            }
        }
        Role::Coordinator => {
            may_write(Some(Feed::person(standing.person)));
            may_write(
                standing
                    .region
                    .as_deref()
                    .and_then(|code| Feed::region(code).ok()),
            );
            may_write(
                standing
                    .region
                    .as_deref()
                    .and_then(|code| Feed::register(code).ok()),
            );
        }
        Role::EnterpriseContact | Role::Auditor | Role::Administrator => {}
    }
    grants
}
