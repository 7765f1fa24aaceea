//! Who this device is to the server.

use fieldwatch_schemas::feed::Standing;
use fieldwatch_schemas::id::DeviceId;
use minicbor::{Decode, Encode};

/// Who this device is to the server, from its enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Account {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// The person.
    #[n(1)]
    pub standing: Standing,
    /// The person's name.
    #[n(2)]
    pub person_name: String,
    /// The server's name, as assertions name their audience.
    #[n(3)]
    pub server: String,
    /// Where the server is: `https://host:port`.
    #[n(4)]
    pub url: String,
    /// The pin of the server's key, base64url of 32 bytes.
    #[n(5)]
    pub pin: String,
    /// The key that the server signs receipts with, base64url of 32 bytes.
    #[n(6)]
    pub receipt_key: Option<String>,
}
