//! Tables inside records: two people who edit one entry apart merge cell by cell.

use fieldwatch_schemas::field::{Field, FieldValue, Shape};
use fieldwatch_schemas::id::Actor;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::edit::{Act, Author, EditError};
use fieldwatch_schemas::record::{Document, frozen};
use serde_json::json;

use crate::{raw, sample};

fn by(actor: u8) -> Author {
    Author {
        actor: Actor([actor; 16]),
        ..sample::AUTHOR
    }
}

fn set(document: &mut Document, actor: u8, path: &str, text: &str) {
    let field = document.kind().field(path).unwrap();
    let value = field.read_text(path, text).unwrap();
    document
        .edit(
            &by(actor),
            &[Act::Set {
                path: path.to_owned(),
                value,
            }],
        )
        .unwrap();
}

fn merged(one: &mut Document, other: &mut Document) {
    let (mine, theirs) = (one.chunks().unwrap(), other.chunks().unwrap());
    one.apply(&theirs).unwrap();
    other.apply(&mine).unwrap();
    assert_eq!(one.view(), other.view());
}

#[test]
fn cells_of_one_entry_written_apart_merge_and_one_cell_written_twice_is_a_conflict() {
    let mut alice = sample::record(Kind::Interview);
    let mut bob = alice.clone();
    set(&mut alice, 2, "commitments.c1.evidence", "截图");
    set(&mut bob, 3, "commitments.c1.verified_on", "2026-11-02");
    merged(&mut alice, &mut bob);
    let view = alice.view();
    assert_eq!(view.text("commitments.c1.evidence"), Some("截图"));
    assert_eq!(view.text("commitments.c1.verified_on"), Some("2026-11-02"));
    assert!(view.conflicts.is_empty());

    set(&mut alice, 2, "commitments.c1.rectified", "yes");
    set(&mut bob, 3, "commitments.c1.rectified", "no");
    merged(&mut alice, &mut bob);
    let conflicts = alice.view().conflicts;
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].path, "commitments.c1.rectified");
    let choose = Act::Choose {
        path: "commitments.c1.rectified".to_owned(),
        number: 1,
    };
    alice.edit(&by(2), &[choose]).unwrap();
    assert!(alice.view().conflicts.is_empty());
}

#[test]
fn a_table_is_shown_nested_and_a_cell_can_be_cleared() {
    let mut visit = sample::record(Kind::Inspection);
    let view = visit.view();
    assert_eq!(
        view.at("purchases"),
        Some(&json!({ "p1": { "bought_on": "2026-10-14", "name": "茶叶", "price_fen": 12800 } }))
    );
    let clear = |path: &str| Act::Set {
        path: path.to_owned(),
        value: FieldValue::Clear,
    };
    visit
        .edit(
            &by(2),
            &[clear("findings.f2.text"), clear("findings.f2.problem")],
        )
        .unwrap();
    assert_eq!(visit.view().at("findings.f2"), None);
    assert!(visit.view().at("findings.f1").is_some());
}

#[test]
fn what_is_no_cell_of_a_table_is_refused_by_name() {
    let kind = Kind::Inspection;
    for path in [
        "findings.f1",
        "findings.f1.smell",
        "findings..text",
        "findings.a b.text",
        "findings.f1.text.more",
    ] {
        assert_eq!(kind.field(path), None, "{path}");
    }
    let mut visit = sample::record(kind);
    let act = Act::Set {
        path: "findings.f1.smell".to_owned(),
        value: FieldValue::Clear,
    };
    assert!(matches!(
        visit.edit(&by(2), &[act]),
        Err(EditError::FieldUnknown { .. })
    ));
    let price = kind.field("purchases.p1.price_fen").unwrap();
    assert_eq!(
        price
            .read_text("purchases.p1.price_fen", "-1")
            .unwrap_err()
            .path,
        "purchases.p1.price_fen"
    );
    let day = kind.field("purchases.p1.bought_on").unwrap();
    for text in ["2026-02-30", "20261014", "2026-10-14T00:00:00Z"] {
        assert!(
            day.read_text("purchases.p1.bought_on", text).is_err(),
            "{text}"
        );
    }
}

#[test]
fn a_table_from_elsewhere_is_checked_cell_by_cell() {
    use automerge::transaction::Transactable as _;
    use automerge::{ROOT, ReadDoc as _};
    use fieldwatch_schemas::record::check::check_whole;
    let visit = sample::record(Kind::Inspection);
    let with = |key: &str, value: automerge::ScalarValue| {
        let chunk = raw::written(&visit, 9, |tx| {
            let (_, table) = tx.get(ROOT, "purchases").unwrap().unwrap();
            tx.put(&table, key, value).unwrap();
        });
        let mut after = visit.clone();
        after.apply(&[chunk]).unwrap();
        check_whole(&after).map_err(|error| error.to_string())
    };
    assert_eq!(with("p2.price_fen", 5_i64.into()), Ok(()));
    assert_eq!(with("p2.weight_g", 5_i64.into()), Ok(()));
    assert_eq!(
        with("p2.price_fen", (-5_i64).into()).unwrap_err(),
        "purchases.p2.price_fen: must lie between 0 and 10000000000000, not -5"
    );
    assert_eq!(
        with("p2", "x".into()).unwrap_err(),
        "purchases.p2: is not ENTRY.FIELD"
    );
}

#[test]
fn every_container_of_a_table_of_fields_is_made_by_the_frozen_change_and_entries_hold_only_cells() {
    let is_cell = |field: &&Field| {
        !matches!(
            field.shape,
            Shape::LongText
                | Shape::Codes(_)
                | Shape::Stations
                | Shape::Answers
                | Shape::Raw
                | Shape::Entries(_)
        )
    };
    for kind in Kind::ALL {
        let table = kind.table();
        for field in table.fields {
            let container = field.path.split_once('.').map(|(container, _)| container);
            let maps = [table.maps, frozen::later_maps(kind)].concat();
            let texts = table.texts;
            assert!(
                container.is_none_or(|container| maps.contains(&container)),
                "{kind} {}",
                field.path
            );
            match field.shape {
                Shape::LongText => assert!(texts.contains(&field.path), "{kind} {}", field.path),
                _ if is_cell(&field) => {}
                _ => assert!(maps.contains(&field.path), "{kind} {}", field.path),
            }
            if let Shape::Entries(inner) = field.shape {
                assert!(
                    inner.iter().all(|field| is_cell(&field)),
                    "{kind} {}",
                    field.path
                );
            }
        }
        for path in table.title.iter().chain(table.search).chain(table.natural) {
            assert!(kind.field(path).is_some(), "{kind} {path}");
        }
    }
}
