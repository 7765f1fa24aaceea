//! `conflicts` and `resolve`, between two devices whose changes are carried as a server would.

use fieldwatch_client_core::replica::{Arrival, Page, Replica};
use fieldwatch_client_core::store::{KeySource, open_home};
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::sync::pull::{AuthorLabel, ChangeItem, RecordItem};
use serde_json::json;

use super::device::{Device, STATION};

/// Carries everything that one device has not sent to another, as a server would.
fn carry(from: &Device, to: &Device, by: &str) {
    let open = |device: &Device| {
        let store = open_home(&device.home(), &KeySource::Device).unwrap();
        Replica::open(store).unwrap()
    };
    let arrivals = open(from)
        .offer()
        .unwrap()
        .outbox
        .into_iter()
        .map(|pushed| {
            let chunks: Vec<_> = pushed
                .changes
                .iter()
                .map(|bytes| Chunk::parse(bytes.to_vec()).unwrap())
                .collect();
            let change = |chunk: &Chunk| ChangeItem {
                chunk: Some(chunk.bytes().to_vec().into()),
                known: None,
                received_ms: 1,
            };
            let author = |chunk: &Chunk| AuthorLabel {
                actor: chunk.actor(),
                label: by.to_owned(),
            };
            let item = RecordItem {
                feed: 0,
                record: pushed.record,
                kind: pushed.kind,
                position: 1,
                is_whole: true,
                changes: chunks.iter().map(change).collect(),
                heads: chunks.last().map(Chunk::hash).into_iter().collect(),
                authors: chunks.iter().map(author).collect(),
                mac: None,
                actor: None,
            };
            (Feed::station(STATION).unwrap(), Arrival::Record(item))
        });
    let page = Page {
        arrivals: arrivals.collect(),
        ..Page::default()
    };
    assert_eq!(open(to).apply(&page).unwrap().unsound, []);
}

#[test]
fn a_conflict_is_shown_in_words_with_both_values_and_resolving_clears_it() {
    let [alice, bob] = [Device::of_station(), Device::of_station()];
    let case = alice.make(&["case", "--set", "nature=complaint"]);
    carry(&alice, &bob, "李");
    alice.ask(&["set", &case, "problem", "quality"]).json();
    bob.ask(&["set", &case, "problem", "price"]).json();
    carry(&alice, &bob, "李");
    let conflicts = bob.ask(&["conflicts"]).lines();
    assert_eq!(conflicts.len(), 1);
    assert_eq!(
        (&conflicts[0]["record"], &conflicts[0]["path"]),
        (&json!(case), &json!("problem"))
    );
    let values = conflicts[0]["values"].as_array().unwrap();
    let said: Vec<_> = values
        .iter()
        .map(|value| value["value"].as_str().unwrap())
        .collect();
    assert!(
        said.contains(&"quality") && said.contains(&"price"),
        "{said:?}"
    );
    assert!(
        values
            .iter()
            .all(|value| value["by"] == "李" && value["at"].is_string()),
        "{values:?}"
    );
    assert_eq!(
        bob.show(&case)["conflicts"],
        json!([{ "path": "problem", "values": values }])
    );
    let words = bob.run(&["conflicts"]).stdout;
    assert!(
        words.contains("问题性质") && words.contains("写“质量”") && words.contains("写“价格”"),
        "{words}"
    );
    let (kind, detail) = bob
        .ask(&["resolve", &case, "problem", "--choose", "3"])
        .problem();
    assert_eq!(
        (kind.as_str(), detail.as_str()),
        (
            "value_invalid",
            "problem has 2 values to choose from, not 3"
        )
    );
    let chosen = said.iter().position(|value| *value == "price").unwrap() + 1;
    let answer = bob
        .ask(&["resolve", &case, "problem", "--choose", &chosen.to_string()])
        .json();
    assert_eq!(
        (&answer["record"], answer["heads"].as_array().unwrap().len()),
        (&json!(case), 1)
    );
    assert_eq!(bob.ask(&["conflicts"]).lines().len(), 0);
    assert_eq!(bob.show(&case)["fields"]["problem"], "price");
    assert_eq!(bob.ask(&["status"]).json()["conflicts"], 0);
}
