//! The shops of a region: invented names, streets that do not exist, codes whose check characters are right.

use std::collections::BTreeMap;

use super::credit_code;
use super::phrases::Book;
use super::rng::Rng;
use super::trade::Item;

/// Shops per category; few enough that some are complained about often.
const SHOPS: usize = 14;
const SEED: u64 = 0x5348_4F50;

/// A shop or company (经营者), as respondent of a case or place of an inspection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::demo) struct Enterprise {
    /// Its invented name.
    pub(in crate::demo) name: String,
    /// 统一社会信用代码, 18 characters, with right check characters.
    pub(in crate::demo) credit_code: String,
    /// A street that does not exist in a district that does.
    pub(in crate::demo) address: String,
    /// A landline nobody has: local numbers do not begin with 0.
    pub(in crate::demo) phone: String,
}

/// A shop with the kind of shop it is, which decides what it sells.
type Shop = (&'static str, Enterprise);

/// Every shop of a region by category, the same for each station in it.
#[derive(Debug)]
pub(super) struct Register {
    /// Code of GB/T 2260.
    pub(super) region: String,
    /// Province, city and district.
    pub(super) region_name: &'static str,
    /// The middle of the region in micro-degrees of WGS-84: latitude, longitude.
    pub(super) middle_e6: (i32, i32),
    roads: Vec<&'static str>,
    area_code: &'static str,
    shops: BTreeMap<&'static str, Vec<Shop>>,
}

impl Register {
    pub(super) fn of_region(book: &Book, code: &str) -> Self {
        let place = book.people.section("place");
        let lines = place.all("region");
        let line = lines
            .iter()
            .find(|line| line.starts_with(code))
            .or(lines.first())
            .copied()
            .unwrap_or_default();
        let mut fields = line.split('|').map(str::trim).skip(1);
        let mut field = || fields.next().unwrap_or_default();
        let mut register = Self {
            region: code.to_owned(),
            region_name: field(),
            middle_e6: (field().parse().unwrap_or(0), field().parse().unwrap_or(0)),
            area_code: field(),
            roads: place.words("road"),
            shops: BTreeMap::new(),
        };
        let mut rng = Rng::new(code.parse().unwrap_or(0) ^ SEED);
        for (category, section) in book.categories.sections() {
            let shops = register.found(&mut rng.fork(), book, section.all("shop"));
            register.shops.insert(category, shops);
        }
        register
    }

    /// A shop of the category that sells the item; the first ones of the register more often.
    pub(super) fn seller(&self, rng: &mut Rng, category: &str, item: &Item) -> Enterprise {
        let shops = self.shops.get(category).map_or(&[][..], Vec::as_slice);
        let sellers: Vec<&Shop> = shops
            .iter()
            .filter(|(trade, _)| item.is_sold_by(trade))
            .collect();
        rng.early(&sellers)
            .map(|(_, enterprise)| enterprise.clone())
            .unwrap_or_default()
    }

    /// An address in the region.
    pub(super) fn address(&self, rng: &mut Rng) -> String {
        format!(
            "{}{}{}号",
            self.region_name,
            rng.pick(&self.roads),
            rng.between(1, 388)
        )
    }

    fn found(&self, rng: &mut Rng, book: &Book, trades: &[&'static str]) -> Vec<Shop> {
        let mut brands = book.people.section("brand").words("word");
        rng.shuffle(&mut brands);
        let mut found = |(brand, trade): (&str, &&'static str)| {
            let enterprise = Enterprise {
                name: format!("{brand}{trade}"),
                credit_code: credit_code::invent(rng, &self.region),
                address: self.address(rng),
                phone: format!("{}-0000{:04}", self.area_code, rng.below(10_000)),
            };
            (*trade, enterprise)
        };
        brands
            .into_iter()
            .take(SHOPS)
            .zip(trades.iter().cycle())
            .map(&mut found)
            .collect()
    }
}
