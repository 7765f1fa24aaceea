//! A device with many records: opened, listed, searched, edited. Its store is sealed as on a phone; the key is a file's, so that no
//! passphrase is stretched while the clock runs.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;

use fieldwatch_client_core::chance::SystemChance;
use fieldwatch_client_core::replica::{Filter, Replica};
use fieldwatch_client_core::store::{KeySource, open_home};
use fieldwatch_schemas::field::Scalar;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::time::Moment;
use tempfile::TempDir;

use super::case::set;
use super::line::Line;
use super::round::{median, rounds, timed};
use super::source::Source;
use super::{Bench, taking};
use crate::fault::{Fault, Told};

/// A time after every generated record's.
const NOW_MS: i64 = 1_790_000_000_000;
/// Edits, each of another record.
const EDITS: usize = 20;

pub(super) fn measure(bench: &Bench) -> Told<()> {
    for source in &bench.sources {
        measure_with(bench, source)?;
    }
    Ok(())
}

fn measure_with(bench: &Bench, source: &Source) -> Told<()> {
    let count = source.count(bench.scale.device);
    let home = TempDir::new()?;
    taking::fill(home.path(), source, count)?;
    let name = source.name();

    let open = || Ok(Replica::open(open_home(home.path(), &KeySource::Device)?)?);
    let opened = rounds(bench.scale.rounds, || timed(open).map(|(ms, _)| ms))?;
    bench.tell(&Line::new(format!("device_open_{count}"), name, "ms", opened).at_most(500.0))?;
    let replica: Replica = open()?;
    let [common, rare] = source.words();
    for (measure, search) in [
        ("device_list_50", None),
        ("device_search_common", Some(common)),
        ("device_search_rare", Some(rare)),
    ] {
        let filter = Filter {
            search: search.map(str::to_owned),
            ..Filter::default()
        };
        let listed = rounds(bench.scale.rounds, || {
            timed(|| Ok(replica.list(&filter)?)).map(|(ms, _)| ms)
        })?;
        bench.tell(&Line::new(measure, name, "ms", listed).at_most(50.0))?;
    }
    let edited = edits(&replica)?;
    let synced = fsync(home.path())?;
    bench.tell(&Line::new("one_fsync", name, "ms", synced))?;
    bench.tell(&Line::new("device_edit", name, "ms", edited).at_most(20.0 + synced))
}

/// The median of durable edits, each of another record.
fn edits(replica: &Replica) -> Told<f64> {
    let filter = Filter {
        limit: EDITS,
        ..Filter::default()
    };
    let records: Vec<RecordId> = replica
        .list(&filter)?
        .into_iter()
        .map(|listed| listed.record)
        .collect();
    let mut took = Vec::new();
    for (number, record) in records.into_iter().enumerate() {
        let acts = [set("keywords", Scalar::Text(format!("第{number}次回访")))];
        let edit = || Ok(replica.edit(record, &acts, &Moment::china(NOW_MS), &mut SystemChance)?);
        let (ms, edited) = timed(edit)?;
        if edited.chunk.is_none() {
            return Err(Fault::new("an edit changed nothing"));
        }
        took.push(ms);
    }
    median(took)
}

/// What making four kibibytes durable takes on the same disk.
fn fsync(folder: &Path) -> Told<f64> {
    let path = folder.join("fsync");
    let mut file = File::create(&path)?;
    let took = rounds(EDITS, || {
        let write = || {
            file.write_all(&[7; 4_096])?;
            Ok(file.sync_data()?)
        };
        timed(write).map(|(ms, ())| ms)
    });
    drop(std::fs::remove_file(path));
    took
}
