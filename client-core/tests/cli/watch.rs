//! `sync --watch` and the commands it serves, while no server can be reached.

use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::thread::yield_now;
use std::time::{Duration, Instant};

use serde_json::json;

use super::device::Device;

/// A `sync --watch` whose server cannot be reached, once it serves commands.
fn watch(device: &Device) -> Child {
    let mut command = device.command(&["sync", "--watch", "--json"]);
    let mut watcher = command.stdout(Stdio::piped()).spawn().unwrap();
    until(|| {
        assert_eq!(watcher.try_wait().unwrap(), None, "it ended");
        UnixStream::connect(device.home().join("commands.sock")).is_ok()
    });
    watcher
}

/// Waits for a condition, for half a minute at most.
#[expect(
    clippy::disallowed_methods,
    reason = "a deadline that nothing computed depends on"
)]
fn until(mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(30), "waited too long");
        yield_now();
    }
}

fn terminate(mut watcher: Child) {
    let id = watcher.id().to_string();
    let sent = Command::new("kill").args(["-TERM", &id]).status().unwrap();
    assert!(sent.success());
    assert!(watcher.wait().unwrap().success());
}

#[test]
fn a_watching_sync_serves_other_commands_and_what_they_did_stays() {
    let device = Device::of_station();
    let watcher = watch(&device);
    let case = device.make(&["case", "--set", "nature=complaint"]);
    assert_eq!(device.show(&case)["state"], "local");
    assert_eq!(
        device.ask(&["set", &case, "naturre", "x"]).problem().0,
        "field_unknown"
    );
    let refused = device.run(&["show", "zebra", "--lang", "en"]);
    assert_eq!((refused.status, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.starts_with("error: "), "{}", refused.stderr);
    assert_eq!(
        device.ask(&["enrol", "https://x"]).problem().0,
        "already_exists"
    );
    assert_eq!(device.ask(&["sync"]).problem().0, "offline");
    assert_eq!(device.ask(&["sync", "--watch"]).problem().0, "home_in_use");
    terminate(watcher);
    assert!(!device.home().join("commands.sock").exists());
    assert_eq!(device.ask(&["status"]).json()["outbox"], json!(1));
}

#[test]
fn a_file_named_from_another_folder_is_found_by_the_watcher() {
    let device = Device::of_station();
    let watcher = watch(&device);
    let file = device.file("case.json", &[b"{\"nature\": \"other\"}"]);
    let folder = std::path::Path::new(&file).parent().unwrap();
    let mut command = device.command(&["new", "case", "--file", "case.json", "--json"]);
    let made = command.current_dir(folder).output().unwrap();
    assert!(made.status.success());
    assert_eq!(device.ask(&["list"]).lines().len(), 1);
    terminate(watcher);
}

#[test]
fn a_watcher_that_was_killed_is_in_nobodys_way() {
    let device = Device::of_station();
    let mut watcher = watch(&device);
    watcher.kill().unwrap();
    watcher.wait().unwrap();
    assert!(device.home().join("commands.sock").exists());
    device.make(&["case", "--set", "nature=complaint"]);
    terminate(watch(&device));
}

#[test]
fn a_sync_without_a_server_says_offline_and_keeps_everything() {
    let device = Device::of_station();
    let case = device.make(&["case", "--set", "nature=complaint"]);
    assert_eq!(device.ask(&["sync"]).problem().0, "offline");
    assert_eq!(device.show(&case)["state"], "local");
}
