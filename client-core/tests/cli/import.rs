//! `import`, with the mapping of the handbook and tables with the columns of the published one.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::device::{Device, Ran};

const HEADER: &str = "Date received,Sub-product,Issue,Sub-issue,Consumer complaint narrative,Company public response,Company,State,ZIP code,Tags,\
    Consumer consent provided?,Submitted via,Date sent to company,Company response to consumer,Timely response?,Consumer disputed?,Complaint ID\n";

/// A row with the columns of the published table.
fn row(number: u32, issue: &str, narrative: &str, received: &str) -> String {
    format!(
        "{received},Checking account,\"{issue}\",,\"{narrative}\",,Acme Bank,CA,90001,Older American,Consent provided,Web,03/20/2015,Closed,Yes,No,{number}\n"
    )
}

fn mapping(name: &str) -> String {
    format!(
        "{}/../docs/examples/{name}.toml",
        env!("CARGO_MANIFEST_DIR")
    )
}

fn import(device: &Device, table: &str) -> Ran {
    device.ask(&[
        "import",
        table,
        "--format",
        "csv",
        "--mapping",
        &mapping("cfpb-complaints"),
    ])
}

fn counts(totals: &Json) -> [i64; 5] {
    ["read", "created", "updated", "unchanged", "unmapped"]
        .map(|name| totals[name].as_i64().unwrap())
}

fn refused(totals: &Json) -> Vec<i64> {
    totals["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["row"].as_i64().unwrap())
        .collect()
}

#[test]
fn a_table_becomes_cases_once_and_again_changes_nothing() {
    let device = Device::of_station();
    let mut table = HEADER.to_owned();
    for number in 0..300 {
        let issue = if number % 10 == 0 {
            "Alien abduction"
        } else {
            "Billing disputes"
        };
        write!(
            table,
            "{}",
            row(
                number,
                issue,
                "he said \"\"no\"\",\nthen nothing",
                "03/19/2015"
            )
        )
        .unwrap();
    }
    let table = device.file("table.csv", &[table.as_bytes()]);
    let totals = import(&device, &table).json();
    assert_eq!(
        (counts(&totals), &totals["refused"]),
        ([300, 300, 0, 0, 30], &json!([]))
    );
    let again = import(&device, &table).json();
    assert_eq!(counts(&again), [300, 0, 0, 300, 30]);
    let listed = device.ask(&["list", "--limit", "1000"]).lines();
    let numbers: BTreeSet<_> = listed
        .iter()
        .map(|line| line["external_no"].as_str().unwrap())
        .collect();
    assert_eq!((listed.len(), numbers.len()), (300, 300));
    let case = listed
        .iter()
        .find(|line| line["external_no"] == "10")
        .unwrap()["record"]
        .as_str()
        .unwrap();
    let shown = device.show(case);
    assert_eq!(
        (&shown["fields"]["raw"]["problem"], &shown["status"]),
        (&json!("Alien abduction"), &json!("triage"))
    );
    assert_eq!(
        (&shown["fields"]["category"], &shown["fields"]["vulnerable"]),
        (&json!("finance"), &json!(["elderly"]))
    );
    assert_eq!(shown["events"][0]["at"], "2015-03-20T00:00:00+08:00");
}

#[test]
fn two_devices_of_a_station_make_the_same_change_of_the_same_row() {
    let table = format!("{HEADER}{}", row(7, "Billing disputes", "x", "03/19/2015"));
    let heads = [Device::of_station(), Device::of_station()].map(|device| {
        import(&device, &device.file("table.csv", &[table.as_bytes()])).json();
        let listed = device.ask(&["list"]).lines();
        device.show(listed[0]["record"].as_str().unwrap())["heads"].clone()
    });
    assert_eq!(heads[0], heads[1]);
}

#[test]
fn what_a_person_edited_is_never_overwritten() {
    let device = Device::of_station();
    let table = |narrative: &str, issue: &str| {
        format!("{HEADER}{}", row(7, issue, narrative, "03/19/2015"))
    };
    let first = device.file("first.csv", &[table("x", "Billing disputes").as_bytes()]);
    import(&device, &first).json();
    let case = device.ask(&["list"]).lines()[0]["record"]
        .as_str()
        .unwrap()
        .to_owned();
    device.ask(&["set", &case, "problem", "safety"]).json();
    assert_eq!(counts(&import(&device, &first).json()), [1, 0, 0, 1, 0]);
    let second = device.file("second.csv", &[table("x", "Late fee").as_bytes()]);
    import(&device, &second).json();
    assert_eq!(device.show(&case)["fields"]["problem"], "safety");
}

#[test]
fn bad_rows_are_refused_by_number_and_the_rest_go_on() {
    let device = Device::of_station();
    let good = |number| row(number, "Billing disputes", "x", "03/19/2015");
    let long = vec![b'x'; 100 << 20];
    let head = [
        HEADER,
        &good(1),
        &row(2, "Late fee", "x", "02/30/2015"),
        &row(3, "Late fee", "broken \" quote", "03/19/2015"),
        &good(4),
    ]
    .concat();
    let tail = [
        &good(5),
        "6,short\n",
        &good(7),
        "03/19/2015,\"never closed,x\n",
        &good(8),
    ]
    .concat();
    let table = device.file(
        "table.csv",
        &[
            head.as_bytes(),
            b"03/19/2015,",
            &long,
            b"\n",
            tail.as_bytes(),
        ],
    );
    let totals = import(&device, &table).json();
    assert_eq!(
        (refused(&totals), totals["created"].as_i64()),
        (vec![3, 4, 6, 8, 10], Some(5))
    );
    let reasons = totals["refused"].to_string();
    for word in [
        "02/30/2015",
        "broken quoting",
        "longer than 1048576 bytes",
        "has 2 cells where the header has 17",
    ] {
        assert!(reasons.contains(word), "{word}: {reasons}");
    }
    let mut kept: Vec<_> = device
        .ask(&["list"])
        .lines()
        .iter()
        .map(|line| line["external_no"].as_str().unwrap().to_owned())
        .collect();
    kept.sort();
    assert_eq!(kept, ["1", "4", "5", "7", "8"]);
}

#[test]
fn a_mapping_or_a_table_that_does_not_fit_is_named_and_keeps_nothing() {
    let device = Device::of_station();
    let table = device.file("table.csv", &[b"a,b\n1,2\n"]);
    let (kind, detail) = import(&device, &table).problem();
    assert_eq!(kind, "file_invalid");
    assert!(
        detail.contains("Complaint ID") || detail.contains("a, b"),
        "{detail}"
    );
    let wrong = device.file(
        "wrong.toml",
        &[b"[source]\nchannel = \"platform\"\nexternal_no = \"a\"\n[fields]\nnatur = \"b\"\n"],
    );
    let (kind, detail) = device
        .ask(&["import", &table, "--format", "csv", "--mapping", &wrong])
        .problem();
    assert_eq!(kind, "file_invalid");
    assert!(
        detail.contains("wrong.toml") && detail.contains("natur") && detail.contains("nature"),
        "{detail}"
    );
    let (kind, detail) = device
        .ask(&[
            "import",
            "/nonexistent.csv",
            "--format",
            "csv",
            "--mapping",
            &mapping("12315"),
        ])
        .problem();
    assert_eq!(
        (kind.as_str(), detail.contains("/nonexistent.csv")),
        ("file_invalid", true)
    );
    assert_eq!(
        device
            .ask(&["import", &table, "--format", "xlsx", "--mapping", &wrong])
            .status,
        2
    );
    assert_eq!(device.ask(&["status"]).json()["records"], 0);
}

/// By hand: `FW_TABLE=cfpb-complaints.csv cargo test -p fieldwatch-client-core --test cli published`.
#[test]
fn every_row_of_the_published_table_becomes_a_case() {
    let Some(table) = std::env::var_os("FW_TABLE") else {
        return;
    };
    let device = Device::of_station();
    let totals = import(&device, table.to_str().unwrap()).json();
    assert_eq!(
        (totals["read"].as_i64(), &totals["refused"]),
        (totals["created"].as_i64(), &json!([]))
    );
    assert_eq!(device.ask(&["status"]).json()["records"], totals["read"]);
    let again = import(&device, table.to_str().unwrap()).json();
    assert_eq!(again["unchanged"], totals["read"]);
}
