//! A council: two people of one station, two coordinators above it, one of another province, and a volunteer.

use std::path::Path;

use fieldwatch_schemas::kind::Kind;
use fieldwatch_tests::device::Device;
use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::world::{World, number};
use serde_json::{Map, Value, json};

pub(crate) const STATION: &str = "330106-0012";
const REGION: &str = "330106";

/// Every question of the built-in checklist that must be answered.
const ANSWERS: [(&str, &str); 6] = [
    ("price_tag", "yes"),
    ("receipt", "yes"),
    ("hygiene_license", "yes"),
    ("expired_goods", "no"),
    ("return_policy", "na"),
    ("scan_code_forced", "no"),
];

/// Every kind, those first that others name.
pub(crate) const ORDER: [Kind; 15] = [
    Kind::Party,
    Kind::Reporter,
    Kind::Case,
    Kind::Acknowledgement,
    Kind::Satisfaction,
    Kind::Enterprise,
    Kind::Campaign,
    Kind::Assignment,
    Kind::Alias,
    Kind::Inspection,
    Kind::Lead,
    Kind::Interview,
    Kind::ComparativeTest,
    Kind::Notice,
    Kind::Publication,
];

/// Everybody's devices.
pub(crate) struct Council {
    pub(crate) world: World,
    /// Of the station.
    pub(crate) li: Device,
    /// Of the station.
    pub(crate) wang: Device,
    /// Coordinates the district.
    pub(crate) he: Device,
    /// Coordinates the city around it.
    pub(crate) mei: Device,
    /// Coordinates a district of another province.
    pub(crate) sun: Device,
    /// A volunteer.
    pub(crate) chen: Device,
    chen_id: String,
    /// A campaign of he's that was not sent yet.
    pub(crate) campaign: String,
    /// A case of li's that was not sent yet.
    pub(crate) case: String,
}

impl Council {
    pub(crate) fn begin() -> Told<Self> {
        let world = World::begin()?;
        world.station(STATION, REGION)?;
        let (li, wang) = (world.staff("li", STATION)?, world.staff("wang", STATION)?);
        let coordinator = |name: &str, region: &str| {
            let person = world.person(name, "coordinator", &["--region", region])?;
            world.enrolled(name, &world.ticket(&person, &[])?)
        };
        let he = coordinator("he", REGION)?;
        let mei = coordinator("mei", "330100")?;
        let sun = coordinator("sun", "310101")?;
        let chen_id = world.person("chen", "volunteer", &[])?;
        let chen = world.enrolled("chen", &world.ticket(&chen_id, &[])?)?;
        let campaign = he.new_record("campaign", &["title=茶叶体察"])?;
        let case = li.new_record("case", &["nature=complaint"])?;
        Ok(Self {
            world,
            li,
            wang,
            he,
            mei,
            sun,
            chen,
            chen_id,
            campaign,
            case,
        })
    }

    /// Who makes records of a kind.
    pub(crate) fn maker(&self, kind: Kind) -> &Device {
        match kind {
            Kind::Inspection => &self.chen,
            Kind::Case
            | Kind::Party
            | Kind::Reporter
            | Kind::Acknowledgement
            | Kind::Satisfaction
            | Kind::Lead => &self.li,
            _ => &self.he,
        }
    }

    /// Who else sees them, and takes them further.
    pub(crate) fn other(&self, kind: Kind) -> &Device {
        match kind {
            Kind::Party | Kind::Reporter | Kind::Acknowledgement | Kind::Satisfaction => &self.wang,
            Kind::Case | Kind::Inspection | Kind::Lead => &self.he,
            Kind::Assignment => &self.chen,
            _ => &self.mei,
        }
    }

    /// Everybody syncs until nothing is left to say.
    pub(crate) fn meet(&self) -> Told<()> {
        let everybody = [
            &self.he, &self.li, &self.wang, &self.chen, &self.mei, &self.sun,
        ];
        for device in everybody.into_iter().chain(everybody) {
            device.settle()?;
        }
        Ok(())
    }

    /// That the server took everything, and its store is sound.
    pub(crate) fn nothing_was_refused(&self) -> Told<()> {
        for device in [
            &self.he, &self.li, &self.wang, &self.chen, &self.mei, &self.sun,
        ] {
            assert_eq!(
                number(&device.status()?, "quarantined")?,
                0,
                "{}",
                device.name()
            );
        }
        // The fifteen, and the campaign and the case that everything began with.
        assert_eq!(self.world.check()?, 17);
        Ok(())
    }

    /// Writes fields where `--file` finds them.
    pub(crate) fn file(&self, name: &str, fields: &Map<String, Value>) -> Told<String> {
        let path = self.world.path(&format!("{name}.json"));
        std::fs::write(&path, Value::from(fields.clone()).to_string())?;
        Ok(path.display().to_string())
    }
}

/// What a record of a kind says and goes through.
pub(crate) struct Sample {
    pub(crate) fields: Map<String, Value>,
    pub(crate) events: Vec<(String, Value)>,
}

impl Sample {
    /// The sample of a kind, in this council's places and names.
    pub(crate) fn of(kind: Kind, council: &Council) -> Told<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/tests/samples");
        let file = std::fs::read_to_string(folder.join(format!("{}.json", kind.name())))?;
        let sample: Value =
            serde_json::from_str(&file).map_err(|error| Fault::new(error.to_string()))?;
        let parts = ["fields", "then"]
            .into_iter()
            .filter_map(|part| sample[part].as_object());
        let mut fields: Map<String, Value> = parts
            .flatten()
            .map(|(path, value)| (path.clone(), value.clone()))
            .collect();
        let own = [
            ("region", json!(REGION)),
            ("campaign", json!(council.campaign)),
            ("person", json!(council.chen_id)),
        ];
        for (path, value) in own {
            if let Some(field) = fields.get_mut(path) {
                *field = value;
            }
        }
        if kind == Kind::Inspection {
            // The device types answers by the checklist that a visit begins with.
            fields
                .retain(|path, _| !path.starts_with("answers.") && !path.starts_with("checklist."));
            let answers =
                ANSWERS.map(|(question, answer)| (format!("answers.{question}"), json!(answer)));
            fields.extend(answers);
            fields.insert("answers.service_attitude".to_owned(), json!(4));
        }
        if fields.remove("@acknowledgement").is_some() {
            fields.insert("case".to_owned(), json!(council.case));
        }
        let events = sample["events"].as_array().into_iter().flatten();
        let events = events.map(|event| {
            (
                event[0].as_str().unwrap_or_default().to_owned(),
                event[1].clone(),
            )
        });
        Ok(Self {
            fields,
            events: events.collect(),
        })
    }
}

/// How many of the events of a kind's sample are left to the other person, although the maker might cause them.
pub(crate) fn left_over(kind: Kind) -> usize {
    match kind {
        // Whoever is asked answers.
        Kind::Assignment => 2,
        Kind::Interview | Kind::Enterprise | Kind::ComparativeTest => 1,
        _ => 0,
    }
}

/// A field that the other person edits; `None` if they may only answer.
pub(crate) fn edit(kind: Kind) -> Option<(&'static str, &'static str)> {
    let path = match kind {
        // Whoever is asked may only answer; what is published stays as it is.
        Kind::Assignment | Kind::Checklist => return None,
        Kind::Case => "goods_name",
        Kind::Party | Kind::Reporter | Kind::Enterprise => "address",
        Kind::Inspection => "notes",
        Kind::Campaign => "subject",
        Kind::Alias => "conflict_of_interest",
        Kind::Lead => "respondent.address",
        Kind::Interview => "venue",
        Kind::ComparativeTest => "lab.request_no",
        Kind::Notice => "author_unit",
        Kind::Publication => "result",
        Kind::Acknowledgement => "station_phone",
        Kind::Satisfaction => "comment",
    };
    Some((path, "改过的"))
}
