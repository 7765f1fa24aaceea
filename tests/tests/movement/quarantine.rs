//! Work that came too late: from a revoked device, on a case that went elsewhere. It waits, and is released or discarded.

use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::world::{World, text};
use serde_json::json;

use super::scene::{
    FIRST, SECOND, case_with_consumer, field, holds, kept_back, only_waiting, settle, staff_of,
    two_stations, waiting,
};

/// The device of this name.
fn device_of(world: &World, name: &str) -> Told<String> {
    let lines = world.admin(&["device", "list"])?.lines()?;
    let found = lines.iter().find(|line| line["name"] == name);
    text(found.ok_or_else(|| Fault::new("no such device"))?, "device")
}

#[test]
fn what_a_revoked_device_had_not_sent_waits_and_once_released_is_there_in_its_authors_name()
-> Told<()> {
    let world = two_stations()?;
    let (_, li) = staff_of(&world, "li", &[FIRST])?;
    let (_, wang) = staff_of(&world, "wang", &[FIRST])?;
    let (case, _) = case_with_consumer(&li)?;
    settle(&[&li, &wang])?;
    li.json(&["set", &case, "goods_name", "手机"])?;
    let made = li.new_record("case", &["nature=tip_off"])?;
    world.admin(&["device", "revoke", &device_of(&world, "li")?])?;
    for _ in 0..2 {
        assert_eq!(li.refusal(&["sync"])?.0, ProblemKind::DeviceRevoked);
    }
    let entries = waiting(&world)?;
    assert_eq!(entries.len(), 2, "once each: {entries:?}");
    for entry in &entries {
        assert_eq!(entry["reason"], "device_revoked");
        assert_eq!(entry["changes"], 1);
    }
    settle(&[&wang])?;
    assert!(field(&wang, &case, "goods_name")?.is_null(), "not before");

    let of = |record: &str| {
        let found = entries.iter().find(|entry| entry["record"] == record);
        text(found.ok_or_else(|| Fault::new("it does not wait"))?, "id")
    };
    let shown = world.admin(&["quarantine", "show", &of(&case)?])?.json()?;
    assert_eq!(
        shown["preview"]["fields"]["goods_name"]["after"],
        json!("手机")
    );
    world.admin(&["quarantine", "release", &of(&case)?])?;
    // While the server is at rest, too.
    world.stop()?;
    world.admin(&["quarantine", "release", &of(&made)?])?;
    assert!(waiting(&world)?.is_empty());
    world.serve_again()?;
    settle(&[&wang])?;
    assert_eq!(field(&wang, &case, "goods_name")?, json!("手机"));
    assert!(holds(&wang, &made)?);
    assert_eq!(li.refusal(&["sync"])?.0, ProblemKind::DeviceRevoked);
    assert!(waiting(&world)?.is_empty(), "what is durable waits no more");
    assert_eq!(world.check()?, 3);
    Ok(())
}

#[test]
fn work_on_a_case_that_went_elsewhere_waits_and_its_device_keeps_it_until_it_is_released()
-> Told<()> {
    let world = two_stations()?;
    let (_, li) = staff_of(&world, "li", &[FIRST])?;
    let (_, wang) = staff_of(&world, "wang", &[FIRST])?;
    let (_, sun) = staff_of(&world, "sun", &[SECOND])?;
    let (case, _) = case_with_consumer(&li)?;
    settle(&[&li, &wang, &sun])?;
    wang.json(&["set", &case, "goods_name", "手机"])?;
    li.json(&["set", &case, "station", SECOND])?;
    settle(&[&li, &sun])?;
    wang.sync()?;
    assert_eq!(kept_back(&wang)?, ["awaits_release"]);
    wang.sync()?;
    assert!(holds(&wang, &case)?, "it is kept while it waits");
    let (id, record, reason) = only_waiting(&world)?;
    assert_eq!(
        (record.as_str(), reason.as_str()),
        (case.as_str(), "not_permitted")
    );
    assert_eq!(
        world.attempt(&["quarantine", "release", "0"])?.code(),
        Some(1)
    );

    world.admin(&["quarantine", "release", &id])?;
    settle(&[&sun])?;
    assert_eq!(field(&sun, &case, "goods_name")?, json!("手机"));
    wang.json(&["quarantine", "retry", &case])?;
    settle(&[&wang])?;
    assert!(!holds(&wang, &case)? && kept_back(&wang)?.is_empty());
    assert_eq!(world.check()?, 2);
    Ok(())
}

#[test]
fn work_that_is_discarded_on_both_sides_is_gone() -> Told<()> {
    let world = two_stations()?;
    let (_, li) = staff_of(&world, "li", &[FIRST])?;
    let (_, wang) = staff_of(&world, "wang", &[FIRST])?;
    let (case, _) = case_with_consumer(&li)?;
    settle(&[&li, &wang])?;
    wang.json(&["set", &case, "goods_name", "手机"])?;
    li.json(&["set", &case, "station", SECOND])?;
    settle(&[&li])?;
    wang.sync()?;
    let (id, _, _) = only_waiting(&world)?;
    world.admin(&["quarantine", "discard", &id])?;
    assert!(waiting(&world)?.is_empty());
    wang.json(&["quarantine", "discard", &case])?;
    settle(&[&wang])?;
    assert!(!holds(&wang, &case)?);
    assert!(waiting(&world)?.is_empty());
    assert_eq!(world.check()?, 2);
    Ok(())
}

#[test]
fn the_name_of_what_waits_is_another_once_more_came_and_of_a_visit_it_is_not_told_whose_it_is()
-> Told<()> {
    let world = two_stations()?;
    let (_, li) = staff_of(&world, "li", &[FIRST])?;
    settle(&[&li])?;
    let visit = li.new_record("inspection", &["region=330106"])?;
    world.admin(&["device", "revoke", &device_of(&world, "li")?])?;
    assert_eq!(li.refusal(&["sync"])?.0, ProblemKind::DeviceRevoked);
    let entries = waiting(&world)?;
    assert_eq!((entries.len(), &entries[0]["record"]), (1, &json!(visit)));
    assert!(entries[0]["person"].is_null() && entries[0]["device"].is_null());
    let seen = text(&entries[0], "id")?;
    li.json(&["set", &visit, "enterprise", "一家店"])?;
    assert_eq!(li.refusal(&["sync"])?.0, ProblemKind::DeviceRevoked);
    let released = world.attempt(&["quarantine", "release", &seen])?;
    assert_eq!(released.code(), Some(1), "nobody looked at that");
    let (id, _, _) = only_waiting(&world)?;
    assert_ne!(id, seen);
    world.admin(&["quarantine", "release", &id])?;
    assert!(waiting(&world)?.is_empty());
    Ok(())
}
