//! The first command that anybody runs: the real program tells its story, proves it, and leaves nothing behind.

use fieldwatch_tests::fault::Told;
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

fn number(value: &Value, at: &str) -> u64 {
    value.pointer(at).and_then(Value::as_u64).unwrap()
}

fn sum(value: &Value, at: &str) -> u64 {
    let counts = value.pointer(at).and_then(Value::as_object).unwrap();
    counts.values().filter_map(Value::as_u64).sum()
}

/// The numbers in a line of the story.
fn numbers(line: &str) -> Vec<u64> {
    line.split(|each: char| !each.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect()
}

/// The only line that holds all of these words.
fn line<'a>(story: &'a str, words: &[&str]) -> &'a str {
    let fits = |line: &&str| words.iter().all(|words| line.contains(words));
    let found: Vec<&str> = story.lines().filter(fits).collect();
    assert_eq!(found.len(), 1, "{words:?} in {found:?}:\n{story}");
    found[0]
}

#[test]
fn the_story_ends_in_a_report_whose_tables_add_up_and_leaves_nothing_behind() -> Told<()> {
    let (ran, temporary) = demo(&["--json"])?;
    let ran = ran.done()?;
    let told = ran.json()?;
    let report = &told["report"];
    let total = number(report, "/demands/total");
    assert_eq!(total, 690);
    let natures = ["complaint", "tip_off", "consultation", "other"];
    let natures = natures.map(|nature| number(report, &format!("/demands/{nature}")));
    assert_eq!(natures.iter().sum::<u64>(), total);
    for table in ["/by_channel", "/by_category", "/by_problem"] {
        assert_eq!(sum(report, table), total, "{table}");
    }
    assert!(number(report, "/first_action/within") <= total);
    assert!((1..=60).contains(&sum(report, "/inspections")));
    assert!(report["recovered_fen"].as_i64().unwrap() > 0);
    assert!(number(&told, "/records") > total);
    assert!(number(&told, "/feeds_agreeing") >= 6);
    assert_eq!(std::fs::read_dir(temporary.path())?.count(), 0);
    Ok(())
}

#[test]
fn the_story_is_told_in_chinese_and_its_key_lines_say_what_happened() -> Told<()> {
    let (ran, temporary) = demo(&["--lang", "zh"])?;
    let story = ran.done()?.stdout;
    assert_eq!(numbers(line(&story, &["李敏（前台电脑）诉求件"]))[0], 240);
    assert_eq!(numbers(line(&story, &["暗访体察", "次操作"]))[0], 60);
    line(&story, &["王强（外勤平板）：收到", "断网"]);
    let values = [line(&story, &["1. ", " 写“"]), line(&story, &["2. ", " 写“"])];
    for author in ["李敏", "王强"] {
        assert!(values.iter().any(|value| value.contains(author)), "{values:?}");
    }
    assert_ne!(values[0].split('“').nth(1), values[1].split('“').nth(1));
    line(&story, &["两台设备都已没有冲突"]);
    assert_eq!(numbers(line(&story, &["全市诉求件"]))[0], 690);
    assert_eq!(numbers(line(&story, &["诉求总量"])), [690]);
    line(&story, &["摘要与服务器完全相同"]);
    line(&story, &["服务器自检"]);
    assert_eq!(std::fs::read_dir(temporary.path())?.count(), 0);
    Ok(())
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
