//! What is wrong is said, and nothing else is lost: wrong values, wrong command lines, homes that are not ours to use.

use std::fs::File;

use super::device::Device;

/// Everything that a command line may be wrong in, and what the answer must say.
const WRONG: [(&[&str], &str, &str); 12] = [
    (
        &[
            "new",
            "case",
            "--set",
            "nature=complaint",
            "--set",
            "respondent.nam=x",
        ],
        "field_unknown",
        "respondent.name",
    ),
    (
        &["new", "case", "--set", "nature=complain"],
        "value_invalid",
        "complaint, tip_off",
    ),
    (
        &[
            "new",
            "case",
            "--set",
            "nature=complaint",
            "--set",
            "category=moon_rock",
        ],
        "value_invalid",
        "moon_rock",
    ),
    (
        &["new", "case", "--set", "narrative=x"],
        "value_invalid",
        "nature",
    ),
    (
        &["new", "case", "--set", "nature"],
        "value_invalid",
        "PATH=VALUE",
    ),
    (
        &[
            "new",
            "case",
            "--set",
            "nature=other",
            "--set",
            "claimed_fen=12.5",
        ],
        "value_invalid",
        "whole number",
    ),
    (
        &[
            "new",
            "case",
            "--set",
            "nature=other",
            "--set",
            "received_at=2024-02-30",
        ],
        "value_invalid",
        "received_at",
    ),
    (
        &[
            "new",
            "case",
            "--set",
            "nature=other",
            "--set",
            "claims:=[1",
        ],
        "value_invalid",
        "not JSON",
    ),
    (
        &["new", "case", "--file", "/nonexistent.json"],
        "file_invalid",
        "/nonexistent.json",
    ),
    (
        &["show", "00000000-0000-4000-8000-000000000000"],
        "record_unknown",
        "00000000",
    ),
    (&["show", "zebra"], "record_unknown", "zebra"),
    (&["show", "fff0"], "record_unknown", "fff0"),
];

#[test]
fn what_is_wrong_is_named_with_what_there_is_and_nothing_else_is_lost() {
    let device = Device::of_station();
    let case = device.make(&["case", "--set", "nature=complaint"]);
    for (arguments, kind, word) in WRONG {
        let (found, detail) = device.ask(arguments).problem();
        assert_eq!(found, kind, "{arguments:?}: {detail}");
        assert!(detail.contains(word), "{word}: {detail}");
    }
    let on_the_case: [(&[&str], &str, &str); 7] = [
        (&["event", &case, "eaten"], "event_illegal", "first_action"),
        (&["event", &case, "agreed"], "event_illegal", "possible now"),
        (
            &["event", &case, "not_accepted"],
            "event_illegal",
            "needs reason",
        ),
        (
            &["event", &case, "first_action", "--at", "yesterday"],
            "value_invalid",
            "yesterday",
        ),
        (
            &["set", &case, "shared_with", "330106-0099"],
            "value_invalid",
            "shared_with",
        ),
        (&["set", &case, "nature", ""], "value_invalid", "nature"),
        (
            &["resolve", &case, "problem", "--choose", "1"],
            "value_invalid",
            "no conflict",
        ),
    ];
    for (arguments, kind, word) in on_the_case {
        let (found, detail) = device.ask(arguments).problem();
        assert_eq!(found, kind, "{arguments:?}: {detail}");
        assert!(detail.contains(word), "{word}: {detail}");
    }
    assert_eq!(device.ask(&["list"]).lines().len(), 1);
    assert_eq!(device.show(&case)["fields"]["nature"], "complaint");
}

#[test]
fn a_home_that_is_not_enrolled_says_so_and_is_not_made() {
    let device = Device::blank();
    for arguments in [
        &["list"][..],
        &["new", "case"],
        &["sync"],
        &["status"],
        &["quarantine"],
    ] {
        assert_eq!(
            device.ask(arguments).problem().0,
            "not_enrolled",
            "{arguments:?}"
        );
    }
    assert!(!device.home().exists());
    let refused = device.run(&["status", "--lang", "en"]);
    assert_eq!((refused.status, refused.stdout.as_str()), (1, ""));
    assert!(
        refused.stderr.contains("fieldwatch enrol LINK"),
        "{}",
        refused.stderr
    );
}

#[test]
fn a_wrong_command_line_exits_2_and_help_exits_0() {
    let device = Device::of_station();
    for arguments in [
        &["paint"][..],
        &["new"],
        &["new", "teapot"],
        &["list", "--limit", "x"],
        &["--lang", "fr", "status"],
        &[],
    ] {
        let ran = device.run(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{arguments:?}");
    }
    let kinds = device.run(&["new", "teapot"]).stderr;
    assert!(kinds.contains("case, party, inspection"), "{kinds}");
    let commands = [
        "enrol",
        "new",
        "event",
        "set",
        "show",
        "list",
        "import",
        "sync",
        "status",
        "conflicts",
        "resolve",
        "quarantine",
        "deadlines",
    ];
    let help = device.run(&["--help"]);
    assert_eq!(help.status, 0);
    for command in commands {
        assert!(help.stdout.contains(command), "{command}");
        let help = device.run(&[command, "--help"]);
        assert_eq!(help.status, 0, "{command}");
        assert!(
            help.stdout.contains("Usage: fieldwatch") && help.stdout.contains("--json"),
            "{}",
            help.stdout
        );
    }
}

#[test]
#[cfg(unix)]
fn a_passphrase_that_is_no_utf_8_never_counts_as_none() {
    use std::os::unix::ffi::OsStrExt as _;
    let device = Device::of_station();
    let mut command = device.command(&["status", "--json"]);
    let passphrase = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    let output = command.env("FIELDWATCH_PASSPHRASE", passphrase).output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("problems/key_wrong"), "{told}");
}

#[test]
fn global_options_stand_anywhere() {
    let device = Device::of_station();
    let before = device.run(&["--json", "status"]).json();
    assert_eq!(device.run(&["status", "--json"]).json(), before);
}

#[test]
fn a_command_waits_for_the_home_and_then_says_that_it_is_in_use() {
    let device = Device::of_station();
    let lock = File::create(device.home().join(fieldwatch_client_core::cli::HOME_LOCK)).unwrap();
    lock.lock().unwrap();
    assert_eq!(device.ask(&["status"]).problem().0, "home_in_use");
    let waiting = device
        .command(&["status"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    lock.unlock().unwrap();
    assert!(waiting.wait_with_output().unwrap().status.success());
}

#[test]
fn a_link_that_is_no_ticket_is_refused_and_enrols_nothing() {
    let device = Device::blank();
    let ran = device.ask(&["enrol", "https://localhost/"]);
    assert_eq!(ran.problem().0, "value_invalid");
    assert_eq!(device.ask(&["status"]).problem().0, "not_enrolled");
    assert_eq!(
        Device::of_station()
            .ask(&["enrol", "https://localhost/"])
            .problem()
            .0,
        "already_exists"
    );
}
