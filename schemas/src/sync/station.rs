//! What a device is told of stations: enough to name them and to know whose deadlines hold there.
//!
//! A device of a station's staff is told of that station, a coordinator's of the stations in the region. The list travels only where
//! the tag that the device brings differs, like the grants.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::exchange::ListTag;
use crate::deadline::Authority;

/// One station, as devices know it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
#[cbor(map)]
pub struct StationCard {
    /// Its id, such as `330106-0012`.
    #[n(0)]
    pub id: String,
    /// Its name.
    #[n(1)]
    pub name: String,
    /// Its area (GB/T 2260).
    #[n(2)]
    pub region: String,
    /// Whose deadlines hold there.
    #[n(3)]
    pub authority: Authority,
}

/// The tag of a list of stations.
#[must_use]
pub fn stations_tag(stations: &[StationCard]) -> ListTag {
    let mut hash = Sha256::new();
    for station in stations {
        for part in [&station.id, &station.name, &station.region] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.update([u8::from(station.authority == Authority::Department)]);
    }
    let digest: [u8; 32] = hash.finalize().into();
    ListTag(digest.first_chunk().copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card(name: &str, authority: Authority) -> StationCard {
        StationCard {
            id: "330106-0012".to_owned(),
            name: name.to_owned(),
            region: "330106".to_owned(),
            authority,
        }
    }

    #[test]
    fn another_name_or_authority_gives_another_tag() {
        let tag = |name, authority| stations_tag(&[card(name, authority)]);
        let one = tag("文三路站", Authority::Council);
        assert_eq!(one, tag("文三路站", Authority::Council));
        assert_ne!(one, tag("文三路站", Authority::Department));
        assert_ne!(one, tag("文二路站", Authority::Council));
        assert_ne!(one, stations_tag(&[]));
    }
}
