//! Where backups may lie, who can read them, and what a restore leaves alone.

use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::tables;
use fieldwatch_schemas::store::Batch;
use sha2::{Digest as _, Sha256};
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
    let held = restore(&folder, &dir, None, Replace::No, LostKeys::Missed);
    assert!(matches!(held, Err(BackupError::Held)));
    assert!(folder.file("store").exists());
    fs::rename(folder.file("store"), folder.file("store.old")).unwrap();
    let restored = restore(&folder, &dir, None, Replace::Yes, LostKeys::Missed).unwrap();
    assert!(restored.replaced.unwrap().exists());
}

/// Every file of a folder, with the hash of what it holds; of stores, which are opened to be read, that they are there.
fn contents(folder: &Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            let mut held = Vec::new();
            match path.is_dir() {
                true if path.ends_with("store") => {}
                true => open.push(path.clone()),
                false => held = Sha256::digest(fs::read(&path).unwrap()).to_vec(),
            }
            found.insert(path, held);
        }
    }
    found
}

/// Writes a sealed row, and leaves the store without a word of its keys, if it is to have none.
fn write_a_record(folder: &DataFolder, says_its_keys: &str) {
    let lock = folder.lock().unwrap();
    let app = folder.open(&lock).unwrap();
    let mut batch = Batch::new();
    let record = fieldwatch_schemas::id::RecordId([3; 16]);
    batch.put(tables::record_key(record), "sealed");
    if says_its_keys.is_empty() {
        batch.delete(tables::KEYS);
    }
    app.log().apply(&batch, None, app.log().life()).unwrap();
    app.close();
}

#[test]
fn a_backup_beside_keys_that_do_not_open_it_is_refused_by_name_and_nothing_is_changed() {
    for says_its_keys in ["by its own word", ""] {
        let (home, folder) = begun();
        write_a_record(&folder, says_its_keys);
        let [dir, keys] = ["backup", "keys"].map(|name| home.path().join(name));
        let lock = folder.lock().unwrap();
        // Not opened as a server does, which would have the store learn its keys.
        let (rows, hash) = {
            let store = open(&folder.file("store")).unwrap();
            fs::create_dir_all(&dir).unwrap();
            let into = open(&dir.join("store")).unwrap();
            copy(&*store, &*into, &|_| false).unwrap();
            into.flush().unwrap();
            copied(&*into).unwrap()
        };
        let manifest = Manifest {
            format: manifest::FORMAT,
            server: "localhost".to_owned(),
            log: LogId::random([1; 16]),
            position: 0,
            at: String::new(),
            rows,
            hash: manifest::hexadecimal(&hash),
        };
        manifest.write(&dir.join(MANIFEST)).unwrap();
        keys::copy_out(&folder, &keys).unwrap();
        drop(lock);
        let ours = |place: &Path| {
            let refused = restore(&folder, &dir, Some(&keys), Replace::Yes, LostKeys::Renewed);
            let error = refused.unwrap_err();
            let named = matches!(&error, BackupError::KeyUnfit(path) if path == place);
            assert!(named, "{error}");
            assert!(error.to_string().contains("record.keys"));
        };
        let (_other_home, other) = begun();
        drop(other.open(&other.lock().unwrap()).unwrap());
        // First what the folder has is another's, then what it lacks is.
        let theirs = fs::read(other.file("record.keys")).unwrap();
        let good = fs::read(folder.file("record.keys")).unwrap();
        fs::write(folder.file("record.keys"), &theirs).unwrap();
        let before = contents(home.path());
        ours(&folder.file("record.keys"));
        assert_eq!(contents(home.path()), before);
        fs::remove_file(folder.file("record.keys")).unwrap();
        fs::write(keys.join("record.keys"), &theirs).unwrap();
        let before = contents(home.path());
        ours(&keys.join("record.keys"));
        assert_eq!(contents(home.path()), before);
        fs::write(keys.join("record.keys"), &good).unwrap();
        let restored = restore(&folder, &dir, Some(&keys), Replace::Yes, LostKeys::Missed);
        assert_eq!(restored.unwrap().unreadable, 0);
    }
}

#[test]
fn a_lost_or_exchanged_mac_key_is_missed_by_name_until_somebody_gives_it_up() {
    for exchanged in [None, Some([9; 32])] {
        let (_home, folder) = begun();
        drop(folder.open(&folder.lock().unwrap()).unwrap());
        let change = || match exchanged {
            None => fs::remove_file(folder.file("mac.key")).unwrap(),
            Some(key) => fs::write(folder.file("mac.key"), key).unwrap(),
        };
        change();
        let told = |error: &dyn std::error::Error| {
            let cause = error.source().map(ToString::to_string).unwrap_or_default();
            let words = format!("{error} {cause}");
            assert!(
                words.contains("mac.key") && words.contains("--renew-lost-keys"),
                "{words}"
            );
        };
        told(&folder.open(&folder.lock().unwrap()).unwrap_err());
        // Nothing makes another in silence.
        folder.begin(&["localhost".to_owned()]).unwrap();
        told(&folder.open(&folder.lock().unwrap()).unwrap_err());
        let lock = folder.lock().unwrap();
        assert_eq!(folder.renew_lost_keys(&lock).unwrap(), ["mac.key"]);
        drop(folder.open(&lock).unwrap());
        assert_eq!(folder.renew_lost_keys(&lock).unwrap(), [""; 0]);
        drop(folder.open(&lock).unwrap());
    }
}

#[test]
fn a_lost_receipt_key_is_missed_too_and_a_restore_asks_for_both() {
    let (home, folder) = begun();
    let [dir, keys] = ["backup", "keys"].map(|name| home.path().join(name));
    back_up(&folder, &dir, &keys).unwrap();
    for name in ["mac.key", "receipt.key"] {
        let copy = fs::read(folder.file(name)).unwrap();
        fs::remove_file(folder.file(name)).unwrap();
        let opened = folder.open(&folder.lock().unwrap()).map(drop);
        assert!(matches!(opened, Err(DataError::KeyLost(path)) if path.ends_with(name)));
        let before = contents(home.path());
        let missed = restore(&folder, &dir, None, Replace::Yes, LostKeys::Missed);
        assert!(matches!(missed, Err(BackupError::KeyMissing(path)) if path.ends_with(name)));
        assert_eq!(contents(home.path()), before);
        fs::write(folder.file(name), copy).unwrap();
    }
    fs::remove_file(folder.file("mac.key")).unwrap();
    let renewed = restore(&folder, &dir, None, Replace::Yes, LostKeys::Renewed).unwrap();
    assert_eq!(renewed.renewed, ["mac.key"]);
    drop(folder.open(&folder.lock().unwrap()).unwrap());
}
