//! What a keyring keeps, destroys and refuses.

use super::*;
use proptest::prelude::*;

fn record(number: u64) -> RecordId {
    let [high, low] = [number.to_be_bytes(), (!number).to_be_bytes()];
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&high);
    bytes[8..].copy_from_slice(&low);
    RecordId(bytes)
}

fn erased(order: &[u64]) -> Keyring {
    let mut ring = Keyring::new([7; 32]);
    for number in order {
        ring.erase(record(*number)).unwrap();
    }
    ring
}

#[test]
fn every_record_has_its_own_key_and_the_same_one_again() {
    let ring = Keyring::new([7; 32]);
    let keys: std::collections::BTreeSet<_> = (0..200).map(|n| ring.key(record(n))).collect();
    assert_eq!(keys.len(), 200);
    assert_eq!(ring.key(record(3)), Keyring::new([7; 32]).key(record(3)));
    assert_ne!(ring.key(record(3)), Keyring::new([8; 32]).key(record(3)));
}

#[test]
fn a_mark_is_the_same_whatever_was_erased_and_another_for_another_root() {
    let mark = Keyring::new([7; 32]).mark();
    let all: Vec<u64> = (0..200).collect();
    assert_eq!(erased(&all).mark(), mark);
    let again = Keyring::decode(&erased(&all).encode()).unwrap();
    assert_eq!(again.mark(), mark);
    assert_ne!(Keyring::new([8; 32]).mark(), mark);
}

#[test]
fn a_destroyed_key_grows_the_file_by_little_and_destroying_it_again_by_nothing() {
    let mut ring = erased(&[1]);
    let before = ring.encode();
    assert!(before.len() < 6_144, "{} bytes", before.len());
    assert_eq!(ring.erase(record(1)), Ok(false));
    assert_eq!((ring.encode(), ring.erasures()), (before, 1));
}

#[test]
fn nothing_of_a_keyring_is_shown() {
    assert_eq!(
        format!("{:?}", Keyring::new([7; 32])),
        "Keyring { seeds: 1, erasures: 0 }"
    );
}

#[test]
fn a_file_that_was_cut_or_changed_is_not_taken_for_a_keyring() {
    let ring = erased(&[1, 2]);
    let file = ring.encode();
    assert_eq!(Keyring::decode(&file), Ok(ring));
    for length in 0..file.len() {
        assert!(Keyring::decode(&file[..length]).is_err());
    }
    let row = |length: u8, prefix: &[u8]| [&[length], prefix, &[1; 32]].concat();
    let bad = [
        vec![row(0, &[]), row(2, &[0x80])],
        vec![row(2, &[0x80]), row(2, &[0])],
        vec![row(1, &[0x80])],
        vec![row(2, &[0xe0])],
        vec![row(82, &[0; 11])],
        vec![row(200, &[0; 25])],
    ];
    for seeds in bad {
        let written = Written {
            format: FORMAT,
            erasures: 0,
            seeds: seeds.into_iter().map(ByteVec::from).collect(),
        };
        let file = minicbor::to_vec(&written).unwrap();
        assert_eq!(Keyring::decode(&file), Err(KeyringError::Damaged));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_others_keep_their_keys_and_the_erased_have_none(
        gone in proptest::collection::btree_set(0_u64..64, 0..24),
    ) {
        let whole = Keyring::new([7; 32]);
        let order: Vec<u64> = gone.iter().copied().collect();
        let ring = erased(&order);
        let read = Keyring::decode(&ring.encode()).unwrap();
        for number in 0..64 {
            let expected = whole.key(record(number)).filter(|_| !gone.contains(&number));
            prop_assert_eq!(ring.key(record(number)), expected);
            prop_assert_eq!(read.key(record(number)), expected);
            prop_assert_eq!(read.has_erased(record(number)), gone.contains(&number));
        }
    }

    #[test]
    fn no_seed_that_is_left_leads_to_an_erased_key(gone in 0_u64..1_000) {
        let key = Keyring::new([7; 32]).key(record(gone)).unwrap();
        let ring = erased(&[gone]);
        for (way, seed) in &ring.seeds {
            prop_assert!(!way.covers(tag(record(gone))));
            // Not even by going the erased record's own way from there.
            let from = descend(tag(record(gone)), *way, *seed);
            prop_assert_ne!(child(&from, LEAF), key);
        }
    }

    #[test]
    fn the_order_of_erasures_does_not_matter(
        order in Just((0_u64..12).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let sorted: Vec<u64> = (0..12).collect();
        prop_assert_eq!(erased(&order), erased(&sorted));
    }
}
