//! Who may see what, written anew from the design and from nothing else: what the program says about it is what is being tested.
//!
//! | who | reads |
//! |---|---|
//! | everybody | what is shared |
//! | volunteer, station staff, coordinator | what is their own alone |
//! | station staff | the demands of their stations, and the people behind them |
//! | coordinator of a region | everything of that region but people; its enterprises; the visits and aliases of campaigns within it |
//!
//! A region covers another if its digits, two to a level, begin the other's. Of a record that two stations hold because nobody has chosen
//! between them, both read everything.

use std::collections::BTreeSet;

use fieldwatch_schemas::feed::Standing;
use fieldwatch_schemas::id::{PersonId, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::view::View;
use fieldwatch_schemas::status::Role;

/// The names of feeds.
pub(super) type Names = BTreeSet<String>;

/// A campaign: its record, and the region that it is for.
#[derive(Debug, Clone)]
pub(super) struct Campaign {
    record: RecordId,
    region: String,
}

impl Campaign {
    /// The campaign that a record is, if it is one and says where.
    pub(super) fn of(view: &View) -> Option<Self> {
        let region = view.text("region").filter(|_| view.kind == Kind::Campaign);
        region.map(|region| Self {
            record: view.record,
            region: region.to_owned(),
        })
    }
}

/// What a person may read.
pub(super) fn readable<'a>(
    standing: &Standing,
    campaigns: impl IntoIterator<Item = &'a Campaign>,
) -> Names {
    let mut names = Names::from(["shared".to_owned()]);
    if matches!(
        standing.role,
        Role::Volunteer | Role::StationStaff | Role::Coordinator
    ) {
        names.insert(format!("person/{}", standing.person));
    }
    match (standing.role, &standing.region) {
        (Role::StationStaff, _) => {
            let further = standing.further_stations.iter();
            for station in standing.station.iter().chain(further) {
                names.insert(format!("station/{station}"));
                names.insert(format!("station/{station}/personal"));
            }
        }
        (Role::Coordinator, Some(own)) => {
            names.insert(format!("region/{own}"));
            names.insert(format!("register/{own}"));
            let within = campaigns
                .into_iter()
                .filter(|campaign| campaign.region.starts_with(digits(own)));
            for campaign in within {
                names.insert(format!("campaign/{}", campaign.record));
                names.insert(format!("campaign/{}/alias", campaign.record));
            }
        }
        _ => {}
    }
    names
}

/// The feeds that a record belongs to, of the kinds that people make in a simulation; of others nothing is said.
pub(super) fn feeds(
    view: &View,
    owner: PersonId,
    region_of: &dyn Fn(&str) -> Option<String>,
) -> Option<Names> {
    let stations = values(view, "station");
    let shared = view.fields.get("shared_with");
    let shared = shared.and_then(|shared| shared.as_array());
    let shared = shared.into_iter().flatten();
    let holders: BTreeSet<String> = stations
        .iter()
        .cloned()
        .chain(shared.filter_map(|id| id.as_str().map(str::to_owned)))
        .collect();
    let region = view.text("region").map(str::to_owned);
    let names = match view.kind {
        Kind::Case => {
            let regions = match stations.is_empty() {
                true => region.into_iter().collect(),
                false => stations.iter().filter_map(|id| region_of(id)).collect(),
            };
            let holders = holders.iter().map(|id| format!("station/{id}"));
            holders.chain(levels(&regions)).collect()
        }
        Kind::Party => {
            let holders = holders.iter();
            holders.map(|id| format!("station/{id}/personal")).collect()
        }
        Kind::Inspection => {
            let mut names = Names::from([format!("person/{owner}")]);
            if view.events.iter().any(|event| event.kind == "submitted") {
                let campaign = view.text("campaign");
                names.extend(campaign.map(|id| format!("campaign/{id}")));
                names.extend(levels(&region.into_iter().collect()));
            }
            names
        }
        Kind::Campaign => {
            let own = format!("campaign/{}", view.record);
            levels(&region.into_iter().collect()).chain([own]).collect()
        }
        _ => return None,
    };
    Some(names)
}

/// What a field says: one value, or all those that nobody has chosen between.
fn values(view: &View, path: &str) -> BTreeSet<String> {
    let conflict = view
        .conflicts
        .iter()
        .find(|conflict| conflict.path == path)
        .map(|conflict| conflict.values.iter().map(|each| each.value.as_str()));
    match conflict {
        Some(values) => values.flatten().map(str::to_owned).collect(),
        None => view.text(path).into_iter().map(str::to_owned).collect(),
    }
}

/// Province, city and county of each region.
fn levels(regions: &BTreeSet<String>) -> impl Iterator<Item = String> {
    let starts = regions.iter().flat_map(|code| {
        let starts = [2, 4, 6].into_iter();
        starts.filter_map(|length| code.get(..length))
    });
    let names: Names = starts.map(|start| format!("region/{start:0<6}")).collect();
    names.into_iter()
}

/// The digits of a region that say something: `33`, `3301` or `330106`.
fn digits(code: &str) -> &str {
    let city = code.strip_suffix("00").unwrap_or(code);
    city.strip_suffix("00").unwrap_or(city)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(role: Role, station: Option<&str>, region: Option<&str>) -> Standing {
        Standing {
            person: PersonId([1; 16]),
            role,
            station: station.map(str::to_owned),
            region: region.map(str::to_owned),
            further_stations: Vec::new(),
        }
    }

    #[test]
    fn a_region_is_read_by_its_coordinator_and_a_person_behind_a_demand_only_at_the_station() {
        let campaign = Campaign {
            record: RecordId([7; 16]),
            region: "330100".to_owned(),
        };
        let of = |standing: &Standing| readable(standing, [&campaign]);
        let volunteer = of(&standing(Role::Volunteer, None, None));
        assert_eq!(volunteer.len(), 2);
        let staff = of(&standing(Role::StationStaff, Some("330106-0001"), None));
        assert!(staff.contains("station/330106-0001/personal") && staff.len() == 4);
        let city = of(&standing(Role::Coordinator, None, Some("330100")));
        assert!(city.contains(&format!("campaign/{}/alias", campaign.record)));
        assert!(!city.iter().any(|name| name.ends_with("/personal")));
        let county = of(&standing(Role::Coordinator, None, Some("330106")));
        assert!(!county.iter().any(|name| name.starts_with("campaign/")));
    }

    #[test]
    fn a_region_has_three_levels() {
        let names: Vec<String> = levels(&BTreeSet::from(["330106".to_owned()])).collect();
        assert_eq!(names, ["region/330000", "region/330100", "region/330106"]);
    }
}
