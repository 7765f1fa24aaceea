//! `inspection answer` on a real terminal: question by question, left in the middle, taken up again.
//!
//! A short Python script plays the person, because a pseudo-terminal needs system calls that our crates do not make. Where Python is
//! missing the test says so and is passed over.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use fieldwatch_tests::device::Device;
use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::program;
use fieldwatch_tests::world::World;
use serde_json::{Value, json};

/// Types into the runner: each text is waited for, then its keys are pressed. Gives the exit status.
fn play(device: &Device, record: &str, steps: &Value) -> Told<Option<i32>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checklists/terminal.py");
    let mut python = Command::new("python3")
        .arg(script)
        .arg(program::binary("fieldwatch")?)
        .args(["inspection", "answer", record, "--lang", "zh", "--home"])
        .arg(device.home())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()?;
    let stdin = python.stdin.take();
    let mut stdin = stdin.ok_or_else(|| Fault::new("no way to tell the script its steps"))?;
    stdin.write_all(steps.to_string().as_bytes())?;
    drop(stdin);
    Ok(python.wait()?.code())
}

fn answers(device: &Device, record: &str) -> Told<Value> {
    let shown = device.show(record)?;
    let answers = shown.pointer("/fields/answers");
    Ok(answers.cloned().unwrap_or_else(|| json!({})))
}

#[test]
fn a_visit_is_answered_on_a_terminal_left_in_the_middle_and_taken_up_again() -> Told<()> {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("passed over: no python3 to play a person at a terminal");
        return Ok(());
    }
    let world = World::begin()?;
    let chen = world.person("陈", "volunteer", &[])?;
    let chen = world.enrolled("chen", &world.ticket(&chen, &[])?)?;
    let visit = chen.new_record("inspection", &["enterprise=一家店"])?;
    let first = json!([
        ["明码标价", "\r"],
        ["购物凭证", "\u{1b}[B\r"],
        ["营业执照", "\u{1b}"]
    ]);
    assert_eq!(play(&chen, &visit, &first)?, Some(0));
    assert_eq!(
        answers(&chen, &visit)?,
        json!({ "price_tag": "yes", "receipt": "no" }),
        "what was answered is kept although the runner was left"
    );
    let rest = json!([
        ["营业执照", "\r"],
        ["过期商品", "\u{1b}[B\r"],
        ["服务态度", "9\r"],
        ["请填 1 到 5", ""],
        ["服务态度", "5\r"],
        ["退换货", "\r"],
        ["扫码", "\u{1b}[B\r"],
        ["其他情况", "很好\r"],
    ]);
    assert_eq!(play(&chen, &visit, &rest)?, Some(0));
    let kept = answers(&chen, &visit)?;
    assert_eq!(kept.pointer("/service_attitude"), Some(&json!(5)));
    assert_eq!(kept.pointer("/remark"), Some(&json!("很好")));
    let shown = chen.show(&visit)?;
    assert_eq!(shown.pointer("/fields/progress"), Some(&json!(100)));
    chen.json(&["event", &visit, "submitted"])?;
    Ok(())
}
