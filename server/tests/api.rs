//! The HTTP surface through the router, without a socket: status, problem, body. One file per resource.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed, in its functions too"
)]

#[path = "api/crowd.rs"]
mod crowd;
#[path = "api/devices.rs"]
mod devices;
#[path = "api/health.rs"]
mod health;
#[path = "api/leaks.rs"]
mod leaks;
#[path = "api/limits.rs"]
mod limits;
#[path = "api/sync.rs"]
mod sync;
#[path = "api/token.rs"]
mod token;
#[path = "api/world.rs"]
mod world;
