//! Two sides that differ in any way come to hold the same, and only what differs is said.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

type Side = BTreeMap<RecordId, u64>;

fn record(number: u16) -> RecordId {
    let mut bytes = [0; 16];
    bytes[..2].copy_from_slice(&number.to_be_bytes());
    RecordId(bytes)
}

fn lines(side: &Side) -> Vec<Line> {
    let line = |(record, short): (&RecordId, &u64)| Line {
        record: *record,
        short: *short,
    };
    side.iter().map(line).collect()
}

/// Does what a device does with the findings about one round of lists.
fn follow(device: &mut Side, server: &Side, findings: &[Finding]) {
    for finding in findings {
        match finding {
            Finding::Lacking(record) | Finding::Differing(record) => {
                device.insert(*record, server[record]);
            }
            Finding::Foreign(line) => {
                assert_eq!(device.remove(&line.record), Some(line.short));
            }
        }
    }
}

proptest! {
    #[test]
    fn whatever_two_sides_hold_they_hold_the_same_after_repair(
        common in prop::collection::btree_map(0_u16..2_000, any::<u64>(), 0..300),
        ours in prop::collection::btree_map(0_u16..2_000, any::<u64>(), 0..20),
        theirs in prop::collection::btree_map(0_u16..2_000, any::<u64>(), 0..20),
        bytes_max in 0_usize..2_000,
    ) {
        let side = |own: BTreeMap<u16, u64>| -> Side {
            let all = common.clone().into_iter().chain(own);
            all.map(|(number, short)| (record(number), short)).collect()
        };
        let (server, mut device) = (side(ours), side(theirs));
        let differs = |device: &Side| Sums::of(lines(&server)).differing(&Sums::of(lines(device)));
        let mut open = differs(&device);
        let mut said = 0;
        while !open.is_empty() {
            let asked = lists(&lines(&device), open.iter().copied(), bytes_max);
            prop_assert!(!asked.is_empty());
            for list in asked {
                let findings = list.findings(&lines(&server));
                said += findings.len();
                follow(&mut device, &server, &findings);
                open.retain(|bucket| *bucket != list.bucket);
            }
        }
        prop_assert_eq!(&device, &server);
        prop_assert!(differs(&device).is_empty());
        prop_assert!(said <= 40, "only what differs is said");
    }
}

#[test]
fn equal_feeds_have_equal_sums_and_one_record_more_shows_in_its_bucket_alone() {
    let side: Side = (0..500)
        .map(|number| (record(number), u64::from(number)))
        .collect();
    let mut more = side.clone();
    more.insert(record(900), 7);
    let (ours, theirs) = (Sums::of(lines(&side)), Sums::of(lines(&more)));
    assert!(ours.differing(&ours).is_empty());
    assert_eq!(ours.differing(&theirs), [bucket(record(900))]);
}

#[test]
fn what_is_no_list_of_sums_differs_everywhere() {
    let sums = Sums::of([]);
    let cut = Sums(vec![0; 2_047].into());
    assert_eq!(sums.differing(&cut), [u8::MAX]);
    let none = Sums(Vec::new().into());
    assert_eq!(sums.differing(&none).len(), 256);
}

#[test]
fn a_list_reads_back_and_the_rest_of_a_cut_one_is_none() {
    let line = Line::new(record(5), Digest([9; 32]));
    let list = BucketList::new(3, &[line, line]);
    assert_eq!(list.lines().collect::<Vec<_>>(), [line, line]);
    let cut = BucketList {
        bucket: 3,
        lines: list.lines[..40].to_vec().into(),
    };
    assert_eq!(cut.lines().collect::<Vec<_>>(), [line]);
}

#[test]
fn a_bucket_is_answered_once_however_often_it_is_listed() {
    let ours: Vec<Line> = (0..=u8::MAX)
        .map(|n| Line::new(RecordId([n; 16]), Digest([n; 32])))
        .collect();
    let at = bucket(ours[0].record);
    let lists = vec![BucketList::new(at, &[]); 100_000];
    let found = findings(&lists, ours.iter().copied());
    let lacking = ours.iter().filter(|line| bucket(line.record) == at);
    let lacking: Vec<Finding> = lacking.map(|line| Finding::Lacking(line.record)).collect();
    assert_eq!(found, [(at, lacking)]);
}

#[test]
fn more_lists_than_buckets_are_not_read() {
    let list = || BucketList::new(3, &[]);
    let asked = |count| Asked::Lists(std::iter::repeat_with(list).take(count).collect());
    let read = |asked: &Asked| minicbor::decode::<Asked>(&minicbor::to_vec(asked).unwrap()).is_ok();
    assert!(read(&asked(REPAIR_LISTS_MAX)));
    assert!(!read(&asked(REPAIR_LISTS_MAX + 1)));
}
