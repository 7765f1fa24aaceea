//! What the system says of a process: its memory and its time on a processor, as Linux counts them.

use std::fs;

use super::round::figure_of;
use crate::fault::{Fault, Told};

/// What is resident, in bytes.
pub(super) fn resident_bytes(pid: u32) -> Told<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse().ok());
    let kib: u64 = kib.ok_or_else(|| Fault::new("no VmRSS"))?;
    Ok(figure_of(kib) * 1_024.0)
}

/// The time that its threads were on a processor, those that live, in microseconds.
pub(super) fn processor_us(pid: u32) -> Told<f64> {
    let mut nanoseconds = 0_u64;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end between the two readings.
        let Ok(told) = fs::read_to_string(task?.path().join("schedstat")) else {
            continue;
        };
        let first = told.split_whitespace().next();
        nanoseconds += first.and_then(|text| text.parse().ok()).unwrap_or(0);
    }
    Ok(figure_of(nanoseconds) / 1_000.0)
}

/// The time that all threads of this process were on a processor, those that have ended too, in microseconds; it is counted in steps of
/// ten milliseconds.
pub(super) fn spent_us() -> Told<f64> {
    let told = fs::read_to_string("/proc/self/stat")?;
    // The name, in parentheses, may hold anything.
    let (_, behind) = told.rsplit_once(')').unwrap_or_default();
    let ticks = behind.split_whitespace().skip(11).take(2);
    let ticks: u64 = ticks.filter_map(|text| text.parse::<u64>().ok()).sum();
    Ok(figure_of(ticks) * 10_000.0)
}

/// The bytes of all files below a folder.
pub(super) fn folder_bytes(folder: &std::path::Path) -> Told<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        bytes += match entry.file_type()?.is_dir() {
            true => folder_bytes(&entry.path())?,
            false => entry.metadata()?.len(),
        };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_memory_and_has_run() {
        let own = std::process::id();
        assert!(resident_bytes(own).unwrap() > 100_000.0);
        assert!(processor_us(own).unwrap() > 0.0);
    }
}
