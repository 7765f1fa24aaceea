//! The `fieldwatch` command as scripts see it: the real binary on real homes, without a server.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on has failed, in its functions too"
)]

#[path = "cli/acknowledgements.rs"]
mod acknowledgements;
#[path = "cli/conflicts.rs"]
mod conflicts;
#[path = "cli/device.rs"]
mod device;
#[path = "cli/faults.rs"]
mod faults;
#[path = "cli/import.rs"]
mod import;
#[path = "cli/quarantine.rs"]
mod quarantine;
#[path = "cli/records.rs"]
mod records;
#[cfg(unix)]
#[path = "cli/watch.rs"]
mod watch;
