//! Cases that go from station to station, and stations that go from region to region.

use fieldwatch_tests::fault::Told;
use serde_json::json;

use super::scene::{
    FIRST, SECOND, agree, case_with_consumer, coordinator, field, holds, kept_back, settle,
    staff_of, two_stations,
};

#[test]
fn a_case_goes_there_and_back_with_its_consumer_and_leaves_nothing_behind() -> Told<()> {
    let world = two_stations()?;
    let (_, li) = staff_of(&world, "li", &[FIRST])?;
    let (_, sun) = staff_of(&world, "sun", &[SECOND])?;
    let (_, both) = staff_of(&world, "both", &[FIRST, SECOND])?;
    let (case, party) = case_with_consumer(&li)?;
    settle(&[&li, &sun, &both])?;
    assert!(holds(&both, &case)? && !holds(&sun, &case)?);

    li.json(&["set", &case, "station", SECOND])?;
    settle(&[&li, &sun, &both])?;
    assert!(!holds(&li, &case)? && !holds(&li, &party)?);
    assert!(holds(&sun, &case)? && holds(&both, &case)? && holds(&both, &party)?);
    assert_eq!(field(&sun, &party, "phone")?, json!("13800000000"));
    agree(&world, &li, &["station/330106-0012"])?;

    // Both at work offline while it is on its way back.
    sun.json(&["set", &case, "station", FIRST])?;
    both.json(&["set", &case, "goods_name", "手机"])?;
    sun.json(&["set", &case, "brand", "某品牌"])?;
    settle(&[&sun, &both, &li])?;
    assert!(!holds(&sun, &case)? && !holds(&sun, &party)?);
    assert_eq!(field(&li, &case, "goods_name")?, json!("手机"));
    assert_eq!(field(&li, &case, "brand")?, json!("某品牌"));
    assert_eq!(field(&li, &party, "station")?, json!(FIRST));
    for device in [&li, &sun, &both] {
        assert!(kept_back(device)?.is_empty());
    }
    agree(
        &world,
        &sun,
        &["station/330108-0001", "station/330108-0001/personal"],
    )?;
    assert_eq!(world.check()?, 2);
    Ok(())
}

#[test]
fn a_consumer_with_another_case_at_the_old_station_stays_with_both() -> Told<()> {
    let world = two_stations()?;
    let (_, li) = staff_of(&world, "li", &[FIRST])?;
    let (_, sun) = staff_of(&world, "sun", &[SECOND])?;
    let (case, party) = case_with_consumer(&li)?;
    let other = li.new_record("case", &["nature=complaint", &format!("party={party}")])?;
    settle(&[&li])?;
    li.json(&["set", &case, "station", SECOND])?;
    settle(&[&li, &sun])?;
    assert!(holds(&li, &party)? && holds(&sun, &party)?);
    assert!(!holds(&li, &case)? && holds(&li, &other)?);
    li.json(&["set", &other, "station", SECOND])?;
    settle(&[&li, &sun])?;
    assert!(!holds(&li, &party)? && holds(&sun, &party)?);
    assert_eq!(world.check()?, 3);
    Ok(())
}

#[test]
fn a_station_that_is_not_there_gets_nothing() -> Told<()> {
    let world = two_stations()?;
    let (_, li) = staff_of(&world, "li", &[FIRST])?;
    let (case, _) = case_with_consumer(&li)?;
    settle(&[&li])?;
    li.json(&["set", &case, "station", "999999-0001"])?;
    li.sync()?;
    assert_eq!(kept_back(&li)?, ["record_invalid"]);
    li.json(&["set", &case, "station", SECOND])?;
    settle(&[&li])?;
    assert!(!holds(&li, &case)?, "corrected, it goes where it should");
    assert_eq!(world.check()?, 2);
    Ok(())
}

#[test]
fn a_station_that_moves_takes_its_cases_to_the_coordinators_of_its_new_region() -> Told<()> {
    let world = two_stations()?;
    let (_, li) = staff_of(&world, "li", &[FIRST])?;
    let old = coordinator(&world, "old", "330106")?;
    let new = coordinator(&world, "new", "330108")?;
    let city = coordinator(&world, "city", "330100")?;
    let (case, _) = case_with_consumer(&li)?;
    settle(&[&li, &old, &new, &city])?;
    assert!(holds(&old, &case)? && !holds(&new, &case)?);
    world.admin(&["station", "change", FIRST, "--region", "330108"])?;
    assert_eq!(world.check()?, 2, "at once");
    settle(&[&li, &old, &new, &city])?;
    assert!(!holds(&old, &case)? && holds(&new, &case)? && holds(&city, &case)?);
    assert!(holds(&li, &case)?);
    agree(&world, &new, &["region/330108"])?;
    // The same with the server at rest.
    world.stop()?;
    world.admin(&["station", "change", FIRST, "--region", "330106"])?;
    world.serve_again()?;
    settle(&[&old, &new])?;
    assert!(holds(&old, &case)? && !holds(&new, &case)?);
    assert_eq!(world.check()?, 2);
    Ok(())
}
