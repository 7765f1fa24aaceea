//! Plain automerge: what loading, applying and saving the same records costs with nothing around it.

use std::time::Instant;

use automerge::{Automerge, ReadDoc as _};
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::frozen;

use super::case::Case;
use super::round::figure;
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

/// Changes per second of plain automerge, a thread for each half.
pub(super) fn apply(groups: &[&[Case]], had: usize) -> Told<f64> {
    let mut ready = Vec::new();
    for group in groups {
        let saved = |case: &Case| -> Told<(Vec<u8>, Vec<Vec<u8>>)> {
            let save = document(case, had)?.save_nocompress();
            let chunks = case.chunks.iter().skip(had);
            Ok((save, chunks.map(|chunk| chunk.bytes().to_vec()).collect()))
        };
        ready.push(group.iter().map(saved).collect::<Told<Vec<_>>>()?);
    }
    let begun = Instant::now();
    let applied: Vec<Told<usize>> = std::thread::scope(|scope| {
        let threads: Vec<_> = ready
            .iter()
            .map(|group| scope.spawn(move || apply_all(group)))
            .collect();
        let ended = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        ended
            .map(|ended| ended.unwrap_or_else(|_| Err(Fault::new("automerge panicked"))))
            .collect()
    });
    let seconds = begun.elapsed().as_secs_f64();
    let changes: usize = applied.into_iter().sum::<Told<usize>>()?;
    Ok(figure(changes) / seconds)
}

fn apply_all(group: &[(Vec<u8>, Vec<Vec<u8>>)]) -> Told<usize> {
    let mut count = 0;
    for (save, chunks) in group {
        let mut document = Automerge::load(save)?;
        for chunk in chunks {
            document.load_incremental(chunk)?;
            count += 1;
        }
        std::hint::black_box(document);
    }
    Ok(count)
}
