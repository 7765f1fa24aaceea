//! What the server holds, read row by row and worked out anew: documents, feeds, digests.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::feed::{Standing, feeds_of};
use fieldwatch_schemas::id::{Hash, PersonId, RecordId};
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::view::View;
use fieldwatch_schemas::store::Store;
use fieldwatch_server::check::check;
use fieldwatch_server::tables::{self, ChangeRow, RecordRow, SummaryRow};

use super::World;
use super::devices::ancestors;
use super::rules::{self, Campaign, Names};
use crate::fault::Told;
use crate::simulation::fates::records_of;

/// The table of records, as `server/src/tables.rs` numbers it.
pub(in crate::simulation) const RECORDS: u8 = 2;

/// Everything that the server holds.
pub(super) struct Truth {
    pub(super) records: BTreeMap<RecordId, Held>,
    campaigns: Vec<Campaign>,
}

/// One record.
pub(super) struct Held {
    pub(super) chunks: Vec<Chunk>,
    pub(super) view: View,
    /// The names of the feeds that it belongs to.
    pub(super) feeds: Names,
    pub(super) summary: Option<SummaryRow>,
}

impl Truth {
    /// What a person may read, from who they are and from the campaigns that there are.
    pub(super) fn readable(&self, standing: &Standing) -> Names {
        rules::readable(standing, &self.campaigns)
    }

    pub(super) fn has(&self, record: RecordId, hash: Hash) -> bool {
        let held = self.records.get(&record);
        held.is_some_and(|held| held.chunks.iter().any(|chunk| chunk.hash() == hash))
    }
}

impl World {
    /// Reads everything.
    pub(super) fn truth(&self) -> Told<Truth> {
        let room = self.server.room()?;
        let store = room.log.store()?;
        let region = |station: &str| room.register.station_region(station);
        let mut records = BTreeMap::new();
        for record in records_of(&*store)? {
            let Some(row) = store.get(&tables::record_key(record))? else {
                continue;
            };
            let row: RecordRow = minicbor::decode(&row)?;
            let chunks = chunks_of(&*store, record)?.into_iter().map(Chunk::parse);
            let chunks = chunks.collect::<Result<Vec<_>, _>>()?;
            let document = Document::from_chunks(record, row.kind, &chunks)?;
            let view = document.view();
            let summary = store.get(&tables::summary_key(record))?;
            let summary = summary.map(|bytes| minicbor::decode(&bytes)).transpose()?;
            records.insert(
                record,
                Held {
                    feeds: feeds(&view, row.owner, &region),
                    view,
                    chunks,
                    summary,
                },
            );
        }
        let campaigns = records.values().filter_map(|held| Campaign::of(&held.view));
        Ok(Truth {
            campaigns: campaigns.collect(),
            records,
        })
    }

    /// The server itself: sound by its own check, no change twice, digests as worked out from documents.
    pub(super) fn judge_server(&mut self, truth: &Truth) -> Told<()> {
        let room = self.server.room()?;
        let register = Arc::clone(&room.register);
        let region = move |station: &str| register.station_region(station);
        for problem in check(&room.log, &region)?.problems {
            self.findings.diverged(&format!("check: {problem}"));
        }
        let mut sums: BTreeMap<String, (Digest, u64)> = BTreeMap::new();
        for (record, held) in &truth.records {
            let distinct: BTreeSet<Hash> = held.chunks.iter().map(Chunk::hash).collect();
            if distinct.len() != held.chunks.len() {
                self.findings
                    .duplicated(&format!("{record}: a change is stored twice"));
            }
            let ids: BTreeSet<_> = held.view.events.iter().map(|event| event.id).collect();
            if ids.len() != held.view.events.len() {
                self.findings
                    .duplicated(&format!("{record}: an event happened twice"));
            }
            if !is_causal(held) {
                let what = format!("{record}: an event stands before one that it follows from");
                self.findings.diverged(&what);
            }
            for feed in &held.feeds {
                let (digest, count) = sums.entry(feed.clone()).or_default();
                *digest = digest.plus(Digest::of(*record, &held.view.heads));
                *count += 1;
            }
        }
        for line in room.log.feeds()? {
            let (digest, count) = sums.remove(&line.feed).unwrap_or_default();
            if (digest.to_string(), count) != (line.digest, line.records) {
                self.findings.diverged(&format!(
                    "{}: the server's digest is not that of its documents",
                    line.feed
                ));
            }
        }
        for feed in sums.keys() {
            self.findings.diverged(&format!(
                "{feed}: has records, and the server has no such feed"
            ));
        }
        Ok(())
    }
}

/// The feeds that a record belongs to, worked out anew where the rules say something about its kind.
fn feeds(view: &View, owner: PersonId, region: &dyn Fn(&str) -> Option<String>) -> Names {
    rules::feeds(view, owner, region).unwrap_or_else(|| {
        let feeds = feeds_of(view, owner, region);
        feeds.iter().map(ToString::to_string).collect()
    })
}

/// Whether no event stands before one that its author had seen, whatever the clocks said.
fn is_causal(held: &Held) -> bool {
    let changes: Vec<Hash> = held.view.events.iter().map(|event| event.change).collect();
    changes.iter().enumerate().all(|(place, change)| {
        let seen = ancestors(*change, &held.chunks);
        let later = changes.iter().skip(place + 1);
        later.into_iter().all(|later| !seen.contains(later))
    })
}

/// The raw changes of a record on a server, none if it is not there.
pub(in crate::simulation) fn chunks_of(store: &dyn Store, record: RecordId) -> Told<Vec<Vec<u8>>> {
    let Some(row) = store.get(&tables::record_key(record))? else {
        return Ok(Vec::new());
    };
    let row: RecordRow = minicbor::decode(&row)?;
    let mut values = Vec::new();
    let range = tables::changes_between(record, 0, row.position);
    store.scan(&range, &mut |_, value| {
        values.push(value.to_vec());
        ControlFlow::Continue(())
    })?;
    let read = |value: &Vec<u8>| {
        let row: ChangeRow = minicbor::decode(value)?;
        Ok(row.chunk.into())
    };
    values.iter().map(read).collect()
}
