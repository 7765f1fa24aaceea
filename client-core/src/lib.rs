//! The device: a replica that records offline and syncs when it can.
//!
//! ```text
//! commands ──▶ replica ──▶ store (sealed, on a disk)
//!                ▲
//!              sync  ──▶ transport (HTTPS)
//!                ▼
//!              engine: what to say and what to do with the answer, as a pure state machine
//! ```
//!
//! Clocks and chance are arguments everywhere ([`chance`]), so that the simulator can replay what a device did.

pub mod backoff;
pub mod chance;
#[cfg(feature = "cli")]
pub mod cli;
pub mod engine;
pub mod identity;
pub mod import;
pub mod receipt;
pub mod replica;
pub mod store;
pub mod sync;
pub mod transport;
