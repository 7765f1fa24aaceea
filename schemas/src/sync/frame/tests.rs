//! Frames, held to their word.

use super::*;
use crate::id::LogId;
use crate::sync::exchange::Hello;

fn hello() -> Item {
    Item::Hello(Hello {
        log: LogId([3; 16]),
        now_ms: 5,
        grants: None,
        stations: None,
        standing: None,
    })
}

#[test]
fn items_come_out_whole_wherever_the_bytes_are_cut() {
    let bytes = [encode(&hello()), encode(&Item::End)].concat();
    for cut in 0..=bytes.len() {
        let mut frames = Frames::default();
        let mut items = Vec::new();
        for part in [&bytes[..cut], &bytes[cut..]] {
            frames.push(part);
            while let Some(item) = frames.next_item().unwrap() {
                items.push(item);
            }
        }
        assert_eq!(items, [hello(), Item::End]);
        assert!(frames.is_between_items());
    }
}

#[test]
fn a_length_without_end_is_refused_before_anything_is_kept() {
    let mut frames = Frames::default();
    frames.push(&[0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    assert!(matches!(frames.next_item(), Err(FrameError::TooLarge(_))));
}

#[test]
fn what_is_no_byte_string_is_refused() {
    let mut frames = Frames::default();
    frames.push(&[0xa0, 0x00]);
    assert!(frames.next_item().is_err());
}
