//! A small file on a disk, for its owner alone.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use super::SmallFile;
use crate::limits::SMALL_FILE_BYTES_MAX;
use crate::store::StoreError;

/// A file on a disk, in a folder that exists.
///
/// What it held is written over once it is replaced. That is an effort, not a promise: a copy-on-write file system or a drive that
/// moves its blocks keeps the old ones until it needs them.
#[derive(Debug, Clone)]
pub struct DiskFile {
    path: PathBuf,
}

impl DiskFile {
    /// The file at a path.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    fn write(&self, content: &[u8]) -> io::Result<()> {
        let draft = self.path.with_extension("new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&draft)?;
        file.write_all(content)?;
        file.sync_all()?;
        let before = OpenOptions::new().write(true).open(&self.path);
        fs::rename(&draft, &self.path)?;
        self.sync_folder()?;
        match before {
            Ok(before) => blank(before),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn sync_folder(&self) -> io::Result<()> {
        #[cfg(unix)]
        if let Some(folder) = self.path.parent() {
            let is_here = folder.as_os_str().is_empty();
            let folder = if is_here { Path::new(".") } else { folder };
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}

impl SmallFile for DiskFile {
    fn read(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let file = match File::open(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut content = Vec::new();
        let bound = SMALL_FILE_BYTES_MAX as u64 + 1;
        io::Read::read_to_end(&mut io::Read::take(file, bound), &mut content)?;
        match content.len() > SMALL_FILE_BYTES_MAX {
            true => Err(StoreError::Damaged {
                what: format!("{} is too large", self.path.display()),
                hint: "put back the newest copy of it",
            }),
            false => Ok(Some(content)),
        }
    }

    fn replace(&self, content: &[u8]) -> Result<(), StoreError> {
        Ok(self.write(content)?)
    }
}

/// Writes zeros over a file that has no name any more.
fn blank(mut file: File) -> io::Result<()> {
    let size_bytes = file.metadata()?.len();
    file.rewind()?;
    io::copy(&mut io::Read::take(io::repeat(0), size_bytes), &mut file)?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_what_was_written_last_and_the_one_before_is_blanked() {
        let folder = tempfile::tempdir().unwrap();
        let file = DiskFile::at(&folder.path().join("record.keys"));
        assert_eq!(file.read().unwrap(), None);
        file.replace(b"the first").unwrap();
        let first = File::open(folder.path().join("record.keys")).unwrap();
        file.replace(b"the second").unwrap();
        assert_eq!(file.read().unwrap(), Some(b"the second".to_vec()));
        let mut before = Vec::new();
        io::Read::read_to_end(&mut &first, &mut before).unwrap();
        assert_eq!(before, [0; 9]);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.keys");
        DiskFile::at(&path).replace(b"keys").unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
