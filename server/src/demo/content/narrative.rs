//! What the consumer said, as a note taker writes it down: sentences chosen by nature, problem and category.

use super::calendar::{self, DAY_MS};
use super::money::Stake;
use super::person::{self, Consumer};
use super::phrases::{Book, Section, fill};
use super::rng::Rng;
use super::trade;

const CHARS_MIN: usize = 40;
const CHARS_USUAL_MAX: usize = 300;
const CHARS_MAX: usize = 2_000;
const LONG_PER_MILLE: u64 = 15;
/// A diary tells of at most this many days before the complaint; an entry takes one or two.
const DIARY_DAYS: i64 = 90;
const DIARY_ENTRIES_MAX: usize = 45;

/// What a narrative is about.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    /// The words of the category.
    pub(super) about: &'a Section,
    pub(super) nature: &'a str,
    pub(super) problem: &'a str,
    pub(super) shop: &'a str,
    pub(super) item: &'a str,
    pub(super) stake: Stake,
    pub(super) consumer: &'a Consumer,
    pub(super) claims: &'a [&'static str],
    pub(super) received_at_ms: i64,
}

/// Tells the story of a case.
pub(super) fn tell(rng: &mut Rng, book: &Book, scene: &Scene<'_>) -> String {
    let bought_days_ago = rng.between(8, 75).min(rng.between(8, 75));
    let mut teller = Teller {
        rng,
        book,
        scene,
        bought_days_ago,
    };
    let mut text = match scene.nature {
        "complaint" => teller.complaint(),
        "tip_off" => teller.tip_off(),
        "consultation" => teller.consultation(),
        _ => teller.one_of("other", "any"),
    };
    if text.chars().count() < CHARS_MIN {
        text.push_str("请站点依法处理，并将结果告知反映人，电话随时可以接通。");
    }
    text
}

struct Teller<'a> {
    rng: &'a mut Rng,
    book: &'a Book,
    scene: &'a Scene<'a>,
    bought_days_ago: i64,
}

impl Teller<'_> {
    fn complaint(&mut self) -> String {
        let kind = self.kind();
        let is_long = self.rng.happens(LONG_PER_MILLE);
        if is_long {
            self.bought_days_ago += DIARY_DAYS;
        }
        let mut text = self.one_of("opening", kind);
        let is_poor_service = (kind, self.scene.problem) == ("service", "quality");
        text += &self.one_of(
            "problem",
            if is_poor_service {
                "quality_service"
            } else {
                self.scene.problem
            },
        );
        for group in &self.scene.consumer.vulnerable {
            text += &self.one_of(group, "any");
        }
        if is_long {
            text += &self.diary();
        } else if self.rng.happens(800) {
            text += &self.one_of("reply", "any");
        }
        if self.rng.happens(450) {
            text += &self.one_of("evidence", kind);
        }
        for claim in self.scene.claims {
            let sentence = self.one_of("claim", claim);
            if text.chars().count() + sentence.chars().count() <= CHARS_MAX {
                text += &sentence;
            }
        }
        text
    }

    /// Who reports names an offence.
    fn tip_off(&mut self) -> String {
        let offence = self.one_of(
            if self.kind() == "service" {
                "offence_service"
            } else {
                "offence_goods"
            },
            self.scene.problem,
        );
        self.one_of("tip_off", "any").replace("{offence}", &offence)
    }

    fn consultation(&mut self) -> String {
        let own = if self.kind() == "service" {
            "service"
        } else {
            self.scene.problem
        };
        let key = if self.rng.happens(800) { own } else { "any" };
        self.one_of("consultation", key)
    }

    /// `service` or `goods`, which are spoken of differently.
    fn kind(&self) -> &'static str {
        if self.scene.about.first("kind") == "service" {
            "service"
        } else {
            "goods"
        }
    }

    /// The story day by day, for those who tell everything.
    fn diary(&mut self) -> String {
        let length = self
            .rng
            .between(400, 1_700)
            .min(self.rng.between(400, 1_700));
        let length = usize::try_from(length).unwrap_or(CHARS_USUAL_MAX);
        let mut at_ms = self.scene.received_at_ms - DIARY_DAYS * DAY_MS;
        let mut text = String::from("具体经过如下：");
        let mut entries = Vec::new();
        for _ in 0..DIARY_ENTRIES_MAX {
            if text.chars().count() >= length {
                break;
            }
            if entries.is_empty() {
                entries = self.book.patterns.section("diary").all("any").to_vec();
                self.rng.shuffle(&mut entries);
            }
            at_ms += self.rng.between(1, 2) * DAY_MS;
            let entry = entries.pop().unwrap_or_default();
            text += &self.fill(&entry.replace("{date}", &calendar::month_and_day(at_ms)));
        }
        text
    }

    fn one_of(&mut self, section: &str, key: &str) -> String {
        let pattern = self.rng.pick(self.book.patterns.section(section).all(key));
        self.fill(pattern)
    }

    fn fill(&mut self, pattern: &str) -> String {
        let scene = self.scene;
        let rng = &mut *self.rng;
        let detail = rng.pick(&trade::details(scene.about, scene.problem, scene.item));
        let (who, me) = &scene.consumer.voice;
        let bought_ms = scene.received_at_ms - self.bought_days_ago * DAY_MS;
        let price = scene.stake.price_yuan;
        let overcharge = if scene.problem == "price" {
            scene.stake.refund_fen / 100
        } else {
            0
        };
        let extra = if overcharge > 0 {
            overcharge
        } else {
            (price * rng.between(4, 22) / 100).clamp(3, 900)
        };
        let slots: [(&str, &str); 13] = [
            ("{detail}", detail),
            ("{who}", who),
            ("{me}", me),
            ("{shop}", scene.shop),
            ("{item}", scene.item),
            ("{date}", &calendar::month_and_day(bought_ms)),
            (
                "{days}",
                &rng.between(3, (self.bought_days_ago - 2).min(28))
                    .to_string(),
            ),
            ("{price}", &price.to_string()),
            ("{extra}", &extra.to_string()),
            ("{some}", &(rng.between(2, 30) * 10).to_string()),
            ("{claimed}", &(scene.stake.refund_fen / 100).to_string()),
            (
                "{pay}",
                rng.pick(&self.book.people.section("pay").words("any")),
            ),
            ("{staff}", &person::staff(rng, self.book)),
        ];
        fill(pattern, &slots)
    }
}
