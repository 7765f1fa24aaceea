//! Ranges of keys, held to their word.

use super::*;

#[test]
fn a_prefix_that_ends_in_the_greatest_byte_carries_over() {
    assert_eq!(KeyRange::prefix(b"a\xff\xff").end(), Some(&b"b"[..]));
    assert_eq!(KeyRange::prefix(b"\xff").end(), None);
    assert_eq!(KeyRange::prefix(b""), KeyRange::all());
}

#[test]
fn the_next_page_begins_behind_the_last_key_and_never_before_the_range() {
    let range = KeyRange::from_to(b"b", b"d");
    assert_eq!(range.after(b"b").start(), b"b\0");
    assert_eq!(range.after(b"a").start(), b"b");
    assert!(range.after(b"d").is_empty());
    assert!(!range.contains(b"d") && range.contains(b"b"));
}
