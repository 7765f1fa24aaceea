//! Generated cases: the intake of a consumer's complaint, by chance.

use fieldwatch_schemas::field::{FieldValue, Scalar};
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::edit::Act;
use fieldwatch_schemas::time::Moment;

use super::BEGAN_MS;
use crate::bench::case::{Case, set, sixteen};
use crate::bench::words;
use crate::chance::Chance;
use crate::fault::Told;

/// One in so many cases has the rare word.
const RARE_EVERY: usize = 10_000;

/// The case of a number at a station; it depends on these two alone.
pub(super) fn case(station: &str, number: usize) -> Told<Case> {
    let place = station.bytes().fold(7_u64, |sum, byte| {
        sum.wrapping_mul(131).wrapping_add(u64::from(byte))
    });
    let mixed = u64::try_from(number)?.wrapping_mul(0x1234_5677) ^ place;
    let mut chance = Chance::seeded(mixed);
    let now = Moment::china(BEGAN_MS + i64::try_from(number)? * 300_000);
    let shop = words::shop(&mut chance);
    let (mut narrative, paid_fen) = words::narrative(&mut chance, &shop);
    if number % RARE_EVERY == RARE_EVERY / 2 {
        narrative.push_str(words::RARE);
    }
    let text = |path: &str, text: String| set(path, Scalar::Text(text));
    let mut acts = vec![
        text("nature", "complaint".to_owned()),
        text("channel", words::pick(&mut chance, words::CHANNELS)),
        set("received_at", Scalar::Time(now.ms)),
        text("station", station.to_owned()),
        text("category", words::pick(&mut chance, words::CATEGORIES)),
        text("problem", words::pick(&mut chance, words::PROBLEMS)),
        text("respondent.name", shop),
        text("respondent.address", words::address(&mut chance)),
        set("claimed_fen", Scalar::Int(i64::try_from(paid_fen)?)),
    ];
    acts.push(Act::Set {
        path: "narrative".to_owned(),
        value: FieldValue::LongText(narrative),
    });
    let id = RecordId::fresh(Kind::Case, now.ms, sixteen(&mut chance));
    Case::begun(id, &acts, now, chance)
}
