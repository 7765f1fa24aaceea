//! Nonces without memory: server time, 8 bytes ‖ random, 8 bytes ‖ the first 16 bytes of their HMAC-SHA-256.
//!
//! A nonce is good for thirty days of the server's clock, so that who was offline that long still syncs in one round trip. It may
//! be signed more than once: what it proves is that the device's key was there lately, and a sync repeated changes nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fieldwatch_schemas::limits::{NONCE_AGE_MAX_MS, STATED_FUTURE_MAX_MS};
use ring::hmac;

const SAID_BYTES: usize = 16;
const MAC_BYTES: usize = 16;

/// The key that nonces are recognised by.
pub struct NonceKey(hmac::Key);

impl NonceKey {
    /// A key from 32 random bytes.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// A nonce of this moment: 43 characters.
    #[must_use]
    pub fn make(&self, now_ms: i64, random: [u8; 8]) -> String {
        let mut nonce = Vec::with_capacity(SAID_BYTES + MAC_BYTES);
        nonce.extend(now_ms.to_be_bytes());
        nonce.extend(random);
        let mac = hmac::sign(&self.0, &nonce);
        nonce.extend(mac.as_ref().iter().take(MAC_BYTES));
        URL_SAFE_NO_PAD.encode(nonce)
    }

    /// Whether a nonce is ours, and young enough.
    #[must_use]
    pub fn is_fresh(&self, nonce: &str, now_ms: i64) -> bool {
        let Ok(bytes) = URL_SAFE_NO_PAD.decode(nonce) else {
            return false;
        };
        let Some((said, mac)) = bytes.split_at_checked(SAID_BYTES) else {
            return false;
        };
        let Some(made) = said.first_chunk().copied().map(i64::from_be_bytes) else {
            return false;
        };
        let age_ms = now_ms.saturating_sub(made);
        self.is_mac(said, mac) && (-STATED_FUTURE_MAX_MS..=NONCE_AGE_MAX_MS).contains(&age_ms)
    }

    fn is_mac(&self, said: &[u8], mac: &[u8]) -> bool {
        let full = hmac::sign(&self.0, said);
        let differing = full.as_ref().iter().zip(mac).map(|(a, b)| a ^ b);
        mac.len() == MAC_BYTES && differing.fold(0, |all, bits| all | bits) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    #[test]
    fn a_nonce_is_good_for_thirty_days_of_the_servers_clock() {
        let key = NonceKey::new(&[7; 32]);
        let nonce = key.make(NOW, [1; 8]);
        assert_eq!(nonce.len(), 43);
        assert!(key.is_fresh(&nonce, NOW + NONCE_AGE_MAX_MS));
        assert!(!key.is_fresh(&nonce, NOW + NONCE_AGE_MAX_MS + 1));
        assert!(!key.is_fresh(&nonce, NOW - STATED_FUTURE_MAX_MS - 1));
    }

    #[test]
    fn a_nonce_that_was_touched_or_cut_or_made_elsewhere_is_not_ours() {
        let key = NonceKey::new(&[7; 32]);
        let nonce = key.make(NOW, [1; 8]);
        assert!(!NonceKey::new(&[8; 32]).is_fresh(&nonce, NOW));
        assert!(!key.is_fresh("", NOW));
        for at in 0..nonce.len() {
            assert!(!key.is_fresh(nonce.get(..at).unwrap(), NOW));
            let mut touched = nonce.clone().into_bytes();
            touched[at] = if touched[at] == b'A' { b'g' } else { b'A' };
            let touched = String::from_utf8(touched).unwrap();
            assert!(!key.is_fresh(&touched, NOW), "{at}");
        }
    }
}
