//! Erasing a record everywhere, for good.

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::time::Moment;
use serde_json::{Value, json};

use super::{AdminError, Backstage};
use crate::erase::Erased;
use crate::erase::redact::Redaction;

impl Backstage {
    pub(super) fn erase(
        &self,
        record: RecordId,
        replaced_by: Option<RecordId>,
    ) -> Result<Value, AdminError> {
        let erased = self
            .app
            .pushes()
            .erase(self.app.ledger(), record, replaced_by)?;
        Ok(shown(&erased, None))
    }
}

impl Backstage {
    pub(super) fn compact(&self) -> Result<Value, AdminError> {
        let done = self.app.pushes().compact(self.folder.beside())?;
        Ok(json!({
            "rows": done.rows,
            "bytes_before": done.bytes_before,
            "bytes_after": done.bytes_after,
        }))
    }
}

impl Backstage {
    /// Redacts in the first administrator's name: who may run this command is who owns the folder.
    pub(super) fn redact(
        &self,
        record: RecordId,
        set: Vec<(String, String)>,
    ) -> Result<Value, AdminError> {
        let redaction = Redaction {
            record,
            set,
            by: self.administrator()?.id,
        };
        let redacted = self.app.pushes().redact(self.app.ledger(), redaction)?;
        Ok(shown(&redacted.erased, Some(&redacted.dropped)))
    }
}

fn shown(erased: &Erased, dropped: Option<&[String]>) -> Value {
    json!({
        "record": erased.erasure.record,
        "erased": Moment::china(erased.erasure.at_ms).rfc3339(),
        "replaced_by": erased.erasure.replaced_by,
        "was_erased": erased.was_erased,
        "dropped": dropped,
    })
}
