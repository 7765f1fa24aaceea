//! What a store takes on the disk, against all its keys and values, after compaction where there is one.

use fieldwatch_schemas::store::KeyRange;
use fieldwatch_schemas::store::Store as _;
use fieldwatch_schemas::store::sled::{SledOptions, SledStore};

use super::line::Line;
use super::process::folder_bytes;
use super::round::{figure, figure_of};
use super::source::Source;
use super::{Bench, STATION};
use crate::fault::Told;

/// Records made and pushed before more are made.
const GROUP: usize = 4_096;

pub(super) fn measure(bench: &Bench) -> Told<()> {
    let (records, changes) = bench.scale.disk;
    let world = bench.world()?;
    let mut phone = bench.phone(&world, "stock", STATION)?;
    let mut chunk_bytes = 0;
    for from in (0..records).step_by(GROUP) {
        let numbers = from..records.min(from + GROUP);
        let cases = Source::Generator.cases(STATION, numbers, changes)?;
        let chunks = cases.iter().flat_map(|case| &case.chunks);
        chunk_bytes += chunks.map(|chunk| chunk.bytes().len()).sum::<usize>();
        bench.runtime.block_on(async {
            phone.renew().await?;
            phone.push(&cases).await
        })?;
    }
    world.stop()?;
    let compacted = world.attempt(&["compact"])?;
    if compacted.code() != Some(0) {
        eprintln!("disk: weighed as it is: the server cannot compact");
    }
    let folder = world.data().join("store");
    let on_disk = folder_bytes(&folder)?;
    let store = SledStore::open(&folder, SledOptions::server())?;
    let mut bytes = 0;
    store.scan(&KeyRange::prefix(&[]), &mut |key, value| {
        bytes += key.len() + value.len();
        std::ops::ControlFlow::Continue(())
    })?;
    let name = Source::Generator.name();
    let measure = format!("store_on_disk_{}", records * changes);
    let line = Line::new(measure, name, "B", figure_of(on_disk)).beside(figure(bytes));
    bench.tell(&line.at_most(3.0))?;
    let line = Line::new("store_rows_against_changes", name, "B", figure(bytes));
    bench.tell(&line.beside(figure(chunk_bytes)))
}
