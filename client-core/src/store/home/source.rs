//! Where the key of a home comes from.

use std::path::PathBuf;

/// Where the key comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum KeySource {
    /// A file that the person keeps elsewhere.
    File(PathBuf),
    /// A passphrase.
    Passphrase(String),
    /// A random key beside the store, which protects only files that are copied without it.
    Device,
}

impl KeySource {
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::File(_) => "file",
            Self::Passphrase(_) => "passphrase",
            Self::Device => "device",
        }
    }
}

/// Never shows a passphrase.
impl std::fmt::Debug for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}
