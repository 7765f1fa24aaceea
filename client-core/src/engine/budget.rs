//! A byte budget: what of a request fits into what is left, so that a whole sync exceeds its budget by less than a page.
//!
//! Everything is weighed before its content coding, which makes it smaller; what the reply says for sure (outcomes, feeds' ends) is
//! weighed with the request. Work is sent record by record, a large one change by change. The first change of a request may exceed what is
//! left by [`BUDGET_FIRST_OVER_BYTES`], so that every sync gets somewhere; what is larger than the whole budget by more than that waits,
//! and the report says how much it takes.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::limits::BUDGET_FIRST_OVER_BYTES;
use fieldwatch_schemas::sync::exchange::Request;
use fieldwatch_schemas::sync::heal::heads_first;
use fieldwatch_schemas::sync::push::Pushed;
use fieldwatch_schemas::sync::repair::{Asked, BucketList, RepairAsk};

/// How many records are wanted at once where bytes are counted.
const WANTS_MAX: usize = 64;
/// What a request and its reply take in any case.
const FRAME_BYTES: u64 = 700;
/// What a feed takes in a request and at the end of its reply.
const FEED_BYTES: u64 = 230;
/// What a wanted record takes in a request.
const WANT_BYTES: u64 = 17;
/// What a pushed record takes beside its changes, its outcome and what is said of it in the reply included.
const RECORD_BYTES: u64 = 300;
/// What a change takes beside its bytes: its hash in the outcome, and in the feed.
const CHANGE_BYTES: u64 = 90;

/// What the lists of a feed in repair take in any case.
const LISTS_BYTES: u64 = 24;
/// What such a list takes beside its records.
const LIST_BYTES: u64 = 12;

/// What may be sent and received in one sync, and what became of it.
#[derive(Debug, Default)]
pub(super) struct Budget {
    /// All of it; nothing is counted without.
    whole: Option<u64>,
    /// What the last request and its reply took in any case.
    fixed: u64,
    /// Whether something was kept back from the last request.
    held_back: bool,
    /// What is larger than the budget: records, and what each takes.
    pub(super) waiting: BTreeMap<RecordId, u64>,
}

impl Budget {
    pub(super) fn of(whole: Option<u64>) -> Self {
        Self {
            whole,
            ..Self::default()
        }
    }

    /// Whether bytes are counted.
    pub(super) fn is_bounded(&self) -> bool {
        self.whole.is_some()
    }

    /// Whether too little is left for another request.
    pub(super) fn is_spent(&self, spent: u64) -> bool {
        let left = self.whole.map(|whole| whole.saturating_sub(spent));
        spent > 0 && left.is_some_and(|left| left <= self.fixed)
    }

    /// Keeps of a request what the rest of the budget pays for, and says in it what the reply may carry.
    pub(super) fn fit(&mut self, request: &mut Request, spent: u64) {
        self.held_back = false;
        let Some(whole) = self.whole else { return };
        self.held_back = request.wants.len() > WANTS_MAX;
        request.wants.truncate(WANTS_MAX);
        let (feeds, wants) = (request.feeds.len() as u64, request.wants.len() as u64);
        self.fixed = FRAME_BYTES + feeds * FEED_BYTES + wants * WANT_BYTES;
        let mut room = whole.saturating_sub(spent).saturating_sub(self.fixed);
        let whole = whole.saturating_sub(self.fixed);
        room = self.fit_repair(request, room);
        let all = std::mem::take(&mut request.outbox);
        let count = all.len();
        for mut pushed in all {
            let over = match request.outbox.is_empty() {
                true => BUDGET_FIRST_OVER_BYTES,
                false => 0,
            };
            let before = pushed.changes.len();
            if cost(&pushed) > room && over > 0 {
                self.trim(&mut pushed, room.saturating_add(over), whole);
            }
            let cost = cost(&pushed);
            if pushed.changes.is_empty() && before > 0 {
                // Too large for now: others go on without it.
                continue;
            }
            if cost > room.saturating_add(over) {
                break;
            }
            let is_cut = pushed.changes.len() < before;
            self.held_back |= is_cut;
            room = room.saturating_sub(cost);
            request.outbox.push(pushed);
            if is_cut {
                break;
            }
        }
        self.held_back |= request.outbox.len() < count;
        request.budget_bytes = Some(room);
        request.whole_budget_bytes = Some(whole);
    }

    /// Keeps the questions about feeds that fit. A feed that cannot be asked about now is left out whole: it must not be pulled unasked.
    fn fit_repair(&mut self, request: &mut Request, mut room: u64) -> u64 {
        let Some(asks) = request.repair.take() else {
            return room;
        };
        let mut kept = Vec::new();
        let mut dropped = BTreeSet::new();
        for mut ask in asks {
            let over = match kept.is_empty() {
                true => BUDGET_FIRST_OVER_BYTES,
                false => 0,
            };
            self.held_back |= trim_lists(&mut ask, room.saturating_add(over));
            let size = minicbor::to_vec(&ask).unwrap_or_default().len() as u64;
            if size > room.saturating_add(over) {
                dropped.insert(ask.feed);
                continue;
            }
            room = room.saturating_sub(size);
            kept.push(ask);
        }
        self.held_back |= !dropped.is_empty();
        let feeds = (0_u8..).zip(std::mem::take(&mut request.feeds));
        let (left, feeds): (Vec<u8>, Vec<_>) = feeds
            .filter(|(number, _)| !dropped.contains(number))
            .unzip();
        let place = |number: u8| left.iter().position(|each| *each == number);
        let place = |number: u8| place(number).and_then(|place| u8::try_from(place).ok());
        kept.retain_mut(|ask| {
            place(ask.feed).is_some_and(|place| {
                ask.feed = place;
                true
            })
        });
        request.index.retain_mut(|from| {
            place(from.feed).is_some_and(|place| {
                from.feed = place;
                true
            })
        });
        request.feeds = feeds;
        request.repair = Some(kept).filter(|asks| !asks.is_empty());
        room
    }

    /// Keeps the first changes of a record that fit, if any do.
    fn trim(&mut self, pushed: &mut Pushed, room: u64, whole: u64) {
        let mut sum = RECORD_BYTES;
        if pushed.vouched.is_some() {
            *pushed = heads_first(pushed);
        }
        let first = pushed.changes.first().map_or(0, |chunk| chunk.len() as u64);
        let fits = |chunk: &&minicbor::bytes::ByteVec| {
            sum += chunk.len() as u64 + CHANGE_BYTES;
            sum <= room
        };
        let count = pushed.changes.iter().take_while(fits).count();
        pushed.changes.truncate(count);
        let needs = RECORD_BYTES + first + CHANGE_BYTES;
        if needs > whole.saturating_add(BUDGET_FIRST_OVER_BYTES) {
            self.waiting.insert(pushed.record, needs);
        }
    }
}

/// Keeps the first lists that fit, and one at least; what is settled by them is not asked about again. Says whether some do not.
fn trim_lists(ask: &mut RepairAsk, room: u64) -> bool {
    let Asked::Lists(lists) = &mut ask.asked else {
        return false;
    };
    let mut sum = LISTS_BYTES;
    let fits = |list: &&BucketList| {
        sum += list.size_bytes() as u64 + LIST_BYTES;
        sum <= room
    };
    let (before, count) = (lists.len(), lists.iter().take_while(fits).count());
    lists.truncate(count.max(1));
    lists.len() < before
}

fn cost(pushed: &Pushed) -> u64 {
    let changes = pushed.changes.iter();
    RECORD_BYTES
        + changes
            .map(|chunk| chunk.len() as u64 + CHANGE_BYTES)
            .sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldwatch_schemas::digest::Digest;
    use fieldwatch_schemas::sync::VERSION;
    use fieldwatch_schemas::sync::index::IndexFrom;
    use fieldwatch_schemas::sync::pull::FeedCursor;
    use fieldwatch_schemas::sync::repair::Line;
    use proptest::prelude::*;

    fn request(records: &[Vec<usize>]) -> Request {
        let pushed = |(number, sizes): (u8, &Vec<usize>)| Pushed {
            record: RecordId([number; 16]),
            kind: "case".to_owned(),
            changes: sizes
                .iter()
                .map(|size| vec![number; *size].into())
                .collect(),
            vouched: None,
        };
        Request {
            version: VERSION,
            log: None,
            feeds: Vec::new(),
            outbox: (0..).zip(records).map(pushed).collect(),
            budget_bytes: None,
            grants: None,
            wants: Vec::new(),
            stations: None,
            repair: None,
            index: Vec::new(),
            whole_budget_bytes: None,
            erasures: None,
        }
    }

    /// A question about so many buckets of so many records each.
    fn ask(feed: u8, buckets: u8, count: usize) -> RepairAsk {
        let line = Line::new(RecordId([7; 16]), Digest([7; 32]));
        let list = |bucket| BucketList::new(bucket, &vec![line; count]);
        let asked = Asked::Lists((0..buckets).map(list).collect());
        RepairAsk { feed, asked }
    }

    fn sent(request: &Request) -> u64 {
        request.outbox.iter().map(cost).sum()
    }

    proptest! {
        #[test]
        fn a_request_exceeds_what_is_left_by_half_a_page_at_most_and_sends_something_unless_all_waits(
            records in prop::collection::vec(prop::collection::vec(1_usize..60_000, 1..5), 0..8),
            whole in 1_u64..300_000,
            spent in 0_u64..300_000,
        ) {
            let mut budget = Budget::of(Some(whole));
            let before = request(&records);
            let mut after = before.clone();
            budget.fit(&mut after, spent);
            let left = whole.saturating_sub(spent);
            prop_assert!(sent(&after) <= left + BUDGET_FIRST_OVER_BYTES);
            prop_assert!(after.budget_bytes.unwrap() <= left.saturating_sub(sent(&after).min(left)));
            let is_all = after.outbox == before.outbox;
            prop_assert_eq!(budget.held_back, !is_all);
            let room = left.saturating_sub(budget.fixed) + BUDGET_FIRST_OVER_BYTES;
            let fits = |pushed: &Pushed| RECORD_BYTES + pushed.changes[0].len() as u64 + CHANGE_BYTES <= room;
            prop_assert_eq!(after.outbox.is_empty(), !before.outbox.iter().any(fits));
            for pushed in &after.outbox {
                let own = before.outbox.iter().find(|each| each.record == pushed.record).unwrap();
                prop_assert!(own.changes.starts_with(&pushed.changes), "the first changes, in their order");
            }
        }
    }

    #[test]
    fn a_feed_that_cannot_be_asked_about_is_left_out_and_the_others_keep_their_questions() {
        let mut request = request(&[]);
        let feeds = ["shared", "station/1", "station/2"].map(|name| FeedCursor {
            feed: name.parse().unwrap(),
            cursor: 0,
            mark: None,
            complete: 0,
            proof: None,
        });
        request.feeds = feeds.into();
        request.repair = Some(vec![ask(1, 40, 2_000), ask(2, 40, 10)]);
        request.index = vec![IndexFrom { feed: 2, before: 9 }];
        Budget::of(Some(5_000)).fit(&mut request, 0);
        let left: Vec<&str> = request
            .feeds
            .iter()
            .map(|each| each.feed.as_str())
            .collect();
        assert_eq!(left, ["shared", "station/2"]);
        assert_eq!(request.repair, Some(vec![ask(1, 40, 10)]));
        assert_eq!(request.index[0].feed, 1);
    }

    #[test]
    fn of_a_feed_in_repair_as_many_buckets_are_asked_about_as_fit() {
        let mut request = request(&[]);
        request.feeds = vec![FeedCursor {
            feed: "shared".parse().unwrap(),
            cursor: 0,
            mark: None,
            complete: 0,
            proof: None,
        }];
        request.repair = Some(vec![ask(0, 40, 200)]);
        let mut budget = Budget::of(Some(5_000));
        budget.fit(&mut request, 0);
        let asks = request.repair.unwrap();
        let Asked::Lists(lists) = &asks[0].asked else {
            panic!("{asks:?}");
        };
        assert!(lists.len() >= 6 && lists.len() < 40, "{}", lists.len());
        let size = minicbor::to_vec(&asks[0]).unwrap().len() as u64;
        assert!(size <= 5_000 + BUDGET_FIRST_OVER_BYTES - budget.fixed);
        assert!(budget.held_back, "the rest is asked about later");
    }

    #[test]
    fn without_a_budget_nothing_is_kept_back_and_what_a_budget_never_pays_for_is_named() {
        let all = request(&[vec![400_000], vec![10]]);
        let mut same = all.clone();
        Budget::of(None).fit(&mut same, 1_000_000);
        assert_eq!(same, all);
        let mut budget = Budget::of(Some(50_000));
        let mut some = all.clone();
        budget.fit(&mut some, 0);
        assert_eq!(
            some.outbox.as_slice(),
            &all.outbox[1..],
            "the small one goes on"
        );
        assert!(budget.waiting[&RecordId([0; 16])] > 400_000);
    }
}
