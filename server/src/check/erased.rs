//! The last part of the check: of an erased record there is a tombstone, and nothing else.

use std::ops::ControlFlow;

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::store::StoreError;

use super::Findings;
use crate::log::{Log, Reading};
use crate::tables::{self, prefix};

pub(super) fn check(log: &Log, findings: &mut Findings) -> Result<(), StoreError> {
    log.read(|reading| {
        let mut erased = Vec::new();
        reading
            .store
            .scan(&tables::table(prefix::TOMBSTONE), &mut |key, _| {
                erased.extend(tables::record_of(key));
                ControlFlow::Continue(())
            })?;
        for record in erased {
            if !log.keys().has_erased(record) {
                findings.problem(format!("record {record} was erased; its key is there"));
            }
            for table in prefix::SEALED {
                check_gone(reading, table, record, findings)?;
            }
        }
        Ok(())
    })
}

fn check_gone(
    reading: Reading<'_>,
    table: u8,
    record: RecordId,
    findings: &mut Findings,
) -> Result<(), StoreError> {
    let left = reading.raw.last(&tables::of_record(table, record))?;
    if left.is_some() {
        findings.problem(format!(
            "record {record} was erased; table {table} has rows of it"
        ));
    }
    Ok(())
}
