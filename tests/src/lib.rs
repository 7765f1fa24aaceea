//! The world in a box: what the tests of whole promises are made of.
//!
//! ```text
//!   Device ── fieldwatch ──TLS──▶ Link (cuts, counts) ──▶ fieldwatch-server ── World
//!   Peer ─────────TLS by hand──────────────────────────────────┘
//! ```
//!
//! Everything goes through the real binaries over real TLS; only a [`peer::Peer`] speaks the protocol itself, to ask what the
//! binaries would never ask. Nothing sleeps: whoever waits, waits for something, with a deadline.

pub mod bench;
pub mod chance;
pub mod device;
pub mod fault;
pub mod link;
pub mod peer;
pub mod program;
pub mod simulation;
pub mod table;
pub mod wire;
pub mod world;
