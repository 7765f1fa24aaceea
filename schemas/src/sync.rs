//! The sync protocol: one request, both ways. One file per step, with the messages of the step and both pure halves of it.
//!
//! ```text
//! device                                            server
//!   | -- Request: log id, feeds (cursor, digest), outbox --> |
//!   |                                   judges, commits, flushes
//!   | <- Hello, Erasures                                     |  what must go, whether a feed tells of it or not
//!   | <- Outcome…, Receipt                                   |  what became of each pushed record, signed for
//!   | <- Index…                                              |  at a cold start: what a list shows, the newest first
//!   | <- (RecordItem…, Commit)…                              |  what is new, a commit point every ≤ 64 KiB
//!   | <- FeedEnd…, End                                       |  digests, all at one position
//! ```
//!
//! A reply is a CBOR sequence of byte strings, each holding one [`exchange::Item`] ([`frame`]), so that a cut costs one page.

pub mod enrol;
pub mod erasures;
pub mod exchange;
pub mod frame;
pub mod heal;
pub mod index;
pub mod pull;
pub mod push;
pub mod receipt;
pub mod repair;
mod slim;
pub mod station;
pub mod token;
pub mod vouch;

/// The version of the protocol spoken here.
pub const VERSION: u8 = 1;

/// The media type of requests and replies.
pub const MEDIA_TYPE: &str = "application/cbor";
