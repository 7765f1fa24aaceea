//! Tests of: types as people have spelled them in twenty years of XLSForm.

use super::*;

#[test]
fn older_spellings_in_any_case_mean_the_same() {
    let one = |list: &str, or_other| Row::Question {
        kind: Kind::SelectOne,
        list: Some(list.to_owned()),
        or_other,
    };
    assert_eq!(understand("select_one Yn"), one("Yn", false));
    assert_eq!(understand("Select One from Yn"), one("Yn", false));
    assert_eq!(understand("SELECT1 Yn or_other"), one("Yn", true));
    assert_eq!(
        understand("add select one prompt using Yn"),
        one("Yn", false)
    );
    assert_eq!(understand("begin  Repeat"), Row::Begin(Container::Repeat));
    assert_eq!(understand("Begin Lgroup"), Row::Begin(Container::Repeat));
    assert_eq!(
        understand("begin_loop over Cities"),
        Row::Begin(Container::Loop(Some("Cities".to_owned())))
    );
    assert_eq!(understand("END GROUP"), Row::End(Container::Group));
    assert_eq!(understand("add date time prompt"), plain(Kind::DateTime));
    assert_eq!(
        understand("get phone number"),
        plain(Kind::Metadata("phonenumber".to_owned()))
    );
    assert_eq!(
        understand("imei"),
        plain(Kind::Metadata("deviceid".to_owned()))
    );
    assert_eq!(
        understand("select_one_from_file a.csv"),
        plain(Kind::Unsupported("select_one_from_file a.csv".to_owned()))
    );
    assert_eq!(understand("select_one"), plain(Kind::SelectOne));
    assert_eq!(
        understand("selection"),
        plain(Kind::Unsupported("selection".to_owned()))
    );
}
