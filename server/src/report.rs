//! The report: what a council answers for, counted from summaries alone, so that no document is opened.
//!
//! Demands count by the day on which they were received, inspections by the day on which they were submitted, both in
//! `Asia/Shanghai`. A demand that says nothing about its channel, category or problem counts as [`UNSPECIFIED`], so that every table
//! adds up to the total. The shares are of all demands received: what nobody has acted on is not within one working day.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use fieldwatch_schemas::area;
use fieldwatch_schemas::calendar::local;
use fieldwatch_schemas::deadline::within_working_days;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::store::{KeyRange, Store, StoreError};
use fieldwatch_schemas::summary::Summary;
use jiff::civil::Date;
use serde::Serialize;

use crate::log::Log;
use crate::tables::{self, SummaryRow, prefix};

/// Where a demand counts that names no code.
pub const UNSPECIFIED: &str = "unspecified";

/// How many summaries are counted while the log's lock is held.
const PAGE_ROWS_MAX: usize = 1_000;
/// 1个工作日接处.
const FIRST_ACTION_WORKING_DAYS: u32 = 1;
/// 7个工作日办结.
const CLOSED_WORKING_DAYS: u32 = 7;

/// What is asked: days, both included, and the area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// The area (GB/T 2260); everything if absent.
    pub region: Option<String>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The first day.
    pub from: String,
    /// The last day, included.
    pub to: String,
    /// The area asked for.
    pub region: Option<String>,
    /// Demands by nature.
    pub demands: Demands,
    /// Demands by the code of their channel.
    pub by_channel: BTreeMap<String, u64>,
    /// Demands by 客体类别.
    pub by_category: BTreeMap<String, u64>,
    /// Demands by 问题性质.
    pub by_problem: BTreeMap<String, u64>,
    /// What consumers got back, in fen.
    pub recovered_fen: i64,
    /// Acted on within one working day, of all demands.
    pub first_action: Share,
    /// Closed within seven working days, of all demands.
    pub closed: Share,
    /// Inspections by result.
    pub inspections: Inspections,
}

/// 诉求类型.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Demands {
    /// All.
    pub total: u64,
    /// 投诉.
    pub complaint: u64,
    /// 举报.
    pub tip_off: u64,
    /// 咨询.
    pub consultation: u64,
    /// Everything else.
    pub other: u64,
}

/// So many of so many.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Share {
    /// In time.
    pub within: u64,
    /// Of all.
    pub of: u64,
}

/// Results of undercover visits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Inspections {
    /// Passed.
    pub pass: u64,
    /// Failed.
    pub fail: u64,
    /// Failed on what may not fail.
    pub critical_fail: u64,
}

impl Report {
    /// A report of nothing.
    #[must_use]
    pub fn empty(question: &Question) -> Self {
        Self {
            from: question.from.to_string(),
            to: question.to.to_string(),
            region: question.region.clone(),
            demands: Demands::default(),
            by_channel: BTreeMap::new(),
            by_category: BTreeMap::new(),
            by_problem: BTreeMap::new(),
            recovered_fen: 0,
            first_action: Share::default(),
            closed: Share::default(),
            inspections: Inspections::default(),
        }
    }

    /// Counts one record, if the question is about it.
    pub fn count(&mut self, question: &Question, summary: &Summary, region: Option<&str>) {
        if !question.covers(region) {
            return;
        }
        match summary.kind {
            Kind::Case => {
                if let Some(received_ms) = summary.received_ms.filter(|ms| question.spans(*ms)) {
                    self.count_case(summary, received_ms);
                }
            }
            Kind::Inspection if summary.submitted_ms.is_some_and(|ms| question.spans(ms)) => {
                self.count_inspection(summary);
            }
            _ => {}
        }
    }

    fn count_case(&mut self, summary: &Summary, received_ms: i64) {
        self.demands.count(summary.nature.as_deref());
        tally(&mut self.by_channel, summary.channel.as_deref());
        tally(&mut self.by_category, summary.category.as_deref());
        tally(&mut self.by_problem, summary.problem.as_deref());
        self.recovered_fen = self.recovered_fen.saturating_add(summary.recovered_fen);
        let in_time = |at_ms: Option<i64>, days| {
            at_ms.is_some_and(|at_ms| within_working_days(received_ms, at_ms, days))
        };
        self.first_action
            .count(in_time(summary.first_action_ms, FIRST_ACTION_WORKING_DAYS));
        self.closed
            .count(in_time(summary.closed_ms, CLOSED_WORKING_DAYS));
    }

    fn count_inspection(&mut self, summary: &Summary) {
        match summary.result.as_deref() {
            Some("pass") => self.inspections.pass += 1,
            Some("fail") => self.inspections.fail += 1,
            Some("critical_fail") => self.inspections.critical_fail += 1,
            _ => {}
        }
    }
}

impl Question {
    /// Whether a moment falls on one of the days.
    fn spans(&self, at_ms: i64) -> bool {
        (local::start_of_day_ms(self.from)..local::end_of_day_ms(self.to)).contains(&at_ms)
    }

    /// Whether a record of this area is asked for; one whose area nobody knows is, if everything is.
    fn covers(&self, region: Option<&str>) -> bool {
        match (&self.region, region) {
            (None, _) => true,
            (Some(asked), Some(region)) => area::contains(asked, region).unwrap_or(false),
            (Some(_), None) => false,
        }
    }
}

impl Demands {
    fn count(&mut self, nature: Option<&str>) {
        self.total += 1;
        match nature {
            Some("complaint") => self.complaint += 1,
            Some("tip_off") => self.tip_off += 1,
            Some("consultation") => self.consultation += 1,
            _ => self.other += 1,
        }
    }
}

impl Share {
    fn count(&mut self, in_time: bool) {
        self.of += 1;
        self.within += u64::from(in_time);
    }
}

fn tally(table: &mut BTreeMap<String, u64>, code: Option<&str>) {
    *table
        .entry(code.unwrap_or(UNSPECIFIED).to_owned())
        .or_default() += 1;
}

/// Answers a question from the log's summaries.
///
/// # Errors
///
/// [`StoreError`] if the store cannot be read, or a summary is damaged: a number that leaves something out is not given.
pub fn report(log: &Log, question: &Question) -> Result<Report, StoreError> {
    let mut report = Report::empty(question);
    let mut rest = Some(tables::table(prefix::SUMMARY));
    while let Some(range) = rest {
        let (next, seen) = log.read(|reading| {
            let page = count_page(&mut report, question, reading.store, &range)?;
            Ok((page, reading.seen))
        })?;
        log.wait_until_durable(seen)?;
        rest = next;
    }
    Ok(report)
}

/// Counts some summaries, and says where the next begin: the committer is not to wait for a whole report.
fn count_page(
    report: &mut Report,
    question: &Question,
    store: &dyn Store,
    range: &KeyRange,
) -> Result<Option<KeyRange>, StoreError> {
    let (mut rows, mut next, mut error) = (0, None, None);
    store.scan(range, &mut |key, value| {
        match tables::decode::<SummaryRow>("a summary", value) {
            Ok(row) => report.count(question, &row.summary, row.region.as_deref()),
            Err(damage) => error = Some(damage),
        }
        rows += 1;
        if error.is_none() && rows < PAGE_ROWS_MAX {
            return ControlFlow::Continue(());
        }
        next = Some(range.after(key));
        ControlFlow::Break(())
    })?;
    error.map_or(Ok(next), Err)
}
