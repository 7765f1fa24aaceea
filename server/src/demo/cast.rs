//! Who is in the story: three stations of one city, the people who work there, and their devices.

use fieldwatch_schemas::status::Role;

/// The city whose coordinator reads the report, GB/T 2260: 浙江省杭州市.
pub(super) const CITY: &str = "330100";

/// A station of the story.
#[derive(Debug)]
pub(super) struct Station {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) region: &'static str,
    /// Stands in the external numbers of its cases.
    pub(super) prefix: &'static str,
}

/// The stations, in three districts of the city.
pub(super) const STATIONS: [Station; 3] = [
    Station {
        id: "330106-0012",
        name: "文三路消费维权站",
        region: "330106",
        prefix: "XH",
    },
    Station {
        id: "330108-0003",
        name: "江南大道消费维权站",
        region: "330108",
        prefix: "BJ",
    },
    Station {
        id: "330102-0007",
        name: "清波街道消费维权站",
        region: "330102",
        prefix: "SC",
    },
];

/// A person with one device.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) role: Role,
    /// Where in [`STATIONS`] a station's staff works.
    pub(super) station: Option<usize>,
    /// What the device is called.
    pub(super) device: &'static str,
    /// The folder of the device.
    pub(super) folder: &'static str,
    /// How many cases they log before the first sync.
    pub(super) cases: usize,
}

/// Whose devices of one station edit the same case.
pub(super) const FRONT_DESK: usize = 0;
/// See [`FRONT_DESK`].
pub(super) const TABLET: usize = 1;
/// Who makes the visits.
pub(super) const VOLUNTEER: usize = 4;
/// Who reviews them.
pub(super) const COORDINATOR: usize = 5;

/// The people, in the order in which their devices enrol.
pub(super) const PEOPLE: [Person; 6] = [
    staff("李敏", 0, ("前台电脑", "front-desk"), 240),
    staff("王强", 0, ("外勤平板", "tablet"), 60),
    staff("陈芳", 1, ("前台电脑", "riverside"), 210),
    staff("赵磊", 2, ("值班手机", "lakeside"), 180),
    Person {
        name: "周洋",
        role: Role::Volunteer,
        station: None,
        device: "志愿者手机",
        folder: "volunteer",
        cases: 0,
    },
    Person {
        name: "沈静",
        role: Role::Coordinator,
        station: None,
        device: "协调员电脑",
        folder: "coordinator",
        cases: 0,
    },
];

/// How many shops the volunteer visits in each station's district.
pub(super) const VISITS_PER_DISTRICT: usize = 20;

const fn staff(
    name: &'static str,
    station: usize,
    (device, folder): (&'static str, &'static str),
    cases: usize,
) -> Person {
    Person {
        name,
        role: Role::StationStaff,
        station: Some(station),
        device,
        folder,
        cases,
    }
}

impl Person {
    /// The station a member of staff works at.
    pub(super) fn station(&self) -> Option<&'static Station> {
        self.station.and_then(|place| STATIONS.get(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldwatch_schemas::area;

    #[test]
    fn every_station_lies_in_the_coordinators_city_and_shares_its_code_with_its_id() {
        for station in &STATIONS {
            assert_eq!(area::contains(CITY, station.region), Ok(true));
            assert!(station.id.starts_with(station.region));
        }
    }

    #[test]
    fn the_places_in_the_cast_are_the_people_they_name() {
        assert_eq!(PEOPLE[FRONT_DESK].station, PEOPLE[TABLET].station);
        assert_eq!(PEOPLE[VOLUNTEER].role, Role::Volunteer);
        assert_eq!(PEOPLE[COORDINATOR].role, Role::Coordinator);
    }
}
