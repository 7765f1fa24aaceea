//! Areas (行政区划): the county-level codes of GB/T 2260, and which region covers which.
//!
//! A code is six digits, two per level: `33|01|06` is 浙江省, 杭州市, 西湖区; `00` means "the whole
//! level above". Three things differ from the plain picture:
//!
//! - municipalities and directly administered counties have **groupings** in the middle (`110100`
//!   市辖区, `429000` 省直辖县级行政区划) that are codes but nobody's name or council;
//! - 东莞 `441900`, 中山 `442000` and 儋州 `460400` are cities without counties: two levels;
//! - Taiwan, Hong Kong and Macao are not in the table, which is the Statistics Bureau's.

use std::sync::OnceLock;

const TABLE: &str = include_str!("../data/gbt2260.csv");

/// One row of the table. A region covers an area exactly if it is one of the area's [`levels`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Area {
    /// Six digits.
    pub code: &'static str,
    /// The Chinese name of this level alone: `西湖区`.
    pub name: &'static str,
    /// How high it stands.
    pub level: Level,
}

/// The level of an area; the codes of the list `region_level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 省、自治区、直辖市.
    Province,
    /// 地级市、州、盟, and groupings.
    City,
    /// 区、县、县级市.
    County,
}

impl Level {
    /// The code in the list `region_level`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Province => "province",
            Self::City => "city",
            Self::County => "county",
        }
    }
}

/// Why a text is not the code of an area.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AreaError {
    /// Not six ASCII digits.
    #[error("{code:?} is not an area code: GB/T 2260 codes have six digits, such as 330106")]
    Malformed {
        /// The text given.
        code: String,
    },
    /// Six digits that the table does not have.
    #[error("area code {code} is not in the GB/T 2260 table")]
    Unknown {
        /// The code given.
        code: String,
    },
}

impl Area {
    /// Whether this code only gathers others (市辖区, 省直辖县级行政区划) and is left out of
    /// addresses.
    #[must_use]
    pub fn is_grouping(&self) -> bool {
        self.level == Level::City
            && (matches!(self.name, "市辖区" | "县") || self.name.ends_with("直辖县级行政区划"))
    }

    /// The digits that say something: `33`, `3301` or `330106`. One area covers another if its
    /// digits begin the other's.
    #[must_use]
    pub fn digits(&self) -> &'static str {
        significant(self.code)
    }
}

/// The area of a code.
#[must_use]
pub fn find(code: &str) -> Option<&'static Area> {
    let areas = areas();
    areas.get(areas.binary_search_by_key(&code, |area| area.code).ok()?)
}

/// All areas, in the order of their codes.
#[must_use]
pub fn areas() -> &'static [Area] {
    static AREAS: OnceLock<Vec<Area>> = OnceLock::new();
    AREAS.get_or_init(|| {
        let mut areas: Vec<Area> = TABLE.lines().skip(1).filter_map(parse_row).collect();
        areas.sort_by_key(|area| area.code);
        // The table repeats a city without counties as its own county; the first row stays.
        areas.dedup_by_key(|area| area.code);
        areas
    })
}

/// The codes that cover an area, highest first, its own last: province, city, county.
///
/// Of a code that the table lacks (a county younger than this build) the levels above it that are
/// known, so that its records still reach a coordinator; of a malformed code nothing. Where a code
/// is first taken in, [`known`] says what is wrong with it.
#[must_use]
pub fn levels(code: &str) -> Vec<&'static str> {
    chain(code).into_iter().map(|area| area.code).collect()
}

/// The full Chinese name, as in an address: `浙江省杭州市西湖区`, `北京市东城区`.
///
/// # Errors
///
/// [`AreaError`] if the code is malformed or unknown.
pub fn full_name(code: &str) -> Result<String, AreaError> {
    let area = known(code)?;
    let mut names: Vec<&str> = chain(area.code)
        .into_iter()
        .filter(|above| !above.is_grouping() || above.code == area.code)
        .map(|above| above.name)
        .collect();
    names.dedup(); // 嘉峪关市 620200 has one county, 嘉峪关市 620201
    Ok(names.concat())
}

/// Whether somebody responsible for `region` is responsible for `code`: 330000 and 330100 contain
/// 330106, and each area contains itself.
///
/// # Errors
///
/// [`AreaError`] if either code is malformed or unknown.
pub fn contains(region: &str, code: &str) -> Result<bool, AreaError> {
    Ok(known(code)?.code.starts_with(known(region)?.digits()))
}

/// The area of a code, or what is wrong with the code.
///
/// # Errors
///
/// [`AreaError`] if the code is malformed or unknown.
pub fn known(code: &str) -> Result<&'static Area, AreaError> {
    if !is_well_formed(code) {
        return Err(AreaError::Malformed {
            code: code.to_owned(),
        });
    }
    find(code).ok_or_else(|| AreaError::Unknown {
        code: code.to_owned(),
    })
}

/// The known areas that cover a code, highest first.
fn chain(code: &str) -> Vec<&'static Area> {
    if !is_well_formed(code) {
        return Vec::new();
    }
    let starts = [2, 4, 6].into_iter().filter_map(|len| code.get(..len));
    let mut areas: Vec<&Area> = starts
        .filter_map(|start| find(&format!("{start:0<6}")))
        .collect();
    areas.dedup(); // 330000 is its own city and county
    areas
}

fn is_well_formed(code: &str) -> bool {
    code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// `code,name,level,parent`; the level follows from the code.
fn parse_row(row: &'static str) -> Option<Area> {
    let mut columns = row.split(',');
    let (code, name) = (columns.next()?, columns.next()?);
    let level = match significant(code).len() {
        2 => Level::Province,
        4 => Level::City,
        _ => Level::County,
    };
    Some(Area { code, name, level })
}

fn significant(code: &'static str) -> &'static str {
    let city = code.strip_suffix("00").unwrap_or(code);
    city.strip_suffix("00").unwrap_or(city)
}

#[cfg(test)]
mod tests {
    use super::{AreaError, Level, areas, contains, find, full_name, known, levels};

    /// Checked by hand against the Statistics Bureau's published table.
    const HAND_CHECKED: [(&str, &[&str], &str); 15] = [
        (
            "330106",
            &["330000", "330100", "330106"],
            "浙江省杭州市西湖区",
        ),
        ("330900", &["330000", "330900"], "浙江省舟山市"),
        ("330000", &["330000"], "浙江省"),
        (
            "320585",
            &["320000", "320500", "320585"],
            "江苏省苏州市太仓市",
        ),
        ("310115", &["310000", "310100", "310115"], "上海市浦东新区"),
        ("110101", &["110000", "110100", "110101"], "北京市东城区"),
        ("500103", &["500000", "500100", "500103"], "重庆市渝中区"),
        ("500229", &["500000", "500200", "500229"], "重庆市城口县"),
        ("429004", &["420000", "429000", "429004"], "湖北省仙桃市"),
        ("419001", &["410000", "419000", "419001"], "河南省济源市"),
        ("469002", &["460000", "469000", "469002"], "海南省琼海市"),
        (
            "659001",
            &["650000", "659000", "659001"],
            "新疆维吾尔自治区石河子市",
        ),
        ("441900", &["440000", "441900"], "广东省东莞市"),
        ("460400", &["460000", "460400"], "海南省儋州市"),
        ("620201", &["620000", "620200", "620201"], "甘肃省嘉峪关市"),
    ];

    #[test]
    fn hand_checked_areas_have_their_levels_and_full_names() {
        for (code, expected, name) in HAND_CHECKED {
            assert_eq!(levels(code), expected, "{code}");
            assert_eq!(full_name(code).unwrap(), name, "{code}");
        }
    }

    #[test]
    fn every_area_has_every_level_above_it_in_the_table() {
        assert_eq!(areas().len(), 3_348);
        assert_eq!(
            areas()
                .iter()
                .filter(|area| area.level == Level::Province)
                .count(),
            31
        );
        for area in areas() {
            let expected = match area.level {
                Level::Province => 1,
                Level::City => 2,
                Level::County => 3,
            };
            let chain = levels(area.code);
            assert_eq!(chain.len(), expected, "{}", area.code);
            assert_eq!(chain.last(), Some(&area.code));
            assert!(!area.name.is_empty());
        }
    }

    #[test]
    fn the_levels_of_an_area_are_exactly_the_regions_that_contain_it() {
        for area in areas().iter().step_by(97).chain(find("441900")) {
            let chain = levels(area.code);
            for region in areas() {
                let covered = contains(region.code, area.code).unwrap();
                assert_eq!(
                    covered,
                    chain.contains(&region.code),
                    "{} in {}",
                    area.code,
                    region.code
                );
            }
        }
    }

    #[test]
    fn a_region_covers_its_own_and_nothing_beside_or_above() {
        for (region, code, covered) in [
            ("330000", "330106", true),
            ("330100", "330106", true),
            ("330106", "330106", true),
            ("330106", "330100", false),
            ("330100", "330000", false),
            ("330200", "330106", false),
            ("320000", "330106", false),
            ("110000", "110101", true),
            ("440000", "441900", true),
            ("441900", "442000", false),
        ] {
            assert_eq!(contains(region, code), Ok(covered), "{code} in {region}");
        }
    }

    #[test]
    fn a_wrong_code_is_refused_with_what_is_wrong() {
        for text in ["", "33", "3301060", "33010A", "３３０１０６", "33010 "] {
            assert_eq!(
                known(text),
                Err(AreaError::Malformed {
                    code: text.to_owned()
                })
            );
            assert_eq!(levels(text), Vec::<&str>::new());
        }
        assert_eq!(
            known("339999").unwrap_err().to_string(),
            "area code 339999 is not in the GB/T 2260 table"
        );
        assert_eq!(
            contains("990000", "330106"),
            Err(AreaError::Unknown {
                code: "990000".to_owned()
            })
        );
        assert_eq!(
            contains("330000", "000000"),
            Err(AreaError::Unknown {
                code: "000000".to_owned()
            })
        );
    }

    #[test]
    fn a_county_the_table_lacks_still_has_the_levels_above_it() {
        assert_eq!(levels("330199"), ["330000", "330100"]);
        assert_eq!(levels("339999"), ["330000"]);
        assert_eq!(levels("990000"), Vec::<&str>::new());
    }

    #[test]
    fn groupings_are_told_from_real_cities() {
        for code in ["110100", "310100", "500200", "419000", "659000"] {
            assert!(find(code).unwrap().is_grouping(), "{code}");
        }
        for code in ["330100", "110000", "441900", "620201", "620200"] {
            assert!(!find(code).unwrap().is_grouping(), "{code}");
        }
    }
}
