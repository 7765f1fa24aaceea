//! Tickets: one-time codes with which a person's device enrols. The code itself is never kept, only its SHA-256.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fieldwatch_schemas::id::{DeviceId, PersonId};
use fieldwatch_schemas::limits::TICKET_AGE_MAX_MS;
use minicbor::{Decode, Encode};
use sha2::{Digest as _, Sha256};

use super::RegisterError;
use super::rows::Stored;

const AGE_MIN_MS: i64 = 1_000;

/// What a ticket is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct CodeHash(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);

impl CodeHash {
    /// The hash of a code as a device gives it: base64url of 16 bytes.
    ///
    /// # Errors
    ///
    /// [`RegisterError::TicketUnknown`] for any other text.
    pub fn of(code: &str) -> Result<Self, RegisterError> {
        let bytes = URL_SAFE_NO_PAD.decode(code).ok();
        let code = bytes.and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
        code.map(Self::of_bytes).ok_or(RegisterError::TicketUnknown)
    }

    fn of_bytes(code: [u8; 16]) -> Self {
        Self(Sha256::digest(code).into())
    }
}

/// A ticket.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Ticket {
    /// What it is found by.
    #[n(0)]
    pub code: CodeHash,
    /// Whose device may enrol.
    #[n(1)]
    pub person: PersonId,
    /// When its time is over, in UTC milliseconds.
    #[n(2)]
    pub expires_ms: i64,
    /// The device that used it.
    #[n(3)]
    pub device: Option<DeviceId>,
}

impl Ticket {
    /// A ticket made now, and the text of its code, which cannot be had again.
    ///
    /// # Errors
    ///
    /// [`RegisterError::TicketAge`] if it would be good for less than a minute or more than 90 days.
    pub fn new(
        person: PersonId,
        code: [u8; 16],
        now_ms: i64,
        age_ms: i64,
    ) -> Result<(Self, String), RegisterError> {
        if !(AGE_MIN_MS..=TICKET_AGE_MAX_MS).contains(&age_ms) {
            return Err(RegisterError::TicketAge);
        }
        let ticket = Self {
            code: CodeHash::of_bytes(code),
            person,
            expires_ms: now_ms + age_ms,
            device: None,
        };
        Ok((ticket, URL_SAFE_NO_PAD.encode(code)))
    }

    /// Whether it can be used now.
    ///
    /// # Errors
    ///
    /// [`RegisterError::TicketUsed`], also after its time; [`RegisterError::TicketExpired`].
    pub fn check(&self, now_ms: i64) -> Result<(), RegisterError> {
        if self.device.is_some() {
            Err(RegisterError::TicketUsed)
        } else if now_ms >= self.expires_ms {
            Err(RegisterError::TicketExpired)
        } else {
            Ok(())
        }
    }
}

impl Stored for Ticket {
    const TABLE: u8 = 0x82;
    type Id = CodeHash;
    fn id(&self) -> CodeHash {
        self.code
    }
    fn key(&self) -> Vec<u8> {
        self.code.0.to_vec()
    }
}
