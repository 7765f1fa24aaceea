//! What a chunk's own reader accepts and refuses.

use super::*;
use automerge::transaction::{CommitOptions, Transactable as _};
use automerge::{ActorId, Automerge, ROOT};
use proptest::prelude::*;

fn sample(time: i64) -> Vec<u8> {
    let mut doc = Automerge::new().with_actor(ActorId::from([7_u8; 16]));
    let done = doc.transact_with::<_, _, automerge::AutomergeError, _>(
        |_| CommitOptions::default().with_time(time),
        |tx| {
            tx.put(
                ROOT,
                "x",
                "a text that is long enough to be deflated".repeat(20),
            )
        },
    );
    done.unwrap();
    doc.get_last_local_change().unwrap().raw_bytes().to_vec()
}

#[test]
fn a_change_made_by_automerge_is_read_alike() {
    for time in [0, 63, 64, -64, -65, 1_700_000_000, -1_700_000_000] {
        let bytes = sample(time);
        let chunk = Chunk::parse(bytes.clone()).unwrap();
        let change = Change::from_bytes(bytes).unwrap();
        assert_eq!(chunk.hash(), change.hash().into());
        assert_eq!(
            (chunk.seq(), chunk.start_op(), chunk.time_s()),
            (1, 1, time)
        );
        assert_eq!(chunk.actor(), Actor([7; 16]));
        assert_eq!(chunk.to_change().unwrap(), change);
    }
}

#[test]
fn a_deflated_chunk_a_document_and_a_cut_one_are_refused() {
    let mut change = Change::from_bytes(sample(0)).unwrap();
    assert_eq!(
        Chunk::parse(change.bytes().into_owned()),
        Err(ChunkError::NotRawChange)
    );
    assert_eq!(
        Chunk::parse(Automerge::new().save()),
        Err(ChunkError::NotRawChange)
    );
    let mut bytes = sample(0);
    bytes.pop();
    assert_eq!(Chunk::parse(bytes), Err(ChunkError::Checksum));
    assert_eq!(
        Chunk::parse(vec![0; CHANGE_BYTES_MAX + 1]),
        Err(ChunkError::TooLarge(CHANGE_BYTES_MAX + 1))
    );
}

proptest! {
    #[test]
    fn every_flipped_bit_is_found(position in 0_usize..200, bit in 0_u8..8) {
        let mut bytes = sample(5);
        let at = position % bytes.len();
        bytes[at] ^= 1 << bit;
        prop_assert!(Chunk::parse(bytes).is_err());
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
        let mut framed = MAGIC.to_vec();
        let mut content = vec![RAW_CHANGE];
        content.extend(bytes);
        let hash: [u8; 32] = Sha256::digest(&content).into();
        framed.extend(&hash[..4]);
        framed.extend(content);
        if let Ok(chunk) = Chunk::parse(framed) {
            drop(chunk.to_change());
        }
    }
}
