//! A home is sealed at rest: without its key nothing opens, and nothing readable lies on the disk.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, in its functions too"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use fieldwatch_client_core::store::vault::open_keys;
use fieldwatch_client_core::store::{HomeError, KeySource, Vault, open_home};
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::memory::MemoryStore;
use fieldwatch_schemas::store::small::MemoryFile;
use fieldwatch_schemas::store::{Batch, KeyRange, Store, StoreError};

const SECRET: &[u8] = b"the narrative of a consumer, in plain words";

fn put(store: &dyn Store, key: &[u8], value: &[u8]) {
    let mut batch = Batch::new();
    batch.put(key, value);
    store.apply(&batch).unwrap();
    store.flush().unwrap();
}

fn files(folder: &Path) -> Vec<Vec<u8>> {
    let mut contents = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            contents.extend(files(&path));
        } else {
            contents.push(fs::read(path).unwrap());
        }
    }
    contents
}

fn sealed(store: &Arc<MemoryStore>, file: &Arc<MemoryFile>) -> Vault {
    let keys = open_keys(file.clone(), &[7; 32], [1; 32]).unwrap();
    Vault::seal(store.clone(), &[7; 32], keys)
}

#[test]
fn nothing_readable_lies_on_the_disk() {
    let home = tempfile::tempdir().unwrap();
    let vault = open_home(home.path(), &KeySource::Device).unwrap();
    let store = vault.store();
    let large = SECRET.repeat(2_000);
    for number in 0..20_u8 {
        put(store, &[number], SECRET);
        put(store, &[100, number], &large);
    }
    assert_eq!(store.get(&[3]).unwrap().as_deref(), Some(SECRET));
    assert_eq!(store.get(&[100, 3]).unwrap(), Some(large));
    drop(vault);
    let contents = files(home.path());
    assert!(contents.len() > 2);
    for content in contents {
        assert!(!content.windows(16).any(|window| window == &SECRET[..16]));
    }
}

#[test]
fn each_sort_of_key_opens_its_home_again_and_another_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        KeySource::File(path)
    };
    let passphrase = |text: &str| KeySource::Passphrase(text.to_owned());
    let pairs = [
        (file("a", "key a"), file("b", "key b")),
        (passphrase("right"), passphrase("wrong")),
        (KeySource::Device, passphrase("wrong")),
    ];
    for (number, (right, wrong)) in pairs.into_iter().enumerate() {
        let home = folder.path().join(number.to_string());
        put(open_home(&home, &right).unwrap().store(), b"k", SECRET);
        let before = files(&home);
        let refused = open_home(&home, &wrong).unwrap_err();
        assert!(matches!(refused, HomeError::KeyWrong { .. }), "{refused}");
        assert_eq!(refused.problem().kind(), Some(ProblemKind::KeyWrong));
        assert_eq!(files(&home), before);
        let vault = open_home(&home, &right).unwrap();
        assert_eq!(vault.store().get(b"k").unwrap().as_deref(), Some(SECRET));
    }
}

#[test]
fn an_empty_key_file_and_a_lost_wrapped_key_are_each_named() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    let home = folder.path().join("home");
    let refused = open_home(&home, &KeySource::File(empty)).unwrap_err();
    assert!(matches!(refused, HomeError::KeyFile { .. }));
    drop(open_home(&home, &KeySource::Device).unwrap());
    fs::remove_file(home.join("key.json")).unwrap();
    let refused = open_home(&home, &KeySource::Device).unwrap_err();
    assert!(matches!(refused, HomeError::Damaged { name: "key.json" }));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_device_key() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    drop(open_home(home.path(), &KeySource::Device).unwrap());
    let mode = fs::metadata(home.path().join("device.key"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
#[cfg(unix)]
fn only_the_owner_can_enter_a_home_and_its_store() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("made/on the way/home");
    drop(open_home(&home, &KeySource::Device).unwrap());
    for folder in [home.join("store"), home.clone(), folder.path().join("made")] {
        let mode = fs::metadata(&folder).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700, "{}", folder.display());
    }
    fs::write(home.join("device.key"), [9; 32]).unwrap();
    let words = open_home(&home, &KeySource::Device)
        .unwrap_err()
        .to_string();
    assert!(words.contains("another device key"), "{words}");
}

#[test]
fn a_home_without_its_record_keys_is_refused_and_nothing_in_it_changed() {
    let home = tempfile::tempdir().unwrap();
    drop(open_home(home.path(), &KeySource::Device).unwrap());
    fs::remove_file(home.path().join("record.keys")).unwrap();
    let before = files(home.path());
    let refused = open_home(home.path(), &KeySource::Device).unwrap_err();
    assert!(matches!(
        refused,
        HomeError::Damaged {
            name: "record.keys"
        }
    ));
    assert_eq!(files(home.path()), before);
}

#[test]
fn a_value_that_was_moved_to_another_key_or_changed_does_not_open() {
    let (store, file) = Default::default();
    let open = || sealed(&store, &file);
    put(open().store(), b"a", SECRET);
    let value = store.get(b"a").unwrap().unwrap();
    put(&*store, b"b", &value);
    let moved = open().store().get(b"b");
    assert!(matches!(moved, Err(StoreError::Damaged { .. })));
    let mut flipped = value;
    flipped[30] ^= 1;
    put(&*store, b"a", &flipped);
    let changed = open().store().get(b"a");
    assert!(matches!(changed, Err(StoreError::Damaged { .. })));
    let scanned = open().store().scan(&KeyRange::all(), &mut |_, _| {
        std::ops::ControlFlow::Continue(())
    });
    assert!(matches!(scanned, Err(StoreError::Damaged { .. })));
}

#[test]
fn the_rows_of_an_erased_record_are_gone_and_all_others_stay() {
    let (store, file) = Default::default();
    let (gone, kept) = (RecordId([1; 16]), RecordId([2; 16]));
    let row = |table: u8, record: RecordId| [&[table], &record.bytes()[..]].concat();
    let vault = sealed(&store, &file);
    for table in *b"acgqrswxlmfo" {
        for record in [gone, kept] {
            put(vault.store(), &row(table, record), SECRET);
        }
    }
    vault.keys().erase(&[gone]).unwrap();
    for vault in [vault, sealed(&store, &file)] {
        for table in *b"acgqrswx" {
            assert_eq!(vault.store().get(&row(table, gone)).unwrap(), None);
        }
        for table in *b"lmfo" {
            // Of these rows nobody says that they are one record's alone.
            assert!(vault.store().get(&row(table, gone)).unwrap().is_some());
        }
        for table in *b"acgqrswxlmfo" {
            let value = vault.store().get(&row(table, kept)).unwrap();
            assert_eq!(value.as_deref(), Some(SECRET));
        }
    }
}

#[test]
fn the_file_of_record_keys_opens_under_the_data_key_alone() {
    let file = Arc::new(MemoryFile::new());
    drop(open_keys(file.clone(), &[7; 32], [1; 32]).unwrap());
    let other = open_keys(file, &[8; 32], [1; 32]);
    assert!(matches!(other, Err(StoreError::Damaged { .. })));
}
