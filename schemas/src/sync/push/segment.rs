//! Segments: the changes of one author that are judged together, by their net difference.
//!
//! The author of a change is the device that its actor is bound to, and of an actor that nobody has used the one who pushes. What one
//! author made stays together as far as its dependencies allow, so that a correction rides along with what it corrects. A segment is
//! taken or refused whole; the next one is judged on the record with those taken before it, but for what of it depends on a refused one,
//! directly or through others.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::transfer::Moved;
use super::{Asker, Court, Denied, Held, Policy, Refusal, Writer, people, policy};
use crate::chunk::Chunk;
use crate::feed::{Feed, feeds_of};
use crate::id::{Actor, DeviceId, Hash, PersonId};
use crate::kind::Kind;
use crate::limits::{RECORD_ACTORS_MAX, RECORD_HEADS_MAX, RECORD_OPS_MAX};
use crate::problem::ProblemKind;
use crate::record::Document;
use crate::record::check::{check_touched, check_whole, difference_seen};
use crate::record::view::View;

/// Changes of one author, in causal order.
#[derive(Debug)]
pub(super) struct Segment {
    /// Whose device its actors are bound to.
    author: DeviceId,
    chunks: Vec<Chunk>,
}

/// Splits changes where their author changes.
pub(super) fn split(
    fresh: Vec<Chunk>,
    writers: &BTreeMap<Actor, Writer>,
    asker: &Asker<'_>,
) -> Vec<Segment> {
    let author_of = |chunk: &Chunk| {
        let writer = writers.get(&chunk.actor());
        let bound = writer.filter(|writer| !writer.is_nobodys());
        bound.map_or(asker.device, |writer| writer.device)
    };
    let mut segments = Vec::new();
    let mut left = fresh;
    while let Some(first) = left.first() {
        let author = author_of(first);
        let mut waiting: BTreeSet<Hash> = BTreeSet::new();
        let (chunks, rest) = left.into_iter().partition(|chunk| {
            let joins =
                author_of(chunk) == author && !chunk.deps().iter().any(|dep| waiting.contains(dep));
            if !joins {
                waiting.insert(chunk.hash());
            }
            joins
        });
        segments.push(Segment { author, chunks });
        left = rest;
    }
    segments
}

/// The record with the segments taken so far.
pub(super) struct Bench<'a> {
    court: &'a Court<'a>,
    asker: &'a Asker<'a>,
    /// The record as it is held, and what it says.
    held: (&'a Document, Cow<'a, View>),
    /// Whether the whole record is known to be sound.
    is_proved: bool,
    pub(super) owner: PersonId,
    pub(super) writers: BTreeMap<Actor, Writer>,
    pub(super) taken: Vec<Chunk>,
    pub(super) denied: Vec<Denied>,
    /// The record since a segment was taken.
    pub(super) said: Option<Said>,
}

/// A record with a segment taken: what it says, and where it belongs.
pub(super) struct Said {
    pub(super) document: Document,
    pub(super) view: View,
    pub(super) feeds: BTreeSet<Feed>,
}

/// What taking a segment would make of the record.
struct Taken {
    said: Said,
    writers: BTreeMap<Actor, Writer>,
    chunks: Vec<Chunk>,
}

impl<'a> Bench<'a> {
    pub(super) fn new(
        court: &'a Court<'a>,
        asker: &'a Asker<'a>,
        before: (&'a Document, Cow<'a, View>),
        held: Option<Held<'_>>,
    ) -> Self {
        let known = held.map(|held| held.writers).unwrap_or_default();
        Self {
            court,
            asker,
            held: before,
            is_proved: held.is_some_and(|held| held.proved.is_some()),
            owner: held.map_or(asker.standing.person, |held| held.owner),
            writers: known.iter().map(|writer| (writer.actor, *writer)).collect(),
            taken: Vec::new(),
            denied: Vec::new(),
            said: None,
        }
    }

    /// Takes a segment, or notes why not. What of it builds on something refused is refused by itself.
    pub(super) fn hear(&mut self, segment: Segment) {
        let mut denied: BTreeSet<Hash> = self.denied_hashes();
        let (after, chunks): (Vec<_>, Vec<_>) = segment.chunks.into_iter().partition(|chunk| {
            let builds_on = chunk.deps().iter().any(|dep| denied.contains(dep));
            if builds_on {
                denied.insert(chunk.hash());
            }
            builds_on
        });
        if !after.is_empty() {
            self.denied.push(Denied {
                changes: after.iter().map(Chunk::hash).collect(),
                refusal: Refusal::new(
                    ProblemKind::DependsOnRefused,
                    "what this builds on was refused",
                ),
            });
        }
        if !chunks.is_empty() {
            self.take(Segment { chunks, ..segment });
        }
    }

    fn denied_hashes(&self) -> BTreeSet<Hash> {
        let denied = self.denied.iter().flat_map(|denied| &denied.changes);
        denied.copied().collect()
    }

    fn take(&mut self, segment: Segment) {
        let hashes = segment.chunks.iter().map(Chunk::hash).collect();
        match self.weigh(segment) {
            Ok(taken) => {
                self.writers = taken.writers;
                self.taken.extend(taken.chunks);
                self.said = Some(taken.said);
                self.is_proved = true;
            }
            Err(refusal) => self.denied.push(Denied {
                changes: hashes,
                refusal,
            }),
        }
    }

    fn weigh(&self, segment: Segment) -> Result<Taken, Refusal> {
        let policy = self.policy_for(&segment)?;
        if let (Policy::Judged, Some(said)) = (policy, &self.said) {
            policy::may_see(&said.feeds, &said.document, self.asker)?;
        }
        let (before, was) = self.before();
        let mut after = before.clone();
        let touched = after.accept(&segment.chunks)?;
        let writers = self.bind(&segment)?;
        check_size(&after)?;
        if before.is_blank() {
            policy::has_its_key(&after, &segment.chunks)?;
        }
        let view = match self.is_proved {
            true => check_touched(&after, &touched, was)?,
            false => {
                check_whole(&after)?;
                after.view()
            }
        };
        let difference = difference_seen((before, was), (&after, &view))?;
        policy::events_are_legal(&after, &difference, self.court.checklists)?;
        policy::sealed_stays(&after, &segment.chunks)?;
        let feeds = feeds_of(&view, self.owner, self.court.station_region);
        policy::lies_somewhere(&feeds)?;
        let moved = Moved::between(before, &after);
        moved.is_known(self.court)?;
        if policy == Policy::Judged {
            let kind = self.kind();
            moved.is_permitted(kind, self.asker)?;
            if !moved.may_leave(&after, &segment.chunks, self.owner, self.court, self.asker) {
                policy::may_lie(&feeds, kind, self.asker)?;
            }
            policy::may_make(&difference, kind, self.asker)?;
            people::may_name(before, &after, self.asker, self.court)?;
        }
        Ok(Taken {
            said: Said {
                document: after,
                view,
                feeds,
            },
            writers,
            chunks: segment.chunks,
        })
    }

    /// The one place that says whether a segment is judged by policy. What is somebody else's work comes from its author, or not at all.
    fn policy_for(&self, segment: &Segment) -> Result<Policy, Refusal> {
        if segment.author == self.asker.device {
            return Ok(self.asker.policy);
        }
        Err(Refusal::new(
            ProblemKind::ActorForeign,
            "the changes are written in another device's name",
        ))
    }

    /// Binds each actor to the device that brought it first, and refuses numbers that were used before.
    fn bind(&self, segment: &Segment) -> Result<BTreeMap<Actor, Writer>, Refusal> {
        let mut writers = self.writers.clone();
        for chunk in &segment.chunks {
            let unbound = Writer {
                actor: chunk.actor(),
                device: self.asker.device,
                person: self.asker.standing.person,
                seq: 0,
            };
            let writer = writers.entry(chunk.actor()).or_insert(unbound);
            if chunk.seq() != writer.seq + 1 {
                return Err(Refusal::new(
                    ProblemKind::ActorReused,
                    "a writer's number was used before, or skipped",
                ));
            }
            writer.seq = chunk.seq();
            if writer.is_nobodys() {
                writer.device = self.asker.device;
                writer.person = self.asker.standing.person;
            }
        }
        if writers.len() > RECORD_ACTORS_MAX {
            return Err(Refusal::new(
                ProblemKind::RecordTooLarge,
                format!("more than {RECORD_ACTORS_MAX} writers of a {}", self.kind()),
            ));
        }
        Ok(writers)
    }

    /// The record that the next segment is judged on, and what it says.
    fn before(&self) -> (&Document, &View) {
        let (document, view) = &self.held;
        self.said
            .as_ref()
            .map_or((document, view), |said| (&said.document, &said.view))
    }

    fn kind(&self) -> Kind {
        self.held.0.kind()
    }
}

/// What the changes depend on that is neither here nor before them.
pub(super) fn missing(before: &Document, fresh: &[Chunk]) -> Vec<Hash> {
    let mut seen = BTreeSet::new();
    let mut missing = BTreeSet::new();
    for chunk in fresh {
        let lacks = |dep: &&Hash| !seen.contains(*dep) && !before.has(**dep);
        missing.extend(chunk.deps().iter().filter(lacks).copied());
        seen.insert(chunk.hash());
    }
    missing.into_iter().collect()
}

/// However small its bytes, a record must stay one that others can open, and write upon all of its heads.
pub(super) fn check_size(after: &Document) -> Result<(), Refusal> {
    if after.operations() > RECORD_OPS_MAX || after.heads().len() > RECORD_HEADS_MAX {
        return Err(Refusal::new(
            ProblemKind::RecordTooLarge,
            "the record would grow beyond its limits",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
