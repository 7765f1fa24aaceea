//! Framing: a reply is a sequence of CBOR byte strings, each of which holds one item (RFC 8742, RFC 8949 §3.4.5.1).
//!
//! The length in front lets a reader wait for a whole item without reading any part of it twice.

use minicbor::Decoder;

use super::exchange::Item;
use crate::limits::ITEM_BYTES_MAX;

/// Bytes that are not the frames of items.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Not a byte string, or an item that is not understood.
    #[error("the reply cannot be read")]
    Decode(#[source] minicbor::decode::Error),
    /// An item larger than [`ITEM_BYTES_MAX`].
    #[error("an item of {0} bytes is larger than {ITEM_BYTES_MAX}")]
    TooLarge(u64),
}

/// Writes one item as a frame.
#[must_use]
pub fn encode(item: &Item) -> Vec<u8> {
    let inner = minicbor::to_vec(item).unwrap_or_default();
    let mut frame = Vec::with_capacity(inner.len() + 9);
    let mut encoder = minicbor::Encoder::new(&mut frame);
    drop(encoder.bytes(&inner));
    frame
}

/// Takes items out of bytes as they come.
#[derive(Debug, Default)]
pub struct Frames {
    pending: Vec<u8>,
    read: usize,
}

impl Frames {
    /// Adds bytes that have come.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pending.drain(..self.read);
        self.read = 0;
        self.pending.extend_from_slice(bytes);
    }

    /// The next whole item, if it is there.
    ///
    /// # Errors
    ///
    /// [`FrameError`]; nothing more can be read from these bytes then.
    pub fn next_item(&mut self) -> Result<Option<Item>, FrameError> {
        let rest = self.pending.get(self.read..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(None);
        }
        match announced(rest) {
            Some(length) if length > ITEM_BYTES_MAX as u64 => {
                return Err(FrameError::TooLarge(length));
            }
            _ => {}
        }
        let mut decoder = Decoder::new(rest);
        let inner = match decoder.bytes() {
            Ok(inner) => inner,
            Err(error) if error.is_end_of_input() => return Ok(None),
            Err(error) => return Err(FrameError::Decode(error)),
        };
        let item = minicbor::decode(inner).map_err(FrameError::Decode)?;
        self.read += decoder.position();
        Ok(Some(item))
    }

    /// Whether bytes are left that are no whole item.
    #[must_use]
    pub fn is_between_items(&self) -> bool {
        self.pending.len() == self.read
    }
}

/// The length that the byte string's head announces, if the whole head is there.
fn announced(bytes: &[u8]) -> Option<u64> {
    let (first, rest) = bytes.split_first()?;
    match first & 0x1f {
        short @ 0..24 => Some(u64::from(short)),
        24 => rest.first().map(|byte| u64::from(*byte)),
        25 => rest
            .first_chunk()
            .map(|bytes| u64::from(u16::from_be_bytes(*bytes))),
        26 => rest
            .first_chunk()
            .map(|bytes| u64::from(u32::from_be_bytes(*bytes))),
        27 => rest.first_chunk().map(|bytes| u64::from_be_bytes(*bytes)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
