//! Consumers: who they are, how old, and how a note taker speaks of them.

use super::enterprise::Register;
use super::phrases::Book;
use super::rng::Rng;

/// The consumer (消费者) as a record of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) struct Party {
    /// One of the commonest surnames with a common given name.
    pub(in crate::demo) name: String,
    /// Eleven digits in a range given to no operator.
    pub(in crate::demo) phone: String,
    /// `under_14` to `75_plus`.
    pub(in crate::demo) age_band: &'static str,
    /// A street that does not exist.
    pub(in crate::demo) address: String,
}

/// What the story needs to know of a consumer.
#[derive(Debug)]
pub(super) struct Consumer {
    pub(super) vulnerable: Vec<&'static str>,
    pub(super) age_band: &'static str,
    /// At first mention, and afterwards.
    pub(super) voice: (String, &'static str),
}

impl Consumer {
    /// One who complains; 一老一小 come more often where the old and the young are customers.
    pub(super) fn complaining(rng: &mut Rng, category: &str, channel: &str) -> Self {
        let (young, old) = match category {
            "internet_services" | "culture_sports_leisure" | "education_training" => (80, 30),
            "medicine_medical" | "health_care" | "tourism" | "telecom_services" | "insurance" => {
                (5, 140)
            }
            "vehicles" | "decoration_property" | "finance" => (0, 60),
            "food" => (20, 65),
            _ => (5, 65),
        };
        let mut consumer = match rng.below(1_000) {
            n if n < young => Self::minor(rng),
            n if n < young + old => Self::elderly(rng),
            _ => Self::adult(rng, channel),
        };
        if rng.happens(8) {
            consumer.vulnerable.push("disabled");
        }
        consumer
    }

    /// One who asks, reports or suggests.
    pub(super) fn calling(rng: &mut Rng) -> Self {
        let who = rng.pick(&["来电人", "一位市民", "附近居民", "消费者", "来访群众"]);
        Self {
            vulnerable: Vec::new(),
            age_band: adult_band(rng),
            voice: (who.to_owned(), "其"),
        }
    }

    fn minor(rng: &mut Rng) -> Self {
        let age = rng.between(8, 17);
        let age_band = if age < 14 { "under_14" } else { "14_17" };
        let who = rng.pick(&["我家孩子", "我儿子", "我女儿"]);
        Self {
            vulnerable: vec!["minor"],
            age_band,
            voice: (format!("{who}（{age}岁）"), "家长"),
        }
    }

    fn elderly(rng: &mut Rng) -> Self {
        let age = rng.between(60, 84).min(rng.between(62, 86));
        let age_band = if age < 75 { "60_74" } else { "75_plus" };
        let (who, me) = rng.pick(&[
            ("我母亲", "老人"),
            ("我父亲", "老人"),
            ("本人", "本人"),
            ("家中老人", "老人"),
        ]);
        Self {
            vulnerable: vec!["elderly"],
            age_band,
            voice: (format!("{who}（{age}岁）"), me),
        }
    }

    fn adult(rng: &mut Rng, channel: &str) -> Self {
        let me = match channel {
            "call" | "hotline" | "12345" => rng.pick(&["来电人", "消费者", "投诉人"]),
            _ => rng.pick(&["我", "我", "消费者", "投诉人"]),
        };
        Self {
            vulnerable: Vec::new(),
            age_band: adult_band(rng),
            voice: (me.to_owned(), me),
        }
    }

    /// The record of this consumer.
    pub(super) fn party(&self, rng: &mut Rng, book: &Book, register: &Register) -> Party {
        let segment = rng.pick(&["142", "143", "154"]);
        Party {
            name: name(rng, book),
            phone: format!("{segment}0000{:04}", rng.below(10_000)),
            age_band: self.age_band,
            address: format!("{}{}幢", register.address(rng), rng.between(1, 26)),
        }
    }
}

/// A shop assistant, as customers know them: 小王, 张店长.
pub(super) fn staff(rng: &mut Rng, book: &Book) -> String {
    let surnames = book.people.section("person").words("surname");
    let surname = rng.early(&surnames).copied().unwrap_or_default();
    match rng.below(3) {
        0 => format!("小{surname}"),
        1 => format!("{surname}经理"),
        _ => format!("{surname}店员"),
    }
}

fn name(rng: &mut Rng, book: &Book) -> String {
    let people = book.people.section("person");
    let surnames = people.words("surname");
    let surname = rng.early(&surnames).copied().unwrap_or_default();
    format!("{surname}{}", rng.pick(&people.words("given")))
}

fn adult_band(rng: &mut Rng) -> &'static str {
    rng.weighted(&[("18_29", 28), ("30_44", 42), ("45_59", 30)])
}
