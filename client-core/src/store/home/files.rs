//! The small files of a home: read within bounds, written whole or not at all, durably, and for their owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::HomeError;
use crate::store::key;

/// The longest key file that is read.
const KEY_FILE_BYTES_MAX: u64 = 64 * 1024;

pub(super) fn read_key_file(path: &Path) -> Result<[u8; 32], HomeError> {
    let unusable = |source| HomeError::KeyFile {
        path: path.to_owned(),
        source,
    };
    let content = read_limited(path).map_err(unusable)?;
    if content.is_empty() {
        return Err(unusable(io::Error::other("it is empty")));
    }
    Ok(key::of_file(&content))
}

pub(super) fn read_limited(path: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let file = File::open(path)?;
    io::Read::read_to_end(
        &mut io::Read::take(file, KEY_FILE_BYTES_MAX + 1),
        &mut content,
    )?;
    if content.len() as u64 > KEY_FILE_BYTES_MAX {
        return Err(io::Error::other("it is too large for a key"));
    }
    Ok(content)
}

pub(super) fn read_json<T: DeserializeOwned>(
    home: &Path,
    name: &'static str,
) -> Result<Option<T>, HomeError> {
    let path = home.join(name);
    match read_limited(&path) {
        Ok(content) => {
            let read = serde_json::from_slice(&content);
            read.map(Some).map_err(|_| HomeError::Damaged { name })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(HomeError::Io { path, source }),
    }
}

pub(super) fn write_json<T: Serialize>(
    home: &Path,
    name: &'static str,
    value: &T,
) -> Result<(), HomeError> {
    let text = serde_json::to_vec_pretty(value).map_err(|_| HomeError::Damaged { name })?;
    write(home, name, &text)
}

pub(super) fn prepare(folder: &Path) -> Result<(), HomeError> {
    make_folder(folder).map_err(|source| HomeError::Io {
        path: folder.to_owned(),
        source,
    })
}

/// Makes a folder that only its owner can enter, durably; one that exists stays as it is.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let is_missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
    let missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    #[cfg(unix)]
    for parent in missing.into_iter().filter_map(Path::parent) {
        let is_here = parent.as_os_str().is_empty();
        let parent = if is_here { Path::new(".") } else { parent };
        // A folder that may be written and not read cannot be synced.
        if let Ok(parent) = File::open(parent) {
            parent.sync_all()?;
        }
    }
    Ok(())
}

/// Writes a file that only its owner can read, whole or not at all, and durably.
pub(super) fn write(home: &Path, name: &str, content: &[u8]) -> Result<(), HomeError> {
    let path = home.join(name);
    let draft = home.join(format!("{name}.new"));
    let attempt = || {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        #[cfg(unix)]
        File::open(home)?.sync_all()?;
        Ok(())
    };
    attempt().map_err(|source| HomeError::Io {
        path: path.clone(),
        source,
    })
}
