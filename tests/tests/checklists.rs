//! Checklists, end to end: spreadsheets become checklists that other devices answer offline, and device and server judge alike.

use std::path::{Path, PathBuf};

use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_tests::device::Device;
use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::world::{World, number, text};
use rust_xlsxwriter::Workbook;
use serde_json::{Value, json};

/// The forms, the answers that complete each, and what they come to by hand.
fn forms() -> [(&'static str, Value, f64); 3] {
    let repair = json!({
        "platform": "tmall", "booked_at": "2024-05-02T09:00:00+08:00",
        "arrived_at": "2024-05-02T10:30:00+08:00", "id_shown": "yes", "price_list": "yes",
        "fault_invented": "yes", "quoted_yuan": 200, "paid_yuan": 300.5,
        "overcharge_reason": "加氟", "receipt": "no", "city": "hz", "district": "xh", "overall": 4,
        "narrative": "师傅准时上门,检查后说明故障原因,收费前未出示价目表,维修约一小时后恢复正常。",
    });
    let tea = json!({
        "store_name": "老茶铺", "location": { "lat": 30.27, "lon": 120.15, "accuracy_m": 8 },
        "channel": "shop", "samples": 2, "claims": ["gift", "health"],
        "sample": [
            { "brand": "甲", "price_yuan": 198, "gross_g": 500, "net_g": 100, "layers": 3,
              "layers_ok": "yes", "cost_ok": "no", "photo": "p1" },
            { "brand": "乙", "price_yuan": 88.5, "gross_g": 300, "net_g": 100, "layers": 2,
              "layers_ok": "yes", "cost_ok": "na", "photo": "p2" },
        ],
    });
    let cinema = json!({
        "cinema": "星光", "visit_date": "2024-06-30", "exit_clear": "yes", "seat_clean": "no",
        "glasses_clean": "na", "temp": 24, "price_marked": "yes",
        "rank_issues": ["safety", "price", "hygiene"], "narrative": "一切正常",
    });
    [
        ("appliance-repair.xlsx", repair, 77.78),
        ("tea-overpackaging.xlsx", tea, 75.0),
        ("cinema-experience.xlsx", cinema, 87.5),
    ]
}

fn fixture(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/tests/forms");
    folder.join(name).display().to_string()
}

/// A form of two questions, `pass` of which earns everything; `label` is of the first.
fn small_form(world: &World, name: &str, version: &str, label: &str) -> Told<PathBuf> {
    let rows: [(&str, Vec<Vec<&str>>); 3] = [
        (
            "survey",
            vec![
                vec!["type", "name", "label", "required", "weight", "constraint"],
                vec!["select_one yn", "open", label, "yes", "1", ""],
                vec!["integer", "queue", "排队人数", "yes", "", ". < 100"],
            ],
        ),
        (
            "choices",
            vec![
                vec!["list_name", "name", "label", "score"],
                vec!["yn", "yes", "是", "1"],
                vec!["yn", "no", "否", "0"],
            ],
        ),
        (
            "settings",
            vec![
                vec!["form_title", "form_id", "version"],
                vec!["小表", "small", version],
            ],
        ),
    ];
    let mut book = Workbook::new();
    for (sheet, lines) in rows {
        let sheet = book.add_worksheet().set_name(sheet).map_err(fault)?;
        for (row, line) in (0..).zip(lines) {
            for (column, cell) in (0..).zip(line) {
                sheet.write_string(row, column, cell).map_err(fault)?;
            }
        }
    }
    let path = world.path(name);
    book.save(&path).map_err(fault)?;
    Ok(path)
}

fn fault(error: impl std::fmt::Display) -> Fault {
    Fault::new(error.to_string())
}

fn person(world: &World, name: &str, role: &str, place: &[&str]) -> Told<Device> {
    let id = world.person(name, role, place)?;
    world.enrolled(name, &world.ticket(&id, &[])?)
}

fn coordinator(world: &World, name: &str) -> Told<Device> {
    person(world, name, "coordinator", &["--region", "330100"])
}

/// How many visits the server counts as passed.
fn passed(world: &World) -> Told<u64> {
    let days = ["--from", "2020-01-01", "--to", "2099-12-31"];
    let report = world.admin(&[&["report"], &days[..]].concat())?.json()?;
    number(report.get("inspections").unwrap_or(&report), "pass")
}

fn write(world: &World, name: &str, json: &Value) -> Told<String> {
    let path = world.path(name);
    std::fs::write(&path, json.to_string())?;
    Ok(path.display().to_string())
}

#[test]
fn three_forms_are_published_answered_on_another_device_and_score_as_by_hand() -> Told<()> {
    let world = World::begin()?;
    let chen = coordinator(&world, "陈")?;
    let bo = person(&world, "波", "volunteer", &[])?;
    for (file, ..) in forms() {
        let told = chen.json(&["checklist", "publish", &fixture(file)])?;
        assert_eq!(told["created"], true, "{told}");
    }
    chen.settle()?;
    bo.settle()?;
    assert_eq!(bo.lines(&["checklist", "list"])?.len(), 4);

    for (file, answers, score) in forms() {
        let listed = bo.json(&["checklist", "check", &fixture(file)])?;
        let id = text(&listed, "id")?;
        let given = write(&world, "visit.json", &json!({ "checklist": { "id": id } }))?;
        let visit = text(
            &bo.json(&["new", "inspection", "--file", &given])?,
            "record",
        )?;
        let shown = bo.show(&visit)?;
        assert_eq!(shown["fields"]["checklist"]["version"], listed["version"]);

        let (kind, words) = bo.refusal(&["event", &visit, "submitted"])?;
        assert_eq!(kind, ProblemKind::EventIllegal);
        assert!(words.contains("not complete"), "{words}");

        let given = write(&world, "answers.json", &json!({ "answers": answers }))?;
        bo.json(&["set", &visit, "--file", &given])?;
        let shown = bo.show(&visit)?;
        assert_eq!(shown["fields"]["score"], score, "{file}: {shown}");
        assert_eq!(shown["evaluation"]["missing"], json!([]), "{file}");
        bo.json(&["event", &visit, "submitted"])?;
        assert_eq!(bo.show(&visit)?["fields"]["result"], "pass", "{file}");
    }
    bo.settle()?;
    assert_eq!(passed(&world)?, 3);
    world.check().map(drop)
}

#[test]
fn a_result_becomes_right_when_the_checklist_arrives_after_the_visit() -> Told<()> {
    let world = World::begin()?;
    let chen = coordinator(&world, "陈")?;
    let bo = person(&world, "波", "volunteer", &[])?;
    let named = ["checklist.id=small", "checklist.version=1"];
    let answers = ["answers.open=yes", "answers.queue:=3"];
    let visit = bo.new_record("inspection", &[&named[..], &answers].concat())?;
    bo.json(&["event", &visit, "submitted"])?;
    bo.settle()?;
    assert_eq!(passed(&world)?, 0);
    assert!(bo.show(&visit)?["fields"]["result"].is_null());

    let form = small_form(&world, "small.xlsx", "1", "是否营业")?;
    chen.json(&["checklist", "publish", &form.display().to_string()])?;
    chen.settle()?;
    assert_eq!(passed(&world)?, 1);
    world.check()?;
    bo.settle()?;
    assert_eq!(bo.show(&visit)?["fields"]["result"], "pass");
    Ok(())
}

#[test]
fn an_incomplete_visit_is_refused_by_the_device_and_by_the_server() -> Told<()> {
    let world = World::begin()?;
    let chen = coordinator(&world, "陈")?;
    let [bo, an] = ["波", "安"].map(|name| person(&world, name, "volunteer", &[]));
    let (bo, an) = (bo?, an?);
    let form = small_form(&world, "small.xlsx", "1", "是否营业")?;
    chen.json(&["checklist", "publish", &form.display().to_string()])?;
    chen.settle()?;

    bo.settle()?;
    let visit = bo.new_record("inspection", &["checklist.id=small", "answers.open=是"])?;
    assert_eq!(bo.show(&visit)?["fields"]["answers"]["open"], "yes");
    for (question, value) in [("open", "maybe"), ("queue", "many"), ("closed", "yes")] {
        let (kind, words) = bo.refusal(&["set", &visit, &format!("answers.{question}"), value])?;
        assert_eq!(kind, ProblemKind::ValueInvalid, "{words}");
    }
    let ran = bo.attempt(&["event", &visit, "submitted"])?;
    assert_eq!(ran.code(), Some(1));
    assert_eq!(ran.json()?["errors"][0]["label"], "排队人数");
    let told = bo.json(&["set", &visit, "answers.queue", "500"])?;
    assert_eq!(told["violations"][0]["breach"], "constraint", "{told}");
    bo.refusal(&["event", &visit, "submitted"])?;
    let (kind, words) = bo.refusal(&["inspection", "answer", &visit])?;
    assert_eq!(kind, ProblemKind::ValueInvalid);
    assert!(words.contains("terminal"), "{words}");

    // This device has never seen the checklist, so only the server can tell.
    let named = [
        "checklist.id=small",
        "checklist.version=1",
        "answers.open=yes",
    ];
    let unseen = an.new_record("inspection", &named)?;
    an.json(&["event", &unseen, "submitted"])?;
    assert_eq!(an.sync()?.refused, 1);
    let told = an.lines(&["quarantine"])?;
    assert!(told[0].to_string().contains("排队人数"), "{told:?}");
    assert_eq!(passed(&world)?, 0);
    world.check().map(drop)
}

#[test]
fn a_published_version_never_changes_and_only_coordinators_publish() -> Told<()> {
    let world = World::begin()?;
    let [chen, dong] = ["陈", "董"].map(|name| coordinator(&world, name));
    let (chen, dong) = (chen?, dong?);
    let bo = person(&world, "波", "volunteer", &[])?;
    let path = |name: &str, version: &str, label: &str| {
        small_form(&world, name, version, label).map(|path| path.display().to_string())
    };
    let first = path("first.xlsx", "1", "是否营业")?;
    let other = path("other.xlsx", "1", "是否开门")?;
    let second = path("second.xlsx", "2", "是否开门")?;

    let (kind, _) = bo.refusal(&["checklist", "publish", &first])?;
    assert_eq!(kind, ProblemKind::NotPermitted);
    let one = chen.json(&["checklist", "publish", &first])?;
    let same = dong.json(&["checklist", "publish", &first])?;
    assert_eq!(one["record"], same["record"]);
    chen.settle()?;
    assert_eq!(dong.sync()?.refused, 0);
    dong.settle()?;
    assert!(dong.lines(&["conflicts"])?.is_empty());

    let (kind, words) = dong.refusal(&["checklist", "publish", &other])?;
    assert_eq!(kind, ProblemKind::AlreadyExists, "{words}");
    assert_eq!(
        dong.json(&["checklist", "publish", &first])?["created"],
        false
    );
    let late = coordinator(&world, "冯")?;
    late.json(&["checklist", "publish", &other])?;
    assert_eq!(late.sync()?.refused, 1, "the server took another content");

    let before = chen.new_record("inspection", &["checklist.id=small"])?;
    dong.json(&["checklist", "publish", &second])?;
    dong.settle()?;
    chen.settle()?;
    let after = chen.new_record("inspection", &["checklist.id=small"])?;
    let version = |visit: &str| -> Told<Value> {
        Ok(chen.show(visit)?["fields"]["checklist"]["version"].take())
    };
    assert_eq!(version(&before)?, "1");
    assert_eq!(version(&after)?, "2");
    let (kind, _) = chen.refusal(&["set", &before, "checklist.version", "2"])?;
    assert_eq!(kind, ProblemKind::ValueInvalid);
    world.check().map(drop)
}

#[test]
fn a_broken_form_is_refused_with_the_place_of_every_error_and_makes_no_home() -> Told<()> {
    let world = World::begin()?;
    let mut book = Workbook::new();
    let sheet = book.add_worksheet().set_name("survey").map_err(fault)?;
    let rows = [
        ["type", "name", "label", "relevant"],
        ["text", "a", "甲", "${nobody} = 1"],
        ["integer", "b", "乙", "1 +"],
    ];
    for (row, line) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(line) {
            sheet.write_string(row, column, cell).map_err(fault)?;
        }
    }
    let path = world.path("broken.xlsx");
    book.save(&path).map_err(fault)?;
    let device = world.home("nobody");
    let ran = device.attempt(&["checklist", "check", &path.display().to_string()])?;
    assert_eq!(ran.code(), Some(1), "{}", ran.told());
    let problem = ran.json()?;
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    let places: Vec<_> = errors
        .iter()
        .map(|error| (&error["sheet"], &error["row"], &error["column"]))
        .collect();
    assert_eq!(
        places,
        [
            (&json!("survey"), &json!(2), &json!("relevant")),
            (&json!("survey"), &json!(3), &json!("relevant")),
        ],
        "{problem}"
    );
    assert!(!device.home().exists());
    Ok(())
}
