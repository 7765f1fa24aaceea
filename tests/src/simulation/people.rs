//! What people do: they take up cases and visits, write, decide, choose, import, and deal with what was refused.

use std::collections::BTreeMap;

use fieldwatch_client_core::chance::SeededChance;
use fieldwatch_client_core::replica::{Filter, Listed, ReplicaError};
use fieldwatch_schemas::code;
use fieldwatch_schemas::feed::Standing;
use fieldwatch_schemas::field::{FieldValue, Scalar};
use fieldwatch_schemas::id::{EventId, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::edit::Act;
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::record::import::Row;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::time::Moment;
use serde_json::{Map, json};

use super::books::Books;
use super::device::Device;
use crate::chance::Chance;

/// The short fields that people write into, by kind.
fn fields(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Case => &[
            "respondent.name",
            "respondent.address",
            "goods_name",
            "brand",
            "seller",
        ],
        Kind::Party => &["name", "address", "email"],
        Kind::Inspection => &["enterprise"],
        Kind::Campaign => &["title", "subject"],
        _ => &[],
    }
}

/// A person at a device, at one moment.
pub(super) struct Hand<'a> {
    /// Where the device is among the others.
    pub(super) place: usize,
    /// The device.
    pub(super) device: &'a mut Device,
    /// What is written down of it.
    pub(super) books: &'a mut Books,
    /// The stations that there are.
    pub(super) stations: &'a [String],
    /// What the device's clock says.
    pub(super) now: Moment,
    /// Whatever is left to chance.
    pub(super) chance: Chance,
    /// Whether people work closely together.
    pub(super) is_close: bool,
    /// What was done, in words.
    pub(super) did: String,
}

impl Hand<'_> {
    /// Does something.
    ///
    /// # Errors
    ///
    /// The replica's: an act that is not possible is refused, which people take as it comes.
    pub(super) fn act(&mut self) -> Result<(), ReplicaError> {
        let standing = self.device.standing()?;
        if self.is_close {
            match (self.chance.below(100), standing.role) {
                (0..8, Role::StationStaff | Role::Coordinator) => return self.hand_over(),
                (8..10, _) => return self.narrate(&"照抄的聊天记录，".repeat(1_000)),
                _ => {}
            }
        }
        match (self.chance.below(100), standing.role) {
            (0..12, Role::StationStaff) => self.new_case(),
            (12..17, Role::StationStaff) => self.new_party(),
            (20..25, Role::StationStaff) => self.import(&standing),
            (0..16, Role::Volunteer) => self.new_inspection(),
            (0..4, Role::Coordinator) => self.new_campaign(),
            (4..8, Role::Coordinator) | (17..20, Role::StationStaff) => self.hand_over(),
            (25..62, _) => self.edit(),
            (62..70, _) => {
                let pieces = ["又坏了", "退货", "商家不认", "有发票"];
                let piece = self.chance.pick(&pieces).unwrap_or("");
                self.narrate(piece)
            }
            (70..88, _) => self.event(),
            (88..92, _) => self.choose(),
            (92..97, _) => self.attend_to_quarantine(),
            _ => self.edit(),
        }
    }

    fn ids(&mut self) -> SeededChance {
        SeededChance::new(self.chance.next_u64())
    }

    fn begin(
        &mut self,
        kind: Kind,
        path: &'static str,
        mut acts: Vec<Act>,
    ) -> Result<RecordId, ReplicaError> {
        let word = self.books.fresh_word();
        acts.push(text(path, &word));
        let mut ids = self.ids();
        let record = self
            .device
            .replica
            .new_record(kind, &acts, &self.now, &mut ids)?;
        self.did = format!("new {kind} {record} {path} {word}");
        self.books.write(record, self.place, Some(path), word);
        self.books.keep(record);
        Ok(record)
    }

    fn new_case(&mut self) -> Result<(), ReplicaError> {
        let mut acts = vec![
            text("nature", "complaint"),
            long("narrative", "买到的电饭煲用了三天就坏了"),
        ];
        if let Some(party) = self.pick(Some(Kind::Party))? {
            acts.push(text("party", &party.record.to_string()));
        }
        self.begin(Kind::Case, "respondent.name", acts).map(drop)
    }

    fn new_party(&mut self) -> Result<(), ReplicaError> {
        self.begin(Kind::Party, "name", Vec::new()).map(drop)
    }

    fn new_campaign(&mut self) -> Result<(), ReplicaError> {
        self.begin(Kind::Campaign, "title", Vec::new()).map(drop)
    }

    fn new_inspection(&mut self) -> Result<(), ReplicaError> {
        let acts = vec![text("region", "330106"), long("notes", "店里没有明码标价")];
        self.begin(Kind::Inspection, "enterprise", acts).map(drop)
    }

    /// A row of a table that colleagues import too; now and then another station holds it.
    fn import(&mut self, standing: &Standing) -> Result<(), ReplicaError> {
        let number = self.chance.below(12);
        let station = standing.station.clone().unwrap_or_default();
        let of_all = number == 0;
        let external_no = if of_all {
            "N0".to_owned()
        } else {
            format!("{station}-{number}")
        };
        let seller = format!("seller {}", self.chance.below(2));
        let scalar = |text: &str| FieldValue::Scalar(Scalar::Text(text.to_owned()));
        let fields = BTreeMap::from([
            ("nature".to_owned(), scalar("complaint")),
            ("channel".to_owned(), scalar("platform")),
            ("external_no".to_owned(), scalar(&external_no)),
            ("station".to_owned(), scalar(&station)),
            ("manufacturer".to_owned(), scalar(&seller)),
        ]);
        let row = Row {
            record: RecordId::natural(Kind::Case, &["platform", &external_no]),
            kind: Kind::Case,
            fields,
            raw: BTreeMap::new(),
            events: vec![(
                "first_action".to_owned(),
                Moment::china(super::clock::BEGIN_MS),
            )],
        };
        let mut ids = self.ids();
        self.did = format!("import {} {seller}", row.record);
        self.device.replica.import_row(&row, &self.now, &mut ids)?;
        self.books.changes += 1;
        Ok(())
    }

    fn edit(&mut self) -> Result<(), ReplicaError> {
        let Some(line) = self.pick(None)? else {
            return Ok(());
        };
        let paths = fields(line.summary.kind);
        let Some(path) = usize::try_from(self.chance.below(paths.len() as u64))
            .ok()
            .and_then(|place| paths.get(place).copied())
        else {
            return Ok(());
        };
        let word = self.books.fresh_word();
        let mut ids = self.ids();
        let acts = [text(path, &word)];
        self.did = format!("edit {} {path} {word}", line.record);
        self.books.write(line.record, self.place, Some(path), word);
        self.device
            .replica
            .edit(line.record, &acts, &self.now, &mut ids)?;
        self.books.keep(line.record);
        Ok(())
    }

    /// Sends a case to another station.
    fn hand_over(&mut self) -> Result<(), ReplicaError> {
        let Some(line) = self.pick(Some(Kind::Case))? else {
            return Ok(());
        };
        let stations: Vec<&str> = self.stations.iter().map(String::as_str).collect();
        let Some(station) = self.chance.pick(&stations) else {
            return Ok(());
        };
        self.did = format!("hand over {} to {station}", line.record);
        let mut ids = self.ids();
        let acts = [text("station", station)];
        self.device
            .replica
            .edit(line.record, &acts, &self.now, &mut ids)?;
        self.books.changes += 1;
        self.books.transfers += 1;
        Ok(())
    }

    /// Writes into the middle of a long text.
    fn narrate(&mut self, piece: &str) -> Result<(), ReplicaError> {
        let Some(line) = self.pick(None)? else {
            return Ok(());
        };
        let path = match line.summary.kind {
            Kind::Case => "narrative",
            Kind::Inspection => "notes",
            _ => return Ok(()),
        };
        let shown = self.device.replica.view(line.record)?;
        let mut words: Vec<char> = shown.view.text(path).unwrap_or_default().chars().collect();
        let place = usize::try_from(self.chance.below(words.len() as u64 + 1)).unwrap_or(0);
        words.splice(place..place, piece.chars());
        let said: String = words.into_iter().collect();
        self.did = format!("narrate {} {} bytes", line.record, piece.len());
        let mut ids = self.ids();
        self.device
            .replica
            .edit(line.record, &[long(path, &said)], &self.now, &mut ids)?;
        self.books.changes += 1;
        Ok(())
    }

    /// Something happens that is legal as far as this device knows.
    fn event(&mut self) -> Result<(), ReplicaError> {
        let Some(line) = self.pick(None)? else {
            return Ok(());
        };
        let life_cycle = line.summary.kind.table().life_cycle;
        let role = self.device.standing()?.role;
        let legal = life_cycle.legal_for(&line.summary.status, role);
        let Some(kind) = self.chance.pick(&legal) else {
            return Ok(());
        };
        let Some(data) = data_of(line.summary.kind, kind) else {
            return Ok(());
        };
        let mut ids = self.ids();
        let event = NewEvent {
            id: EventId::random(fieldwatch_client_core::chance::Chance::sixteen(&mut ids)?),
            kind: kind.to_owned(),
            at: self.now,
            data,
        };
        self.did = format!("event {} {kind} {}", line.record, event.id);
        self.books
            .write(line.record, self.place, None, event.id.to_string());
        self.device
            .replica
            .add_event(line.record, &event, &self.now, &mut ids)?;
        self.books.keep(line.record);
        Ok(())
    }

    fn choose(&mut self) -> Result<(), ReplicaError> {
        let conflicts = self.device.replica.conflicts()?;
        let place = usize::try_from(self.chance.below(conflicts.len() as u64)).unwrap_or(0);
        let Some(conflict) = conflicts.get(place) else {
            return self.edit();
        };
        let number =
            1 + usize::try_from(self.chance.below(conflict.values.len() as u64)).unwrap_or(0);
        let mut ids = self.ids();
        self.did = format!("choose {} {} {number}", conflict.record, conflict.path);
        self.device.replica.resolve(
            conflict.record,
            &conflict.path,
            number,
            &self.now,
            &mut ids,
        )?;
        self.books.changes += 1;
        Ok(())
    }

    /// Sends what was refused once more, or gives it up; anybody may as well just go on writing.
    fn attend_to_quarantine(&mut self) -> Result<(), ReplicaError> {
        let refused = self.device.replica.quarantined()?;
        let place = usize::try_from(self.chance.below(refused.len() as u64)).unwrap_or(0);
        let Some(refused) = refused.get(place) else {
            return self.edit();
        };
        self.did = format!("retry or discard {} {}", refused.record, refused.code);
        if self.chance.hits(50) {
            return self.device.replica.retry(refused.record);
        }
        let changes = self.device.replica.changes(refused.record)?;
        let unsent = changes.into_iter().filter(|change| change.is_unsent);
        let chunks: Vec<Vec<u8>> = unsent.map(|change| change.chunk).collect();
        // Whoever gives something up while the disk fails cannot tell whether it is gone.
        self.books
            .excuse(refused.record, &chunks, "given up by its author");
        self.device.replica.discard(refused.record)
    }

    /// One of the records at hand: mostly one of those that everybody is working on.
    fn pick(&mut self, kind: Option<Kind>) -> Result<Option<Listed>, ReplicaError> {
        let limit = if self.chance.hits(70) { 5 } else { 40 };
        let filter = Filter {
            kind,
            limit,
            ..Filter::default()
        };
        let mut lines = self.device.replica.list(&filter)?;
        let place = usize::try_from(self.chance.below(lines.len() as u64)).unwrap_or(0);
        Ok((place < lines.len()).then(|| lines.swap_remove(place)))
    }
}

/// What an event of a kind must say, if people in a simulation know it.
fn data_of(kind: Kind, event: &str) -> Option<Map<String, serde_json::Value>> {
    let first = |list: &str| {
        let codes = code::list(list)?.codes();
        codes.first().map(|code| json!(code.code))
    };
    let pair = match (kind, event) {
        (_, "merged" | "lead_opened") => return None,
        (Kind::Case, "referred") => Some(("to", json!("市场监督管理局"))),
        (Kind::Case, "not_accepted") => Some(("reason", first("not_accepted_reason")?)),
        (Kind::Case, "terminated") => Some(("reason", first("terminated_reason")?)),
        (_, "returned" | "rejected" | "aborted" | "cancelled") => Some(("reason", json!("重拍"))),
        _ => None,
    };
    Some(
        pair.map(|(key, value)| (key.to_owned(), value))
            .into_iter()
            .collect(),
    )
}

fn text(path: &str, value: &str) -> Act {
    Act::Set {
        path: path.to_owned(),
        value: FieldValue::Scalar(Scalar::Text(value.to_owned())),
    }
}

fn long(path: &str, value: &str) -> Act {
    Act::Set {
        path: path.to_owned(),
        value: FieldValue::LongText(value.to_owned()),
    }
}
