//! A receipt is the server's word that proves itself: anywhere, without a network, for its own record and no other.

use std::collections::BTreeSet;
use std::path::PathBuf;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::problem::{Problem, ProblemKind};
use fieldwatch_tests::device::Device;
use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::program::Ran;
use fieldwatch_tests::world::{World, text};
use serde_json::{Value, json};

const STATION: &str = "330106-0012";

/// A world with a device that has sent three cases in one request.
struct Sent {
    world: World,
    device: Device,
    records: Vec<String>,
}

impl Sent {
    fn begin() -> Told<Self> {
        let world = World::begin()?;
        world.station(STATION, "330106")?;
        let device = world.staff("li", STATION)?;
        let make = |name: &str| {
            let named = format!("respondent.name={name}");
            device.new_record("case", &["nature=complaint", &named])
        };
        let records = ["甲店", "乙店", "丙店"].into_iter().map(make);
        let records = records.collect::<Told<Vec<String>>>()?;
        assert_eq!(device.sync()?.pushed, 3);
        Ok(Self {
            world,
            device,
            records,
        })
    }

    /// The one receipt of a record.
    fn line(&self, record: &str) -> Told<Value> {
        let lines = self.device.lines(&["receipts", record])?;
        let [line] =
            <[Value; 1]>::try_from(lines).map_err(|lines| Fault::new(format!("{lines:?}")))?;
        Ok(line)
    }

    fn key(&self) -> Told<String> {
        text(&self.world.admin(&["receipt-key"])?.json()?, "key")
    }

    /// Verifies a text on a machine that has no home.
    fn verify(&self, content: &str, more: &[&str]) -> Told<Ran> {
        let file = self.world.path("receipt.json");
        std::fs::write(&file, content)?;
        let nobody = Device::at(self.world.path("nobody"), "nobody");
        let file = file.display().to_string();
        let ran = nobody.attempt(&[&["verify-receipt", &file], more].concat())?;
        assert!(!nobody.home().exists(), "nothing is created");
        Ok(ran)
    }
}

fn is_valid(ran: &Ran) -> Told<bool> {
    let told = ran.json()?;
    let valid = told.get("valid").and_then(Value::as_bool);
    assert_eq!(
        ran.code(),
        Some(i32::from(valid != Some(true))),
        "{}",
        ran.told()
    );
    valid.ok_or_else(|| Fault::new(ran.told()))
}

#[test]
fn everything_that_was_sent_has_a_receipt_that_proves_itself_on_any_machine() -> Told<()> {
    let sent = Sent::begin()?;
    let key = sent.key()?;
    let all = sent.device.lines(&["receipts"])?;
    let records: BTreeSet<String> = all
        .iter()
        .map(|line| text(line, "record"))
        .collect::<Told<_>>()?;
    assert_eq!(records, sent.records.iter().cloned().collect());
    for record in &sent.records {
        let line = sent.line(record)?;
        let shown = sent.device.json(&["show", record])?;
        assert_eq!(line["heads"], shown["heads"]);
        assert_eq!(line["key"], json!(key));
        let ran = sent.verify(&line.to_string(), &["--key", &key])?;
        assert!(is_valid(&ran)?);
        let told = ran.json()?;
        for field in [
            "record", "heads", "at", "position", "log", "server", "device", "key",
        ] {
            assert_eq!(told[field], line[field], "{field}");
        }
        assert_eq!(told["key_trusted"], json!(true));
        let bare = sent.verify(line["receipt"].as_str().unwrap_or_default(), &[])?;
        assert!(is_valid(&bare)?);
        assert_eq!(bare.json()?["record"], line["record"]);
        assert_eq!(
            bare.json()?["key_trusted"],
            json!(false),
            "whose key it is has nobody said"
        );
    }
    let lines: Vec<String> = all.iter().map(Value::to_string).collect();
    let ran = sent.verify(&lines.join("\n"), &["--key", &key])?;
    assert_eq!((ran.code(), ran.lines()?.len()), (Some(0), 3));
    Ok(())
}

#[test]
fn a_receipt_that_was_touched_anywhere_is_invalid() -> Told<()> {
    let sent = Sent::begin()?;
    let (line, other) = (sent.line(&sent.records[0])?, sent.line(&sent.records[1])?);
    for field in ["record", "heads", "key", "receipt"] {
        let mut forged = line.clone();
        forged[field] = other[field].clone();
        if field == "key" {
            forged[field] = json!("A".repeat(43));
        }
        let ran = sent.verify(&forged.to_string(), &[])?;
        assert!(!is_valid(&ran)?, "{field}");
        let problem: Problem = serde_json::from_str(&ran.stdout)?;
        assert_eq!(problem.kind(), Some(ProblemKind::ReceiptInvalid));
        assert!(ran.stderr.contains("receipt_invalid"), "{}", ran.stderr);
    }
    for (field, value) in [
        ("at", json!("2020-01-01T00:00:00+08:00")),
        ("position", json!(1_000_000)),
        ("server", json!("elsewhere")),
        ("device", json!("00000000-0000-4000-8000-000000000000")),
        ("log", json!("00000000-0000-4000-8000-000000000000")),
    ] {
        let mut forged = line.clone();
        forged[field] = value;
        assert!(
            !is_valid(&sent.verify(&forged.to_string(), &[])?)?,
            "{field}"
        );
    }
    let text = line["receipt"].as_str().unwrap_or_default();
    let last = text.chars().last().unwrap_or_default();
    for content in ["", "{}", "[]", "not a receipt", text.trim_end_matches(last)] {
        assert!(!is_valid(&sent.verify(content, &[])?)?, "{content:?}");
    }
    let strange = "A".repeat(43);
    let ran = sent.verify(&line.to_string(), &["--key", &strange])?;
    assert!(!is_valid(&ran)?, "another server's key");
    Ok(())
}

#[test]
fn a_home_that_is_enrolled_demands_its_own_servers_key() -> Told<()> {
    let (ours, theirs) = (Sent::begin()?, Sent::begin()?);
    let file = |sent: &Sent, name: &str| -> Told<PathBuf> {
        let file = ours.world.path(name);
        std::fs::write(&file, sent.line(&sent.records[0])?.to_string())?;
        Ok(file)
    };
    let verify = |file: PathBuf| {
        let file = file.display().to_string();
        ours.device.attempt(&["verify-receipt", &file])
    };
    let own = verify(file(&ours, "ours.json")?)?;
    assert!(is_valid(&own)?);
    assert_eq!(own.json()?["key_trusted"], json!(true));
    assert!(!is_valid(&verify(file(&theirs, "theirs.json")?)?)?);
    Ok(())
}

#[test]
fn a_line_that_is_handed_on_does_not_show_what_else_was_sent() -> Told<()> {
    let sent = Sent::begin()?;
    let line = sent.line(&sent.records[0])?;
    let text = line["receipt"].as_str().unwrap_or_default();
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
    let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
    for record in &sent.records {
        let id: RecordId = record.parse().unwrap();
        assert_eq!(holds(id.bytes()), *record == sent.records[0]);
        let head = sent.device.json(&["show", record])?["heads"][0].clone();
        assert_eq!(
            line.to_string().contains(head.as_str().unwrap()),
            *record == sent.records[0]
        );
    }
    Ok(())
}

#[test]
fn each_thing_that_is_sent_later_has_a_later_receipt_and_the_first_one_stays() -> Told<()> {
    let sent = Sent::begin()?;
    let record = &sent.records[0];
    let first = sent.line(record)?;
    for number in 0..12 {
        let name = format!("第 {number} 店");
        sent.device
            .json(&["set", record, "respondent.name", &name])?;
        sent.device.settle()?;
    }
    let lines = sent.device.lines(&["receipts", record])?;
    assert_eq!(lines.first(), Some(&first), "when it first was there");
    assert!(lines.len() <= 8, "no more than are kept");
    let shown = sent.device.json(&["show", record])?;
    assert_eq!(lines.last().unwrap()["heads"], shown["heads"]);
    let positions: Vec<u64> = lines
        .iter()
        .filter_map(|line| line["position"].as_u64())
        .collect();
    assert!(positions.is_sorted() && positions.len() == lines.len());
    assert_eq!(sent.device.sync()?.pushed, 0);
    assert_eq!(
        sent.device.lines(&["receipts", record])?.len(),
        lines.len(),
        "nothing pushed, nothing signed"
    );
    Ok(())
}
