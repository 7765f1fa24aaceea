//! A home is sealed at rest: without its key nothing opens, and nothing readable lies on the disk.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed, in its functions too"
)]

use std::fs;
use std::path::Path;
use std::sync::Arc;

use fieldwatch_client_core::chance::SystemChance;
use fieldwatch_client_core::store::{HomeError, KeySource, Sealed, open_home};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::memory::MemoryStore;
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

fn sealed_memory() -> Sealed<MemoryStore> {
    Sealed::new(MemoryStore::new(), &[7; 32], Box::new(SystemChance))
}

#[test]
fn nothing_readable_lies_on_the_disk() {
    let home = tempfile::tempdir().unwrap();
    let store = open_home(home.path(), &KeySource::Device).unwrap();
    let large = SECRET.repeat(2_000);
    for number in 0..20_u8 {
        put(&*store, &[number], SECRET);
        put(&*store, &[100, number], &large);
    }
    assert_eq!(store.get(&[3]).unwrap().as_deref(), Some(SECRET));
    assert_eq!(store.get(&[100, 3]).unwrap(), Some(large));
    drop(store);
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
        put(&*open_home(&home, &right).unwrap(), b"k", SECRET);
        let before = files(&home);
        let refused = open_home(&home, &wrong).unwrap_err();
        assert!(matches!(refused, HomeError::KeyWrong { .. }), "{refused}");
        assert_eq!(refused.problem().kind(), Some(ProblemKind::KeyWrong));
        assert_eq!(files(&home), before);
        let store = open_home(&home, &right).unwrap();
        assert_eq!(store.get(b"k").unwrap().as_deref(), Some(SECRET));
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
fn a_value_that_was_moved_to_another_key_or_changed_does_not_open() {
    let store = Arc::new(MemoryStore::new());
    let open = || Sealed::new(Shared(store.clone()), &[7; 32], Box::new(SystemChance));
    put(&open(), b"a", SECRET);
    let sealed = store.get(b"a").unwrap().unwrap();
    put(&*store, b"b", &sealed);
    assert!(matches!(open().get(b"b"), Err(StoreError::Damaged { .. })));
    let mut flipped = sealed;
    flipped[30] ^= 1;
    put(&*store, b"a", &flipped);
    assert!(matches!(open().get(b"a"), Err(StoreError::Damaged { .. })));
    let scanned = open().scan(&KeyRange::all(), &mut |_, _| {
        std::ops::ControlFlow::Continue(())
    });
    assert!(matches!(scanned, Err(StoreError::Damaged { .. })));
}

#[test]
fn a_sealed_store_keeps_the_order_and_the_limits_of_the_store_below() {
    let store = sealed_memory();
    for key in [&b"b"[..], b"a", b"c"] {
        put(&store, key, key);
    }
    let mut keys = Vec::new();
    let mut visit = |key: &[u8], value: &[u8]| {
        assert_eq!(key, value);
        keys.push(key.to_vec());
        std::ops::ControlFlow::Continue(())
    };
    store.scan(&KeyRange::all(), &mut visit).unwrap();
    assert_eq!(keys, [b"a", b"b", b"c"]);
    assert_eq!(store.last(&KeyRange::all()).unwrap().unwrap().value, b"c");
    let mut batch = Batch::new();
    batch.delete(b"c");
    batch.put(b"d", vec![0; fieldwatch_schemas::store::VALUE_BYTES_MAX]);
    assert!(matches!(
        store.apply(&batch),
        Err(StoreError::ValueTooLarge { .. })
    ));
    assert_eq!(store.get(b"c").unwrap().as_deref(), Some(&b"c"[..]));
}

/// A store that is looked at from both sides of the seal.
#[derive(Debug)]
struct Shared(Arc<MemoryStore>);

impl Store for Shared {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.get(key)
    }
    fn scan(
        &self,
        range: &KeyRange,
        visit: &mut fieldwatch_schemas::store::Visit<'_>,
    ) -> Result<(), StoreError> {
        self.0.scan(range, visit)
    }
    fn last(&self, range: &KeyRange) -> Result<Option<fieldwatch_schemas::store::Row>, StoreError> {
        self.0.last(range)
    }
    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        self.0.apply(batch)
    }
    fn flush(&self) -> Result<(), StoreError> {
        self.0.flush()
    }
    fn size_bytes(&self) -> Result<u64, StoreError> {
        self.0.size_bytes()
    }
}
