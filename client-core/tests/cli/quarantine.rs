//! `quarantine` and `check`: what was refused or damaged, said in words, and what a person can do about it.

use std::ops::ControlFlow;

use fieldwatch_client_core::replica::{Page, Replica};
use fieldwatch_client_core::store::{KeySource, open_home};
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::store::{Batch, KeyRange};
use fieldwatch_schemas::sync::push::{Outcome, Verdict};
use serde_json::json;

use super::device::Device;

/// Lets the server take the first `taken` unsent changes of every record and refuse the others.
fn refuse(device: &Device, taken: usize, problem: &str, words: &str) {
    let replica = Replica::open(open_home(&device.home(), &KeySource::Device).unwrap()).unwrap();
    let offered = replica.offer().unwrap().outbox;
    let outcomes = offered.into_iter().map(|pushed| Outcome {
        record: pushed.record,
        verdict: Verdict::Refused,
        durable: pushed.changes[..taken]
            .iter()
            .map(|bytes| Chunk::parse(bytes.to_vec()).unwrap().hash())
            .collect(),
        missing: Vec::new(),
        problem: Some(problem.to_owned()),
        words: Some(words.to_owned()),
        refused: None,
    });
    let page = Page {
        outcomes: outcomes.collect(),
        ..Page::default()
    };
    replica.apply(&page).unwrap();
}

#[test]
fn a_refusal_is_shown_in_words_with_what_was_and_what_was_meant() {
    let device = Device::of_station();
    let case = device.make(&[
        "case",
        "--set",
        "nature=complaint",
        "--set",
        "problem=price",
    ]);
    device.ask(&["set", &case, "problem", "quality"]).json();
    device.ask(&["event", &case, "accepted"]).json();
    refuse(&device, 1, "not_permitted", "only a coordinator may say so");
    let listed = device.ask(&["quarantine"]).lines();
    let line = json!({ "record": case, "code": "not_permitted", "reason": "only a coordinator may say so" });
    assert_eq!(listed, [line]);
    let shown = device.ask(&["quarantine", "show", &case]).json();
    assert_eq!(
        shown["fields"],
        json!([{ "path": "problem", "before": "price", "after": "quality" }])
    );
    assert_eq!(shown["events"][0]["type"], "accepted");
    assert_eq!(shown["events"].as_array().unwrap().len(), 1);
    let said = device
        .run(&["quarantine", "show", &case, "--lang", "zh"])
        .stdout;
    for words in [
        "无权作此更改",
        "怎么办",
        "quarantine retry",
        "价格",
        "质量",
        "→",
        "受理",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    let said = device
        .run(&["quarantine", "show", &case, "--lang", "en"])
        .stdout;
    for words in [
        "may not make this change",
        "what to do",
        "quarantine discard",
        "→",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    let hash = device.show(&case)["heads"][0].as_str().unwrap()[..8].to_owned();
    assert!(!said.contains(&hash), "hashes are not words: {said}");
}

#[test]
fn what_was_refused_is_sent_again_or_given_up_as_a_person_says() {
    let device = Device::of_station();
    let [kept, never] = ["complaint", "tip_off"]
        .map(|nature| device.make(&["case", "--set", &format!("nature={nature}")]));
    refuse(&device, 0, "record_invalid", "nature: is wrong");
    assert_eq!(device.ask(&["quarantine"]).lines().len(), 2);
    device.ask(&["quarantine", "retry", &kept]).json();
    assert_eq!(device.show(&kept)["state"], "local");
    device.ask(&["quarantine", "discard", &never]).json();
    let (kind, _) = device.ask(&["show", &never]).problem();
    assert_eq!(kind, "record_unknown");
    let (kind, _) = device.ask(&["quarantine", "discard", &kept]).problem();
    assert_eq!(kind, "record_unknown");
    assert_eq!(device.show(&kept)["fields"]["nature"], "complaint");
    assert_eq!(device.ask(&["check"]).json()["harms"], 0);
}

#[test]
fn a_damaged_home_is_told_and_put_in_order() {
    let device = Device::of_station();
    let [whole, harmed] = ["1", "2"].map(|phone| {
        let phone = format!("respondent.phone={phone}");
        device.make(&["case", "--set", "nature=complaint", "--set", &phone])
    });
    let sound = device.ask(&["check"]).json();
    assert_eq!((&sound["records"], &sound["harms"]), (&json!(2), &json!(0)));
    {
        let vault = open_home(&device.home(), &KeySource::Device).unwrap();
        let mut batch = Batch::new();
        vault
            .store()
            .scan(&KeyRange::prefix(b"s"), &mut |key, _| {
                let id = &key[1..];
                if harmed.replace('-', "") == hex(id) {
                    batch.put(key.to_vec(), b"nothing".to_vec());
                }
                ControlFlow::Continue(())
            })
            .unwrap();
        vault.store().apply(&batch).unwrap();
        vault.store().flush().unwrap();
    }
    assert_eq!(
        device.ask(&["list"]).lines().len(),
        1,
        "one damaged line hides no other"
    );
    let told = device.ask(&["check"]);
    assert_eq!(told.status, 1, "{told:?}");
    let problem = json!({ "record": harmed, "what": "line" });
    assert_eq!(told.lines()[0]["problems"], json!([problem]));
    assert_eq!(device.ask(&["check", "--repair"]).json()["repaired"], true);
    assert_eq!(device.ask(&["check"]).json()["harms"], 0);
    assert_eq!(device.ask(&["list"]).lines().len(), 2);
    assert_eq!(device.show(&whole)["state"], "local");
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
