//! Plain automerge: what loading, applying and saving the same records costs with nothing around it.

use automerge::Automerge;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::frozen;

use super::case::Case;
use crate::fault::Told;

/// The document of a case's first changes, so many of them.
pub(super) fn document(case: &Case, changes: usize) -> Told<Automerge> {
    let mut document = Automerge::new();
    document.load_incremental(frozen::bytes(Kind::Case))?;
    for chunk in case.chunks.iter().take(changes) {
        document.load_incremental(chunk.bytes())?;
    }
    Ok(document)
}

/// What `save_nocompress` gives for every case.
pub(super) fn saves(cases: &[Case]) -> Told<Vec<Vec<u8>>> {
    cases
        .iter()
        .map(|case| Ok(document(case, case.chunks.len())?.save_nocompress()))
        .collect()
}
