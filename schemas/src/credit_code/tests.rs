//! Codes that are right, and every way in which one can be wrong.

use super::{ALPHABET, CreditCode, CreditCodeError, check, check_character_of};
use crate::code::Lang;

/// The standard's own example, then the published codes of well-known companies.
const VALID: [&str; 7] = [
    "91350100M000100Y43",
    "91330100799655058B",
    "9144030071526726XG",
    "914403001922038216",
    "91110000802100433B",
    "91310000132200821H",
    "91440300708461136T",
];

#[test]
fn valid_codes_are_read() {
    for text in VALID {
        assert_eq!(CreditCode::parse(text).unwrap().as_str(), text);
    }
    assert_eq!(
        CreditCode::parse("91330100799655058B").unwrap().area(),
        "330100"
    );
}

#[test]
fn codes_are_read_as_people_type_them() {
    for text in [
        "91330100799655058b",
        " 913301 00799655 058B ",
        "９１３３０１００７９９６５５０５８Ｂ",
        "91330100-799655058-B",
    ] {
        assert_eq!(
            text.parse::<CreditCode>().unwrap().to_string(),
            "91330100799655058B"
        );
    }
}

#[test]
fn records_store_only_the_canonical_form() {
    assert_eq!(check("91330100799655058B"), Ok(()));
    assert_eq!(
        check("91330100799655058b"),
        Err(CreditCodeError::Character {
            position: 18,
            found: 'b'
        })
    );
    assert_eq!(
        check("91330100 799655058B"),
        Err(CreditCodeError::Length { found: 19 })
    );
}

#[test]
fn every_single_wrong_character_is_found() {
    for text in VALID {
        for place in 0..18 {
            for wrong in ALPHABET
                .iter()
                .filter(|known| text.as_bytes()[place] != **known)
            {
                let mut bytes = text.as_bytes().to_vec();
                bytes[place] = *wrong;
                let mistyped = String::from_utf8(bytes).unwrap();
                assert!(CreditCode::parse(&mistyped).is_err(), "{mistyped}");
            }
        }
    }
}

#[test]
fn two_neighbours_swapped_are_found() {
    for text in VALID {
        for place in 0..17 {
            let mut bytes = text.as_bytes().to_vec();
            bytes.swap(place, place + 1);
            let swapped = String::from_utf8(bytes).unwrap();
            assert_eq!(
                CreditCode::parse(&swapped).is_ok(),
                swapped == text,
                "{swapped}"
            );
        }
    }
}

#[test]
fn every_check_character_can_be_right() {
    let reached: std::collections::BTreeSet<char> = ('0'..='9')
        .flat_map(|a| ('0'..='9').map(move |b| format!("913301000000000{a}{b}")))
        .map(|code| check_character_of(&code))
        .collect();
    assert_eq!(reached.len(), ALPHABET.len());
}

#[test]
fn a_wrong_check_character_is_named_with_the_right_one() {
    let error = CreditCode::parse("91330100799655058C").unwrap_err();
    assert_eq!(
        error,
        CreditCodeError::Check {
            found: 'C',
            expected: 'B'
        }
    );
    assert_eq!(
        error.in_words(Lang::Zh),
        "校验码是“C”，按前17位应为“B”：请逐位核对"
    );
}

#[test]
fn a_letter_the_standard_leaves_out_is_named_with_its_place() {
    for found in ['I', 'O', 'S', 'V', 'Z'] {
        let error = CreditCode::parse(&format!("9133010079965505{found}B")).unwrap_err();
        assert_eq!(
            error,
            CreditCodeError::ExcludedLetter {
                position: 17,
                found
            }
        );
        assert!(
            error
                .in_words(Lang::Zh)
                .contains(&format!("第17位是“{found}”"))
        );
    }
}

#[test]
fn length_area_and_foreign_characters_are_told_apart() {
    for (text, expected) in [
        ("", CreditCodeError::Length { found: 0 }),
        ("91330100799655058", CreditCodeError::Length { found: 17 }),
        ("91330100799655058BB", CreditCodeError::Length { found: 19 }),
        (
            "9133A100799655058B",
            CreditCodeError::Area {
                position: 5,
                found: 'A',
            },
        ),
        (
            "9133010079965505码B",
            CreditCodeError::Character {
                position: 17,
                found: '码',
            },
        ),
        (
            "91330100799655058*",
            CreditCodeError::Character {
                position: 18,
                found: '*',
            },
        ),
    ] {
        assert_eq!(CreditCode::parse(text), Err(expected.clone()), "{text}");
        assert!(!expected.in_words(Lang::Zh).is_empty());
    }
}
