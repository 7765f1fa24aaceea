//! The cold start beside what people would use instead: samod and automerge-repo, the same records, loopback.
//!
//! A peer is a program of its own below `tests/peers`. It is given a file of documents (each its length in four bytes, little-endian,
//! and what `save_nocompress` gave), puts them into a server of its kind, opens a client, and prints how long the client took to have
//! them all. Peers store nothing and use no TLS, which is to their advantage.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::cold::{CHANGES, started};
use super::line::Line;
use super::round::{figure, rounds};
use super::source::Source;
use super::{Bench, STATION, plain};
use crate::fault::{Fault, Told};
use crate::program::Running;

/// Peers need minutes for some thousand documents.
const PEER_MAX: Duration = Duration::from_secs(1_800);
/// Where the peers are.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");

/// A peer: what it is called, and how it is made ready and run.
type Peer = (&'static str, fn(&Path) -> Told<Command>);

const PEERS: [Peer; 2] = [("samod", samod), ("automerge_repo", automerge_repo)];

pub(super) fn measure(bench: &Bench) -> Told<()> {
    if std::env::var_os("FW_PEERS").is_none_or(|set| set != "1") {
        for (name, _) in PEERS {
            eprintln!("peer left out: {name} (FW_PEERS=1 builds and runs it)");
        }
        return Ok(());
    }
    for source in &bench.sources {
        measure_with(bench, source)?;
    }
    Ok(())
}

fn measure_with(bench: &Bench, source: &Source) -> Told<()> {
    let count = source.count(bench.scale.peers);
    let cases = source.cases(STATION, 0..count, CHANGES)?;
    let (world, _) = bench.stocked(&cases)?;
    let file = world.path("documents");
    let mut documents = Vec::new();
    for save in plain::saves(&cases)? {
        documents.extend(u32::try_from(save.len())?.to_le_bytes());
        documents.extend(save);
    }
    std::fs::write(&file, documents)?;
    let mut number = 0;
    let took_ms = rounds(bench.scale.rounds, || {
        number += 1;
        Ok(started(&world, &format!("cold-{number}"), count)?.0)
    })?;
    world.stop()?;
    for (name, ready) in PEERS {
        let theirs = match ready(&file).and_then(seconds) {
            Ok(theirs) => theirs,
            Err(fault) => {
                eprintln!("peer left out: {name}: {fault}");
                continue;
            }
        };
        let measure = format!("cold_start_vs_{name}");
        let rate = figure(count) * 1_000.0 / took_ms;
        let line = Line::new(measure, source.name(), "records/s", rate);
        bench.tell(&line.beside(figure(count) / theirs).at_least(100.0))?;
    }
    Ok(())
}

fn seconds(command: Command) -> Told<f64> {
    let ran = Running::start(command)?.finish_within(PEER_MAX)?.done()?;
    let told = ran.json()?;
    let seconds = told.get("seconds").and_then(serde_json::Value::as_f64);
    seconds.ok_or_else(|| Fault::new(ran.told()))
}

/// Built in a folder of the same target, so that nothing lies in the tree.
fn samod(documents: &Path) -> Told<Command> {
    let own = std::env::current_exe()?;
    let target: PathBuf = own.parent().unwrap_or(&own).join("peers");
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build
        .args(["build", "--release", "--locked", "--manifest-path"])
        .arg(format!("{FOLDER}/samod/Cargo.toml"))
        .arg("--target-dir")
        .arg(&target);
    Running::start(build)?.finish_within(PEER_MAX)?.done()?;
    let mut command = Command::new(target.join("release/peer-samod"));
    command.arg(documents);
    Ok(command)
}

fn automerge_repo(documents: &Path) -> Told<Command> {
    let folder = format!("{FOLDER}/automerge-repo");
    if !Path::new(&folder).join("node_modules").is_dir() {
        let mut install = Command::new("npm");
        install.args(["ci", "--omit=dev"]).current_dir(&folder);
        Running::start(install)?.finish_within(PEER_MAX)?.done()?;
    }
    let mut command = Command::new("node");
    command.arg(format!("{folder}/cold.mjs")).arg(documents);
    Ok(command)
}
