//! The first command that anybody runs: the real program tells its story, proves it, and leaves nothing behind.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::program::{Ran, Running, command};
use serde_json::Value;
use tempfile::TempDir;

/// Runs `fieldwatch-server demo --once` with a folder for temporary files of its own.
fn demo(arguments: &[&str]) -> Told<(Ran, TempDir)> {
    let temporary = TempDir::new()?;
    let mut program = command("fieldwatch-server")?;
    program
        .args(["demo", "--once"])
        .args(arguments)
        .env("TMPDIR", temporary.path());
    Ok((Running::start(program)?.finish()?, temporary))
}

fn missing(what: &str) -> Fault {
    Fault::new(format!("there is no {what}"))
}

fn number(value: &Value, at: &str) -> Told<u64> {
    let number = value.pointer(at).and_then(Value::as_u64);
    number.ok_or_else(|| missing(at))
}

fn sum(value: &Value, at: &str) -> Told<u64> {
    let counts = value.pointer(at).and_then(Value::as_object);
    let counts = counts.ok_or_else(|| missing(at))?;
    Ok(counts.values().filter_map(Value::as_u64).sum())
}

/// The numbers in a line of the story.
fn numbers(line: &str) -> Vec<u64> {
    line.split(|each: char| !each.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect()
}

/// The only line that holds all of these words.
fn line<'a>(story: &'a str, words: &[&str]) -> Told<&'a str> {
    let fits = |line: &&str| words.iter().all(|words| line.contains(words));
    let mut found = story.lines().filter(fits);
    match (found.next(), found.next()) {
        (Some(line), None) => Ok(line),
        (_, more) => Err(missing(&format!(
            "one line with {words:?} (more: {more:?}):\n{story}"
        ))),
    }
}

#[test]
fn the_story_ends_in_a_report_whose_tables_add_up_and_leaves_nothing_behind() -> Told<()> {
    let (ran, temporary) = demo(&["--json"])?;
    let ran = ran.done()?;
    let told = ran.json()?;
    let report = &told["report"];
    let total = number(report, "/demands/total")?;
    assert_eq!(total, 690);
    let natures = ["complaint", "tip_off", "consultation", "other"];
    let natures = natures.map(|nature| format!("/demands/{nature}"));
    let natures: Vec<u64> = natures
        .iter()
        .map(|at| number(report, at))
        .collect::<Told<_>>()?;
    assert_eq!(natures.iter().sum::<u64>(), total);
    for table in ["/by_channel", "/by_category", "/by_problem"] {
        assert_eq!(sum(report, table)?, total, "{table}");
    }
    assert!(number(report, "/first_action/within")? <= total);
    assert!((1..=60).contains(&sum(report, "/inspections")?));
    assert!(report["recovered_fen"].as_i64().unwrap() > 0);
    assert!(number(&told, "/records")? > total);
    assert!(number(&told, "/feeds_agreeing")? >= 6);
    assert_eq!(std::fs::read_dir(temporary.path())?.count(), 0);
    Ok(())
}

#[test]
fn the_story_is_told_in_chinese_and_its_key_lines_say_what_happened() -> Told<()> {
    let (ran, temporary) = demo(&["--lang", "zh"])?;
    let story = ran.done()?.stdout;
    assert_eq!(numbers(line(&story, &["李敏（前台电脑）诉求件"])?)[0], 240);
    assert_eq!(numbers(line(&story, &["暗访体察", "次操作"])?)[0], 60);
    line(&story, &["王强（外勤平板）：收到", "断网"])?;
    let told = demo(&["--json"])?.0.done()?.json()?;
    for (label, nature) in [
        ("投诉", "complaint"),
        ("举报", "tip_off"),
        ("咨询", "consultation"),
    ] {
        let counted = numbers(line(&story, &[&format!("    {label} ")])?)[0];
        assert_eq!(
            counted,
            number(&told, &format!("/report/demands/{nature}"))?,
            "{label}"
        );
    }
    let values = [
        line(&story, &["1. ", " 写“"])?,
        line(&story, &["2. ", " 写“"])?,
    ];
    for author in ["李敏", "王强"] {
        assert!(
            values.iter().any(|value| value.contains(author)),
            "{values:?}"
        );
    }
    assert_ne!(values[0].split('“').nth(1), values[1].split('“').nth(1));
    line(&story, &["两台设备都已没有冲突"])?;
    assert_eq!(numbers(line(&story, &["全市诉求件"])?)[0], 690);
    assert_eq!(numbers(line(&story, &["诉求总量"])?), [690]);
    line(&story, &["摘要与服务器完全相同"])?;
    line(&story, &["服务器自检"])?;
    assert_eq!(std::fs::read_dir(temporary.path())?.count(), 0);
    Ok(())
}

#[test]
fn without_once_it_serves_on_its_tickets_enrol_and_the_folder_goes_with_it() -> Told<()> {
    let temporary = TempDir::new()?;
    let mut program = command("fieldwatch-server")?;
    program
        .args(["demo", "--lang", "zh"])
        .env("TMPDIR", temporary.path());
    let mut serving = Serving(program.stdout(Stdio::piped()).spawn()?);
    let mut story = BufReader::new(serving.0.stdout.take().unwrap()).lines();
    let invitation = story
        .by_ref()
        .map_while(Result::ok)
        .find(|line| line.contains(" enrol '"))
        .unwrap();
    let link = invitation.split('\'').nth(1).unwrap();
    story
        .by_ref()
        .map_while(Result::ok)
        .find(|line| line.contains("Ctrl-C"))
        .unwrap();
    let home = TempDir::new()?;
    for arguments in [vec!["enrol", link], vec!["sync", "--json"]] {
        let mut device = command("fieldwatch")?;
        device.arg("--home").arg(home.path()).args(&arguments);
        let ran = Running::start(device)?.finish()?.done()?;
        if arguments[0] == "sync" {
            let synced = ran.json()?;
            assert_eq!(
                (&synced["in_sync"], number(&synced, "/refused")?),
                (&Value::Bool(true), 0)
            );
            assert!(number(&synced, "/pulled")? > 300);
        }
    }
    let stop = Command::new("kill")
        .args(["-INT", &serving.0.id().to_string()])
        .status()?;
    assert!(stop.success());
    assert!(serving.0.wait()?.success());
    assert_eq!(std::fs::read_dir(temporary.path())?.count(), 0);
    Ok(())
}

/// A demo that serves on; killed if the test ends before it does.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn an_address_that_cannot_be_listened_on_ends_the_story_with_a_reason() -> Told<()> {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let (ran, temporary) = demo(&["--listen", &address, "--lang", "en"])?;
    assert_eq!(ran.code(), Some(1), "{}", ran.told());
    assert!(ran.stderr.contains(&address), "{}", ran.told());
    assert_eq!(std::fs::read_dir(temporary.path())?.count(), 0);
    Ok(())
}
