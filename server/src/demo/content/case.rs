//! One case (诉求件), put together from everything else in this folder.

use super::calendar;
use super::enterprise::{Enterprise, Register};
use super::life::{self, Event};
use super::mix;
use super::money::{Recovered, Stake};
use super::narrative::{self, Scene};
use super::person::{Consumer, Party};
use super::phrases::{Book, Section};
use super::rng::Rng;
use super::trade::{self, Item};

/// A demand of a consumer, with all that happened to it.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::demo) struct Case {
    /// `complaint`, `tip_off`, `consultation` or `other`.
    pub(in crate::demo) nature: &'static str,
    /// How it came, `12315` or `walk_in` for example.
    pub(in crate::demo) channel: &'static str,
    /// The number another system gave it; unique per generator and prefix.
    pub(in crate::demo) external_no: Option<String>,
    /// When it came; also the time of the first event.
    pub(in crate::demo) received_at_ms: i64,
    /// The code of the goods or services (客体类别).
    pub(in crate::demo) category: &'static str,
    /// The code of the problem (问题性质).
    pub(in crate::demo) problem: &'static str,
    /// Who it is about.
    pub(in crate::demo) respondent: Enterprise,
    /// What was said, 40 to 300 characters, now and then up to 2,000.
    pub(in crate::demo) narrative: String,
    /// What is asked for; empty unless a complaint.
    pub(in crate::demo) claims: Vec<&'static str>,
    /// How much is asked for.
    pub(in crate::demo) claimed_fen: i64,
    /// `minor`, `elderly`, `disabled`.
    pub(in crate::demo) vulnerable: Vec<&'static str>,
    /// What the consumer agreed to.
    pub(in crate::demo) consents: Consents,
    /// Who it is from; none if they gave no name.
    pub(in crate::demo) party: Option<Party>,
    /// What happened, oldest first; begins with `received`.
    pub(in crate::demo) events: Vec<Event>,
    /// What came back by the end.
    pub(in crate::demo) recovered: Recovered,
}

/// What a consumer agreed to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::demo) struct Consents {
    /// The outcome may be published.
    pub(in crate::demo) publish: bool,
    /// Another body may mediate.
    pub(in crate::demo) delegate: bool,
}

/// What is known when a demand comes in.
#[derive(Debug)]
pub(super) struct Intake {
    pub(super) nature: &'static str,
    pub(super) problem: &'static str,
    pub(super) channel: &'static str,
    pub(super) received_at_ms: i64,
}

impl Intake {
    pub(super) fn draw(
        rng: &mut Rng,
        nature: &'static str,
        problem: &'static str,
        (from_ms, to_ms): (i64, i64),
    ) -> Self {
        let channel = mix::channel(rng, nature);
        let received_at_ms = calendar::arrival(rng, from_ms, to_ms, mix::hours(channel));
        Self {
            nature,
            problem,
            channel,
            received_at_ms,
        }
    }
}

/// The case that begins with `intake`, under an external number if it has one, as it stands at `until_ms`.
pub(super) fn make(
    rng: &mut Rng,
    book: &Book,
    register: &Register,
    intake: &Intake,
    (external_no, until_ms): (Option<String>, i64),
) -> Case {
    let &Intake {
        nature,
        problem,
        channel,
        received_at_ms,
    } = intake;
    let matter = Matter::draw(rng, book, register, intake);
    let agreed = matter.stake.agreed(rng);
    let refer_to = format!("{}{}", register.region_name, matter.about.first("refer"));
    let events = life::of_case(rng, nature, (received_at_ms, until_ms), agreed, &refer_to);
    let narrative = narrative::tell(rng, book, &matter.scene(intake));
    let named = rng.happens(named_per_mille(nature));
    Case {
        nature,
        channel,
        external_no,
        received_at_ms,
        category: matter.category,
        problem,
        narrative,
        claimed_fen: matter.stake.claimed_fen(),
        consents: consents(rng, nature),
        party: named.then(|| matter.consumer.party(rng, book, register)),
        recovered: life::recovered(&events, agreed),
        events,
        claims: matter.claims,
        vulnerable: matter.consumer.vulnerable,
        respondent: matter.respondent,
    }
}

/// What a demand is about.
struct Matter<'a> {
    category: &'static str,
    about: &'a Section,
    item: Item,
    respondent: Enterprise,
    consumer: Consumer,
    claims: Vec<&'static str>,
    stake: Stake,
}

impl<'a> Matter<'a> {
    fn draw(rng: &mut Rng, book: &'a Book, register: &Register, intake: &Intake) -> Self {
        let category = trade::category_with(rng, book, intake.problem);
        let about = book.categories.section(category);
        let item = trade::item_with(rng, about, intake.problem);
        let respondent = register.seller(rng, category, &item);
        let price_yuan = item.price_yuan(rng);
        let (consumer, claims, stake) = if intake.nature == "complaint" {
            let consumer = Consumer::complaining(rng, category, intake.channel);
            let claims = mix::claims(rng, intake.problem, about.first("kind"));
            let stake = Stake::of(rng, price_yuan, (category, intake.problem), &claims);
            (consumer, claims, stake)
        } else {
            (
                Consumer::calling(rng),
                Vec::new(),
                Stake::nothing_asked(price_yuan),
            )
        };
        Self {
            category,
            about,
            item,
            respondent,
            consumer,
            claims,
            stake,
        }
    }

    fn scene(&'a self, intake: &'a Intake) -> Scene<'a> {
        Scene {
            about: self.about,
            nature: intake.nature,
            problem: intake.problem,
            shop: &self.respondent.name,
            item: self.item.name,
            stake: self.stake,
            consumer: &self.consumer,
            claims: &self.claims,
            received_at_ms: intake.received_at_ms,
        }
    }
}

/// Complainants must give their names; who reports or asks often does not.
fn named_per_mille(nature: &str) -> u64 {
    match nature {
        "complaint" => 1_000,
        "tip_off" => 450,
        "consultation" => 500,
        _ => 600,
    }
}

fn consents(rng: &mut Rng, nature: &str) -> Consents {
    if nature != "complaint" {
        return Consents::default();
    }
    Consents {
        publish: rng.happens(620),
        delegate: rng.happens(800),
    }
}
