//! `new`, `event`, `set`, `show`, `list`, `deadlines`: what a person does to records.

use serde_json::json;

use super::device::{Device, STATION};

#[test]
fn a_case_is_there_after_the_command_that_made_it() {
    let device = Device::of_station();
    let case = device.make(&[
        "case",
        "--set",
        "nature=complaint",
        "--set",
        "claimed_fen=1200",
        "--set",
        "claims:=[\"refund\"]",
        "--set",
        "narrative=a=b",
    ]);
    let shown = device.show(&case);
    assert_eq!(
        (
            &shown["record"],
            &shown["kind"],
            &shown["status"],
            &shown["state"],
            &shown["schema"]
        ),
        (
            &json!(case),
            &json!("case"),
            &json!("registered"),
            &json!("local"),
            &json!(1)
        )
    );
    let fields = &shown["fields"];
    assert_eq!(
        (&fields["station"], &fields["claimed_fen"]),
        (&json!(STATION), &json!(1200))
    );
    assert_eq!(
        (&fields["narrative"], &fields["claims"]),
        (&json!("a=b"), &json!(["refund"]))
    );
    assert!(fields["received_at"].is_string());
    assert_eq!(
        (&shown["events"], &shown["conflicts"]),
        (&json!([]), &json!([]))
    );
    assert_eq!(shown["heads"].as_array().unwrap().len(), 1);
    let rules: Vec<_> = shown["deadlines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|clock| clock["rule"].as_str().unwrap())
        .collect();
    assert!(rules.contains(&"first_action_1wd"), "{rules:?}");
    let listed = device.ask(&["list", "--kind", "case"]).lines();
    assert_eq!(
        (listed.len(), &listed[0]["record"], &listed[0]["nature"]),
        (1, &json!(case), &json!("complaint"))
    );
    let status = device.ask(&["status"]).json();
    let counts = ["records", "outbox", "quarantined", "conflicts"]
        .map(|name| status[name].as_i64().unwrap());
    assert_eq!((counts, &status["last_sync"]), ([1, 1, 0, 0], &json!(null)));
}

#[test]
fn a_file_gives_fields_nested_or_by_path_and_a_setting_wins_over_it() {
    let device = Device::of_station();
    let fields = json!({ "nature": "tip_off", "respondent": { "name": "甲" }, "respondent.phone": "1", "consents": { "publish": true } });
    let file = device.file(
        "case.json",
        &["\u{feff}".as_bytes(), fields.to_string().as_bytes()],
    );
    let case = device.make(&["case", "--file", &file, "--set", "nature=consultation"]);
    let fields = device.show(&case)["fields"].clone();
    assert_eq!(fields["respondent"], json!({ "name": "甲", "phone": "1" }));
    assert_eq!(
        (&fields["nature"], &fields["consents"]["publish"]),
        (&json!("consultation"), &json!(true))
    );
}

#[test]
fn events_move_the_status_and_say_who_and_when() {
    let device = Device::of_station();
    let case = device.make(&["case", "--set", "nature=complaint"]);
    let answer = device
        .ask(&[
            "event",
            &case,
            "first_action",
            "--at",
            "2024-02-05T09:30:00+08:00",
            "--set",
            "refund_fen=500",
            "--set",
            "by_phone:=true",
        ])
        .json();
    assert_eq!(answer["status"], "triage");
    let event = &device.show(&case)["events"][0];
    assert_eq!(
        (&event["id"], &event["type"], &event["by"]),
        (&answer["event"], &json!("first_action"), &json!("李"))
    );
    assert_eq!(
        (&event["at"], &event["data"]),
        (
            &json!("2024-02-05T09:30:00+08:00"),
            &json!({ "refund_fen": 500, "by_phone": true })
        )
    );
}

#[test]
fn a_field_is_edited_cleared_and_found_by_the_beginning_of_its_record() {
    let device = Device::of_station();
    let case = device.make(&["case", "--set", "nature=complaint"]);
    let start = &case[..13];
    let answer = device
        .ask(&["set", start, "respondent.name", "甲超市"])
        .json();
    assert_eq!(
        (&answer["record"], answer["heads"].as_array().unwrap().len()),
        (&json!(case), 1)
    );
    assert_eq!(device.show(&case)["fields"]["respondent"]["name"], "甲超市");
    device
        .ask(&["set", &case, "claims", "--json-value", "[\"redo\"]"])
        .json();
    device.ask(&["set", start, "respondent.name", ""]).json();
    let fields = device.show(start)["fields"].clone();
    assert_eq!(
        (&fields["respondent"], &fields["claims"]),
        (&json!(null), &json!(["redo"]))
    );
    assert_eq!(device.ask(&["list", "--search", "超市"]).lines().len(), 0);
}

#[test]
fn an_inspection_is_given_a_pseudonym_and_the_built_in_checklist() {
    let device = Device::of_volunteer();
    let visit = device.make(&[
        "inspection",
        "--set",
        "answers.price_tag=yes",
        "--set",
        "enterprise=甲超市",
    ]);
    let fields = device.show(&visit)["fields"].clone();
    assert_eq!(
        fields["checklist"],
        json!({ "id": "market-basics", "version": "1" })
    );
    assert_eq!(
        (
            fields["alias"].as_str().unwrap().len(),
            &fields["answers"]["price_tag"]
        ),
        (8, &json!("yes"))
    );
    assert!(
        fields["progress"].is_number() && fields["result"].is_null(),
        "{fields}"
    );
    assert_ne!(
        device.show(&device.make(&["inspection"]))["fields"]["alias"],
        fields["alias"]
    );
}

#[test]
fn a_consumer_lives_at_the_station_and_a_volunteer_is_told_to_name_one() {
    let device = Device::of_station();
    let party = device.make(&["party", "--set", "name=王"]);
    assert_eq!(
        device.show(&party)["fields"],
        json!({ "name": "王", "station": STATION })
    );
    let (kind, detail) = Device::of_volunteer()
        .ask(&["new", "case", "--set", "nature=other"])
        .problem();
    assert_eq!(kind, "value_invalid");
    assert!(detail.contains("holds no station"), "{detail}");
}

#[test]
fn deadlines_are_listed_for_one_case_and_for_all_most_urgent_first() {
    let device = Device::of_station();
    let old = device.make(&[
        "case",
        "--set",
        "nature=complaint",
        "--set",
        "received_at=2024-02-05T09:30:00+08:00",
    ]);
    let new = device.make(&["case", "--set", "nature=complaint"]);
    let all = device.ask(&["deadlines"]).lines();
    assert_eq!(
        (&all[0]["record"], &all[0]["state"]),
        (&json!(old), &json!("missed"))
    );
    assert!(
        all.iter()
            .any(|clock| clock["record"] == json!(new) && clock["state"] == "running"),
        "{all:?}"
    );
    let one = device
        .ask(&[
            "deadlines",
            &new,
            "--pack",
            all[0]["pack"].as_str().unwrap(),
        ])
        .lines();
    assert!(
        !one.is_empty() && one.iter().all(|clock| clock["record"] == json!(new)),
        "{one:?}"
    );
    let (kind, detail) = device.ask(&["deadlines", &new, "--pack", "moon"]).problem();
    assert_eq!(kind, "value_invalid");
    assert!(detail.contains("zhejiang-council"), "{detail}");
}

#[test]
fn words_are_in_the_language_asked_for_and_chinese_by_default() {
    let device = Device::of_station();
    let case = device.make(&[
        "case",
        "--set",
        "nature=complaint",
        "--set",
        "claimed_fen=1200",
    ]);
    device.ask(&["event", &case, "first_action"]).json();
    let zh = device.run(&["show", &case]).stdout;
    for word in [
        "诉求类型：投诉",
        "请求金额：12.00 元",
        "状态：初查",
        "发送：未发送",
        "首次处理",
        "期限：",
    ] {
        assert!(zh.contains(word), "{word}: {zh}");
    }
    let en = device.run(&["--lang", "en", "show", &case]).stdout;
    for word in [
        "nature: Complaint",
        "status: triage",
        "state: local",
        "first action",
        "deadline: ",
    ] {
        assert!(en.contains(word), "{word}: {en}");
    }
    let refused = device.run(&["event", &case, "surveyed"]);
    assert!(
        refused.stdout.is_empty() && refused.stderr.starts_with("错误：此时不能发生该事件："),
        "{refused:?}"
    );
    for word in ["状态为“初查”时不能“", "现在可以：", "（accepted）"] {
        assert!(refused.stderr.contains(word), "{word}: {refused:?}");
    }
    let barred = device.run(&["new", "notice", "--set", "title=提示"]).stderr;
    assert!(
        barred.contains("由协调员新建和修改，维权站工作人员不能"),
        "{barred}"
    );
    device
        .ask(&[
            "set",
            &case,
            "respondent.name",
            "--json-value",
            r#""\u001b[2J甲""#,
        ])
        .json();
    let plain = device.run(&["list"]).stdout;
    assert!(
        plain.contains("\u{fffd}[2J甲") && !plain.contains('\u{1b}'),
        "{plain}"
    );
    let none = device.run(&["conflicts", "--lang", "en"]);
    assert_eq!((none.status, none.stdout.as_str()), (0, "no conflicts\n"));
}
