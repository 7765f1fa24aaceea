//! The benchmark program still runs: every measure, at sizes that say nothing about speed. No time is asserted here or anywhere.

use std::collections::BTreeSet;

use fieldwatch_tests::fault::Told;
use fieldwatch_tests::program::{Running, command};
use serde_json::Value;

/// What `bench all --quick` measures where no peer and no table is given.
const MEASURES: [&str; 37] = [
    "cold_start_vs_download",
    "cold_start_bytes",
    "filling_10",
    "cold_start_10",
    "cold_start_bytes_10",
    "nothing_new_round_trips_10",
    "nothing_new_bytes_10",
    "nothing_new_server_time_10",
    "filling_20",
    "cold_start_20",
    "cold_start_bytes_20",
    "nothing_new_round_trips_20",
    "nothing_new_bytes_20",
    "nothing_new_server_time_20",
    "one_edit_sent_new_connection",
    "one_edit_got_new_connection",
    "one_edit_sent_open_connection",
    "one_edit_got_open_connection",
    "ingest_single_warm",
    "ingest_single_server_time",
    "ingest_single_cold",
    "ingest_bulk",
    "idle_connection",
    "idle_connections",
    "taking_in_a_record",
    "taking_in_all",
    "device_open_40",
    "device_list_50",
    "device_search_common",
    "device_search_rare",
    "one_fsync",
    "device_edit",
    "report_20",
    "store_on_disk_80",
    "store_rows_against_changes",
    "server_memory_idle_40",
    "server_memory_2_cold_starts",
];

#[test]
fn every_measure_prints_a_well_formed_line() -> Told<()> {
    let mut program = command("bench")?;
    program.args(["all", "--quick", "--json"]);
    program.env_remove("FW_TABLE").env_remove("FW_PEERS");
    let ran = Running::start(program)?.finish()?.done()?;
    let lines = ran.lines()?;
    for line in &lines {
        assert!(is_well_formed(line), "{line}");
    }
    let names = lines.iter().filter_map(|line| line["measure"].as_str());
    let names: BTreeSet<&str> = names.collect();
    for measure in MEASURES {
        assert!(names.contains(measure), "{measure} is not among {names:?}");
    }
    for peer in ["samod", "automerge_repo"] {
        let told = format!("peer left out: {peer}");
        assert!(ran.stderr.contains(&told), "{}", ran.stderr);
    }
    Ok(())
}

#[test]
fn a_measure_that_there_is_not_is_refused_with_the_names_of_those_there_are() -> Told<()> {
    let mut program = command("bench")?;
    program.arg("everything");
    let ran = Running::start(program)?.finish()?;
    assert_eq!(ran.code(), Some(2));
    assert!(ran.stderr.contains("ingest"), "{}", ran.stderr);
    Ok(())
}

/// As scripts read it: a ratio where there is a reference, and a verdict where there is a bound.
fn is_well_formed(line: &Value) -> bool {
    let is_number_or_null = |name: &str| line[name].is_number() || line[name].is_null();
    let ratio_follows = line["ratio"].is_null() || line["reference"].is_number();
    line["measure"].is_string()
        && line["unit"].is_string()
        && line["ours"].is_number()
        && is_number_or_null("reference")
        && is_number_or_null("ratio")
        && is_number_or_null("bound")
        && ratio_follows
        && line["holds"].is_boolean() == line["bound"].is_number()
}
