//! Plain automerge: what loading, applying and saving the same records costs with nothing around it.

use automerge::{Automerge, ReadDoc as _};
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::frozen;

use super::case::Case;
use crate::fault::{Fault, Told};

/// The document of a case's first changes, so many of them.
pub(super) fn document(case: &Case, changes: usize) -> Told<Automerge> {
    let mut document = Automerge::new();
    let frozen = [
        Some(frozen::bytes(Kind::Case)),
        frozen::further_bytes(Kind::Case),
    ];
    let chunks = case.chunks.iter().take(changes);
    for bytes in frozen.into_iter().flatten().chain(chunks.map(Chunk::bytes)) {
        document.load_incremental(bytes)?;
    }
    // What waits for something that is missing would be saved as well, and compare like with unlike.
    match document.get_missing_deps(&[]).is_empty() {
        true => Ok(document),
        false => Err(Fault::new("a reference document lacks changes")),
    }
}

/// What `save_nocompress` gives for every case.
pub(super) fn saves(cases: &[Case]) -> Told<Vec<Vec<u8>>> {
    cases
        .iter()
        .map(|case| Ok(document(case, case.chunks.len())?.save_nocompress()))
        .collect()
}
