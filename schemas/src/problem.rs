//! Problems: the closed set of what can go wrong, as RFC 9457 `application/problem+json`.
//!
//! Clients branch on [`ProblemKind`], never on words. 500 is our bug (do not retry), 503 is not now (retry).

use std::fmt;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

const TYPE_BASE: &str = "https://fieldwatch.invalid/problems/";

macro_rules! problem_kinds {
    ($($(#[$doc:meta])* $number:literal $variant:ident $name:literal $status:literal $title:literal,)*) => {
        /// Every kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
        #[cbor(index_only)]
        pub enum ProblemKind {
            $($(#[$doc])* #[n($number)] $variant,)*
        }

        impl ProblemKind {
            /// Every kind, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in `type`, in commands and in logs.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The HTTP status it travels with.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// What it is, in a few words that never vary.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }
        }
    };
}

problem_kinds! {
    /// The request cannot be read.
    0 BadRequest "bad_request" 400 "The request cannot be read",
    /// The protocol version is not spoken here.
    1 VersionUnknown "version_unknown" 400 "This protocol version is not spoken here",
    /// The request is larger than its limit.
    2 TooLarge "too_large" 413 "The request is too large",
    /// The media type or content coding is not understood.
    3 MediaUnknown "media_unknown" 415 "This media type or content coding is not understood",
    /// There is nothing at this address.
    4 NotFound "not_found" 404 "There is nothing here",
    /// No ticket was given.
    5 TicketRequired "ticket_required" 401 "Enrolment needs a ticket",
    /// No such ticket.
    6 TicketUnknown "ticket_unknown" 401 "The ticket is not known",
    /// The ticket was used before.
    7 TicketUsed "ticket_used" 401 "The ticket has been used",
    /// The ticket's time is over.
    8 TicketExpired "ticket_expired" 401 "The ticket has expired",
    /// No such device, or its signature does not hold.
    9 DeviceUnknown "device_unknown" 401 "The device is not known",
    /// The device was revoked.
    10 DeviceRevoked "device_revoked" 403 "The device has been revoked",
    /// The nonce that was signed is too old: sign the fresh one.
    11 NonceStale "nonce_stale" 401 "The nonce is stale",
    /// A feed was asked for that this person may not read.
    12 FeedNotGranted "feed_not_granted" 403 "A feed was asked for that is not granted",
    /// A coordinator asked for what lies outside the region.
    13 RegionNotGranted "region_not_granted" 403 "This lies outside the region granted",
    /// Too many requests: come back later.
    14 TooMany "too_many" 429 "Too many requests",
    /// The server cannot take writes now.
    15 Unavailable "unavailable" 503 "The server cannot do this now",
    /// A mistake of the server's.
    16 Internal "internal" 500 "The server made a mistake",
    /// The kind of record is not known here.
    17 KindUnknown "kind_unknown" 422 "The kind of record is not known",
    /// A change's bytes are not a sound change.
    18 ChangeInvalid "change_invalid" 422 "A change is damaged or unsound",
    /// Changes that these depend on are not known here.
    19 DepsMissing "deps_missing" 409 "Changes that these depend on are missing",
    /// Another change with the same actor and number is known: a cloned or restored device.
    20 ActorReused "actor_reused" 409 "This device re-used a writer's identity",
    /// The actor belongs to another device.
    21 ActorForeign "actor_foreign" 403 "The writer's identity belongs to another device",
    /// A value does not fit its field.
    22 RecordInvalid "record_invalid" 422 "A value does not fit its field",
    /// An event is not possible where its author saw the record.
    23 EventIllegal "event_illegal" 422 "An event is not possible here",
    /// This person may not make this difference.
    24 NotPermitted "not_permitted" 403 "This person may not make this change",
    /// Another station holds the record with this natural key.
    25 HeldElsewhere "held_elsewhere" 409 "Another station holds this record",
    /// What this depends on was refused.
    26 DependsOnRefused "depends_on_refused" 409 "What this depends on was refused",
    /// The record has grown beyond its limits.
    27 RecordTooLarge "record_too_large" 413 "The record has grown too large",
    /// Another process uses this home.
    28 HomeInUse "home_in_use" 409 "Another command uses this home",
    /// The home is not enrolled.
    29 NotEnrolled "not_enrolled" 409 "This device is not enrolled",
    /// There is no such record on this device.
    30 RecordUnknown "record_unknown" 404 "There is no such record",
    /// The kind has no such field.
    31 FieldUnknown "field_unknown" 422 "There is no such field",
    /// A value that the field cannot hold.
    32 ValueInvalid "value_invalid" 422 "The field cannot hold this value",
    /// The server could not be reached, or the link was cut.
    33 Offline "offline" 503 "The server cannot be reached",
    /// The server is not the one the ticket named.
    34 ServerUntrusted "server_untrusted" 403 "The server is not the one that was enrolled with",
    /// The disk failed, or is full.
    35 StoreFailed "store_failed" 507 "The disk failed or is full",
    /// A file given cannot be read.
    36 FileInvalid "file_invalid" 422 "The file cannot be read",
    /// The key does not open this home.
    37 KeyWrong "key_wrong" 403 "The key does not open this home",
    /// A name that exists already.
    38 AlreadyExists "already_exists" 409 "This exists already",
    /// The address is right, the method is not.
    39 MethodUnknown "method_unknown" 405 "This method is not answered here",
    /// The record was erased for good.
    40 RecordErased "record_erased" 410 "The record has been erased",
    /// Kept on the server until a coordinator releases it.
    41 AwaitsRelease "awaits_release" 409 "This waits for a coordinator to release it",
    /// A receipt that does not hold.
    42 ReceiptInvalid "receipt_invalid" 422 "The receipt does not hold",
    /// Only a line of the record is here; the rest is still on the server.
    45 BodyAbsent "body_absent" 409 "The record's body is still on the server",
}

impl ProblemKind {
    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for ProblemKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// A problem as it travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The kind, as a URI.
    #[serde(rename = "type")]
    pub kind_uri: String,
    /// What it is; the same for every problem of the kind.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong this time; never tells what the asker may not know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Each thing that is wrong, where there are several: an extension member.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<serde_json::Value>,
}

impl Problem {
    /// A problem without detail.
    #[must_use]
    pub fn new(kind: ProblemKind) -> Self {
        Self {
            kind_uri: format!("{TYPE_BASE}{}", kind.name()),
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: None,
            errors: Vec::new(),
        }
    }

    /// A problem that says what is wrong this time.
    #[must_use]
    pub fn with_detail(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self {
            detail: Some(detail.into()),
            ..Self::new(kind)
        }
    }

    /// Its kind, unless it comes from a newer server.
    #[must_use]
    pub fn kind(&self) -> Option<ProblemKind> {
        self.kind_uri
            .strip_prefix(TYPE_BASE)
            .and_then(ProblemKind::named)
    }
}

/// A text from outside, cut to what a message can show.
#[must_use]
pub fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_that_reads_back() {
        for kind in ProblemKind::ALL {
            assert_eq!(ProblemKind::named(kind.name()), Some(*kind));
            assert_eq!(Problem::new(*kind).kind(), Some(*kind));
        }
    }
}
