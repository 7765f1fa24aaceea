//! The `fieldwatch` command as scripts see it: the real binary on real homes, without a server.

#[path = "cli/device.rs"]
mod device;
#[path = "cli/faults.rs"]
mod faults;
#[path = "cli/import.rs"]
mod import;
#[path = "cli/records.rs"]
mod records;
