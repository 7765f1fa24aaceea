//! `new acknowledgement`: a number, a text and a code for a case, with no network, and again whenever it is shown.

use fieldwatch_schemas::acknowledgement::Code;
use serde_json::json;

use super::device::{Device, STATION};

#[test]
fn an_acknowledgement_of_a_case_named_by_its_beginning_says_number_text_and_code() {
    let device = Device::of_station();
    let case = device.make(&["case", "--set", "nature=complaint"]);
    let beginning = format!("case={}", &case[..18]);
    let line = ["new", "acknowledgement", "--set", &beginning];
    let made = device.ask(&[&line[..], &["--set", "station_name=西湖维权站"]].concat());
    let made = made.json();
    let shown = device.show(made["record"].as_str().unwrap());
    let fields = &shown["fields"];
    let number = made["number"].as_str().unwrap();
    assert!(number.starts_with(&format!("{STATION}-20")), "{number}");
    assert_eq!(
        (&fields["number"], &fields["qr"], &fields["case"]),
        (&made["number"], &made["qr"], &json!(case))
    );
    let code = Code::read(made["qr"].as_str().unwrap()).unwrap();
    assert_eq!(code.number, number);
    assert!(code.is_of(case.parse().unwrap()));
    let text = made["text"].as_str().unwrap();
    for said in ["受理回执", number, "西湖维权站", "不含个人信息"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let minute = fields["issued_at"].as_str().unwrap()[..16].replace('T', " ");
    assert!(text.contains(&format!("出具时间：{minute}\n")), "{text}");
    assert_eq!(shown["text"], made["text"]);

    let next = device.ask(&line).json();
    assert_ne!(next["number"], made["number"]);
    let next = device.show(next["record"].as_str().unwrap());
    assert_eq!(next["fields"]["station_name"], "西湖维权站");
}

#[test]
fn an_acknowledgement_is_printed_with_its_picture_when_it_is_made_and_when_it_is_shown() {
    let device = Device::of_station();
    let case = device.make(&["case", "--set", "nature=complaint"]);
    let of = format!("case={case}");
    let made = device.run(&["new", "acknowledgement", "--set", &of, "--lang", "en"]);
    let picture: Vec<&str> = made
        .stdout
        .lines()
        .filter(|line| line.contains('█'))
        .collect();
    assert!(picture.len() > 10, "{}", made.stdout);
    assert!(made.stdout.contains("no personal data"), "{}", made.stdout);
    let listed = device.ask(&["list", "--kind", "acknowledgement"]).lines();
    let record = listed[0]["record"].as_str().unwrap();
    let again = device.run(&["show", record, "--lang", "en"]).stdout;
    assert!(picture.iter().all(|line| again.contains(line)), "{again}");
    device
        .ask(&["event", record, "voided", "--set", "reason=重复"])
        .json();
    let voided = device.run(&["show", record]).stdout;
    assert!(voided.contains("[已作废]"), "{voided}");
}

#[test]
fn an_acknowledgement_without_a_case_or_with_a_number_of_its_own_is_refused() {
    let device = Device::of_station();
    let party = device.make(&["party", "--set", "name=王"]);
    let case = device.make(&["case", "--set", "nature=complaint"]);
    let refused = |sets: &[&str]| {
        let sets = sets.iter().flat_map(|set| ["--set", *set]);
        let line: Vec<&str> = ["new", "acknowledgement"].into_iter().chain(sets).collect();
        device.ask(&line).problem()
    };
    assert_eq!(refused(&[]).0, "value_invalid");
    assert_eq!(refused(&[&format!("case={party}")]).0, "value_invalid");
    assert_eq!(
        refused(&["case=00000000-0000-4000-8000-000000000001"]).0,
        "record_unknown"
    );
    let (kind, words) = refused(&[&format!("case={case}"), "number=1"]);
    assert_eq!(kind, "value_invalid");
    assert!(words.contains("follows from the case"), "{words}");
    assert!(
        device
            .ask(&["list", "--kind", "acknowledgement"])
            .lines()
            .is_empty()
    );
}
