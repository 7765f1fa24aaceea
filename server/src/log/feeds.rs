//! The feeds, as the server's owner sees them.

use fieldwatch_schemas::store::StoreError;

use super::{Log, all_rows};
use crate::tables::{self, FeedHead, prefix};

/// One feed, as the server's owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FeedLine {
    /// Its name.
    pub feed: String,
    /// Its last position.
    pub position: u64,
    /// Its digest, in hexadecimal.
    pub digest: String,
    /// How many records are in it.
    pub records: u64,
}

impl Log {
    /// Every feed that ever had a record, in the order of their names.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if the store cannot be read, or is damaged.
    pub fn feeds(&self) -> Result<Vec<FeedLine>, StoreError> {
        let mut lines = Vec::new();
        let seen = self.read(|reading| {
            for row in all_rows(reading.store, &tables::table(prefix::FEED_HEAD))? {
                let head: FeedHead = tables::decode("the head of a feed", &row.value)?;
                let feed = tables::feed_head_of(&row.key)
                    .ok_or_else(|| tables::damaged("the key of a feed's head".to_owned()))?;
                lines.push(FeedLine {
                    feed: feed.as_str().to_owned(),
                    position: head.position,
                    digest: head.digest.to_string(),
                    records: head.records,
                });
            }
            Ok(reading.seen)
        })?;
        self.wait_until_durable(seen)?;
        Ok(lines)
    }
}
