//! Damaged files: an error that says what to do, or the right values, but never a panic and never a wrong value.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use fieldwatch_schemas::store::sled::{SledOptions, SledStore};
use fieldwatch_schemas::store::{Batch, KeyRange, Store, StoreError};

const ROWS: u16 = 400;

fn value(row: u16) -> Vec<u8> {
    let size = if row.is_multiple_of(10) { 9_000 } else { 200 };
    row.to_be_bytes().repeat(size / 2)
}

fn write(folder: &Path) {
    let store = SledStore::open(folder, SledOptions::server()).unwrap();
    for row in 0..ROWS {
        let mut batch = Batch::new();
        batch.put(row.to_be_bytes(), value(row));
        store.apply(&batch).unwrap();
    }
    store.flush().unwrap();
}

/// Reads everything; the rows that were found.
fn read(folder: &Path) -> Result<u16, StoreError> {
    let store = SledStore::open(folder, SledOptions::server())?;
    let mut rows = 0;
    let mut wrong = None;
    let mut visit = |key: &[u8], found: &[u8]| {
        rows += 1;
        let row = key.try_into().map(u16::from_be_bytes);
        if !row.is_ok_and(|row| row < ROWS && value(row) == found) {
            wrong = Some(key.to_vec());
        }
        ControlFlow::Continue(())
    };
    store.scan(&KeyRange::all(), &mut visit)?;
    assert_eq!(wrong, None, "a wrong value");
    Ok(rows)
}

#[test]
fn a_damaged_file_never_panics_nor_gives_a_wrong_value() {
    let sound = tempfile::tempdir().unwrap();
    write(sound.path());
    assert_eq!(read(sound.path()).unwrap(), ROWS);
    let log = fs::read(sound.path().join("db")).unwrap();
    let mut refused = 0;
    for damage in 0..48_usize {
        let folder = tempfile::tempdir().unwrap();
        let mut log = log.clone();
        if damage.is_multiple_of(4) {
            log.truncate(log.len() * damage / 48);
        } else {
            let at = (damage * 0x9E37_79B1) % log.len();
            for byte in log.iter_mut().skip(at).take(1 << (damage % 8)) {
                *byte ^= 0x55;
            }
        }
        for entry in fs::read_dir(sound.path()).unwrap() {
            let from = entry.unwrap().path();
            if from.is_file() {
                fs::copy(&from, folder.path().join(from.file_name().unwrap())).unwrap();
            }
        }
        fs::write(folder.path().join("db"), log).unwrap();
        if let Err(error) = read(folder.path()) {
            assert!(
                error.to_string().contains("fieldwatch-server restore"),
                "{error:?}"
            );
            refused += 1;
        }
    }
    eprintln!("{refused} of 48 damaged stores were refused");
    assert!(
        refused > 4,
        "only {refused} of 48 damaged stores were refused"
    );
}
