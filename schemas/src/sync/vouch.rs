//! Vouching: the server marks what it gives away, so that it recognises it when it has lost it.
//!
//! A [`Mac`] is the first half of an HMAC-SHA-256 under a key that lies outside the store, over the record, its heads, its owner and
//! the reader's own actor. A server that was set back takes changes below such heads without judging them again.

use minicbor::{Decode, Encode};

use crate::id::{Actor, Hash};

/// A mark of the server's: only who has its key can make or check it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Mac(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

/// What a device has in the server's own word of a record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Vouched {
    /// The heads that the server had.
    #[n(0)]
    pub heads: Vec<Hash>,
    /// The mark that came with them.
    #[n(1)]
    pub mac: Mac,
    /// The device's own actor in the record at that time, if it had one: the mark covers it too.
    #[n(2)]
    pub actor: Option<Actor>,
}
