//! Erasing a record everywhere, for good.

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::time::Moment;
use serde_json::{Value, json};

use super::{AdminError, Backstage};
use crate::erase::Erased;

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
        Ok(shown(&erased))
    }
}

fn shown(erased: &Erased) -> Value {
    json!({
        "record": erased.erasure.record,
        "erased": Moment::china(erased.erasure.at_ms).rfc3339(),
        "replaced_by": erased.erasure.replaced_by,
        "was_erased": erased.was_erased,
    })
}
