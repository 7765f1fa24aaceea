//! Tables, good and bad, imported into a map of records.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::Cursor;

use fieldwatch_schemas::field::{FieldValue, Scalar};
use fieldwatch_schemas::limits::{IMPORT_CELL_BYTES_MAX, IMPORT_REFUSALS_MAX};
use fieldwatch_schemas::record::import::Row;
use serde_json::json;

use super::{ImportError, Kept, Mapping, Refusal, Totals, import};
use crate::replica::Imported;

const MAPPING: &str = r#"
[source]
channel = "platform"
external_no = "no"
[constants]
nature = "complaint"
[fields]
narrative = "text"
received_at = { column = "day", date = "%m/%d/%Y" }
problem = { column = "issue", map = "problem" }
[maps.problem]
"Billing disputes" = "contract"
"#;

/// Imports into a map of records that takes any sound row.
fn run(mapping: &str, table: &[u8]) -> (Totals, Vec<Row>) {
    let mapping = Mapping::parse(mapping).unwrap();
    let mut kept = BTreeMap::new();
    let mut all = Vec::new();
    let mut keep = |row: &Row| {
        let (document, _) = row.change().map_err(|error| error.to_string())?;
        all.push(row.clone());
        Ok(match kept.insert(row.record, document.heads()) {
            None => Imported::Created,
            Some(heads) if heads == document.heads() => Imported::Unchanged,
            Some(_) => Imported::Updated,
        })
    };
    let keep = |rows: &[Row]| Ok::<_, Infallible>(rows.iter().map(&mut keep).collect());
    let totals = import(
        Cursor::new(table),
        &mapping,
        Some("330106-0012"),
        keep,
        |_| {},
    )
    .unwrap();
    (totals, all)
}

fn nothing(_: &[Row]) -> Kept<Infallible> {
    Ok(Vec::new())
}

fn refused(totals: &Totals) -> Vec<u64> {
    totals.refused.iter().map(|refusal| refusal.row).collect()
}

fn numbers(rows: &[Row]) -> Vec<String> {
    let number = |row: &Row| match row.fields.get("external_no") {
        Some(FieldValue::Scalar(Scalar::Text(text))) => text.clone(),
        other => panic!("{other:?}"),
    };
    rows.iter().map(number).collect()
}

fn fields(row: &Row) -> serde_json::Value {
    json!(row.change().unwrap().0.fields())
}

#[test]
fn a_row_becomes_a_case_of_its_station_and_an_equal_row_the_same_change() {
    let table =
        "no,day,issue,text\r\n7,03/19/2015,Billing disputes,\"he said \"\"no\"\",\r\ntwice\"\r\n";
    let (totals, rows) = run(MAPPING, table.as_bytes());
    assert_eq!((totals.read, totals.created, totals.unmapped), (1, 1, 0));
    let expected = json!({
        "nature": "complaint", "channel": "platform", "external_no": "7", "station": "330106-0012", "problem": "contract",
        "received_at": "2015-03-19T00:00:00+08:00", "narrative": "he said \"no\",\r\ntwice",
    });
    assert_eq!(fields(&rows[0]), expected);
    let with_bom = format!("\u{feff}{table}");
    let (_, again) = run(MAPPING, with_bom.as_bytes());
    assert_eq!(
        again[0].change().unwrap().0.heads(),
        rows[0].change().unwrap().0.heads()
    );
}

#[test]
fn importing_again_changes_nothing_and_a_changed_row_is_an_update() {
    let (totals, _) = run(MAPPING, b"no,day,issue,text\n1,,,a\n1,,,a\n1,,,b\n");
    assert_eq!(
        (totals.created, totals.unchanged, totals.updated),
        (1, 1, 1)
    );
}

#[test]
fn an_untranslated_value_is_kept_as_raw_and_counted_or_refuses_its_row_when_strict() {
    let table = b"no,day,issue,text\n1,,Alien abduction,a\n2,,Billing disputes,b\n3,,,c\n";
    let (totals, rows) = run(MAPPING, table);
    assert_eq!((totals.created, totals.unmapped), (3, 1));
    assert_eq!(
        fields(&rows[0])["raw"],
        json!({ "problem": "Alien abduction" })
    );
    let strict = MAPPING.replace("[constants]", "strict = true\n[constants]");
    let (totals, _) = run(&strict, table);
    assert_eq!((totals.created, refused(&totals)), (2, vec![2]));
    assert!(
        totals.refused[0].reason.contains("Alien abduction"),
        "{:?}",
        totals.refused
    );
}

#[test]
fn a_date_that_does_not_exist_refuses_its_row_with_number_and_reason() {
    let (totals, rows) = run(
        MAPPING,
        b"no,day,issue,text\n1,02/28/2015,,\n2,02/30/2015,,\n\n3,2015-02-03,,\n4,,,\n",
    );
    assert_eq!(
        (numbers(&rows), refused(&totals)),
        (vec!["1".to_owned(), "4".to_owned()], vec![3, 5])
    );
    let reason = &totals.refused[0].reason;
    assert!(
        reason.contains("received_at") && reason.contains("02/30/2015"),
        "{reason}"
    );
}

#[test]
fn ragged_rows_and_rows_without_a_number_are_refused_and_the_rest_go_on() {
    let (totals, rows) = run(MAPPING, b"no,day,issue,text\n1,,\n2,,,,\n ,,,x\n4,,,d");
    assert_eq!(
        (numbers(&rows), refused(&totals)),
        (vec!["4".to_owned()], vec![2, 3, 4])
    );
    assert_eq!(
        totals.refused[0].reason,
        "has 3 cells where the header has 4"
    );
}

#[test]
fn a_quote_that_is_never_closed_costs_its_own_row_alone() {
    let (totals, rows) = run(
        MAPPING,
        b"no,day,issue,text\n1,,,a\n2,,,\"b\n3,,,c\n4,,,\"d\"\n5,,,e\n",
    );
    assert_eq!(numbers(&rows), ["1", "3", "4", "5"]);
    assert_eq!(totals.refused.len(), 1);
    let Refusal { row, reason } = &totals.refused[0];
    assert_eq!(*row, 3);
    assert!(reason.contains("broken quoting in line 3"), "{reason}");
    let (totals, rows) = run(MAPPING, b"no,day,issue,text\n1,,,a\n2,,,\"b\n3,,,c\n");
    assert_eq!(numbers(&rows), ["1", "3"]);
    assert!(
        totals.refused[0].reason.contains("never closed"),
        "{:?}",
        totals.refused
    );
}

#[test]
fn text_after_a_closing_quote_costs_its_own_row_alone() {
    let (totals, rows) = run(MAPPING, b"no,day,issue,text\n1,,,\"a\"b\"\n2,,,5\" pipe\n");
    assert_eq!(
        (numbers(&rows), refused(&totals)),
        (vec!["2".to_owned()], vec![2])
    );
    assert_eq!(fields(&rows[0])["narrative"], "5\" pipe");
}

#[test]
fn a_line_of_many_megabytes_costs_its_own_row_alone() {
    let long = "x".repeat(IMPORT_CELL_BYTES_MAX * 9);
    let commas = ",".repeat(IMPORT_CELL_BYTES_MAX);
    let fits = "字".repeat(90_000);
    let table = format!(
        "no,day,issue,text\n1,,,{long}\n2,,,\"{long}\"\n3,,,{fits}\n4{commas}\n5,,,\"{long}\n6,,,f\n"
    );
    let (totals, rows) = run(MAPPING, table.as_bytes());
    assert_eq!(
        (numbers(&rows), refused(&totals)),
        (vec!["3".to_owned(), "6".to_owned()], vec![2, 3, 5, 6])
    );
    assert_eq!(
        totals.refused[0].reason,
        "a cell is longer than 1048576 bytes"
    );
    assert_eq!(
        totals.refused[1].reason,
        "a cell is longer than 1048576 bytes"
    );
}

#[test]
fn bytes_that_are_not_utf8_cost_their_row_and_say_what_helps() {
    let (totals, rows) = run(MAPPING, b"no,day,issue,text\n1,,,\xd6\xd0\xb9\xfa\n2,,,b\n");
    assert_eq!(
        (numbers(&rows), refused(&totals)),
        (vec!["2".to_owned()], vec![2])
    );
    assert!(
        totals.refused[0]
            .reason
            .contains("save the table as CSV UTF-8")
    );
    let mapping = Mapping::parse(MAPPING).unwrap();
    for (table, word) in [
        (&b"\xff\xfen\0o\0"[..], "UTF-16"),
        (b"", "header"),
        (b"\xd6\xd0,no\n", "UTF-8"),
        (b"no,\"day\n1", "never closed"),
    ] {
        let error = import(Cursor::new(table), &mapping, None, nothing, |_| {}).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
}

const TABLE_12315: &str = r#"
[source]
channel = "12315"
external_no = "编号"
[fields]
nature = { column = "类型", map = "nature" }
claims = { column = "诉求", map = "claim" }
"consents.publish" = { column = "公示", map = "consent" }
category = { column = "类别", map = "category" }
claimed_fen = "金额"
vulnerable = "群体"
[[events]]
type = "first_action"
at = { column = "首办", date = "%Y-%m-%d %H:%M:%S" }
[maps.nature]
"投诉" = "complaint"
[maps.claim]
"退货" = "return_goods"
"退赔" = "refund;compensate"
[maps.consent]
"是" = "true"
[maps.category]
"" = "finance"
"#;

#[test]
fn several_codes_flags_events_and_an_empty_word_are_read() {
    let table = "编号,类型,诉求,公示,类别,金额,群体,首办\n\
        1,投诉,退货；退赔,是,,1200,elderly,2024-02-05 09:30:00\n\
        2,投诉,退货、磕头,,,,martian,\n\
        3,建议,,,,,,\n\
        4,投诉,,,,12.50,,\n";
    let (totals, rows) = run(TABLE_12315, table.as_bytes());
    assert_eq!(
        (totals.created, totals.unmapped, refused(&totals)),
        (2, 1, vec![4, 5])
    );
    let first = fields(&rows[0]);
    assert_eq!(
        first["claims"],
        json!(["compensate", "refund", "return_goods"])
    );
    assert_eq!(
        (&first["consents"]["publish"], &first["category"]),
        (&json!(true), &json!("finance"))
    );
    assert_eq!(
        (&first["claimed_fen"], &first["vulnerable"]),
        (&json!(1200), &json!(["elderly"]))
    );
    let event = &rows[0].change().unwrap().0.events()[0];
    assert_eq!(
        (event.kind.as_str(), event.at.rfc3339().as_str()),
        ("first_action", "2024-02-05T09:30:00+08:00")
    );
    let second = fields(&rows[1]);
    assert_eq!(
        second["raw"],
        json!({ "claims": "退货、磕头", "vulnerable": "martian" })
    );
    assert_eq!(second["claims"], json!(["return_goods"]));
    assert!(
        totals.refused[0].reason.contains("建议"),
        "{:?}",
        totals.refused
    );
}

#[test]
fn a_mapping_that_makes_no_sense_is_refused_by_name() {
    let cases = [
        (
            "narrative = \"text\"",
            "narativ = \"text\"",
            "has no field \"narativ\"",
        ),
        (
            "map = \"problem\"",
            "map = \"issue\"",
            "\"problem\" asks for the map \"issue\"",
        ),
        (
            "= \"contract\"",
            "= \"contrakt\"",
            "unknown code \"contrakt\"",
        ),
        ("\"complaint\"", "\"complain\"", "unknown code \"complain\""),
        (
            "nature = \"complaint\"",
            "",
            "\"nature\", which every case needs",
        ),
        (
            "channel = \"platform\"",
            "channel = \"pigeon\"",
            "unknown channel \"pigeon\"",
        ),
        ("%m/%d/%Y", "%m/%d/%é", "date pattern"),
        ("date = ", "dat = ", "unknown field `dat`"),
        (
            "narrative = \"text\"",
            "narrative = 3",
            "must be a column's name",
        ),
        (
            "[constants]",
            "timezone = \"Mars/Base\"\n[constants]",
            "source.timezone",
        ),
        (
            "[constants]",
            "[[events]]\ntype = \"eaten\"\nat = \"day\"\n[constants]",
            "no such event",
        ),
        (
            "[constants]",
            "[[events]]\ntype = \"merged\"\nat = \"day\"\n[constants]",
            "needs \"duplicate_of\"",
        ),
        ("narrative = ", "channel = ", "is said in [source]"),
        ("[source]", "[sauce]", "sauce"),
    ];
    for (from, to, words) in cases {
        let broken = MAPPING.replacen(from, to, 1);
        assert_ne!(broken, MAPPING, "{from}");
        let error = Mapping::parse(&broken).unwrap_err().to_string();
        assert!(error.contains(words), "{words}: {error}");
    }
}

#[test]
fn a_column_that_the_table_does_not_have_is_named_with_its_field() {
    let mapping = Mapping::parse(MAPPING).unwrap();
    for (header, words) in [
        ("no,day,issue", ["narrative", "\"text\"", "no, day, issue"]),
        ("no,day,day,issue,text", ["received_at", "\"day\"", "twice"]),
    ] {
        let error = import(Cursor::new(header), &mapping, None, nothing, |_| {}).unwrap_err();
        assert!(matches!(error, ImportError::Mapping(_)));
        let text = error.to_string();
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
    }
}

#[test]
fn the_mappings_of_the_handbook_are_sound() {
    for name in ["cfpb-complaints", "12315"] {
        let path = format!(
            "{}/../docs/examples/{name}.toml",
            env!("CARGO_MANIFEST_DIR")
        );
        Mapping::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    }
}

#[test]
fn whatever_the_quoting_of_one_row_the_rows_around_it_are_read() {
    for cell in [
        "\"",
        "\"x",
        "\"a\"b",
        "\"\"\"",
        "\"a\nb\"c",
        "\"\"x\"\"",
        "\"x\"\"",
        "\"a\r\nb",
    ] {
        let table = format!("no,day,issue,text\n1,,,a\n2,,,{cell}\n3,,,c\n4,,,\"d\"\n5,,,e");
        let (totals, rows) = run(MAPPING, table.as_bytes());
        assert_eq!(
            numbers(&rows),
            ["1", "3", "4", "5"],
            "{cell:?}: {:?}",
            totals.refused
        );
        assert_eq!(totals.refused[0].row, 3);
        assert!(
            totals.refused[0].reason.contains("broken quoting"),
            "{:?}",
            totals.refused
        );
    }
}

#[test]
fn of_rows_refused_without_number_the_first_are_listed_and_the_rest_counted() {
    let rows = IMPORT_REFUSALS_MAX + 7;
    let table = format!("no,day,issue,text\n{}1,,,a\n", "x\n".repeat(rows));
    let (totals, kept) = run(MAPPING, table.as_bytes());
    assert_eq!(
        (totals.refused.len(), totals.refused_unlisted, kept.len()),
        (IMPORT_REFUSALS_MAX, 7, 1)
    );
}
