//! What is written is found.

use super::*;
use proptest::prelude::*;

fn entry(number: u8, grams: &[Gram]) -> Entry {
    Entry {
        doc: Doc {
            updated_ms: i64::from(number % 5),
            record: RecordId([number; 16]),
        },
        grams: grams.to_vec(),
    }
}

proptest! {
    #[test]
    fn what_is_written_is_found_and_nothing_else(
        sets in prop::collection::vec(prop::collection::btree_set(any::<u32>(), 0..20), 1..80),
    ) {
        let mut entries = Vec::new();
        for (number, set) in (0_u8..).zip(&sets) {
            let grams: Vec<Gram> = set.iter().copied().collect();
            entries.push(entry(number, &grams));
        }
        let written = write(entries.clone());
        entries.sort_by_key(|entry| entry.doc);
        let segment = Segment { number: 0, docs: written.docs, bits: written.bits };
        let docs: Vec<Doc> = written.doc_rows.iter().flat_map(|row| read_docs(row).unwrap()).collect();
        prop_assert!(docs.iter().copied().eq(entries.iter().map(|entry| entry.doc)));
        prop_assert_eq!(written.buckets.len(), segment.buckets());
        for gram in sets.iter().flatten() {
            let bucket = &written.buckets[segment.bucket_of(*gram)];
            let places = find(bucket, *gram).unwrap();
            let has = |place: &usize| entries[*place].grams.contains(gram);
            let expected: Vec<usize> = (0..entries.len()).filter(has).collect();
            prop_assert!(places.iter().map(|place| *place as usize).eq(expected));
        }
    }

    #[test]
    fn bytes_that_are_no_bucket_harm_nobody(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
        let found = find(&bytes, 7);
        prop_assert!(found.is_none_or(|places| places.is_sorted()));
    }
}
