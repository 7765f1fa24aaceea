//! How much a change unfolds to: its operations are columns of runs, so that a few bytes may stand for any number of them.
//!
//! Behind the header lie: message, other actors (count, then length ‖ bytes), columns (count, then number ‖ length), the columns'
//! bytes, extra bytes. Only two columns say how much is made: the actions (one for each operation) and the numbers of predecessors.

use super::{ChunkError, Reader};
use crate::limits::CHANGE_OPS_MAX;

/// The column of actions: runs of unsigned numbers.
const ACTIONS: u64 = 0x42;
/// The column of how many operations each operation succeeds.
const PREDECESSORS: u64 = 0x70;
/// The bit of a column's number that says it is deflated.
const DEFLATED: u64 = 0x08;

/// Proves that a change has at most [`CHANGE_OPS_MAX`] operations with as many predecessors. `reader` stands behind the message's length.
pub(super) fn check(mut reader: Reader<'_>, message_length: u64) -> Result<(), ChunkError> {
    reader.skip(message_length)?;
    for _ in 0..reader.unsigned()? {
        let length = reader.unsigned()?;
        reader.skip(length)?;
    }
    let mut columns = Vec::new();
    for _ in 0..reader.unsigned()? {
        columns.push((reader.unsigned()?, reader.unsigned()?));
    }
    let (mut operations, mut predecessors) = (0_u64, 0_u64);
    for (column, length) in columns {
        let bytes = reader.skip(length)?;
        if column & DEFLATED != 0 {
            return Err(ChunkError::NotRawChange);
        }
        match column {
            ACTIONS => operations = operations.saturating_add(runs(bytes, |_| 1)?),
            PREDECESSORS => predecessors = predecessors.saturating_add(runs(bytes, |each| each)?),
            _ => {}
        }
    }
    if operations.max(predecessors) > CHANGE_OPS_MAX {
        return Err(ChunkError::Bounds("number of operations"));
    }
    Ok(())
}

/// The sum over a column of runs of what each value counts for. A run is a positive length and one value, a negative length and as
/// many values, or 0 and the length of a run without value, which counts for 0.
fn runs(bytes: &[u8], counts: impl Fn(u64) -> u64) -> Result<u64, ChunkError> {
    let mut reader = Reader(bytes);
    let mut sum = 0_u64;
    while !reader.0.is_empty() {
        let length = reader.signed()?;
        if length == 0 {
            sum = sum.saturating_add(counts(0).saturating_mul(reader.unsigned()?));
        } else if length > 0 {
            let each = counts(reader.unsigned()?);
            sum = sum.saturating_add(each.saturating_mul(length.unsigned_abs()));
        } else {
            for _ in 0..length.unsigned_abs() {
                sum = sum.saturating_add(counts(reader.unsigned()?));
            }
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests;
