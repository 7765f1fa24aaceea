//! Did the wire or a stored record change? Every message and every stored shape is kept as bytes under `golden/`.
//!
//! A test that fails here says that a device in the field would not understand. To bless a change that is meant:
//! `FW_BLESS=1 cargo test -p fieldwatch-schemas --test golden`.

#[cfg(test)]
#[path = "golden/json_samples.rs"]
mod json_samples;
#[cfg(test)]
#[path = "golden/kept.rs"]
mod kept;
#[cfg(test)]
#[path = "golden/samples.rs"]
mod samples;

use std::fs;

use fieldwatch_schemas::json_schema::json_schema;
use fieldwatch_schemas::kind::Kind;
use kept::{folder, hex, hold};

#[test]
fn every_message_has_the_bytes_it_always_had_and_keeps_its_cddl() {
    let cddl = fs::read_to_string(folder("cddl/sync.cddl")).unwrap();
    for (name, rule, bytes) in samples::messages() {
        hold(
            folder("tests/golden").join(format!("{name}.hex")),
            &hex(&bytes),
        );
        cddl_cat::validate_cbor_bytes(rule, &cddl, &bytes)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn every_json_message_has_the_text_it_always_had_and_keeps_its_cddl() {
    let cddl = fs::read_to_string(folder("cddl/json.cddl")).unwrap();
    for (name, rule, json) in json_samples::json_messages() {
        let text = serde_json::to_string_pretty(&json).unwrap() + "\n";
        hold(folder("tests/golden").join(format!("{name}.json")), &text);
        cddl_cat::validate_json_str(rule, &cddl, &text)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn the_cddl_refuses_what_is_not_a_message() {
    let cddl = fs::read_to_string(folder("cddl/sync.cddl")).unwrap();
    let (_, rule, bytes) = samples::messages().into_iter().next().unwrap();
    assert!(cddl_cat::validate_cbor_bytes(rule, &cddl, &bytes[..bytes.len() - 1]).is_err());
    assert!(cddl_cat::validate_cbor_bytes("commit", &cddl, &bytes).is_err());
}

#[test]
fn every_stored_record_reads_as_it_always_did() {
    for kind in Kind::ALL {
        let document = samples::record(kind);
        let chunks: Vec<String> = document
            .chunks()
            .unwrap()
            .iter()
            .map(|chunk| hex(chunk.bytes()))
            .collect();
        hold(
            folder("tests/golden").join(format!("record-{kind}.hex")),
            &chunks.join("\n"),
        );
        let view = document.view();
        let events: Vec<_> = view
            .events
            .iter()
            .map(|event| (event.kind.clone(), event.at.rfc3339()))
            .collect();
        let shown = serde_json::json!({
            "fields": view.fields, "events": events, "status": view.status(), "heads": view.heads,
        });
        let text = serde_json::to_string_pretty(&shown).unwrap() + "\n";
        hold(
            folder("tests/golden").join(format!("record-{kind}.json")),
            &text,
        );
    }
}

#[test]
fn every_kind_has_its_json_schema_and_sound_records_keep_it() {
    for kind in Kind::ALL {
        let schema = json_schema(kind);
        hold(
            folder("json").join(format!("{kind}-1.json")),
            &(serde_json::to_string_pretty(&schema).unwrap() + "\n"),
        );
        let validator = jsonschema::options()
            .should_validate_formats(true)
            .build(&schema)
            .unwrap();
        let fields = serde_json::Value::Object(samples::record(kind).view().fields);
        assert!(validator.is_valid(&fields), "{kind}: {fields}");
        for field in kind.table().fields {
            let container = field.path.split('.').next().unwrap();
            let wrong = serde_json::json!({ container: [[]] });
            assert!(!validator.is_valid(&wrong), "{kind}: {wrong}");
        }
    }
}
