//! What an import may write into a record that exists, and what it leaves alone.

use super::*;
use crate::kind::Kind;

fn row(number: &str, narrative: &str, problem: &str) -> Row {
    let text = |text: &str| FieldValue::Scalar(Scalar::Text(text.to_owned()));
    let fields = [
        ("nature", text("complaint")),
        ("station", text("330106-0012")),
        ("external_no", text(number)),
        ("problem", text(problem)),
        ("narrative", FieldValue::LongText(narrative.to_owned())),
    ];
    Row {
        record: RecordId::natural(Kind::Case, &["platform", number]),
        kind: Kind::Case,
        fields: fields.map(|(path, value)| (path.to_owned(), value)).into(),
        raw: [("channel".to_owned(), "Web".to_owned())].into(),
        events: vec![("first_action".to_owned(), Moment::china(1_700_000_000_000))],
    }
}

fn author(actor: u8) -> Author {
    Author {
        actor: Actor([actor; 16]),
        now: Moment::china(1_700_000_000_000),
        role: None,
    }
}

fn person_sets(document: &mut Document, path: &str, value: FieldValue) {
    let path = path.to_owned();
    let acts = [Act::Set { path, value }];
    document.edit(&author(9), &acts).unwrap().unwrap();
}

#[test]
fn a_row_that_says_the_same_changes_nothing_and_one_that_says_otherwise_changes_that_alone() {
    let (mut document, _) = row("7", "broken", "contract").change().unwrap();
    let same = row("7", "broken", "contract");
    assert_eq!(update(&mut document, &same, &author(1)), Ok(None));
    let other = row("7", "broken twice", "contract");
    let chunk = update(&mut document, &other, &author(1)).unwrap().unwrap();
    assert_eq!(chunk.actor(), author(1).actor);
    assert_eq!(document.view().text("narrative"), Some("broken twice"));
    assert_eq!(document.events().len(), 1, "the event is there already");
    assert_eq!(update(&mut document, &other, &author(1)), Ok(None));
}

#[test]
fn what_a_person_edited_or_cleared_is_never_overwritten_and_the_rest_is() {
    let (mut document, _) = row("7", "broken", "contract").change().unwrap();
    person_sets(
        &mut document,
        "narrative",
        FieldValue::LongText("broken, says the shop".into()),
    );
    person_sets(&mut document, "problem", FieldValue::Clear);
    let mut other = row("7", "broken twice", "quality");
    let amount = FieldValue::Scalar(Scalar::Int(5));
    other.fields.insert("claimed_fen".to_owned(), amount);
    update(&mut document, &other, &author(1)).unwrap().unwrap();
    let view = document.view();
    assert_eq!(view.text("narrative"), Some("broken, says the shop"));
    assert_eq!(
        (view.text("problem"), view.int("claimed_fen")),
        (None, Some(5))
    );
}

#[test]
fn an_update_by_an_import_is_no_persons_edit() {
    let (mut document, _) = row("7", "one", "contract").change().unwrap();
    update(&mut document, &row("7", "two", "contract"), &author(1))
        .unwrap()
        .unwrap();
    update(&mut document, &row("7", "three", "contract"), &author(2))
        .unwrap()
        .unwrap();
    assert_eq!(document.view().text("narrative"), Some("three"));
}

#[test]
fn a_field_that_is_written_once_stays_as_it_was() {
    let (mut document, _) = row("7", "one", "contract").change().unwrap();
    let mut other = row("7", "one", "contract");
    let station = FieldValue::Scalar(Scalar::Text("330106-0099".to_owned()));
    other.fields.insert("station".to_owned(), station);
    assert_eq!(update(&mut document, &other, &author(1)), Ok(None));
}
