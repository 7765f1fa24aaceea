//! What moves: sharing a record with a second station, moving a station, and work that waits for a release.
//!
//! Who gives these commands owns the data folder; what they write is in the first administrator's name, what they release in its
//! author's.

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::time::Moment;
use serde_json::{Value, json};

use super::{AdminError, Backstage, Moving, Tell};
use crate::committer::{Sharing, Waits};
use crate::register::RegisterError;

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
            Moving::List => self
                .app
                .pushes()
                .waiting()?
                .iter()
                .all(|entry| tell(shown(entry))),
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
        let (waits, preview) = self.app.pushes().preview(id)?;
        tracing::info!(record = %waits.record, id, "waiting work was shown");
        let mut answer = shown(&waits);
        if let Some(object) = answer.as_object_mut() {
            object.insert("preview".to_owned(), preview);
        }
        Ok(answer)
    }

    fn release(&self, id: &str) -> Result<Value, AdminError> {
        let waits = self.app.pushes().release(id)?;
        tracing::info!(record = %waits.record, id, "waiting work was released");
        Ok(json!({ "id": id, "record": waits.record, "released": waits.changes }))
    }

    fn discard(&self, id: &str) -> Result<Value, AdminError> {
        let waits = self.app.pushes().discard(id)?;
        tracing::info!(record = %waits.record, id, "waiting work was discarded");
        Ok(json!({ "id": id, "record": waits.record, "discarded": waits.changes }))
    }
}

fn shown(waits: &Waits) -> Value {
    // Of a visit nothing is told that would tell who its inspector is: not its time, nor whose device brought it.
    let received = Moment::china(waits.received_ms);
    let is_blind = waits.kind.parse().is_ok_and(Kind::is_blind);
    let received = if is_blind { received.day() } else { received };
    let author = (!is_blind).then_some((waits.device, waits.person));
    let (device, person) = author.unzip();
    json!({
        "id": waits.id,
        "record": waits.record,
        "kind": waits.kind,
        "device": device,
        "person": person,
        "reason": waits.reason,
        "changes": waits.changes,
        "received": received.rfc3339(),
    })
}
