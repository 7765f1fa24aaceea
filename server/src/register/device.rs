//! Devices: on what people work. A device proves itself by its signing key.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fieldwatch_schemas::id::{DeviceId, PersonId};
use fieldwatch_schemas::limits::NAME_CHARS_MAX;
use minicbor::{Decode, Encode};

use super::RegisterError;
use super::rows::Stored;

/// A public key of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct PublicKey(#[cbor(n(0), with = "minicbor::bytes")] [u8; 32]);

impl PublicKey {
    /// Reads base64url of 32 bytes. `what` names the key in the refusal.
    ///
    /// # Errors
    ///
    /// [`RegisterError::Key`] for any other text, and for the key that is all zeros.
    pub fn parse(text: &str, what: &'static str) -> Result<Self, RegisterError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let key = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        key.filter(|key| *key != [0; 32])
            .map(Self)
            .ok_or(RegisterError::Key(what))
    }

    /// The key as base64url, as a JWK writes it (RFC 8037).
    #[must_use]
    pub fn to_base64url(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Device {
    /// Its id.
    #[n(0)]
    pub id: DeviceId,
    /// Whose it is.
    #[n(1)]
    pub person: PersonId,
    /// What they call it; may be empty.
    #[n(2)]
    pub name: String,
    /// Ed25519: it signs assertions.
    #[n(3)]
    pub signing_key: PublicKey,
    /// X25519: bundles are sealed to it.
    #[n(4)]
    pub sealing_key: PublicKey,
    /// When it was enrolled, in UTC milliseconds.
    #[n(5)]
    pub enrolled_ms: i64,
    /// When it was revoked, if it was.
    #[n(6)]
    pub revoked_ms: Option<i64>,
}

/// A device's own name for itself, made showable: nothing invisible, not too long.
#[must_use]
pub fn shown_name(name: &str) -> String {
    let visible = name.trim().chars().filter(|c| !c.is_control());
    visible.take(NAME_CHARS_MAX).collect()
}

impl Stored for Device {
    const TABLE: u8 = 0x83;
    type Id = DeviceId;
    fn id(&self) -> DeviceId {
        self.id
    }
    fn key(&self) -> Vec<u8> {
        self.id.bytes().to_vec()
    }
}
