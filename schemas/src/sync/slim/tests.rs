//! Nothing is lost on the way, whatever is sent.

use proptest::prelude::*;

use super::*;
use crate::kind::Kind;
use crate::record::Document;
use crate::record::edit::{Act, Author};
use crate::time::Moment;

fn edited(document: &mut Document, actor: u8, words: &str) {
    let author = Author {
        actor: Actor([actor; 16]),
        now: Moment::china(1_790_000_000_000),
        role: None,
    };
    let field = Kind::Case.field("keywords").unwrap();
    let act = Act::Set {
        path: "keywords".to_owned(),
        value: field.read_text("keywords", words).unwrap(),
    };
    document.edit(&author, &[act]).unwrap();
}

fn born() -> Document {
    let mut document = Document::begin(RecordId([1; 16]), Kind::Case).unwrap();
    let author = Author {
        actor: Actor([9; 16]),
        now: Moment::china(1_790_000_000_000),
        role: None,
    };
    let act = Act::Set {
        path: "nature".to_owned(),
        value: Kind::Case
            .field("nature")
            .unwrap()
            .read_text("nature", "complaint")
            .unwrap(),
    };
    document.edit(&author, &[act]).unwrap();
    document
}

fn item(changes: Vec<ChangeItem>, heads: Vec<Hash>) -> RecordItem {
    RecordItem {
        feed: 1,
        record: RecordId([1; 16]),
        kind: "case".to_owned(),
        position: 7,
        is_whole: true,
        changes,
        heads,
        authors: Vec::new(),
        mac: None,
        actor: None,
    }
}

fn of(document: &Document) -> RecordItem {
    let chunks = document.chunks().unwrap().into_iter();
    let changes = (0..).zip(chunks).map(|(number, chunk)| ChangeItem {
        chunk: Some(chunk.into_bytes().into()),
        known: None,
        received_ms: 1_790_000_000_000 + number,
    });
    item(changes.collect(), document.heads())
}

fn again(item: &RecordItem) -> RecordItem {
    minicbor::decode(&minicbor::to_vec(item).unwrap()).unwrap()
}

#[test]
fn a_record_arrives_byte_for_byte_and_without_the_hashes_that_follow_from_it() {
    let mut document = born();
    for number in 0..5 {
        edited(&mut document, 9, &format!("第{number}次"));
    }
    let told = of(&document);
    assert_eq!(again(&told), told);
    let bytes = minicbor::to_vec(&told).unwrap();
    for change in &told.changes {
        let hash = hash_of(change.chunk.as_ref().unwrap());
        assert!(!bytes.windows(32).any(|some| some == hash.0), "{hash}");
    }
}

#[test]
fn branches_and_what_the_reader_brought_keep_their_heads() {
    let mut mine = born();
    let mut theirs = mine.clone();
    edited(&mut mine, 9, "一");
    edited(&mut theirs, 8, "二");
    mine.apply(&theirs.chunks().unwrap()).unwrap();
    assert_eq!(mine.heads().len(), 2);
    let mut told = of(&mine);
    assert_eq!(again(&told), told);
    // One of them is echoed by its hash alone.
    let last = told.changes.last_mut().unwrap();
    last.known = last.chunk.take().map(|chunk| hash_of(&chunk));
    assert_eq!(again(&told), told);
    // And none at all: another item of the reply brought them.
    let none = item(Vec::new(), mine.heads());
    assert_eq!(again(&none), none);
}

#[test]
fn what_little_can_become_has_an_end() {
    let long = [vec![VERBATIM], vec![7; 1 << 20]].concat();
    let mut told = Told::default();
    let change = |chunk: &Vec<u8>| ChangeItem {
        chunk: Some(chunk.clone().into()),
        known: None,
        received_ms: 0,
    };
    let taken = (0..100).take_while(|_| told.restore(change(&long)).is_some());
    assert_eq!(taken.count(), ITEM_BYTES_MAX >> 20);
    for broken in [
        vec![],
        vec![2],
        vec![SLIM, 65],
        vec![SLIM, 1, 1],
        vec![SLIM, 1, 0, 1],
        vec![SLIM, 0x80, 0],
    ] {
        assert_eq!(Told::default().restore(change(&broken)), None, "{broken:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_and_any_heads_arrive(
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..6),
        damaged in any::<prop::sample::Index>(),
        heads in prop::collection::vec(any::<[u8; 32]>().prop_map(Hash), 0..3),
        received_ms in any::<i64>(),
    ) {
        let mut told = of(&born());
        let plain = told.changes[0].clone();
        let mut bytes = plain.chunk.clone().unwrap().to_vec();
        let place = damaged.index(bytes.len());
        bytes[place] ^= 0x10;
        told.changes.push(ChangeItem { chunk: Some(bytes.into()), known: None, received_ms });
        told.changes.extend(chunks.into_iter().map(|chunk| ChangeItem { chunk: Some(chunk.into()), ..plain.clone() }));
        told.heads = heads;
        prop_assert_eq!(again(&told), told);
    }
}
