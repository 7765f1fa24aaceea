//! Stations (消费维权站): where demands are logged.

use fieldwatch_schemas::area;
use fieldwatch_schemas::code;
use fieldwatch_schemas::deadline::Authority;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::limits::NAME_CHARS_MAX;
use fieldwatch_schemas::problem::cut;
use fieldwatch_schemas::sync::station::StationCard;
use minicbor::{Decode, Encode};
use serde::Serialize;

use super::RegisterError;
use super::rows::Stored;

/// A station.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize)]
#[cbor(map)]
pub struct Station {
    /// Its id: letters, digits, hyphens.
    #[n(0)]
    #[serde(rename = "station")]
    pub id: String,
    /// Its name.
    #[n(1)]
    pub name: String,
    /// Its region, GB/T 2260.
    #[n(2)]
    pub region: String,
    /// Whose station it is; its deadlines follow from that.
    #[cbor(n(3), with = "authority_row")]
    pub authority: Authority,
    /// What kind of station it is: a code of the list `station_kind`.
    #[n(4)]
    pub kind: Option<String>,
}

impl Station {
    /// What devices are told of it.
    #[must_use]
    pub fn card(&self) -> StationCard {
        StationCard {
            id: self.id.clone(),
            name: self.name.clone(),
            region: self.region.clone(),
            authority: self.authority,
        }
    }

    /// A station, if its parts can be used.
    ///
    /// # Errors
    ///
    /// [`RegisterError::StationId`], [`RegisterError::Name`] or [`RegisterError::Region`].
    pub fn new(
        id: &str,
        name: &str,
        region: &str,
        authority: Authority,
    ) -> Result<Self, RegisterError> {
        Feed::station(id).map_err(RegisterError::StationId)?;
        let region = area::known(region).map_err(RegisterError::Region)?;
        Ok(Self {
            id: id.to_owned(),
            name: visible_name(name)?,
            region: region.code.to_owned(),
            authority,
            kind: None,
        })
    }

    /// The same station, of this kind.
    ///
    /// # Errors
    ///
    /// [`RegisterError::StationKind`] unless the code list `station_kind` has it.
    pub fn of_kind(mut self, kind: &str) -> Result<Self, RegisterError> {
        let known = code::list("station_kind").and_then(|list| list.code(kind));
        let known = known.ok_or_else(|| RegisterError::StationKind(cut(kind)))?;
        self.kind = Some(known.code.clone());
        Ok(self)
    }
}

/// A name that people can read: trimmed, not empty, not long, nothing invisible.
pub(super) fn visible_name(name: &str) -> Result<String, RegisterError> {
    let name = name.trim();
    let fits = (1..=NAME_CHARS_MAX).contains(&name.chars().count());
    if fits && !name.contains(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(RegisterError::Name)
    }
}

impl Stored for Station {
    const TABLE: u8 = 0x80;
    type Id = String;
    fn id(&self) -> String {
        self.id.clone()
    }
    fn key(&self) -> Vec<u8> {
        self.id.clone().into_bytes()
    }
}

/// An authority as a number: 0 council, 1 department.
mod authority_row {
    use minicbor::decode::{Decoder, Error as DecodeError};
    use minicbor::encode::{Encoder, Error as EncodeError, Write};

    use super::Authority;

    pub(super) fn encode<Ctx, W: Write>(
        authority: &Authority,
        encoder: &mut Encoder<W>,
        _: &mut Ctx,
    ) -> Result<(), EncodeError<W::Error>> {
        let number = match authority {
            Authority::Council => 0,
            Authority::Department => 1,
        };
        encoder.u8(number).map(drop)
    }

    pub(super) fn decode<Ctx>(
        decoder: &mut Decoder<'_>,
        _: &mut Ctx,
    ) -> Result<Authority, DecodeError> {
        match decoder.u8()? {
            0 => Ok(Authority::Council),
            1 => Ok(Authority::Department),
            _ => Err(DecodeError::message("an authority that no version wrote")),
        }
    }
}
