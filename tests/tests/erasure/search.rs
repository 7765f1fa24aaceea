//! Looks for words in every file of a folder, and for what can still be opened of a store with the keys that there are.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fieldwatch_client_core::store::{KeySource, open_home};
use fieldwatch_schemas::keyring::RecordKeys;
use fieldwatch_schemas::store::sled::{SledOptions, SledStore};
use fieldwatch_schemas::store::small::DiskFile;
use fieldwatch_schemas::store::{KeyRange, Store};
use fieldwatch_server::log::{Keys, Log};
use fieldwatch_server::vouch::MacKey;
use fieldwatch_tests::fault::{Fault, Told};

/// The files below a folder that hold a text, in UTF-8 or UTF-16 of either order.
pub(crate) fn files_with(folder: &Path, text: &str) -> Told<Vec<PathBuf>> {
    let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect();
    let forms: [Vec<u8>; 3] = [
        text.as_bytes().to_vec(),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
    ];
    let mut found = Vec::new();
    for path in files(folder)? {
        let content = fs::read(&path)?;
        if forms.iter().any(|form| holds(&content, form)) {
            found.push(path);
        }
    }
    Ok(found)
}

pub(crate) fn holds(content: &[u8], part: &[u8]) -> bool {
    content.windows(part.len()).any(|window| window == part)
}

fn files(folder: &Path) -> Told<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // The socket of a running server is no file.
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else if path.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) -> Told<()> {
    for file in files(from)? {
        let place = to.join(file.strip_prefix(from)?);
        let folder = place.parent().ok_or_else(|| Fault::new("no folder"))?;
        fs::create_dir_all(folder)?;
        fs::copy(&file, &place)?;
    }
    Ok(())
}

/// Whether a server's store says a text to who has these keys. The store is copied first: opening it may write.
pub(crate) fn server_says(store: &Path, keys: &Path, text: &str) -> Told<bool> {
    let folder = tempfile::tempdir()?;
    copy(store, folder.path())?;
    let kept = folder.path().join("record.keys");
    fs::copy(keys, &kept)?;
    let records = Arc::new(RecordKeys::open(Arc::new(DiskFile::at(&kept)), [0; 32])?);
    let path = folder.path().to_owned();
    let opener = Box::new(move || {
        let store = SledStore::open(&path, SledOptions::device())?;
        Ok(Arc::new(store) as Arc<dyn Store>)
    });
    // A store opens beside its own keys alone.
    let marks = fs::read(keys.with_file_name("mac.key"))?;
    let marks = <[u8; 32]>::try_from(marks).map_err(|_| Fault::new("no key of the marks"))?;
    let keys = Keys {
        records,
        marks: MacKey::new(&marks),
    };
    let log = Log::open(opener, keys, [1; 16], Arc::new(|| 0))?;
    says(&*log.store()?, text)
}

/// Whether a home's store says a text to who has the home.
pub(crate) fn home_says(home: &Path, text: &str) -> Told<bool> {
    let folder = tempfile::tempdir()?;
    copy(home, folder.path())?;
    let vault = open_home(folder.path(), &KeySource::Device)?;
    says(&**vault.store(), text)
}

fn says(store: &dyn Store, text: &str) -> Told<bool> {
    let mut found = false;
    store.scan(&KeyRange::all(), &mut |_, value| {
        found |= holds(value, text.as_bytes());
        ControlFlow::Continue(())
    })?;
    Ok(found)
}
