//! The small pieces by which text is found: two characters where one of them is neither Latin nor a digit, else three.
//!
//! A piece lies whole within what is searched for, and so within every text that has it: what has not all pieces of a text does not have
//! the text. What has them may still not have it; whoever looks, looks again.

use fieldwatch_schemas::summary::Summary;

/// A piece, as a number: two pieces may have the same one, which costs a look and changes no answer.
pub(in crate::replica) type Gram = u32;

/// Of a long text so many pieces are looked up.
const LOOKED_UP_MAX: usize = 12;
/// Marks what is no piece of a text.
const FACET: u64 = 1 << 63;

/// Everything that a record is found by, sorted.
pub(super) fn of_summary(summary: &Summary) -> Vec<Gram> {
    let mut grams = Vec::new();
    of_text(&summary.search, &mut grams);
    if !summary.search.starts_with(&summary.title) {
        of_text(&summary.title.to_lowercase(), &mut grams);
    }
    grams.push(kind(summary.kind.name()));
    grams.push(status(&summary.status));
    grams.sort_unstable();
    grams.dedup();
    grams
}

/// The pieces of a text that is searched for: none if it is too short to have one.
pub(super) fn of_search(text: &str) -> Vec<Gram> {
    let mut grams = Vec::new();
    of_text(text, &mut grams);
    grams.sort_unstable();
    grams.dedup();
    grams.truncate(LOOKED_UP_MAX);
    grams
}

/// The kind of a record.
pub(super) fn kind(name: &str) -> Gram {
    facet(b'k', name)
}

/// The status of a record.
pub(super) fn status(name: &str) -> Gram {
    facet(b's', name)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Narrow,
    Wide,
    Gap,
}

fn class(char: char) -> Class {
    match char {
        'a'..='z' | '0'..='9' => Class::Narrow,
        _ if !char.is_ascii() && char.is_alphanumeric() => Class::Wide,
        _ => Class::Gap,
    }
}

fn of_text(text: &str, grams: &mut Vec<Gram>) {
    let mut before = [('\0', Class::Gap); 2];
    for char in text.chars() {
        let now = class(char);
        let [(first, class_of_first), (second, class_of_second)] = before;
        match (class_of_first, class_of_second, now) {
            (_, Class::Gap, _) | (_, _, Class::Gap) => {}
            (Class::Narrow, Class::Narrow, Class::Narrow) => {
                grams.push(number(first, second, char));
            }
            (_, Class::Narrow, Class::Narrow) => {}
            _ => grams.push(number('\0', second, char)),
        }
        before = [(second, class_of_second), (char, now)];
    }
}

/// Characters have 21 bits.
fn number(first: char, second: char, third: char) -> Gram {
    let packed = (u64::from(first) << 42) | (u64::from(second) << 21) | u64::from(third);
    mixed(packed)
}

fn facet(which: u8, name: &str) -> Gram {
    let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = name.bytes().fold(fold(0xcbf2_9ce4_8422_2325, which), fold);
    mixed(hash | FACET)
}

/// Spreads evenly over all numbers (the finalizer of SplitMix64).
fn mixed(packed: u64) -> Gram {
    let mut hash = packed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    u32::try_from((hash ^ (hash >> 31)) >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_of_two_characters_have_a_piece_and_single_characters_have_none() {
        assert_eq!(of_search("退款").len(), 1);
        assert_eq!(of_search("买3台").len(), 2);
        assert_eq!(of_search("refund").len(), 4);
        assert!(of_search("退").is_empty());
        assert!(of_search("no").is_empty());
        assert!(of_search("退 款").is_empty());
    }

    proptest! {
        #[test]
        fn a_text_has_every_piece_of_every_part_of_it(
            text in "[a-c0-2退款货，。 é]{0,24}", from in 0_usize..24, count in 0_usize..8,
        ) {
            let part: String = text.chars().skip(from).take(count).collect();
            let mut all = Vec::new();
            of_text(&text, &mut all);
            for gram in of_search(&part) {
                prop_assert!(all.contains(&gram), "{part:?} of {text:?}");
            }
        }
    }
}
