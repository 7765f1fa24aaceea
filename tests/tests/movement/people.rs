//! People who get another role or another place, and cases that two stations share.

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_tests::fault::Told;
use serde_json::json;

use super::scene::{
    FIRST, SECOND, agree, case_with_consumer, coordinator, field, holds, kept_back, only_waiting,
    settle, staff_of, two_stations, waiting,
};

#[test]
fn a_station_handed_over_leaves_nothing_with_the_old_team_and_everything_with_the_new() -> Told<()>
{
    let world = two_stations()?;
    let (li_person, li) = staff_of(&world, "li", &[FIRST])?;
    let (sun_person, sun) = staff_of(&world, "sun", &[SECOND])?;
    let mut records = Vec::new();
    for _ in 0..5 {
        let (case, party) = case_with_consumer(&li)?;
        records.extend([case, party]);
    }
    settle(&[&li, &sun])?;
    let late = li.new_record("case", &["nature=tip_off", "respondent.name=茶楼"])?;

    world.admin(&["person", "change", &li_person, "--station", SECOND])?;
    let to_sun = ["person", "change", &sun_person];
    world.admin(&[&to_sun[..], &["--station", FIRST, "--station", SECOND]].concat())?;
    li.sync()?;
    settle(&[&sun, &li])?;
    for record in &records {
        assert!(!holds(&li, record)? && holds(&sun, record)?);
    }
    agree(&world, &li, &["station/330108-0001"])?;
    agree(
        &world,
        &sun,
        &["station/330106-0012", "station/330106-0012/personal"],
    )?;

    // What the old team had not sent yet is neither lost nor theirs any more.
    assert_eq!(kept_back(&li)?, ["awaits_release"]);
    let (id, record, _) = only_waiting(&world)?;
    assert_eq!(record, late);
    world.admin(&["quarantine", "release", &id])?;
    settle(&[&sun])?;
    assert!(holds(&sun, &late)?);
    li.json(&["quarantine", "retry", &late])?;
    settle(&[&li])?;
    assert!(!holds(&li, &late)? && kept_back(&li)?.is_empty());
    let made = li.new_record("case", &["nature=complaint"])?;
    assert_eq!(field(&li, &made, "station")?, json!(SECOND), "from now on");
    settle(&[&li, &sun])?;
    assert!(holds(&sun, &made)?);
    assert_eq!(world.check()?, 12);
    Ok(())
}

#[test]
fn a_role_that_is_taken_takes_the_records_with_it() -> Told<()> {
    let world = two_stations()?;
    let (person, li) = staff_of(&world, "li", &[FIRST])?;
    let (case, party) = case_with_consumer(&li)?;
    settle(&[&li])?;
    world.admin(&["person", "change", &person, "--role", "volunteer"])?;
    settle(&[&li])?;
    assert!(!holds(&li, &case)? && !holds(&li, &party)?);
    let line = ["new", "case", "--set", "nature=complaint"];
    let station = format!("station={FIRST}");
    let refused = li.refusal(&[&line[..], &["--set", &station]].concat())?;
    assert!(refused.1.contains("volunteer"), "{refused:?}");
    let wrong = world.attempt(&["person", "change", &person, "--role", "coordinator"])?;
    assert_eq!(wrong.code(), Some(1), "a coordinator needs a region");
    world.admin(&[
        "person",
        "change",
        &person,
        "--role",
        "coordinator",
        "--region",
        "330106",
    ])?;
    settle(&[&li])?;
    assert!(holds(&li, &case)? && !holds(&li, &party)?);
    Ok(())
}

#[test]
fn a_case_that_another_station_holds_is_refused_until_it_is_shared_and_then_both_see_all_of_it()
-> Told<()> {
    let world = two_stations()?;
    let (_, li) = staff_of(&world, "li", &[FIRST])?;
    let (_, sun) = staff_of(&world, "sun", &[SECOND])?;
    let key = ["nature=complaint", "channel=12315", "external_no=7"];
    let case = RecordId::natural(Kind::Case, &["12315", "7"]).to_string();
    let first = li.new_record("case", &[&key[..], &["narrative=李记下的"]].concat())?;
    assert_eq!(first, case);
    settle(&[&li])?;
    let second = sun.new_record("case", &[&key[..], &["goods_name=手机"]].concat())?;
    assert_eq!(second, case);
    sun.sync()?;
    assert_eq!(kept_back(&sun)?, ["held_elsewhere"]);
    assert!(waiting(&world)?.is_empty());
    assert!(
        field(&sun, &case, "narrative")?.is_null(),
        "nothing is told"
    );

    let told = world
        .admin(&["share", &case, "--station", SECOND])?
        .json()?;
    assert_eq!(told["shared_with"], json!([SECOND]));
    sun.json(&["quarantine", "retry", &case])?;
    settle(&[&sun, &li])?;
    for device in [&li, &sun] {
        assert_eq!(field(device, &case, "narrative")?, json!("李记下的"));
        assert_eq!(field(device, &case, "goods_name")?, json!("手机"));
        assert!(kept_back(device)?.is_empty());
    }
    // Both had said that it is theirs; a person settles that, and sharing ends it for the second.
    let region = coordinator(&world, "region", "330100")?;
    settle(&[&region])?;
    let conflicts = region.lines(&["conflicts"])?;
    let stations = conflicts.iter().find(|each| each["path"] == "station");
    let values = stations.and_then(|each| each["values"].as_array().cloned());
    let values = values.unwrap_or_default();
    let place = values.iter().position(|each| each["value"] == FIRST);
    let number = (place.map_or(0, |place| place + 1)).to_string();
    region.json(&["resolve", &case, "station", "--choose", &number])?;
    settle(&[&region, &li, &sun])?;
    assert!(holds(&sun, &case)?, "still shared");
    region.json(&["set", &case, "shared_with", ""])?;
    settle(&[&region, &li, &sun])?;
    assert!(!holds(&sun, &case)? && holds(&li, &case)?);
    assert_eq!(world.check()?, 1);
    Ok(())
}
