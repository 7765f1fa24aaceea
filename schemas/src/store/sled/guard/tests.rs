//! The guard around sled, held to their word.

use super::*;

#[test]
fn a_panic_becomes_damage_that_names_the_help_and_ends_the_handle() {
    let guard = Guard::new("run this command");
    let error = guard
        .read(|| -> Result<(), ::sled::Error> { panic!("segment {}", 7) })
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the store is damaged: segment 7; run this command"
    );
    assert!(matches!(guard.refuse_if_failed(), Err(StoreError::Failed)));
}

#[test]
fn a_failed_read_leaves_the_handle_and_a_failed_write_ends_it() {
    let guard = Guard::new("");
    let full = || Err::<(), _>(::sled::Error::Io(io::ErrorKind::StorageFull.into()));
    assert!(matches!(guard.read(full), Err(StoreError::DiskFull { .. })));
    assert!(!guard.has_failed());
    assert!(matches!(
        guard.write(full),
        Err(StoreError::DiskFull { .. })
    ));
    assert!(guard.has_failed());
}
