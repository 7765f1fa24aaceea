//! The books: what people wrote and what the server acknowledged, kept apart from everything that is being tested.
//!
//! Whatever a person writes into a short field is a word that exists nowhere else in the world, so that it can be found again in the
//! raw bytes of changes, whoever carries them and under whatever actor.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::id::{Hash, RecordId};

/// One word that a person wrote, durable on a device when it was written down here.
#[derive(Debug, Clone)]
pub(super) struct Word {
    /// The word.
    pub(super) text: String,
    /// The field, or nothing for an event.
    pub(super) path: Option<&'static str>,
    /// The device that it was written on, by its place in the world.
    pub(super) device: usize,
    /// Why nobody needs to have it any more.
    pub(super) excuse: Option<&'static str>,
}

/// What was written and what was promised.
#[derive(Debug, Default)]
pub(super) struct Books {
    /// Words, by record.
    pub(super) words: BTreeMap<RecordId, Vec<Word>>,
    /// Changes that the server acknowledged, and that a device heard of.
    pub(super) acknowledged: BTreeSet<(RecordId, Hash)>,
    /// Those that ever were, whatever became of them.
    pub(super) ever_acknowledged: BTreeSet<(RecordId, Hash)>,
    /// How many changes people made.
    pub(super) changes: u64,
    /// How many of them send a case to another station.
    pub(super) transfers: u64,
    /// What was erased, as the server said when it was asked to.
    pub(super) erased: BTreeSet<RecordId>,
    /// What was erased, as the ledger says in the end: also where the server could not say so.
    pub(super) in_ledger: BTreeSet<RecordId>,
    next: u64,
}

impl Books {
    /// A word that exists nowhere else.
    pub(super) fn fresh_word(&mut self) -> String {
        self.next += 1;
        format!("w{:06}w", self.next)
    }

    /// Whether a record was erased.
    pub(super) fn was_erased(&self, record: RecordId) -> bool {
        self.in_ledger.contains(&record)
    }

    /// Notes that a person writes a word. Until it is kept it may be there or not: the disk may fail in the middle.
    pub(super) fn write(
        &mut self,
        record: RecordId,
        device: usize,
        path: Option<&'static str>,
        text: String,
    ) {
        let word = Word {
            text,
            path,
            device,
            excuse: Some("never kept"),
        };
        self.words.entry(record).or_default().push(word);
    }

    /// Notes that the word written last into a record is durable on its device.
    pub(super) fn keep(&mut self, record: RecordId) {
        self.changes += 1;
        if let Some(word) = self
            .words
            .get_mut(&record)
            .and_then(|words| words.last_mut())
        {
            word.excuse = None;
        }
    }

    /// Excuses the words of a record that stand in these changes.
    pub(super) fn excuse(&mut self, record: RecordId, chunks: &[Vec<u8>], why: &'static str) {
        for word in self.words.get_mut(&record).into_iter().flatten() {
            if is_in(&word.text, chunks) {
                word.excuse.get_or_insert(why);
            }
        }
    }
}

/// Whether a word stands in any of these changes.
#[must_use]
pub(super) fn is_in<C: AsRef<[u8]>>(word: &str, chunks: &[C]) -> bool {
    chunks.iter().any(|chunk| stands_in(word, chunk.as_ref()))
}

/// Whether a word stands in a change.
#[must_use]
pub(super) fn stands_in(word: &str, chunk: &[u8]) -> bool {
    let word = word.as_bytes();
    chunk.windows(word.len()).any(|window| window == word)
}
