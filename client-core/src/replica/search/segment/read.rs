//! Reading the rows of a segment: whatever the bytes are, nothing comes of it but what they say, or that they say nothing.

use fieldwatch_schemas::id::RecordId;

use super::{DOC_BYTES, Doc};
use crate::replica::search::grams::Gram;

/// Reads a row of records; `None` if it is none.
pub(in crate::replica::search) fn read_docs(row: &[u8]) -> Option<Vec<Doc>> {
    let docs = row.chunks(DOC_BYTES).map(|doc| {
        let (updated_ms, record) = doc.split_first_chunk()?;
        Some(Doc {
            updated_ms: i64::from_be_bytes(*updated_ms),
            record: RecordId(record.try_into().ok()?),
        })
    });
    docs.collect()
}

/// The places of the records that have a piece, ascending; `None` if the bucket is none.
pub(in crate::replica::search) fn find(bucket: &[u8], gram: Gram) -> Option<Vec<u32>> {
    let mut found = Vec::new();
    visit(bucket, |each, places| {
        if each == gram {
            found = read_places(places)?;
        }
        Some(each < gram)
    })?;
    Some(found)
}

/// Every piece of a bucket, with the places of its records; `None` if the bucket is none.
pub(in crate::replica::search) fn read_all(
    bucket: &[u8],
    mut each: impl FnMut(Gram, Vec<u32>),
) -> Option<()> {
    visit(bucket, |gram, places| {
        each(gram, read_places(places)?);
        Some(true)
    })
}

/// Shows each piece as long as somebody wants more.
fn visit(mut bucket: &[u8], mut each: impl FnMut(Gram, &[u8]) -> Option<bool>) -> Option<()> {
    let mut gram: Gram = 0;
    while !bucket.is_empty() {
        gram = gram.checked_add(take(&mut bucket)?)?;
        let length = take(&mut bucket)? as usize;
        let (places, rest) = bucket.split_at_checked(length)?;
        bucket = rest;
        if !each(gram, places)? {
            break;
        }
    }
    Some(())
}

fn read_places(mut bytes: &[u8]) -> Option<Vec<u32>> {
    let (mut places, mut last) = (Vec::new(), 0_u32);
    while !bytes.is_empty() {
        last = last.checked_add(take(&mut bytes)?)?;
        places.push(last);
    }
    Some(places)
}

fn take(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0_u32;
    for shift in (0..32).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
