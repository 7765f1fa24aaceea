//! 统一社会信用代码: the 18-character code of an organisation, with both of its check characters.
//!
//! Shape (GB 32100-2015): registrar, kind, region of GB/T 2260 (6), organisation (8 + check by GB 11714), check mod 31.
//! Our organisation codes begin with X, which no registrar has issued.

use super::rng::Rng;

/// The 31 characters of GB 32100: no I, O, S, V or Z, which look like digits or each other.
const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const ORGANISATION_WEIGHTS: [u64; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// A new code of a company (`1`) or a sole trader (`2`) in `region`.
pub(super) fn invent(rng: &mut Rng, region: &str) -> String {
    let kind = rng.weighted(&[('1', 6), ('2', 4)]);
    let mut body = String::from("X");
    let alphabet: Vec<char> = ALPHABET.chars().collect();
    for _ in 0..7 {
        body.push(rng.pick(&alphabet));
    }
    let check = organisation_check(&body);
    let code = format!("9{kind}{region}{body}{check}");
    let check = check_character(&code);
    format!("{code}{check}")
}

/// The 18th character for the first 17: weights are the powers of 3 modulo 31.
pub(super) fn check_character(first_17: &str) -> char {
    let mut weight = 1;
    let mut sum = 0;
    for c in first_17.chars() {
        let value = ALPHABET.chars().position(|a| a == c).unwrap_or(0);
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    ALPHABET.chars().nth((31 - sum % 31) % 31).unwrap_or('0')
}

/// The ninth character of an organisation code (GB 11714): digits count as themselves, A as 10, B as 11…
fn organisation_check(body: &str) -> char {
    let values = body.chars().map(|c| c.to_digit(36).map_or(0, u64::from));
    let sum: u64 = values
        .zip(ORGANISATION_WEIGHTS)
        .map(|(value, weight)| value * weight)
        .sum();
    match 11 - sum % 11 {
        10 => 'X',
        11 => '0',
        digit => u32::try_from(digit)
            .ok()
            .and_then(|digit| char::from_digit(digit, 10))
            .unwrap_or('0'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_characters_agree_with_published_codes() {
        for published in [
            "91330100799655058B",
            "9144030071526726XG",
            "914403001922038216",
        ] {
            let chars: Vec<char> = published.chars().collect();
            let part = |range: std::ops::Range<usize>| chars[range].iter().collect::<String>();
            assert_eq!(chars[17], check_character(&part(0..17)), "{published}");
            assert_eq!(chars[16], organisation_check(&part(8..16)), "{published}");
        }
    }
}
