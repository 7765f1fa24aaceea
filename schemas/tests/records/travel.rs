//! There and back: a record is made on one device, edited on another, and returns.

use fieldwatch_schemas::field::{FieldValue, Scalar, Shape};
use fieldwatch_schemas::id::Actor;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::edit::{Act, Author};
use serde_json::Value as Json;

use crate::sample;

/// An edit of the first field that may be edited and holds a text.
fn some_edit(kind: Kind) -> (String, Act) {
    let is_free = |field: &&fieldwatch_schemas::field::Field| {
        field.rule != fieldwatch_schemas::field::Rule::Once
    };
    let mut fields = kind.table().fields.iter().filter(is_free);
    let found = fields.find_map(|field| match field.shape {
        Shape::Text => Some((
            field.path,
            FieldValue::Scalar(Scalar::Text("改过的".to_owned())),
        )),
        Shape::LongText => Some((field.path, FieldValue::LongText("改过的".to_owned()))),
        _ => None,
    });
    let (path, value) = found.unwrap();
    (
        path.to_owned(),
        Act::Set {
            path: path.to_owned(),
            value,
        },
    )
}

#[test]
fn every_kind_goes_to_another_device_is_edited_there_and_returns_with_its_meaning() {
    for kind in Kind::ALL {
        let mut here = sample::record(kind);
        let before = here.view();
        let mut there = Document::from_chunks(here.id(), kind, &here.chunks().unwrap()).unwrap();
        assert_eq!(there.view(), before, "{kind}");

        let other = Author {
            actor: Actor([0x22; 16]),
            ..sample::AUTHOR
        };
        let (path, act) = some_edit(kind);
        there.edit(&other, &[act]).unwrap().unwrap();
        let back = there.chunks_since(&here.heads()).unwrap();
        assert_eq!(back.len(), 1, "{kind}");
        here.apply(&back).unwrap();

        let after = here.view();
        assert_eq!(after, there.view(), "{kind}");
        assert_eq!(
            after.at(&path).and_then(Json::as_str),
            Some("改过的"),
            "{kind} {path}"
        );
        assert_eq!(
            (after.status(), after.events.len()),
            (before.status(), before.events.len()),
            "{kind}"
        );
        let container = path.split('.').next().unwrap();
        for (key, value) in &before.fields {
            let is_same = key == container || after.fields.get(key) == Some(value);
            assert!(is_same, "{kind}: {key} was {value}");
        }
    }
}

#[test]
fn what_was_edited_there_and_back_reads_as_if_it_had_been_written_once() {
    for kind in Kind::ALL {
        let record = sample::record(kind);
        let view = record.view();
        let earlier = record.at(&[record.chunks().unwrap()[0].hash()]).unwrap();
        let mut other =
            Document::from_chunks(record.id(), kind, &earlier.chunks().unwrap()).unwrap();
        other.apply(&record.chunks().unwrap()).unwrap();
        assert_eq!(other.view(), view, "{kind}");
        assert_eq!(other.heads(), record.heads(), "{kind}");
    }
}

#[test]
fn two_devices_that_never_met_make_one_enterprise_and_what_they_say_of_it_apart_is_a_conflict() {
    let kind = Kind::Enterprise;
    let code = "91330100799655058B";
    let id = kind
        .natural_id(|path| (path == "credit_code").then_some(code))
        .unwrap();
    let make = |actor: u8, name: &str| {
        let mut document = Document::begin(id, kind).unwrap();
        let author = Author {
            actor: Actor([actor; 16]),
            ..sample::AUTHOR
        };
        let fields = [("credit_code", code), ("name", name), ("region", "330106")];
        let acts: Vec<Act> = fields
            .into_iter()
            .map(|(path, text)| Act::Set {
                path: path.to_owned(),
                value: kind.field(path).unwrap().read_text(path, text).unwrap(),
            })
            .collect();
        document.edit(&author, &acts).unwrap();
        document
    };
    let (mut alice, mut bob) = (make(2, "某公司"), make(3, "某有限公司"));
    let (mine, theirs) = (alice.chunks().unwrap(), bob.chunks().unwrap());
    alice.apply(&theirs).unwrap();
    bob.apply(&mine).unwrap();
    assert_eq!(alice.view(), bob.view());
    let conflicts = alice.view().conflicts;
    assert_eq!(
        conflicts
            .iter()
            .map(|each| each.path.as_str())
            .collect::<Vec<_>>(),
        ["name"]
    );
    fieldwatch_schemas::record::check::check_whole(&alice).unwrap();
}
