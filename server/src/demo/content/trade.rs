//! What shops sell, and what goes wrong with it: the lines of goods.txt and services.txt read as meaning.

use super::phrases::{Book, Section};
use super::rng::Rng;

/// Goods or a service with its price range in yuan.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Item {
    pub(super) name: &'static str,
    low_yuan: i64,
    high_yuan: i64,
    shops: &'static str,
}

impl Item {
    /// Reads `name | low | high | kinds of shop`.
    pub(super) fn parse(line: &'static str) -> Self {
        let mut fields = line.split('|').map(str::trim);
        let name = fields.next().unwrap_or_default();
        let mut bound = || {
            fields
                .next()
                .and_then(|yuan| yuan.parse().ok())
                .unwrap_or(1)
        };
        let (low_yuan, high_yuan) = (bound(), bound());
        Self {
            name,
            low_yuan,
            high_yuan,
            shops: fields.next().unwrap_or_default(),
        }
    }

    /// Whether that kind of shop has it.
    pub(super) fn is_sold_by(&self, trade: &str) -> bool {
        self.shops.split_whitespace().any(|shop| shop == trade)
    }

    /// A price in its range, the low half more often, ending as prices end.
    pub(super) fn price_yuan(&self, rng: &mut Rng) -> i64 {
        let mut draw = || rng.between(self.low_yuan, self.high_yuan);
        let price = draw().min(draw());
        let ending = rng.pick(&[0, 8, 9, 9]);
        if price < 100 {
            price
        } else {
            (price / 10 * 10 + ending).clamp(self.low_yuan, self.high_yuan)
        }
    }
}

/// A category whose items can have the problem: nobody weighs a haircut.
pub(super) fn category_with(rng: &mut Rng, book: &Book, problem: &str) -> &'static str {
    let has_it = |about: &Section| {
        if is_told_alike(problem) {
            about.first("counter") != "no"
        } else {
            !about.all(problem).is_empty()
        }
    };
    let categories = book
        .categories
        .sections()
        .filter(|(_, about)| has_it(about));
    let weights: Vec<(&'static str, u64)> = categories
        .map(|(code, about)| (code, about.number("weight")))
        .collect();
    rng.weighted(&weights)
}

/// An item of the category that can have the problem.
pub(super) fn item_with(rng: &mut Rng, about: &Section, problem: &str) -> Item {
    let items = about.all("item").iter().map(|line| Item::parse(line));
    let fitting: Vec<Item> = items
        .filter(|item| is_told_alike(problem) || !details(about, problem, item.name).is_empty())
        .collect();
    rng.pick(&fitting)
}

/// The clauses that say how the item has the problem: those marked `@` with a part of its name, and those not marked.
pub(super) fn details(about: &Section, problem: &str, item: &str) -> Vec<&'static str> {
    let mut fitting = Vec::new();
    for line in about.all(problem) {
        let mut parts = line.split(" @");
        let clause = parts.next().unwrap_or_default();
        let mut marks = parts.peekable();
        if marks.peek().is_none() || marks.any(|mark| item.contains(mark.trim())) {
            fitting.push(clause);
        }
    }
    fitting
}

/// Whether the problem is told in the same words whatever was bought.
fn is_told_alike(problem: &str) -> bool {
    matches!(problem, "price" | "dignity" | "other")
}
