//! Enrolment: a one-time ticket, shown as a link, turns a device into one the server knows.
//!
//! Link: `https://HOST:PORT/enrol#code=CODE&pin=PIN`. What follows `#` is never sent by a browser. `CODE` is 16 random bytes and
//! `PIN` the SHA-256 of the server key's SubjectPublicKeyInfo, both base64url; a device trusts the key and nothing else.

use serde::{Deserialize, Serialize};

use super::station::StationCard;
use crate::feed::{Grant, Standing};
use crate::id::{DeviceId, IdError};

/// What a ticket's link says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketLink {
    /// Where the server is: `https://host:port`.
    pub server: String,
    /// The one-time code, base64url.
    pub code: String,
    /// The pin of the server's key, base64url of 32 bytes.
    pub pin: String,
}

impl TicketLink {
    /// Writes the link.
    #[must_use]
    pub fn to_link(&self) -> String {
        format!("{}/enrol#code={}&pin={}", self.server, self.code, self.pin)
    }

    /// Reads a link.
    ///
    /// # Errors
    ///
    /// [`IdError`] unless it is an `https` link with a code and a pin.
    pub fn parse(link: &str) -> Result<Self, IdError> {
        let wrong = || IdError::new(link, "an enrolment link");
        let (server, fragment) = link.trim().split_once("/enrol#").ok_or_else(wrong)?;
        let part = |name: &str| {
            fragment
                .split('&')
                .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        };
        let (code, pin) = part("code").zip(part("pin")).ok_or_else(wrong)?;
        let is_key = |text: &str| {
            !text.is_empty()
                && text
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        if !server.starts_with("https://") || !is_key(code) || pin.len() != 43 || !is_key(pin) {
            return Err(wrong());
        }
        Ok(Self {
            server: server.to_owned(),
            code: code.to_owned(),
            pin: pin.to_owned(),
        })
    }
}

/// `POST /v1/devices`: what a device brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolRequest {
    /// The ticket's code; absent is refused as `ticket_required`.
    #[serde(default)]
    pub code: Option<String>,
    /// What the person calls the device.
    #[serde(default)]
    pub name: String,
    /// The device's Ed25519 public key, base64url of 32 bytes: it signs assertions.
    pub signing_key: String,
    /// The device's X25519 public key, base64url of 32 bytes: bundles are sealed to it.
    pub sealing_key: String,
}

/// What the server answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolReply {
    /// The device's id.
    pub device: DeviceId,
    /// The name of the server, as assertions name their audience.
    pub server: String,
    /// The person the ticket was for.
    pub standing: Standing,
    /// The person's name.
    pub person_name: String,
    /// What they may read and write, so that records can be made before the first sync.
    pub grants: Vec<Grant>,
    /// The stations that concern them, so that deadlines hold before the first sync.
    #[serde(default)]
    pub stations: Vec<StationCard>,
    /// The key that the server signs receipts with, Ed25519, base64url of 32 bytes.
    #[serde(default)]
    pub receipt_key: Option<String>,
    /// The nonce that the first assertion signs.
    pub nonce: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_reads_back_and_a_cut_one_is_refused() {
        let link = TicketLink {
            server: "https://localhost:8443".to_owned(),
            code: "AAECAwQFBgcICQoLDA0ODw".to_owned(),
            pin: "A".repeat(43),
        };
        assert_eq!(TicketLink::parse(&link.to_link()), Ok(link.clone()));
        for cut in 1..link.to_link().len() {
            assert!(TicketLink::parse(link.to_link().get(..cut).unwrap()).is_err());
        }
        assert!(TicketLink::parse(&link.to_link().replace("https", "http")).is_err());
    }
}
