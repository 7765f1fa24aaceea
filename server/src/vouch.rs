//! Vouching: the server's marks ([`fieldwatch_schemas::sync::vouch`]) under a key that lies beside the store and is copied apart.

use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::LogId;
use fieldwatch_schemas::sync::vouch::{Mac, OfRecord, feed_bytes};
use ring::hmac;

use crate::log::Life;

/// The key that marks are made and known by.
#[derive(Clone)]
pub struct MacKey(hmac::Key);

impl MacKey {
    /// A key from 32 random bytes.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// The mark of a record.
    #[must_use]
    pub fn of_record(&self, said: &OfRecord<'_>) -> Mac {
        self.mac(&said.bytes())
    }

    /// The mark of a feed that stands at a cursor which this opening of the store gave: it names the opening, and proves it by twelve
    /// bytes.
    #[must_use]
    pub fn of_feed(&self, log: LogId, feed: &Feed, cursor: u64, life: Life) -> Mac {
        let Mac(mac) = self.mac(&feed_bytes(log, feed, cursor, &life.0));
        let named = life.0.into_iter().chain(mac);
        let mut proof = [0; 16];
        proof
            .iter_mut()
            .zip(named)
            .for_each(|(to, from)| *to = from);
        Mac(proof)
    }

    /// What tells this key from every other, and says nothing of it.
    #[must_use]
    pub fn mark(&self) -> [u8; 16] {
        self.mac(b"key\0").0
    }

    /// Whether a mark of a record is ours.
    #[must_use]
    pub fn knows_record(&self, said: &OfRecord<'_>, mac: &Mac) -> bool {
        is_same(&self.of_record(said), mac)
    }

    /// Which opening of the store gave a cursor, if the mark of the feed that stood there is ours.
    #[must_use]
    pub fn life_of_feed(&self, log: LogId, feed: &Feed, cursor: u64, mac: &Mac) -> Option<Life> {
        let life = Life(mac.0.first_chunk().copied()?);
        is_same(&self.of_feed(log, feed, cursor, life), mac).then_some(life)
    }

    fn mac(&self, bytes: &[u8]) -> Mac {
        let tag = hmac::sign(&self.0, bytes);
        Mac(tag.as_ref().first_chunk().copied().unwrap_or_default())
    }
}

/// Compares without telling by its time where they differ.
fn is_same(ours: &Mac, theirs: &Mac) -> bool {
    let differing = ours.0.iter().zip(theirs.0).map(|(a, b)| a ^ b);
    differing.fold(0, |all, bits| all | bits) == 0
}

impl std::fmt::Debug for MacKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MacKey")
    }
}
