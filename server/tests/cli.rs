//! The command line of the real binary: exit status, and where answers and refusals go.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, in its functions too"
)]

use std::path::Path;
use std::process::{Command, Output};

use fieldwatch_schemas::problem::{Problem, ProblemKind};
use serde_json::Value;

const STATION: [&str; 8] = [
    "station",
    "add",
    "--id",
    "330106-0012",
    "--name",
    "西湖站",
    "--region",
    "330106",
];

fn run(data: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fieldwatch-server"))
        .args(args)
        .env("FIELDWATCH_DATA", data)
        .env("LC_ALL", "zh_CN.UTF-8")
        .env_remove("FIELDWATCH_LOG")
        .output()
        .unwrap()
}

fn begun() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let init = run(home.path(), &["init", "--host", "localhost"]);
    assert_eq!(init.status.code(), Some(0));
    home
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn an_answer_is_words_for_people_and_json_for_programs() {
    let home = begun();
    let words = run(home.path(), &STATION);
    assert_eq!(
        text(&words.stdout),
        "维权站 330106-0012  西湖站  330106 浙江省杭州市西湖区\n"
    );
    let words = run(home.path(), &["--lang", "en", "station", "list"]);
    assert!(text(&words.stdout).starts_with("station 330106-0012"));
    let json = run(home.path(), &["station", "list", "--json"]);
    let row: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(row.get("authority").unwrap(), "council");
    assert!(json.stderr.is_empty());
}

#[test]
fn a_failure_is_status_1_in_words_on_stderr_or_a_problem_on_stdout() {
    let home = begun();
    let person = ["person", "add", "--name", "李", "--role", "station_staff"];
    let words = run(home.path(), &person);
    assert_eq!(words.status.code(), Some(1));
    assert_eq!(
        text(&words.stderr),
        "错误：角色 station_staff 必须指定 --station\n"
    );
    assert!(words.stdout.is_empty());
    let json = run(home.path(), &[&person[..], &["--json"]].concat());
    assert_eq!(json.status.code(), Some(1));
    let problem: Problem = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(problem.kind(), Some(ProblemKind::ValueInvalid));
}

#[test]
fn a_wrong_command_line_is_status_2() {
    let home = begun();
    for wrong in [
        &["frobnicate"][..],
        &[],
        &["person", "add", "--name", "李", "--role", "king"],
        &["ticket", "--person", "nobody"],
        &[
            "ticket",
            "--person",
            "01a1fff7-1bff-7a3f-a7f9-d60d3829c2cf",
            "--valid",
            "soon",
        ],
        &["serve", "--listen", "nowhere"],
        &["serve", "--listen", "127.0.0.1:0", "--cert", "only.pem"],
        &["init"],
    ] {
        assert_eq!(run(home.path(), wrong).status.code(), Some(2), "{wrong:?}");
    }
    let json = run(home.path(), &["--json", "frobnicate"]);
    let problem: Problem = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(problem.kind(), Some(ProblemKind::BadRequest));
    assert_eq!(run(home.path(), &["--help"]).status.code(), Some(0));
}

#[test]
fn a_folder_that_was_never_begun_is_told_what_to_do() {
    let home = tempfile::tempdir().unwrap();
    let refused = run(&home.path().join("nothing"), &["station", "list"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("fieldwatch-server init"));
}
