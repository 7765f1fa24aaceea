//! The server's half of a repair, over the server in memory.

use fieldwatch_schemas::digest::Digest;
use fieldwatch_schemas::sync::exchange::{Item, Request};
use fieldwatch_schemas::sync::pull::{Commit, Gone, Presence, Sending};
use fieldwatch_schemas::sync::repair::{
    Asked, Differs, Finding, Line, RepairAsk, RepairItem, Settled, Stands, Sums, Unknown,
};

use super::server::Server;

impl Server {
    /// Answers what a request asks about feeds in repair.
    pub(crate) fn repair(&self, request: &Request, items: &mut Vec<Item>) {
        for RepairAsk { feed, asked } in request.repair.iter().flatten() {
            let place = &request.feeds[usize::from(*feed)];
            let lines = self.lines(&place.feed);
            match asked {
                Asked::Sums(theirs) => {
                    items.push(Item::Repair(RepairItem::Differs(Differs {
                        feed: *feed,
                        position: self.position(),
                        buckets: Sums::of(lines).differing(theirs).into(),
                    })));
                }
                Asked::Lists(lists) => {
                    for list in lists {
                        for finding in list.findings(&lines) {
                            items.extend(self.found(*feed, finding, request));
                        }
                        let (feed, buckets) = (*feed, vec![list.bucket].into());
                        let settled = Settled { feed, buckets };
                        items.push(Item::Repair(RepairItem::Settled(settled)));
                        let cursor = place.cursor;
                        items.push(Item::Commit(Commit { feed, cursor }));
                    }
                }
            }
        }
    }

    fn found(&self, feed: u8, finding: Finding, request: &Request) -> Option<Item> {
        let gone = |record| Gone {
            feed,
            record,
            position: 0,
            replaced_by: None,
        };
        let known = |line: &Line| {
            let entry = self.records.get(&line.record);
            entry.is_some_and(|entry| {
                Digest::of(line.record, &entry.document.heads()).short() == line.short
            })
        };
        match finding {
            Finding::Lacking(record) => self.item(
                gone(record),
                Sending::Whole,
                request,
                &mut std::collections::BTreeSet::new(),
            ),
            Finding::Differing(record) => Some(Item::Repair(RepairItem::Stands(Stands {
                feed,
                record,
                heads: self.records[&record].document.heads(),
                mac: None,
                actor: None,
            }))),
            Finding::Foreign(line) if self.presence(line.record) == Some(Presence::Erased) => {
                Some(Item::Erased(gone(line.record)))
            }
            Finding::Foreign(line) if known(&line) => Some(Item::Left(gone(line.record))),
            Finding::Foreign(line) => Some(Item::Repair(RepairItem::Unknown(Unknown {
                feed,
                record: line.record,
            }))),
        }
    }
}
