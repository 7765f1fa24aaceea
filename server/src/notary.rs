//! The notary: signs receipts for what is durable, with a key that signs nothing else.
//!
//! The key is made once and stays for the server's life, backups included: a receipt must hold years later.

use std::sync::Arc;

use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::sync::push::{Outcome, Pushed};
use fieldwatch_schemas::sync::receipt::{
    Brought, Covered, SignedReceipt, Statement, VERSION, signed_bytes, tree_over,
};
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use crate::log::Log;
use crate::token::{TokenError, base64url};

/// Signs receipts in the name of one server.
pub struct Notary {
    server: String,
    pair: Ed25519KeyPair,
}

/// What one request brought, and what of it is durable so far.
#[derive(Debug)]
pub struct Hearing {
    notary: Arc<Notary>,
    device: DeviceId,
    seed: [u8; 32],
    brought: Brought,
    covered: Covered,
}

impl Notary {
    /// The notary of the server of this name. `key` is an Ed25519 key, PKCS #8.
    ///
    /// # Errors
    ///
    /// [`TokenError::Key`] if the key cannot be used.
    pub fn new(server: String, key: &[u8]) -> Result<Arc<Self>, TokenError> {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(key).map_err(|_| TokenError::Key)?;
        Ok(Arc::new(Self { server, pair }))
    }

    /// The public key that receipts hold under, base64url of 32 bytes.
    #[must_use]
    pub fn public_key(&self) -> String {
        base64url(self.pair.public_key().as_ref())
    }

    /// Hears what a device brings. The seed is 32 random bytes.
    #[must_use]
    pub fn hear(self: &Arc<Self>, device: DeviceId, outbox: &[Pushed], seed: [u8; 32]) -> Hearing {
        Hearing {
            notary: Arc::clone(self),
            device,
            seed,
            brought: Brought::of(outbox),
            covered: Covered::new(),
        }
    }
}

impl Hearing {
    /// Notes an outcome, which is durable.
    pub fn note(&mut self, outcome: &Outcome) {
        let heads = self.brought.heads(outcome.record, &outcome.durable);
        if !heads.is_empty() {
            self.covered.insert(outcome.record, heads);
        }
    }

    /// The receipt for everything noted; `None` if nothing was taken.
    #[must_use]
    pub fn receipt(self, log: &Log) -> Option<SignedReceipt> {
        let statement = Statement {
            version: VERSION,
            server: self.notary.server.clone(),
            log: log.id(),
            device: self.device,
            position: log.durable_position(),
            at_ms: log.now_ms(),
            records: u32::try_from(self.covered.len()).ok()?,
            root: tree_over(&self.covered, &self.seed)?.root()?,
        };
        let statement = minicbor::to_vec(statement).ok()?;
        let signature = self.notary.pair.sign(&signed_bytes(&statement));
        Some(SignedReceipt {
            signature: signature.as_ref().try_into().ok()?,
            statement: statement.into(),
            seed: self.seed,
        })
    }
}

/// Names no key.
impl std::fmt::Debug for Notary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Notary")
            .field("server", &self.server)
            .finish_non_exhaustive()
    }
}
