//! The people behind a case, and who may say who they are.
//!
//! A consumer follows the case that names them to another station. So naming somebody reaches for their record: who could not, now or
//! before, see that record must not draw it out of its station by naming it in a case that is shared with them and taking that over.

use std::collections::BTreeSet;

use super::{Asker, Court, Refusal};
use crate::feed::Feed;
use crate::id::RecordId;
use crate::kind::Kind;
use crate::problem::ProblemKind;
use crate::record::Document;
use crate::status::Role;

/// The fields of a case that name people.
const FIELDS: [&str; 2] = ["party", "reporter"];

/// Tells where somebody's record lies, or has lain; `None` if there is no such record.
pub type WhereLies<'a> = dyn Fn(RecordId) -> Option<BTreeSet<Feed>> + 'a;

/// Whether this person may name those whom they name in a case, and who were not named in it before.
pub(super) fn may_name(
    before: &Document,
    after: &Document,
    asker: &Asker<'_>,
    court: &Court<'_>,
) -> Result<(), Refusal> {
    if after.kind() != Kind::Case {
        return Ok(());
    }
    let known = named(before);
    let fresh = named(after);
    let mut fresh = fresh.difference(&known).peekable();
    if fresh.peek().is_none() {
        return Ok(());
    }
    let writes = |feed: &Feed| {
        let mut grants = asker.grants.iter();
        grants.any(|grant| grant.write && grant.feed == *feed)
    };
    let mut stations = before.stations();
    let is_own = |id: &String| Feed::station(id).is_ok_and(|feed| writes(&feed));
    let holds = before.is_blank()
        || asker.standing.role == Role::Coordinator
        || stations.iter().any(is_own);
    stations.extend(after.stations().into_iter().filter(|_| before.is_blank()));
    let of_the_case = |feed: &Feed| {
        let mut personal = stations.iter().map(|id| Feed::station_personal(id));
        personal.any(|personal| personal.is_ok_and(|personal| personal == *feed))
    };
    let may_be_named = |person: &&RecordId| match (court.people)(**person) {
        // It has not come yet; nobody but who brings it, and who they told, knows its id.
        None => holds,
        Some(lies) => lies
            .iter()
            .any(|feed| writes(feed) || (holds && of_the_case(feed))),
    };
    match fresh.all(|person| may_be_named(&person)) {
        true => Ok(()),
        false => Err(Refusal::new(
            ProblemKind::NotPermitted,
            "it names a person whose record is not this station's",
        )),
    }
}

/// Everybody whom a case names, those between whom nobody has chosen included.
fn named(case: &Document) -> BTreeSet<RecordId> {
    let texts = FIELDS.into_iter().flat_map(|path| case.texts(path));
    texts.filter_map(|id| id.parse().ok()).collect()
}

#[cfg(test)]
mod tests;
