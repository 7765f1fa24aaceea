//! Assertions and tokens (RFC 7523): a device signs the server's nonce with its Ed25519 key.
//!
//! An assertion is a JWT with `alg` EdDSA and `kid` the device's id. Freshness is judged by the nonce's own time, which is the
//! server's: a device whose clock is ten years off still syncs.

use serde::{Deserialize, Serialize};

use crate::id::DeviceId;

/// The header in which the server hands out the next nonce.
pub const NONCE_HEADER: &str = "fieldwatch-nonce";

/// The header in which `/v1/sync` hands out a fresh access token.
pub const TOKEN_HEADER: &str = "fieldwatch-token";

/// The value of `grant_type` for `POST /v1/token`.
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// What an assertion claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assertion {
    /// The device.
    pub iss: DeviceId,
    /// The device again, as the subject.
    pub sub: DeviceId,
    /// The server's name from [`super::enrol::EnrolReply::server`].
    pub aud: String,
    /// The nonce the server gave last.
    pub nonce: String,
}

/// The body of `POST /v1/token`, as `application/json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRequest {
    /// [`GRANT_TYPE`].
    pub grant_type: String,
    /// The assertion.
    pub assertion: String,
}

/// The reply to `POST /v1/token`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenReply {
    /// The token, for `Authorization: Bearer`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: String,
    /// For how many seconds it is good.
    pub expires_in: u64,
}
