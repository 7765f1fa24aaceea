//! The core of the server without its edge: the log, the committer, pulls, reports and checks, over a store in memory and on a disk.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on has failed, in its functions too"
)]

#[path = "log/checking.rs"]
mod checking;
#[path = "log/compacting.rs"]
mod compacting;
#[path = "log/concurrency.rs"]
mod concurrency;
#[path = "log/disk.rs"]
mod disk;
#[path = "log/erasing.rs"]
mod erasing;
#[path = "log/exchanging.rs"]
mod exchanging;
#[path = "log/faulty.rs"]
mod faulty;
#[path = "log/histories.rs"]
mod histories;
#[path = "log/labels.rs"]
mod labels;
#[path = "log/moving.rs"]
mod moving;
#[path = "log/pulling.rs"]
mod pulling;
#[path = "log/pushing.rs"]
mod pushing;
#[path = "log/redacting.rs"]
mod redacting;
#[path = "log/repairing.rs"]
mod repairing;
#[path = "log/replica.rs"]
mod replica;
#[path = "log/reporting.rs"]
mod reporting;
#[path = "log/returning.rs"]
mod returning;
#[path = "log/set_back.rs"]
mod set_back;
#[path = "log/world.rs"]
mod world;
