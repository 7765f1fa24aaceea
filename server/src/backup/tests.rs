//! Where backups may lie, who can read them, and what a restore leaves alone.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use tempfile::TempDir;

/// A data folder after `init`, and a place for others beside it.
fn begun() -> (TempDir, DataFolder) {
    let home = tempfile::tempdir().unwrap();
    let folder = DataFolder::at(&home.path().join("data"));
    folder.begin(&["localhost".to_owned()]).unwrap();
    (home, folder)
}

fn back_up(folder: &DataFolder, dir: &Path, keys: &Path) -> Result<Manifest, BackupError> {
    let lock = folder.lock().unwrap();
    let app = folder.open(&lock).unwrap();
    let made = backup(&app, folder, dir, Some(keys));
    app.close();
    made
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_backup_is_for_its_owner_alone_even_in_folders_that_everybody_may_enter() {
    let (home, folder) = begun();
    let [dir, keys] = ["backup", "keys"].map(|name| home.path().join(name));
    for open in [&dir, &keys] {
        fs::create_dir(open).unwrap();
        fs::set_permissions(open, fs::Permissions::from_mode(0o755)).unwrap();
    }
    back_up(&folder, &dir, &keys).unwrap();
    assert_eq!(mode(&dir.join("store")), 0o700);
    assert_eq!(mode(&dir.join(MANIFEST)), 0o600);
    for entry in fs::read_dir(&keys).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn neither_backup_nor_keys_in_the_data_folder_nor_keys_in_the_backup() {
    let (home, folder) = begun();
    let (data, out) = (folder.file(""), home.path());
    std::os::unix::fs::symlink(&data, out.join("link")).unwrap();
    for (dir, keys) in [
        (data.join("store/backup"), out.join("keys")),
        (out.join("link/store.new"), out.join("keys")),
        (out.join("backup"), data.clone()),
        (out.join("backup"), out.join("backup")),
        (out.join("backup"), out.join("backup/keys")),
    ] {
        let made = back_up(&folder, &dir, &keys);
        assert!(matches!(made, Err(BackupError::NotApart(_))), "{dir:?}");
        assert!(!dir.exists());
    }
    back_up(&folder, &out.join("backup"), &out.join("keys")).unwrap();
}

#[test]
fn a_store_whose_compaction_was_interrupted_is_not_lost_to_a_restore() {
    let (home, folder) = begun();
    let [dir, keys] = ["backup", "keys"].map(|name| home.path().join(name));
    back_up(&folder, &dir, &keys).unwrap();
    fs::rename(folder.file("store"), folder.file("store.old")).unwrap();
    let held = restore(&folder, &dir, None, Replace::No);
    assert!(matches!(held, Err(BackupError::Held)));
    assert!(folder.file("store").exists());
    fs::rename(folder.file("store"), folder.file("store.old")).unwrap();
    let restored = restore(&folder, &dir, None, Replace::Yes).unwrap();
    assert!(restored.replaced.unwrap().exists());
}
