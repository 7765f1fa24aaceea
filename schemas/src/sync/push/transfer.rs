//! Transfers 分流转办: a case goes from one station to another, and who may send it there.
//!
//! A station may hand on what it holds, to any station there is; so may a coordinator whose region holds it. Afterwards it is out of
//! their sight, and that is meant. Who only shares a case may take it over, but not give it to a third. What belongs to a case and lies
//! in a feed of its own (the consumer, the person who reported) follows by the server's hand alone, so that no half of it stays behind.
//! Nobody takes a record from its station without giving it one: its region would see it no more, and the next one might send it anywhere.

use std::collections::BTreeSet;

use super::{Asker, Court, Refusal, policy};
use crate::chunk::Chunk;
use crate::feed::{Feed, feeds_of};
use crate::field::Rule;
use crate::id::PersonId;
use crate::kind::Kind;
use crate::problem::ProblemKind;
use crate::record::Document;
use crate::status::Role;

/// What some changes did to the stations that hold a record, or share it.
#[derive(Debug)]
pub(super) struct Moved {
    from: BTreeSet<String>,
    now: BTreeSet<String>,
    /// Those of now that were not before.
    to: BTreeSet<String>,
    shared: BTreeSet<String>,
}

impl Moved {
    pub(super) fn between(before: &Document, after: &Document) -> Self {
        let (from, now) = (before.stations(), after.stations());
        let shared = after.shared_with();
        Self {
            to: now.difference(&from).cloned().collect(),
            shared: shared.difference(&before.shared_with()).cloned().collect(),
            from,
            now,
        }
    }

    /// No record goes to a station that is not there: nobody would ever see it again.
    pub(super) fn is_known(&self, court: &Court<'_>) -> Result<(), Refusal> {
        let unknown = |id: &&String| (court.station_region)(id).is_none();
        match self.to.union(&self.shared).find(unknown) {
            None => Ok(()),
            Some(id) => Err(Refusal::new(
                ProblemKind::RecordInvalid,
                format!("there is no station {id}"),
            )),
        }
    }

    /// Whether this person may send it there.
    pub(super) fn is_permitted(&self, kind: Kind, asker: &Asker<'_>) -> Result<(), Refusal> {
        if self.from.is_empty() || self.now == self.from {
            return Ok(());
        }
        if self.now.is_empty() {
            let words = "a station holds it: it can be handed on, but not left without one";
            return Err(Refusal::new(ProblemKind::NotPermitted, words));
        }
        let follows = kind.field("station").map(|field| field.rule) == Some(Rule::Follows);
        if follows && !self.to.is_empty() {
            let words = "it moves with the case that it belongs to, and not by itself";
            return Err(Refusal::new(ProblemKind::NotPermitted, words));
        }
        let is_own = |id: &String| {
            let feed = Feed::station(id).ok();
            let mut grants = asker.grants.iter();
            grants.any(|grant| grant.write && Some(&grant.feed) == feed.as_ref())
        };
        let holds = asker.standing.role == Role::Coordinator || self.from.iter().any(is_own);
        let takes_over = !self.to.is_empty() && self.to.iter().all(is_own);
        match holds || takes_over {
            true => Ok(()),
            false => Err(Refusal::new(
                ProblemKind::NotPermitted,
                "another station holds this case: it or a coordinator may hand it on",
            )),
        }
    }

    /// Whether a case may leave what its author may write: it was there before, or where its author made it.
    pub(super) fn may_leave(
        &self,
        after: &Document,
        chunks: &[Chunk],
        owner: PersonId,
        court: &Court<'_>,
        asker: &Asker<'_>,
    ) -> bool {
        if after.kind() != Kind::Case || self.to.is_empty() {
            return false;
        }
        let lay_within = |chunk: &Chunk| {
            let seen = after.at(&[chunk.hash()]);
            seen.is_ok_and(|seen| {
                let feeds = feeds_of(&seen.view(), owner, court.station_region);
                policy::may_write(&feeds, Kind::Case, asker)
            })
        };
        !self.from.is_empty() || chunks.iter().any(lay_within)
    }
}

#[cfg(test)]
mod tests;
