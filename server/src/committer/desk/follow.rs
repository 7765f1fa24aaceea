//! Who follows a case that goes to another station: the consumer, and the person who reported it.
//!
//! They lie in the station's personal feed, each a record of its own. The station that has the case now must be able to call them; the
//! station that gave it away must not keep what it needs no longer. So they move with the case by the server's hand, in the name of who
//! moved it; somebody who stands behind other cases of the old station too is shared instead, and stays with both. The case's own batch
//! leaves a mark, which is removed when all have followed. Who has not come to the server yet leaves a mark of their own, by which they
//! follow when they come.

mod late;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::field::{FieldValue, Scalar};
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::edit::Act;
use fieldwatch_schemas::record::view::View;
use fieldwatch_schemas::store::{Batch, Store, StoreError};
use fieldwatch_schemas::sync::pull::Presence;

use super::super::OwnedAsker;
use super::super::cache::Kept;
use super::Desk;
use super::hand::{OrderError, set_shared};
use crate::log::all_rows;
use crate::tables::unfinished::{
    FollowRow, awaiting_of, awaitings, following_key, following_of, followings,
};
use crate::tables::{self, FeedRow, RecordRow, SummaryRow};

/// What is to follow a case that some changes moved, if they did. One that comes here moved already was where its author made it, if that
/// is a station of theirs: nobody draws people out of another's by a case that never lay there.
pub(super) fn of_case(
    before: Option<&Kept>,
    (document, after): &(Document, View),
    asker: &OwnedAsker,
) -> Option<FollowRow> {
    if document.kind() != Kind::Case {
        return None;
    }
    let read;
    let before = match before {
        Some(Kept {
            proved: Some(said), ..
        }) => said,
        Some(kept) => {
            read = kept.document.view();
            &read
        }
        None => {
            let born = born(document)?;
            let feed = Feed::station(born.text("station")?).ok()?;
            let mut grants = asker.grants.iter();
            let is_own = grants.any(|grant| grant.write && grant.feed == feed);
            read = is_own.then_some(born)?;
            &read
        }
    };
    let (from, to) = (before.text("station")?, after.text("station")?);
    let people: BTreeSet<RecordId> = ["party", "reporter"]
        .into_iter()
        .flat_map(|path| [before.text(path), after.text(path)])
        .filter_map(|id| id?.parse().ok())
        .collect();
    (from != to && !people.is_empty()).then(|| FollowRow {
        from: from.to_owned(),
        to: to.to_owned(),
        by: asker.standing.person,
        people: people.into_iter().collect(),
    })
}

/// A case as it was when it was first said which station holds it, where it was changed since.
fn born(case: &Document) -> Option<View> {
    let chunks = case.chunks().ok().filter(|chunks| chunks.len() > 1)?;
    chunks.iter().find_map(|chunk| {
        let seen = case.at(&[chunk.hash()]).ok()?.view();
        seen.text("station").is_some().then_some(seen)
    })
}

impl Desk {
    /// Has people follow a case, and removes its mark. What cannot follow is said in the log and stays where it is.
    pub(super) fn follow(&mut self, case: RecordId, row: &FollowRow) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.delete(following_key(case));
        for person in &row.people {
            if !self.follow_or_tell(*person, row)? {
                self.await_person(*person, row, &mut batch)?;
            }
        }
        self.log.apply(&batch, None, self.life)
    }

    /// Has one person follow; false if they are not here. What cannot follow is said in the log.
    fn follow_or_tell(&mut self, person: RecordId, row: &FollowRow) -> Result<bool, StoreError> {
        match self.follow_one(person, row) {
            Ok(is_here) => return Ok(is_here),
            Err(OrderError::Store(error @ StoreError::Damaged { .. })) => {
                tracing::error!(record = %person, %error, "a record cannot follow its case");
            }
            Err(OrderError::Store(error)) => return Err(error),
            Err(error) => {
                tracing::warn!(record = %person, %error, "a record does not follow its case");
            }
        }
        Ok(true)
    }

    /// Finishes what a crash left unfinished; what cannot be finished yet is tried again at the next turn.
    pub(super) fn finish_following(&mut self) {
        if !self.may_be_left_behind || !self.log.is_healthy() {
            return;
        }
        self.may_be_left_behind = false;
        if let Err(error) = self.follow_all() {
            tracing::error!(%error, "people cannot follow their cases yet");
            self.may_be_left_behind = true;
        }
    }

    fn follow_all(&mut self) -> Result<(), StoreError> {
        let store = self.log.store()?;
        for row in all_rows(&*store, &followings())? {
            let Some(case) = following_of(&row.key) else {
                continue;
            };
            let marked = tables::decode("what follows a case", &row.value)?;
            self.follow(case, &marked)?;
        }
        for row in all_rows(&*store, &awaitings())? {
            if let Some(person) = awaiting_of(&row.key) {
                self.follow_late(person)?;
            }
        }
        Ok(())
    }

    /// False if they are not here.
    fn follow_one(&mut self, person: RecordId, row: &FollowRow) -> Result<bool, OrderError> {
        let Some(kept) = self.look_up(person)? else {
            return Ok(false);
        };
        let is_personal = kept.document.kind().is_personal();
        let (holders, shared) = (kept.document.stations(), kept.document.shared_with());
        self.cache.put(person, kept);
        if !is_personal {
            return Ok(true);
        }
        let store = self.log.store()?;
        let is_needed = is_needed_at(&*store, &row.from, person)?;
        let acts = acts(&holders, &shared, row, is_needed);
        self.write_by_hand(person, &acts, row.by)?;
        Ok(true)
    }
}

/// The feeds in which somebody's record lies, or has lain; `None` if there is no such record.
pub(super) fn where_lies(store: &dyn Store, person: RecordId) -> Option<BTreeSet<Feed>> {
    let key = tables::record_key(person);
    let row: Option<RecordRow> = tables::read(store, "a record", &key).ok()?;
    let row = row.filter(|row| row.kind.is_personal())?;
    Some(row.places.into_iter().map(|place| place.feed).collect())
}

/// Where somebody belongs after a case of theirs moved.
fn acts(
    holders: &BTreeSet<String>,
    shared: &BTreeSet<String>,
    row: &FollowRow,
    is_needed: bool,
) -> Vec<Act> {
    let FollowRow { from, to, .. } = row;
    let mut with = shared.clone();
    let mut acts = Vec::new();
    if holders.contains(from) && !is_needed {
        with.remove(to);
        acts.push(Act::Set {
            path: "station".to_owned(),
            value: FieldValue::Scalar(Scalar::Text(to.clone())),
        });
    } else if holders.contains(from) || shared.contains(from) {
        if !is_needed {
            with.remove(from);
        }
        if !holders.contains(to) {
            with.insert(to.clone());
        }
    }
    if with != *shared {
        acts.push(set_shared(with));
    }
    acts
}

/// Whether a case that a station still holds names this person.
fn is_needed_at(store: &dyn Store, station: &str, person: RecordId) -> Result<bool, StoreError> {
    let Ok(feed) = Feed::station(station) else {
        return Ok(false);
    };
    let mut cases = Vec::new();
    let mut damage = None;
    store.scan(&tables::feed_rows_after(&feed, 0), &mut |_, value| {
        match tables::decode::<FeedRow>("a row of a feed", value) {
            Ok(row) if row.presence == Presence::Present => cases.push(row.record),
            Ok(_) => {}
            Err(error) => {
                damage = Some(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    if let Some(error) = damage {
        return Err(error);
    }
    for case in cases {
        let key = tables::summary_key(case);
        let row: Option<SummaryRow> = tables::read(store, "a summary", &key)?;
        if row.is_some_and(|row| row.people.contains(&person)) {
            return Ok(true);
        }
    }
    Ok(false)
}
