//! Tests of: reading an XLSForm from the bytes of a spreadsheet.

use std::io::{Cursor, Write};

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use zip::write::SimpleFileOptions;

use super::*;
use crate::checklist::limits::{FILE_BYTES_MAX, UNPACKED_BYTES_MAX};

fn messages(bytes: &[u8]) -> Vec<String> {
    read_xlsx(bytes).map_or_else(
        |errors| errors.iter().map(ToString::to_string).collect(),
        |_| Vec::new(),
    )
}

fn form(rows: &[&[&str]]) -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("survey").unwrap();
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*cells) {
            sheet.write_string(row, column, *cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn what_is_no_spreadsheet_is_refused_in_one_line() {
    assert_eq!(messages(b""), ["form: is no Excel file (.xlsx)"]);
    assert_eq!(
        messages(b"type,name\ntext,a"),
        ["form: is no Excel file (.xlsx)"]
    );
    assert_eq!(messages(b"PK\x03\x04").len(), 1);
    assert_eq!(
        messages(&[&[0xD0, 0xCF, 0x11, 0xE0][..], &[0; 600]].concat()).len(),
        1
    );
    assert_eq!(
        messages(&vec![b'P'; FILE_BYTES_MAX + 1]),
        ["form: is larger than 8 MiB"]
    );
}

#[test]
fn a_small_file_that_unpacks_to_a_huge_one_is_refused_before_it_is_read() {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    archive
        .start_file("xl/sharedStrings.xml", SimpleFileOptions::default())
        .unwrap();
    let piece = vec![b' '; 1 << 20];
    for _ in 0..=UNPACKED_BYTES_MAX >> 20 {
        archive.write_all(&piece).unwrap();
    }
    let bytes = archive.finish().unwrap().into_inner();
    assert!(bytes.len() < FILE_BYTES_MAX);
    assert_eq!(messages(&bytes), ["form: holds more than 128 MiB"]);
}

#[test]
fn a_cell_at_the_far_corner_costs_nothing() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("survey").unwrap();
    sheet
        .write_string(0, 0, "type")
        .unwrap()
        .write_string(0, 1, "name")
        .unwrap();
    sheet
        .write_string(1, 0, "text")
        .unwrap()
        .write_string(1, 1, "a")
        .unwrap();
    sheet.write_string(1_048_575, 16_383, "far").unwrap();
    let (checklist, warnings) = read_xlsx(&book.save_to_buffer().unwrap()).unwrap();
    assert_eq!(checklist.definition().items.len(), 1);
    assert_eq!(
        warnings
            .iter()
            .map(|warning| warning.row)
            .collect::<Vec<_>>(),
        [2, 1_048_576]
    );
}

#[test]
fn cells_read_as_people_see_them() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name(" Survey ").unwrap();
    for (column, heading) in (0..).zip(["type", "name", "default"]) {
        sheet.write_string(0, column, heading).unwrap();
    }
    let format = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    for (row, name) in (1..).zip([
        "whole",
        "fraction",
        "truth",
        "day",
        "moment",
        "formula",
        "hard_blank",
    ]) {
        sheet
            .write_string(row, 0, "text")
            .unwrap()
            .write_string(row, 1, name)
            .unwrap();
    }
    sheet.write_number(1, 2, 3.0).unwrap();
    sheet.write_number(2, 2, 2.5).unwrap();
    sheet.write_boolean(3, 2, true).unwrap();
    sheet
        .write_datetime_with_format(4, 2, ExcelDateTime::from_ymd(2024, 5, 1).unwrap(), &format)
        .unwrap();
    let moment = ExcelDateTime::from_ymd(2024, 5, 1)
        .unwrap()
        .and_hms(9, 30, 0)
        .unwrap();
    sheet
        .write_datetime_with_format(5, 2, moment, &format)
        .unwrap();
    sheet
        .write_formula(6, 2, rust_xlsxwriter::Formula::new("1+1").set_result("2"))
        .unwrap();
    sheet.write_string(7, 2, "a\u{a0}\u{a0} b").unwrap();
    let (checklist, _) = read_xlsx(&book.save_to_buffer().unwrap()).unwrap();
    let defaults: Vec<&str> = checklist
        .definition()
        .items
        .iter()
        .filter_map(|item| item.default.as_deref())
        .collect();
    assert_eq!(
        defaults,
        [
            "3",
            "2.5",
            "TRUE",
            "2024-05-01",
            "2024-05-01T09:30:00",
            "2",
            "a b"
        ]
    );
}

#[test]
fn thousands_of_errors_are_counted_and_not_all_told() {
    let rows: Vec<[&str; 2]> = std::iter::once(["type", "name"])
        .chain(std::iter::repeat_n(["text", "1"], 600))
        .collect();
    let rows: Vec<&[&str]> = rows.iter().map(|row| &row[..]).collect();
    let said = messages(&form(&rows));
    assert_eq!(said.len(), ERRORS_MAX + 1);
    // Each row has a bad name, and all but the first the name of another.
    assert_eq!(
        said.last().map(String::as_str),
        Some("form: 699 more errors are not shown")
    );
}

#[test]
fn a_form_without_settings_is_named_by_its_content() {
    let one = read_xlsx(&form(&[&["type", "name"], &["text", "a"]]))
        .unwrap()
        .0;
    let same = read_xlsx(&form(&[&["type", "name"], &["text", "a"]]))
        .unwrap()
        .0;
    let other = read_xlsx(&form(&[&["type", "name"], &["text", "b"]]))
        .unwrap()
        .0;
    assert_eq!(
        (&one.definition().id, &one.definition().version),
        (&same.definition().id, &same.definition().version)
    );
    assert_ne!(one.definition().version, other.definition().version);
    assert!(one.definition().id.starts_with("form-"));
    assert_eq!(one.definition().title, one.definition().id);
}
