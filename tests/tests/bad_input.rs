//! Input that cannot be right is refused with words that name it, one piece at a time, and nothing else is lost.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_tests::device::Device;
use fieldwatch_tests::fault::Told;
use fieldwatch_tests::program::{Running, command};
use fieldwatch_tests::table::{COLUMNS, Row, generate, line};
use fieldwatch_tests::world::{World, number};
use serde_json::Value;

const STATION: &str = "330106-0012";

/// A device with one case that has to outlive everything.
fn device_with_a_case() -> Told<(World, Device, String)> {
    let world = World::begin()?;
    world.station(STATION, "330106")?;
    let device = world.staff("li", STATION)?;
    let case = ["nature=complaint", "respondent.name=商行", "problem=price"];
    let record = device.new_record("case", &case)?;
    Ok((world, device, record))
}

#[test]
fn a_field_code_or_date_that_does_not_exist_is_refused_by_name() -> Told<()> {
    let (_world, device, record) = device_with_a_case()?;
    let before = said(&device.show(&record)?);
    let refused = [
        ("colour=red", ProblemKind::FieldUnknown, "colour"),
        ("nature=sonnet", ProblemKind::ValueInvalid, "sonnet"),
        (
            "problem=quality,price",
            ProblemKind::ValueInvalid,
            "problem",
        ),
        (
            "received_at=2015-02-30T08:00:00+08:00",
            ProblemKind::ValueInvalid,
            "received_at",
        ),
        (
            "received_at=2015-02-30",
            ProblemKind::ValueInvalid,
            "received_at",
        ),
        ("claimed_fen=12.5", ProblemKind::ValueInvalid, "claimed_fen"),
        ("claimed_fen:=[", ProblemKind::ValueInvalid, "claimed_fen"),
    ];
    for (set, kind, named) in refused {
        let (told, words) =
            device.refusal(&["new", "case", "--set", "nature=other", "--set", set])?;
        assert_eq!(told, kind, "{set}: {words}");
        assert!(words.contains(named), "{set}: {words}");
    }
    let (kind, _) = device.refusal(&["set", &record, "colour", "red"])?;
    assert_eq!(kind, ProblemKind::FieldUnknown);
    let (kind, _) = device.refusal(&["set", &record, "problem", "sonnet"])?;
    assert_eq!(kind, ProblemKind::ValueInvalid);
    let (kind, _) = device.refusal(&["show", "00000000-0000-7000-8000-000000000000"])?;
    assert_eq!(kind, ProblemKind::RecordUnknown);
    assert_eq!(said(&device.show(&record)?), before);
    assert_eq!(device.states()?.len(), 1);
    Ok(())
}

#[test]
fn a_wrong_command_line_ends_with_status_two() -> Told<()> {
    let (world, device, record) = device_with_a_case()?;
    let wrong: [&[&str]; 6] = [
        &["no-such-command"],
        &["new"],
        &["new", "case", "--no-such-option"],
        &["set", &record, "problem"],
        &["list", "--limit", "many"],
        &["import", "t.csv", "--format", "csv"],
    ];
    for line in wrong {
        let ran = device.attempt(line)?;
        assert_eq!(ran.code(), Some(2), "{}", ran.told());
        assert!(!ran.stderr.is_empty(), "{}", ran.told());
    }
    let wrong: [&[&str]; 3] = [
        &["no-such-command"],
        &["station", "add"],
        &["report", "--from"],
    ];
    for line in wrong {
        let ran = world.attempt(line)?;
        assert_eq!(ran.code(), Some(2), "{}", ran.told());
    }
    for program in ["fieldwatch", "fieldwatch-server"] {
        let mut help = command(program)?;
        help.arg("--help");
        assert!(
            Running::start(help)?
                .finish()?
                .done()?
                .stdout
                .contains("--json")
        );
    }
    Ok(())
}

#[test]
fn rows_that_cannot_be_right_are_refused_one_by_one_and_the_rest_are_kept() -> Told<()> {
    let (world, device, record) = device_with_a_case()?;
    let rows = generate(3, 0, 8);
    let mut lines: Vec<String> = rows.iter().map(|row| line(&row.0)).collect();
    lines[1] = lines[1]
        .replacen("2015", "15th", 1)
        .replacen("2016", "16th", 1);
    lines[3] = line(&rows[3].clone().with("Date received", "02/30/2015").0);
    lines[5] = format!("01/02/2016,\"never {}", rows[5].cell("Complaint ID"));
    lines[6] = "01/02/2016,too,few,cells".to_owned();
    let lines = [vec![line(&COLUMNS)], lines].concat();
    let file = world.path("bad.csv");
    std::fs::write(&file, lines.join("\n"))?;
    let told = device.import(&file)?;
    assert_eq!(number(&told, "created")?, 4, "{told}");
    let refused = told["refused"].as_array().cloned().unwrap_or_default();
    assert_eq!(refused.len(), 4, "{told}");
    assert!(refused.iter().all(|one| one["row"].is_u64()), "{told}");
    assert!(words(&refused).contains("02/30/2015"), "{told}");
    assert_eq!(device.states()?.len(), 5);
    assert!(device.states()?.contains_key(&record));
    device.settle()?;
    assert_eq!(world.check()?, 5);
    Ok(())
}

#[test]
fn a_line_of_a_hundred_megabytes_costs_itself_alone() -> Told<()> {
    let (world, device, record) = device_with_a_case()?;
    let rows = generate(4, 0, 4);
    let file = world.path("long.csv");
    write_with_long_row(&file, &rows)?;
    let told = device.import(&file)?;
    assert_eq!(
        (number(&told, "read")?, number(&told, "created")?),
        (4, 3),
        "{told}"
    );
    let refused = told["refused"].as_array().cloned().unwrap_or_default();
    assert_eq!(refused.len(), 1, "{told}");
    assert_eq!(device.states()?.len(), 4);

    let path = file.display().to_string();
    let line = ["new", "case", "--file", &path];
    let (kind, said) = device.refusal(&line)?;
    assert_eq!(kind, ProblemKind::FileInvalid, "{said}");
    assert!(device.states()?.contains_key(&record));
    device.settle()?;
    assert_eq!(world.check()?, 4);
    Ok(())
}

/// Four rows, of which the second holds a narrative of a hundred megabytes on one line.
fn write_with_long_row(file: &Path, rows: &[Row]) -> Told<()> {
    let mut file = BufWriter::new(File::create(file)?);
    writeln!(file, "{}", line(&COLUMNS))?;
    let piece = "long ".repeat(200_000);
    for (place, row) in rows.iter().enumerate() {
        if place == 1 {
            write!(file, "01/02/2016,Medical,Other,,")?;
            for _ in 0..100 {
                file.write_all(piece.as_bytes())?;
            }
            writeln!(
                file,
                ",,Bank,CA,300XX,,Consent provided,Web,01/02/2016,Closed,Yes,No,77"
            )?;
        } else {
            writeln!(file, "{}", line(&row.0))?;
        }
    }
    Ok(file.flush()?)
}

/// What a record says, whatever the time is.
fn said(shown: &Value) -> [Option<Value>; 4] {
    ["fields", "events", "heads", "state"].map(|part| shown.get(part).cloned())
}

fn words(refused: &[Value]) -> String {
    let reasons = refused.iter().map(|one| one["reason"].to_string());
    reasons.collect::<Vec<_>>().join("\n")
}
