//! The frozen first change of each kind: the same bytes for ever.
//!
//! They create every container, so that replicas which never met share them; nothing about them is ever sent, and no other bytes
//! are accepted from their actors. A later schema adds containers by a further frozen change that depends on these. To change a
//! file under `frozen/` is to make every record that exists unreadable.

use std::sync::OnceLock;

use automerge::transaction::{CommitOptions, Transactable as _};
use automerge::{ActorId, Automerge, AutomergeError, Change, ObjType, ROOT};
use sha2::{Digest as _, Sha256};

use super::DocumentError;
use crate::id::{Actor, Hash};
use crate::kind::Kind;

/// The schema that these changes begin.
pub const SCHEMA: i64 = 1;

/// The number of the further frozen change: it adds containers and alters nothing, so that the schema stays.
const FURTHER: i64 = 2;

/// The map of events in every record.
pub const EVENTS: &str = "events";

/// The map of evidence in every record.
pub const ATTACHMENTS: &str = "attachments";

/// The bytes of a kind's frozen first change.
#[must_use]
pub fn bytes(kind: Kind) -> &'static [u8] {
    match kind {
        Kind::Case => include_bytes!("frozen/case-1.change"),
        Kind::Party => include_bytes!("frozen/party-1.change"),
        Kind::Inspection => include_bytes!("frozen/inspection-1.change"),
        Kind::Reporter => include_bytes!("frozen/reporter-1.change"),
        Kind::Enterprise => include_bytes!("frozen/enterprise-1.change"),
        Kind::Campaign => include_bytes!("frozen/campaign-1.change"),
        Kind::Assignment => include_bytes!("frozen/assignment-1.change"),
        Kind::Alias => include_bytes!("frozen/alias-1.change"),
        Kind::Lead => include_bytes!("frozen/lead-1.change"),
        Kind::Interview => include_bytes!("frozen/interview-1.change"),
        Kind::ComparativeTest => include_bytes!("frozen/comparative_test-1.change"),
        Kind::Notice => include_bytes!("frozen/notice-1.change"),
        Kind::Publication => include_bytes!("frozen/publication-1.change"),
        Kind::Acknowledgement => include_bytes!("frozen/acknowledgement-1.change"),
        Kind::Satisfaction => include_bytes!("frozen/satisfaction-1.change"),
        Kind::Checklist => include_bytes!("frozen/checklist-1.change"),
    }
}

/// The bytes of a kind's further frozen change, which depends on the first.
#[must_use]
pub fn further_bytes(kind: Kind) -> Option<&'static [u8]> {
    match kind {
        Kind::Case => Some(include_bytes!("frozen/case-2.change")),
        Kind::Party => Some(include_bytes!("frozen/party-2.change")),
        Kind::Reporter => Some(include_bytes!("frozen/reporter-2.change")),
        _ => None,
    }
}

/// The maps that a kind's further frozen change creates.
#[must_use]
pub fn later_maps(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Case | Kind::Party | Kind::Reporter => &["shared_with"],
        _ => &[],
    }
}

/// The hash of a kind's last frozen change: what every record begins with.
#[must_use]
pub fn hash(kind: Kind) -> Hash {
    hash_of(further_bytes(kind).unwrap_or_else(|| bytes(kind)))
}

/// The hashes of all frozen changes of a kind.
#[must_use]
pub fn hashes(kind: Kind) -> Vec<Hash> {
    let all = [bytes(kind)].into_iter().chain(further_bytes(kind));
    all.map(hash_of).collect()
}

fn hash_of(bytes: &[u8]) -> Hash {
    let content = bytes.get(8..).unwrap_or_default();
    Hash(Sha256::digest(content).into())
}

/// The actors that wrote a kind's frozen changes; nobody else may use them.
#[must_use]
pub fn actors(kind: Kind) -> [Actor; 2] {
    [actor(kind), actor_of(kind, FURTHER)]
}

/// The actor that wrote a kind's frozen first change.
#[must_use]
pub fn actor(kind: Kind) -> Actor {
    actor_of(kind, 1)
}

fn actor_of(kind: Kind, number: i64) -> Actor {
    let digest: [u8; 32] = Sha256::digest(format!("fieldwatch frozen {number} {kind}")).into();
    let mut actor = [0; 16];
    for (to, from) in actor.iter_mut().zip(digest) {
        *to = from;
    }
    Actor(actor)
}

/// A fresh document of a kind.
pub(super) fn document(kind: Kind) -> Result<Automerge, DocumentError> {
    static TEMPLATES: OnceLock<Vec<Option<Automerge>>> = OnceLock::new();
    let templates =
        TEMPLATES.get_or_init(|| Kind::ALL.into_iter().map(|kind| load(kind).ok()).collect());
    let place = Kind::ALL
        .iter()
        .position(|each| *each == kind)
        .unwrap_or_default();
    let template = templates.get(place).and_then(Option::as_ref);
    template.cloned().ok_or_else(|| {
        DocumentError::Automerge(format!("the frozen change of {kind} cannot be read"))
    })
}

fn load(kind: Kind) -> Result<Automerge, AutomergeError> {
    let mut doc = Automerge::new();
    for bytes in [bytes(kind)].into_iter().chain(further_bytes(kind)) {
        let change = Change::from_bytes(bytes.to_vec()).map_err(|_| AutomergeError::Fail)?;
        doc.apply_changes([change])?;
    }
    Ok(doc)
}

/// Makes a frozen first change anew from the kind's table, to compare with the bytes that are kept.
///
/// # Errors
///
/// automerge's own, if a name is used twice.
pub fn make(kind: Kind) -> Result<Vec<u8>, AutomergeError> {
    let mut doc = Automerge::new().with_actor(ActorId::from(actor(kind).0));
    let table = kind.table();
    let made = doc.transact_with::<_, _, AutomergeError, _>(
        |()| CommitOptions::default().with_time(0),
        |tx| {
            tx.put(ROOT, "kind", kind.name())?;
            tx.put(ROOT, "schema", SCHEMA)?;
            for map in [EVENTS, ATTACHMENTS].iter().chain(table.maps) {
                tx.put_object(ROOT, *map, ObjType::Map)?;
            }
            for text in table.texts {
                tx.put_object(ROOT, *text, ObjType::Text)?;
            }
            Ok(())
        },
    );
    made.map_err(|failure| failure.error)?;
    let change = doc
        .get_changes(&[])
        .into_iter()
        .next()
        .ok_or(AutomergeError::Fail)?;
    Ok(change.raw_bytes().to_vec())
}

/// Makes a further frozen change anew, to compare with the bytes that are kept.
///
/// # Errors
///
/// automerge's own, if a name is used twice.
pub fn make_further(kind: Kind) -> Result<Vec<u8>, AutomergeError> {
    let first = Change::from_bytes(bytes(kind).to_vec()).map_err(|_| AutomergeError::Fail)?;
    let mut doc = Automerge::new().with_actor(ActorId::from(actor_of(kind, FURTHER).0));
    doc.apply_changes([first])?;
    let made = doc.transact_with::<_, _, AutomergeError, _>(
        |()| CommitOptions::default().with_time(0),
        |tx| {
            for map in later_maps(kind) {
                tx.put_object(ROOT, *map, ObjType::Map)?;
            }
            Ok(())
        },
    );
    made.map_err(|failure| failure.error)?;
    let heads = [hash_of(bytes(kind)).into()];
    let change = doc.get_changes(&heads).into_iter().next();
    Ok(change.ok_or(AutomergeError::Fail)?.raw_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use automerge::ReadDoc as _;

    #[test]
    fn the_further_frozen_bytes_are_what_the_tables_make() {
        for kind in Kind::ALL {
            let Some(kept) = further_bytes(kind) else {
                assert!(later_maps(kind).is_empty(), "{kind}");
                continue;
            };
            let made = make_further(kind).unwrap();
            if std::env::var_os("FW_FREEZE").is_some() && kept.is_empty() {
                let path = format!(
                    "{}/src/record/frozen/{kind}-2.change",
                    env!("CARGO_MANIFEST_DIR")
                );
                std::fs::write(path, &made).unwrap();
            }
        }
        for kind in Kind::ALL {
            if let Some(kept) = further_bytes(kind) {
                assert_eq!(make_further(kind).unwrap(), kept, "{kind}");
            }
        }
    }

    #[test]
    fn the_frozen_bytes_are_what_the_tables_make() {
        for kind in Kind::ALL {
            let made = make(kind).unwrap();
            if std::env::var_os("FW_FREEZE").is_some() && bytes(kind).is_empty() {
                let path = format!(
                    "{}/src/record/frozen/{kind}-1.change",
                    env!("CARGO_MANIFEST_DIR")
                );
                std::fs::write(path, &made).unwrap();
            }
        }
        for kind in Kind::ALL {
            assert_eq!(
                make(kind).unwrap(),
                bytes(kind),
                "{kind}: add containers by a further frozen change, never by editing this one"
            );
        }
    }

    #[test]
    fn a_fresh_document_knows_its_kind_and_has_its_containers() {
        for kind in Kind::ALL {
            let doc = document(kind).unwrap();
            assert_eq!(doc.get_heads(), vec![hash(kind).into()]);
            for map in later_maps(kind) {
                assert!(doc.get(ROOT, *map).unwrap().unwrap().0.is_object());
            }
            assert_eq!(
                doc.get(ROOT, "kind").unwrap().unwrap().0.as_str(),
                Some(kind.name())
            );
            for map in kind.table().maps {
                assert!(
                    doc.get(ROOT, *map).unwrap().unwrap().0.is_object(),
                    "{kind} {map}"
                );
            }
        }
    }
}
