//! Who may not, is told so, each with a problem kind of its own, and learns nothing else: not by status, words or length.

use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::sync::enrol::TicketLink;
use fieldwatch_schemas::sync::exchange::Item;
use fieldwatch_schemas::sync::token::NONCE_HEADER;
use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::peer::{Heard, Peer, problem_of, try_enrol};
use fieldwatch_tests::wire::Answer;
use fieldwatch_tests::world::World;
use std::time::{Duration, Instant};

const STATION: &str = "330106-0012";

/// A world in which a station of Hangzhou and one of Shanghai hold cases.
fn two_regions() -> Told<World> {
    let world = World::begin()?;
    for (name, station, region) in [("li", STATION, "330106"), ("sun", "310101-0001", "310101")] {
        world.station(station, region)?;
        let staff = world.staff(name, station)?;
        staff.new_record("case", &["nature=complaint", "respondent.name=商行"])?;
        staff.settle()?;
    }
    Ok(world)
}

/// A device made by hand, for a new person.
fn peer(world: &World, role: &str, place: &[&str], seed: u8) -> Told<Peer> {
    let person = world.person(&format!("peer {seed}"), role, place)?;
    Peer::enrol(&world.ticket(&person, &[])?, seed)
}

fn refusal(heard: Heard) -> Told<(ProblemKind, Answer)> {
    match heard {
        Heard::Problem(kind, answer) => Ok((kind, answer)),
        Heard::Items(items) => Err(Fault::new(format!("not refused: {} items", items.len()))),
    }
}

/// What of an answer could tell something: everything; of what is new every time, the length.
fn outside(answer: &Answer) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let mut headers = answer.headers.clone();
    for (name, value) in &mut headers {
        if ["date", "fieldwatch-request", NONCE_HEADER].contains(&name.as_str()) {
            *value = value.len().to_string();
        }
    }
    (answer.status, headers, answer.body.clone())
}

#[test]
fn enrolment_without_a_good_ticket_is_refused_by_kind() -> Told<()> {
    let world = World::begin()?;
    let person = world.person("chen", "volunteer", &[])?;
    let used = world.ticket(&person, &[])?;
    world.enrolled("chen", &used)?;
    let expired = world.ticket(&person, &["--valid", "1s"])?;
    let link = TicketLink::parse(&used)?;
    let asks = |code: Option<&str>| problem_of(&try_enrol(&link, code, 9)?);

    assert_eq!(asks(None)?, ProblemKind::TicketRequired);
    assert_eq!(
        asks(Some("AAECAwQFBgcICQoLDA0ODw"))?,
        ProblemKind::TicketUnknown
    );
    assert_eq!(asks(Some(&link.code))?, ProblemKind::TicketUsed);
    pass(Duration::from_millis(1_100));
    let code = TicketLink::parse(&expired)?.code;
    assert_eq!(asks(Some(&code))?, ProblemKind::TicketExpired);

    let home = world.home("nobody");
    assert_eq!(home.refusal(&["enrol", &used])?.0, ProblemKind::TicketUsed);
    assert_eq!(
        home.refusal(&["enrol", &expired])?.0,
        ProblemKind::TicketExpired
    );
    assert_eq!(home.refusal(&["sync"])?.0, ProblemKind::NotEnrolled);
    Ok(())
}

/// Lets the clock pass a moment that nothing announces.
fn pass(wait: Duration) {
    let until = Instant::now() + wait;
    while Instant::now() < until {
        std::thread::park_timeout(until.saturating_duration_since(Instant::now()));
    }
}

#[test]
fn a_revoked_device_is_refused_at_once_and_keeps_its_work() -> Told<()> {
    let world = two_regions()?;
    let place = ["--station", STATION];
    let mut revoked = peer(&world, "station_staff", &place, 21)?;
    assert!(matches!(
        revoked.ask(&["station/330106-0012"])?,
        Heard::Items(_)
    ));
    world.admin(&["device", "revoke", &revoked.device().to_string()])?;
    let (kind, _) = refusal(revoked.ask(&["station/330106-0012"])?)?;
    assert_eq!(kind, ProblemKind::DeviceRevoked);

    let zhao = world.staff("zhao", STATION)?;
    zhao.settle()?;
    let record = zhao.new_record("case", &["nature=tip_off"])?;
    let device = zhao_device(&world, "zhao")?;
    world.admin(&["device", "revoke", &device])?;
    assert_eq!(zhao.refusal(&["sync"])?.0, ProblemKind::DeviceRevoked);
    assert_eq!(
        zhao.states()?.get(&record).map(String::as_str),
        Some("local")
    );
    assert_eq!(world.check()?, 2);
    Ok(())
}

/// The id of the device of this name.
fn zhao_device(world: &World, name: &str) -> Told<String> {
    let ran = world.admin(&["device", "list"])?;
    let lines = ran.lines()?;
    let found = lines.iter().find(|line| line["name"] == name);
    let id = found.and_then(|line| line["device"].as_str());
    id.map(str::to_owned).ok_or_else(|| Fault::new(ran.told()))
}

#[test]
fn a_device_that_is_unknown_and_one_with_a_wrong_key_are_told_the_same() -> Told<()> {
    let world = World::begin()?;
    let stranger = DeviceId([7; 16]);
    let mut unknown = peer(&world, "volunteer", &[], 31)?.named(stranger);
    let mut forged = peer(&world, "volunteer", &[], 32)?.with_key_of(33)?;
    let (kind, first) = refusal(unknown.ask(&["shared"])?)?;
    assert_eq!(kind, ProblemKind::DeviceUnknown);
    let (kind, second) = refusal(forged.ask(&["shared"])?)?;
    assert_eq!(kind, ProblemKind::DeviceUnknown);
    assert_eq!(outside(&first), outside(&second));
    Ok(())
}

#[test]
fn a_feed_that_is_not_granted_is_refused_alike_whether_it_exists_or_not() -> Told<()> {
    let world = two_regions()?;
    let mut volunteer = peer(&world, "volunteer", &[], 41)?;
    let mut other = peer(&world, "station_staff", &["--station", "310101-0001"], 42)?;
    let asked = [
        "station/330106-0012",
        "station/330106-9999",
        "station/330106-0012/personal",
        "station/330106-9999/personal",
        "person/00000000-0000-4000-8000-000000000000",
        "region/330106",
        "no-such-feed",
    ];
    let mut answers = Vec::new();
    for asker in [&mut volunteer, &mut other] {
        for feed in asked {
            let (kind, answer) = refusal(asker.ask(&[feed])?)?;
            assert_eq!(kind, ProblemKind::FeedNotGranted, "{feed}");
            answers.push(outside(&answer));
        }
        // One that is granted does not open the door for one that is not.
        let (kind, answer) = refusal(asker.ask(&["shared", "station/330106-0012"])?)?;
        assert_eq!(kind, ProblemKind::FeedNotGranted);
        answers.push(outside(&answer));
        assert_nothing_but_shared(asker.ask(&["shared"])?)?;
    }
    assert!(
        answers.windows(2).all(|two| two[0] == two[1]),
        "{answers:?}"
    );
    Ok(())
}

#[test]
fn a_coordinator_is_refused_another_region_alike_whether_it_exists_or_not() -> Told<()> {
    let world = two_regions()?;
    let mut coordinator = peer(&world, "coordinator", &["--region", "330100"], 51)?;
    let asked = [
        "region/310101",
        "region/310000",
        "region/650100",
        "region/330000",
        "region/999999",
    ];
    let mut answers = Vec::new();
    for region in asked {
        let (kind, answer) = refusal(coordinator.ask(&[region])?)?;
        assert_eq!(kind, ProblemKind::RegionNotGranted, "{region}");
        answers.push(outside(&answer));
    }
    assert!(
        answers.windows(2).all(|two| two[0] == two[1]),
        "{answers:?}"
    );
    let Heard::Items(items) = coordinator.ask(&["region/330100"])? else {
        return Err(Fault::new("the own region is refused"));
    };
    assert_eq!(records(&items), 1);
    Ok(())
}

fn records(items: &[Item]) -> usize {
    let records = items.iter().filter(|item| matches!(item, Item::Record(_)));
    records.count()
}

fn assert_nothing_but_shared(heard: Heard) -> Told<()> {
    match heard {
        Heard::Items(items) if records(&items) == 0 => Ok(()),
        other => Err(Fault::new(format!("{other:?}"))),
    }
}
