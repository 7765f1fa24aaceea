//! A disk that loses power: an ext4 file system in a file, shut down without writing its journal. Needs root.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::child::Child;
use crate::rounds::Disk;

/// Calls `ioctl(EXT4_IOC_SHUTDOWN, EXT4_GOING_FLAGS_NOLOGFLUSH)`: from here on nothing reaches the disk, the journal included.
const SHUTDOWN: &str = r#"open(my $at, "<", $ARGV[0]) or die "open: $!"; my $flags = pack("L", 2);
    ioctl($at, 0x8004587D, $flags) or die "ioctl: $!";"#;

/// A mounted file system of its own.
pub(crate) struct Ext4 {
    folder: tempfile::TempDir,
    size_bytes: u64,
}

impl Ext4 {
    /// Makes and mounts one, and sees whether it can lose power.
    ///
    /// # Errors
    /// Why this cannot be had here.
    pub(crate) fn new(size_bytes: u64) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        fs::create_dir(folder.path().join("disk")).map_err(|error| error.to_string())?;
        let disk = Self { folder, size_bytes };
        disk.format()?;
        disk.mount()?;
        disk.shut_down()?;
        disk.unmount()?;
        disk.mount()?;
        Ok(disk)
    }

    /// Where it is mounted.
    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    fn format(&self) -> Result<(), String> {
        let image = self.image();
        let file = File::create(&image).map_err(|error| error.to_string())?;
        file.set_len(self.size_bytes)
            .map_err(|error| error.to_string())?;
        call(Command::new("mkfs.ext4").args(["-q", "-F"]).arg(image))
    }

    fn mount(&self) -> Result<(), String> {
        call(
            Command::new("mount")
                .args(["-t", "ext4", "-o", "loop"])
                .arg(self.image())
                .arg(self.folder()),
        )
    }

    fn unmount(&self) -> Result<(), String> {
        call(Command::new("umount").arg(self.folder()))
    }

    fn shut_down(&self) -> Result<(), String> {
        call(
            Command::new("perl")
                .args(["-e", SHUTDOWN])
                .arg(self.folder()),
        )
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }
}

impl Disk for Ext4 {
    fn store(&self) -> PathBuf {
        self.folder().join("made/store")
    }

    fn lose_power(&mut self, child: &mut Child) {
        self.shut_down().unwrap();
        child.kill();
        self.unmount().unwrap();
        self.mount().unwrap();
    }

    fn renew(&mut self) {
        self.unmount().unwrap();
        self.format().unwrap();
        self.mount().unwrap();
    }
}

impl Drop for Ext4 {
    fn drop(&mut self) {
        if is_mounted(&self.folder()) {
            drop(call(Command::new("umount").arg("-l").arg(self.folder())));
        }
    }
}

fn is_mounted(folder: &Path) -> bool {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    mounts
        .lines()
        .any(|line| line.split(' ').nth(1) == folder.to_str())
}

/// Runs a program to its end.
fn call(command: &mut Command) -> Result<(), String> {
    let said = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if said.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&said.stderr);
    Err(format!("{command:?}: {}", words.trim()))
}
