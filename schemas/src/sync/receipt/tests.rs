//! What a receipt proves, and what it keeps to itself. The signature here is a hash under the key's name: who signs is not the point.

use super::*;
use crate::kind::Kind;
use crate::record::Document;
use crate::record::edit::{Act, Author};
use crate::time::Moment;
use proptest::prelude::*;

const KEY: [u8; 32] = [5; 32];

fn sign(key: &[u8; 32], message: &[u8]) -> [u8; 64] {
    let half: [u8; 32] = Sha256::digest([key, message].concat()).into();
    [half, half].concat().try_into().unwrap()
}

fn verifies(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    sign(key, message) == *signature
}

fn covering(count: u8) -> Covered {
    let heads = |n: u8| vec![Hash([n + 50; 32]), Hash([n + 100; 32])];
    (0..count)
        .map(|n| (RecordId([n + 10; 16]), heads(n)))
        .collect()
}

fn signed(covered: &Covered, seed: [u8; 32]) -> SignedReceipt {
    let statement = Statement {
        version: VERSION,
        server: "localhost".to_owned(),
        log: LogId([1; 16]),
        device: DeviceId([2; 16]),
        position: 77,
        at_ms: 1_790_000_000_000,
        records: u32::try_from(covered.len()).unwrap(),
        root: tree_over(covered, &seed).unwrap().root().unwrap(),
    };
    let statement = minicbor::to_vec(&statement).unwrap();
    SignedReceipt {
        signature: sign(&KEY, &signed_bytes(&statement)),
        statement: statement.into(),
        seed,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_receipt_with_any_bit_turned_does_not_hold(count in 1_u8..40, at: u8, bit: usize) {
        let covered = covering(count);
        let (_, receipts) = signed(&covered, [9; 32]).receipts(KEY, &covered, &verifies).unwrap();
        let receipt = &receipts[usize::from(at % count)];
        prop_assert_eq!(receipt.verify(&verifies).unwrap().position, 77);
        let mut bytes = receipt.to_bytes();
        prop_assert_eq!(&Receipt::read(&bytes).unwrap(), receipt);
        let bit = bit % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        if let Ok(other) = Receipt::read(&bytes) {
            prop_assert!(other == *receipt || other.verify(&verifies).is_err());
        }
    }
}

#[test]
fn a_receipt_of_one_record_shows_nothing_of_the_others() {
    let covered = covering(9);
    let (_, receipts) = signed(&covered, [9; 32])
        .receipts(KEY, &covered, &verifies)
        .unwrap();
    let bytes = receipts[4].to_bytes();
    let contains = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    assert!(contains(RecordId([14; 16]).bytes()));
    for (record, heads) in covered.iter().filter(|(record, _)| record.0[0] != 14) {
        assert!(!contains(record.bytes()));
        // Neither its heads nor, for who guesses them, the hash of its leaf without the salt.
        assert!(!heads.iter().any(|head| contains(&head.0)));
        let unsalted: Vec<Node> = [[0; 16], receipts[4].salt]
            .iter()
            .map(|salt| leaf(salt, *record, heads))
            .collect();
        assert!(unsalted.iter().all(|node| !contains(&node.0)));
    }
    assert!(!contains(&[9; 32]), "the seed stays where it is");
}

#[test]
fn a_device_takes_no_receipt_for_other_records_other_heads_or_by_another_key() {
    let covered = covering(3);
    let signed = signed(&covered, [9; 32]);
    let refused = |key, covered: &Covered| signed.receipts(key, covered, &verifies).unwrap_err();
    assert_eq!(refused(KEY, &covering(2)), ReceiptError::Tree);
    assert_eq!(refused(KEY, &Covered::new()), ReceiptError::Tree);
    let mut other = covered.clone();
    other.insert(RecordId([10; 16]), vec![Hash([0; 32])]);
    assert_eq!(refused(KEY, &other), ReceiptError::Tree);
    assert_eq!(refused([6; 32], &covered), ReceiptError::Signature);
}

#[test]
fn the_heads_of_what_was_brought_are_the_newest_of_the_durable_changes() {
    let record = RecordId::random([3; 16]);
    let mut document = Document::begin(record, Kind::Party).unwrap();
    let author = Author {
        actor: crate::id::Actor([4; 16]),
        now: Moment::china(1_790_000_000_000),
        role: None,
    };
    for name in ["张三", "张三丰", "张君宝"] {
        let value = Kind::Party.field("name").unwrap().read_text("name", name);
        let act = Act::Set {
            path: "name".to_owned(),
            value: value.unwrap(),
        };
        document.edit(&author, &[act]).unwrap();
    }
    let chunks = document.chunks().unwrap();
    let hashes: Vec<Hash> = chunks.iter().map(Chunk::hash).collect();
    let brought = Brought::of(&[Pushed {
        record,
        kind: "party".to_owned(),
        changes: chunks
            .into_iter()
            .map(|chunk| chunk.into_bytes().into())
            .collect(),
        vouched: None,
    }]);
    assert_eq!(brought.heads(record, &hashes), document.heads());
    assert_eq!(brought.heads(record, &hashes[..2]), [hashes[1]]);
    assert!(brought.heads(record, &[Hash([0; 32])]).is_empty());
    assert!(brought.heads(RecordId([0; 16]), &hashes).is_empty());
}
