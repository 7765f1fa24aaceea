//! What stays as it was once a visit is submitted: the answers and places that its result rests on.
//!
//! Only `returned` opens them again. Judged where the author saw the visit, on the device and on the server alike, so that a result
//! that was reviewed, or published, cannot be changed behind it.

use crate::field::FieldError;
use crate::id::Hash;
use crate::kind::Kind;
use crate::record::{Document, DocumentError};
use crate::status::fold;

/// The fields that are sealed, containers whole.
const SEALED: [&str; 4] = ["answers", "checklist", "check_in", "site"];
/// The statuses in which they are.
const WHILE: [&str; 3] = ["submitted", "approved", "rejected"];

/// Whether a field may not be written while a record of this kind has this status.
#[must_use]
pub fn is_sealed(kind: Kind, status: &str, path: &str) -> bool {
    let field = path
        .split_once('.')
        .map_or(path, |(container, _)| container);
    kind == Kind::Inspection && WHILE.contains(&status) && SEALED.contains(&field)
}

/// What a person is told who writes a sealed field.
#[must_use]
pub fn refusal(path: &str, status: &str) -> FieldError {
    FieldError::new(
        path,
        format!("cannot be changed while the visit is {status}: it has to be returned first"),
    )
}

/// Which sealed field a change of a visit changed, and in which status, as its author saw the visit.
///
/// # Errors
///
/// [`DocumentError`] if automerge cannot go back to where the change was made.
pub fn broken_by(
    visit: &Document,
    change: Hash,
    deps: &[Hash],
) -> Result<Option<FieldError>, DocumentError> {
    let before = visit.at(deps)?;
    let status = fold(visit.kind().table().life_cycle, &before.events()).status;
    if !WHILE.contains(&status) {
        return Ok(None);
    }
    let (was, is) = (before.fields(), visit.at(&[change])?.fields());
    let changed = SEALED
        .into_iter()
        .find(|path| was.get(*path) != is.get(*path));
    Ok(changed.map(|path| refusal(path, status)))
}
