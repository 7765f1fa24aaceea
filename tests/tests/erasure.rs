//! What is erased is gone from everywhere and stays gone: from the server, from devices, from copies made before; whoever is killed on
//! the way, whatever is put back, and whoever was away.

#[path = "erasure/killed.rs"]
mod killed;
#[path = "erasure/search.rs"]
mod search;

use std::fs;
use std::path::PathBuf;

use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_tests::device::Device;
use fieldwatch_tests::fault::Told;
use fieldwatch_tests::world::{World, number, text};
use search::{copy, files_with, home_says, server_says};
use serde_json::Value;

pub(crate) const STATION: &str = "330106-0012";
const FEEDS: [&str; 2] = ["station/330106-0012", "station/330106-0012/personal"];
const NAME: &str = "欧阳烛龙";
const STORY: &str = "The kettle exploded in Ouyang Zhulong's kitchen";

/// A station with one case and its complainant, which two devices hold.
struct Story {
    world: World,
    alice: Device,
    bob: Device,
    party: String,
    case: String,
}

fn begin() -> Told<Story> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let alice = world.staff("alice", STATION)?;
    let bob = world.staff("bob", STATION)?;
    let party = alice.new_record("party", &[&format!("name={NAME}"), "phone=13800000000"])?;
    let party_of = format!("party={party}");
    let story = format!("narrative={STORY}");
    let case = alice.new_record("case", &["nature=complaint", &story, &party_of])?;
    alice.new_record("case", &["nature=complaint", "narrative=another story"])?;
    alice.json(&["event", &case, "first_action"])?;
    alice.settle()?;
    bob.settle()?;
    Ok(Story {
        world,
        alice,
        bob,
        party,
        case,
    })
}

impl Story {
    fn keys(&self) -> PathBuf {
        self.world.data().join("record.keys")
    }

    fn erase_both(&self) -> Told<()> {
        for record in [&self.party, &self.case] {
            let erased = self.world.admin(&["erase", record])?.json()?;
            assert_eq!(text(&erased, "record")?, *record);
        }
        Ok(())
    }

    /// A device that holds neither record, and says what the server says.
    fn has_lost_both(&self, device: &Device) -> Told<()> {
        device.settle()?;
        for record in [&self.party, &self.case] {
            let (kind, _) = device.refusal(&["show", record])?;
            assert_eq!(kind, ProblemKind::RecordUnknown, "{}", device.name());
        }
        assert_eq!(device.states()?.len(), 1, "{}", device.name());
        let status = device.status()?;
        for left in ["outbox", "quarantined", "conflicts"] {
            assert_eq!(number(&status, left)?, 0, "{}: {status}", device.name());
        }
        for feed in FEEDS {
            let (here, there) = (device.feed(feed)?, self.world.feed(feed)?);
            assert_eq!(here, there, "{}: {feed}", device.name());
        }
        for words in [NAME, STORY] {
            assert!(!home_says(device.home(), words)?, "{}", device.name());
        }
        Ok(())
    }
}

#[test]
fn nothing_of_an_erased_record_can_be_read_in_any_file_or_with_any_key_that_is_left() -> Told<()> {
    let story = begin()?;
    let world = &story.world;
    let (backed_up, keys) = (world.path("backup"), world.path("keys"));
    let (into, keys_into) = (backed_up.display().to_string(), keys.display().to_string());
    world.admin(&["backup", &into, "--keys", &keys_into])?;
    let (backup, old_keys) = (backed_up.join("store"), keys.join("record.keys"));
    for words in [NAME, STORY] {
        // What this test looks for can be found while it is there.
        assert!(server_says(&backup, &old_keys, words)?);
        assert!(home_says(story.alice.home(), words)?);
    }
    story.erase_both()?;
    story.has_lost_both(&story.alice)?;
    story.has_lost_both(&story.bob)?;
    assert_eq!(world.check()?, 1);
    world.stop()?;
    let store = world.data().join("store");
    for words in [NAME, STORY] {
        assert_eq!(files_with(world.folder(), words)?, Vec::<PathBuf>::new());
        assert!(!server_says(&backup, &story.keys(), words)?);
        assert!(!server_says(&store, &story.keys(), words)?);
    }
    // The other case is still there for who has the keys.
    assert!(server_says(&backup, &story.keys(), "another story")?);
    let compacted = world.admin(&["compact"])?.json()?;
    assert!(number(&compacted, "rows")? > 0, "{compacted}");
    assert_eq!(world.check()?, 1);
    world.admin(&["restore", &into, "--replace"])?;
    assert_eq!(world.check()?, 1);
    world.serve_again()?;
    story.has_lost_both(&story.alice)?;
    story.has_lost_both(&world.staff("carol", STATION)?)?;
    assert_eq!(world.check()?, 1);
    Ok(())
}

#[test]
fn neither_an_old_store_nor_who_was_away_nor_a_copied_home_brings_an_erased_record_back() -> Told<()>
{
    let story = begin()?;
    let world = &story.world;
    let away = world.staff("carol", STATION)?;
    away.settle()?;
    away.json(&["set", &story.case, "claimed_fen", "100"])?;
    copy(story.bob.home(), &world.path("device-clone"))?;
    let clone = world.home("clone");
    let backup = world.path("backup");
    world.stop()?;
    copy(&world.data().join("store"), &backup)?;
    world.serve_again()?;
    story.erase_both()?;
    story.has_lost_both(&story.alice)?;
    world.stop()?;
    fs::remove_dir_all(world.data().join("store"))?;
    copy(&backup, &world.data().join("store"))?;
    world.serve_again()?;
    assert_eq!(world.check()?, 1);
    for device in [&story.alice, &story.bob, &away, &clone] {
        story.has_lost_both(device)?;
    }
    let fresh = world.staff("dave", STATION)?;
    story.has_lost_both(&fresh)?;
    assert_eq!(world.check()?, 1);
    let again = world.admin(&["erase", &story.case])?.json()?;
    assert_eq!(again.get("was_erased"), Some(&Value::Bool(true)));
    Ok(())
}

#[test]
fn a_redacted_record_goes_on_as_another_without_its_history() -> Told<()> {
    let story = begin()?;
    let world = &story.world;
    story
        .bob
        .json(&["set", &story.case, "claimed_fen", "8800"])?;
    story.bob.settle()?;
    let status = text(&story.bob.show(&story.case)?, "status")?;
    let line = [
        "redact",
        &story.case,
        "--set",
        "narrative=A kettle exploded",
    ];
    let redacted = world.admin(&line)?.json()?;
    let successor = text(&redacted, "replaced_by")?;
    for device in [&story.alice, &story.bob] {
        device.settle()?;
        let (kind, _) = device.refusal(&["show", &story.case])?;
        assert_eq!(kind, ProblemKind::RecordUnknown);
        let shown = device.show(&successor)?;
        let fields = shown.get("fields").unwrap_or(&Value::Null);
        assert_eq!(text(fields, "narrative")?, "A kettle exploded");
        assert_eq!(text(fields, "party")?, story.party);
        assert_eq!(number(fields, "claimed_fen")?, 8800);
        assert_eq!(text(&shown, "status")?, status);
        assert!(!home_says(device.home(), STORY)?);
        assert_eq!(files_with(device.home(), STORY)?, Vec::<PathBuf>::new());
    }
    assert_eq!(world.check()?, 3);
    world.stop()?;
    assert!(!server_says(
        &world.data().join("store"),
        &story.keys(),
        STORY
    )?);
    world.serve_again()?;
    story.alice.json(&["event", &successor, "accepted"])?;
    story.alice.settle()?;
    assert_eq!(world.check()?, 3);
    Ok(())
}

#[test]
fn what_cannot_be_erased_or_redacted_is_named() -> Told<()> {
    let story = begin()?;
    let world = &story.world;
    let refusal = |line: &[&str]| -> Told<String> {
        let ran = world.attempt(line)?;
        assert_eq!(ran.code(), Some(1), "{}", ran.told());
        text(&ran.json()?, "detail")
    };
    let nobody = "00000000-0000-4000-8000-000000000000";
    assert!(refusal(&["erase", nobody])?.contains(nobody));
    let itself = refusal(&["erase", &story.case, "--replaced-by", &story.case])?;
    assert!(itself.contains("own place"), "{itself}");
    let field = refusal(&["redact", &story.case, "--set", "colour=red"])?;
    assert!(field.contains("colour"), "{field}");
    world.admin(&["erase", &story.case, "--replaced-by", &story.party])?;
    let gone = refusal(&["redact", &story.case, "--set", "narrative="])?;
    assert!(gone.contains("was erased"), "{gone}");
    assert_eq!(world.check()?, 2);
    Ok(())
}
