//! What moves: sharing a record with a second station, moving a station, and work that waits for a release.
//!
//! Who gives these commands owns the data folder; what they write is in the first administrator's name, what they release in its
//! author's.

use std::collections::BTreeMap;

use fieldwatch_schemas::id::{DeviceId, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::store::KeyRange;
use fieldwatch_schemas::time::Moment;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{AdminError, Backstage, Moving, Tell};
use crate::committer::{OrderError, Sharing};
use crate::log::all_rows;
use crate::register::RegisterError;
use crate::tables::quarantine::{QuarantineRow, quarantined};
use crate::tables::{self, prefix};

/// How many digits name what waits.
const ID_DIGITS: usize = 12;

/// What waits of one device and record.
struct Entry {
    id: String,
    record: RecordId,
    device: DeviceId,
    first: QuarantineRow,
    changes: u64,
}

impl Backstage {
    pub(super) fn moving(&self, asked: Moving, tell: &mut Tell<'_>) -> Result<bool, AdminError> {
        Ok(match asked {
            Moving::Station { id, region } => tell(self.station_change(&id, &region)?),
            Moving::Share { record, station } => {
                tell(self.share(record, &station, Sharing::Shared)?)
            }
            Moving::Unshare { record, station } => {
                tell(self.share(record, &station, Sharing::Alone)?)
            }
            Moving::List => self.waiting()?.iter().all(|entry| tell(shown(entry))),
            Moving::Show { id } => tell(self.show_waiting(&id)?),
            Moving::Release { id } => tell(self.release(&id)?),
            Moving::Discard { id } => tell(self.discard(&id)?),
        })
    }

    fn share(
        &self,
        record: RecordId,
        station: &str,
        sharing: Sharing,
    ) -> Result<Value, AdminError> {
        if sharing == Sharing::Shared && self.app.register().station(station).is_none() {
            return Err(RegisterError::StationUnknown(station.to_owned()).into());
        }
        let by = self.administrator()?.id;
        let id = station.to_owned();
        let shared = self
            .app
            .pushes()
            .at_desk(move |desk| desk.share(record, &id, sharing, by))??;
        tracing::info!(%record, station, ?sharing, "a record's sharing was changed");
        Ok(json!({ "record": record, "shared_with": shared }))
    }

    fn station_change(&self, id: &str, region: &str) -> Result<Value, AdminError> {
        let station = self.app.move_station(id, region)?;
        tracing::info!(station = id, region, "a station was moved");
        Ok(json!(station))
    }

    fn show_waiting(&self, id: &str) -> Result<Value, AdminError> {
        let entry = self.named(id)?;
        let (record, device) = (entry.record, entry.device);
        let preview = self
            .app
            .pushes()
            .at_desk(move |desk| desk.preview(record, device))??;
        tracing::info!(%record, id, "waiting work was shown");
        let mut answer = shown(&entry);
        if let Some(object) = answer.as_object_mut() {
            object.insert("preview".to_owned(), preview);
        }
        Ok(answer)
    }

    fn release(&self, id: &str) -> Result<Value, AdminError> {
        let entry = self.named(id)?;
        let (record, device) = (entry.record, entry.device);
        self.app
            .pushes()
            .at_desk(move |desk| desk.release(record, device))??;
        tracing::info!(%record, id, "waiting work was released");
        Ok(json!({ "id": entry.id, "record": record, "released": entry.changes }))
    }

    fn discard(&self, id: &str) -> Result<Value, AdminError> {
        let entry = self.named(id)?;
        let (record, device) = (entry.record, entry.device);
        self.app
            .pushes()
            .at_desk(move |desk| desk.give_up(record, device))??;
        tracing::info!(%record, id, "waiting work was discarded");
        Ok(json!({ "id": entry.id, "record": record, "discarded": entry.changes }))
    }

    fn named(&self, id: &str) -> Result<Entry, AdminError> {
        let mut entries = self.waiting()?.into_iter();
        let entry = entries.find(|entry| entry.id == id);
        entry.ok_or(AdminError::Order(OrderError::Unknown))
    }

    /// Everything that waits, by record and device.
    fn waiting(&self) -> Result<Vec<Entry>, AdminError> {
        let store = self.app.log().store()?;
        let mut entries: BTreeMap<(RecordId, DeviceId), Entry> = BTreeMap::new();
        for row in all_rows(&*store, &KeyRange::prefix(&[prefix::QUARANTINE]))? {
            let Some((record, device, _)) = quarantined(&row.key) else {
                continue;
            };
            let read: QuarantineRow = tables::decode("waiting work", &row.value)?;
            let change = Sha256::digest(&*read.chunk);
            let entry = entries.entry((record, device)).or_insert_with(|| Entry {
                id: String::new(),
                record,
                device,
                first: read,
                changes: 0,
            });
            entry.id = name_of(&entry.id, record, device, &change);
            entry.changes += 1;
        }
        Ok(entries.into_values().collect())
    }
}

/// A short name of just what waits: with one more change it is another, so that nothing is released but what could be looked at.
fn name_of(before: &str, record: RecordId, device: DeviceId, change: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(record.bytes());
    hash.update(device.bytes());
    hash.update(change);
    let digest: [u8; 32] = hash.finalize().into();
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.chars().take(ID_DIGITS).collect()
}

fn shown(entry: &Entry) -> Value {
    let Entry {
        id,
        record,
        device,
        first,
        changes,
    } = entry;
    // Of a visit nothing is told that would tell who its inspector is: not its time, nor whose device brought it.
    let received = Moment::china(first.received_ms);
    let is_blind = first.kind.parse().is_ok_and(Kind::is_blind);
    let received = if is_blind { received.day() } else { received };
    let author = (!is_blind).then_some((device, first.person));
    let (device, person) = author.unzip();
    json!({
        "id": id,
        "record": record,
        "kind": first.kind,
        "device": device,
        "person": person,
        "reason": first.reason,
        "changes": changes,
        "received": received.rfc3339(),
    })
}
