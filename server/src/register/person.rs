//! People: who they are to the council, and where.

use std::collections::BTreeSet;

use fieldwatch_schemas::area;
use fieldwatch_schemas::feed::{Feed, Standing, grants_of};
use fieldwatch_schemas::id::PersonId;
use fieldwatch_schemas::limits::{FEEDS_FORMER_MAX, STATIONS_OF_PERSON_MAX};
use fieldwatch_schemas::status::Role;
use minicbor::{Decode, Encode};
use serde::Serialize;

use super::rows::Stored;
use super::station::visible_name;
use super::{PERSONS, RegisterError};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct Person {
    /// Their id.
    #[n(0)]
    #[serde(rename = "person")]
    pub id: PersonId,
    /// Their name.
    #[n(1)]
    pub name: String,
    /// What they are to the council.
    #[n(2)]
    pub role: Role,
    /// The station of a station's staff.
    #[n(3)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub station: Option<String>,
    /// The region of a coordinator, GB/T 2260.
    #[n(4)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Further stations of a station's staff.
    #[n(5)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub further_stations: Vec<String>,
    /// Feeds that they could write before they were given another role or place, the newest first.
    #[n(6)]
    #[serde(skip)]
    pub former: Vec<Feed>,
}

/// Where a person is, as given.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// The stations of a station's staff, the first one first.
    pub stations: Vec<String>,
    /// The region of a coordinator.
    pub region: Option<String>,
}

impl Person {
    /// A person, if name, role and place go together: station staff have a station, coordinators a region, nobody else either.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Name`], [`RegisterError::PlaceMissing`], [`RegisterError::PlaceTooMuch`] or [`RegisterError::Region`].
    pub fn new(id: PersonId, name: &str, role: Role, place: Place) -> Result<Self, RegisterError> {
        let Place { stations, region } = place;
        let mut seen = BTreeSet::new();
        let mut stations = stations.into_iter().filter(|id| seen.insert(id.clone()));
        let (station, further_stations): (_, Vec<String>) = (stations.next(), stations.collect());
        if further_stations.len() >= STATIONS_OF_PERSON_MAX {
            return Err(RegisterError::StationsTooMany);
        }
        match role {
            Role::StationStaff => needs(role, station.as_deref(), "--station")?,
            _ => takes_no(role, station.as_deref(), "--station")?,
        }
        match role {
            Role::Coordinator => needs(role, region.as_deref(), "--region")?,
            _ => takes_no(role, region.as_deref(), "--region")?,
        }
        let region = region.as_deref().map(area::known).transpose();
        Ok(Self {
            id,
            name: visible_name(name)?,
            role,
            station,
            region: region
                .map_err(RegisterError::Region)?
                .map(|area| area.code.to_owned()),
            further_stations,
            former: Vec::new(),
        })
    }

    /// The same person in another role or place. What is not given stays, as far as the role lets it.
    ///
    /// # Errors
    ///
    /// As [`Person::new`].
    pub fn changed(&self, role: Option<Role>, place: Place) -> Result<Self, RegisterError> {
        let is_given = !place.stations.is_empty() || place.region.is_some();
        let stays = !is_given && role.is_none_or(|role| role == self.role);
        let place = match stays {
            true => Place {
                stations: self.standing().stations().map(str::to_owned).collect(),
                region: self.region.clone(),
            },
            false => place,
        };
        let mut changed = Self::new(self.id, &self.name, role.unwrap_or(self.role), place)?;
        let written = |standing: &Standing| -> Vec<Feed> {
            let grants = grants_of(standing).into_iter().filter(|grant| grant.write);
            grants.map(|grant| grant.feed).collect()
        };
        let now = written(&changed.standing());
        let mut seen = BTreeSet::new();
        let before = written(&self.standing()).into_iter();
        changed.former = before
            .chain(self.former.iter().cloned())
            .filter(|feed| !now.contains(feed) && seen.insert(feed.clone()))
            .take(FEEDS_FORMER_MAX)
            .collect();
        Ok(changed)
    }

    /// Who they are to the grants.
    #[must_use]
    pub fn standing(&self) -> Standing {
        Standing {
            person: self.id,
            role: self.role,
            station: self.station.clone(),
            region: self.region.clone(),
            further_stations: self.further_stations.clone(),
        }
    }
}

fn needs(role: Role, given: Option<&str>, needs: &'static str) -> Result<(), RegisterError> {
    match given {
        Some(_) => Ok(()),
        None => Err(RegisterError::PlaceMissing { role, needs }),
    }
}

fn takes_no(role: Role, given: Option<&str>, takes_no: &'static str) -> Result<(), RegisterError> {
    match given {
        None => Ok(()),
        Some(_) => Err(RegisterError::PlaceTooMuch { role, takes_no }),
    }
}

impl Stored for Person {
    const TABLE: u8 = PERSONS;
    type Id = PersonId;
    fn id(&self) -> PersonId {
        self.id
    }
    fn key(&self) -> Vec<u8> {
        self.id.bytes().to_vec()
    }
}
