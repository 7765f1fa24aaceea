//! The device's store: sealed at rest, in the folder that is its home.
//!
//! | in the home | what |
//! |---|---|
//! | `store/` | the rows, their values sealed under the data key and their record's ([`vault`]) |
//! | `record.keys` | the records' keys, sealed under the data key; rewritten when one is erased |
//! | `key.json` | the data key, wrapped under the key that the person gives ([`home`]) |
//! | `salt.json` | how a passphrase becomes a key (argon2id); only where there is a passphrase |
//! | `device.key` | a random key, mode 0600; only where no other was given |
//!
//! The key that the person gives can change without sealing anything anew, because it wraps the data key and nothing else.

pub mod home;
mod key;
pub mod vault;

pub use home::{HomeError, KeySource, open_home};
pub use vault::Vault;
