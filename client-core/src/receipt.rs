//! Receipts on the device: the check of a signature, and the server's key as text.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use fieldwatch_schemas::sync::receipt::{Receipt, ReceiptError, Statement};
use ring::signature::{ED25519, UnparsedPublicKey};

/// Whether an Ed25519 signature over a message is the key's.
#[must_use]
pub fn verifies(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    let key = UnparsedPublicKey::new(&ED25519, key);
    key.verify(message, signature).is_ok()
}

/// Proves a receipt under the key that it names; whose key that is, is for the caller to know.
///
/// # Errors
///
/// [`ReceiptError`] if it does not hold.
pub fn verify(receipt: &Receipt) -> Result<Statement, ReceiptError> {
    receipt.verify(&verifies)
}

/// Bytes as base64url without padding.
#[must_use]
pub fn to_text(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads base64url without padding.
#[must_use]
pub fn from_text(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

/// Reads a public key.
#[must_use]
pub fn key_from_text(text: &str) -> Option<[u8; 32]> {
    from_text(text)?.try_into().ok()
}
