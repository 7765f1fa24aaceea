//! Names of things: 16-byte ids, written as UUIDs, and the 32-byte hash of a change.
//!
//! Ordinary records have a UUIDv7; kinds that must stay blind a random UUIDv4, whose text tells nobody when it was made; records
//! with a natural key a UUIDv8 from SHA-256(kind ‖ key), so that devices that never met make the same record (RFC 9562).

use std::fmt;
use std::str::FromStr;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::{Builder, Uuid};

use crate::kind::Kind;

/// A text that is not the id it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {what}")]
pub struct IdError {
    /// What was given, cut to a length that can be shown.
    pub text: String,
    /// What it should have been.
    pub what: &'static str,
}

impl IdError {
    pub(crate) fn new(text: &str, what: &'static str) -> Self {
        Self {
            text: text.chars().take(80).collect(),
            what,
        }
    }
}

macro_rules! sixteen_byte_id {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 16]);

        impl $name {
            /// The 16 bytes.
            #[must_use]
            pub fn bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// An id from 16 random bytes (UUIDv4).
            #[must_use]
            pub fn random(random: [u8; 16]) -> Self {
                Self(Builder::from_random_bytes(random).into_uuid().into_bytes())
            }

            /// An id that sorts by the time it was made (UUIDv7), from UTC milliseconds and random bytes.
            #[must_use]
            pub fn timed(now_ms: i64, random: [u8; 16]) -> Self {
                let [a, b, c, d, e, f, g, h, i, j, ..] = random;
                let millis = u64::try_from(now_ms).unwrap_or(0);
                let tail = [a, b, c, d, e, f, g, h, i, j];
                Self(Builder::from_unix_timestamp_millis(millis, &tail).into_uuid().into_bytes())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Uuid::from_bytes(self.0).hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::try_parse(text).map(|id| Self(id.into_bytes())).map_err(|_| IdError::new(text, $what))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

sixteen_byte_id!(
    /// One record: one automerge document.
    RecordId,
    "a record id (a UUID)"
);
sixteen_byte_id!(
    /// One event inside a record.
    EventId,
    "an event id (a UUID)"
);
sixteen_byte_id!(
    /// One person known to the server.
    PersonId,
    "a person id (a UUID)"
);
sixteen_byte_id!(
    /// One device of a person.
    DeviceId,
    "a device id (a UUID)"
);
sixteen_byte_id!(
    /// One life of the server's log: a restored log takes a new one.
    LogId,
    "a log id (a UUID)"
);
sixteen_byte_id!(
    /// Who wrote a change, inside one record: random per record and installation, so that it links nothing.
    Actor,
    "an actor (a UUID)"
);

impl RecordId {
    /// The id of a record with a natural key, the same on every device (UUIDv8 from SHA-256 of the kind and the key's parts).
    ///
    /// Each part is preceded by its length, so that no two keys run together.
    #[must_use]
    pub fn natural(kind: Kind, parts: &[&str]) -> Self {
        Self(named(kind.name(), parts))
    }

    /// The id of a new record that has no natural key: random for blind kinds, else ordered by time.
    #[must_use]
    pub fn fresh(kind: Kind, now_ms: i64, random: [u8; 16]) -> Self {
        if kind.is_blind() {
            Self::random(random)
        } else {
            Self::timed(now_ms, random)
        }
    }
}

impl RecordId {
    /// Whether it follows from a natural key ([`RecordId::natural`]).
    #[must_use]
    pub fn is_natural(&self) -> bool {
        Uuid::from_bytes(self.0).get_version_num() == 8
    }
}

impl EventId {
    /// The id of an event that follows from imported data, the same on every device.
    #[must_use]
    pub fn natural(record: RecordId, parts: &[&str]) -> Self {
        Self(named(&record.to_string(), parts))
    }

    /// Whether it follows from imported data ([`EventId::natural`]).
    #[must_use]
    pub fn is_natural(&self) -> bool {
        Uuid::from_bytes(self.0).get_version_num() == 8
    }
}

fn named(space: &str, parts: &[&str]) -> [u8; 16] {
    let mut hash = Sha256::new();
    for part in std::iter::once(&space).chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut head = [0; 16];
    for (to, from) in head.iter_mut().zip(digest) {
        *to = from;
    }
    Builder::from_custom_bytes(head).into_uuid().into_bytes()
}

/// The SHA-256 of a change, which identifies it within its record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Hash(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl From<automerge::ChangeHash> for Hash {
    fn from(hash: automerge::ChangeHash) -> Self {
        Self(hash.0)
    }
}

impl From<Hash> for automerge::ChangeHash {
    fn from(hash: Hash) -> Self {
        Self(hash.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_natural_keys_give_equal_records_and_parts_do_not_run_together() {
        let a = RecordId::natural(Kind::Case, &["12315", "42"]);
        assert_eq!(a, RecordId::natural(Kind::Case, &["12315", "42"]));
        assert_ne!(a, RecordId::natural(Kind::Case, &["1231", "542"]));
        assert_ne!(a, RecordId::natural(Kind::Party, &["12315", "42"]));
        assert_eq!(Uuid::from_bytes(a.0).get_version_num(), 8);
    }

    #[test]
    fn a_blind_kind_has_an_id_without_time() {
        let id = RecordId::fresh(Kind::Inspection, 1_700_000_000_000, [7; 16]);
        assert_eq!(Uuid::from_bytes(id.0).get_version_num(), 4);
        let id = RecordId::fresh(Kind::Case, 1_700_000_000_000, [7; 16]);
        assert_eq!(Uuid::from_bytes(id.0).get_version_num(), 7);
    }

    #[test]
    fn an_id_reads_back_from_its_text_and_refuses_others() {
        let id = RecordId::random([9; 16]);
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(
            "zebra".parse::<RecordId>().unwrap_err().to_string(),
            "\"zebra\" is not a record id (a UUID)"
        );
    }
}
