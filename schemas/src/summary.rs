//! Summaries: the line of a list and the row of a report, derived from a record's view.
//!
//! Both sides keep one per record, written with the record itself, so that neither a list nor a report opens a document.

use minicbor::{Decode, Encode};

use crate::checklist::published::Checklists;
use crate::kind::Kind;
use crate::record::view::View;

/// What lists and reports need of a record.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Summary {
    /// The kind.
    #[n(0)]
    pub kind: Kind,
    /// The line a person recognises it by.
    #[n(1)]
    pub title: String,
    /// Where it is in its life cycle.
    #[n(2)]
    pub status: String,
    /// 诉求类型, of a case.
    #[n(3)]
    pub nature: Option<String>,
    /// The channel it came by.
    #[n(4)]
    pub channel: Option<String>,
    /// Its number in that channel.
    #[n(5)]
    pub external_no: Option<String>,
    /// 客体类别.
    #[n(6)]
    pub category: Option<String>,
    /// 问题性质.
    #[n(7)]
    pub problem: Option<String>,
    /// The station that holds it.
    #[n(8)]
    pub station: Option<String>,
    /// The area it lies in, where the record itself says so.
    #[n(9)]
    pub region: Option<String>,
    /// When it was received, in UTC milliseconds.
    #[n(10)]
    pub received_ms: Option<i64>,
    /// When somebody first acted on it.
    #[n(11)]
    pub first_action_ms: Option<i64>,
    /// When it was closed, if it is.
    #[n(12)]
    pub closed_ms: Option<i64>,
    /// Refund, compensation and multiplied damages together.
    #[n(13)]
    pub recovered_fen: i64,
    /// Of an inspection that is submitted: `pass`, `fail` or `critical_fail`.
    #[n(14)]
    pub result: Option<String>,
    /// When it was last changed, in UTC milliseconds.
    #[n(15)]
    pub updated_ms: i64,
    /// How many conflicts nobody has settled.
    #[n(16)]
    pub conflicts: u32,
    /// When an inspection was submitted.
    #[n(17)]
    pub submitted_ms: Option<i64>,
    /// Lower-case text that a search looks in.
    #[n(18)]
    pub search: String,
}

/// Where a sum has been agreed and not been paid.
const PROMISED: [&str; 7] = [
    "agreed",
    "judicial_confirmation",
    "confirmed",
    "confirmation_refused",
    "defaulted",
    "enforcement",
    "litigation_support",
];
const TITLE_CHARS: usize = 60;
const SEARCH_CHARS: usize = 400;

/// Derives the summary of a record. What an inspection came to follows from its checklist too: where that arrives later, the summary
/// is derived again.
#[must_use]
pub fn summarise(view: &View, checklists: &dyn Checklists) -> Summary {
    // A field that the kind does not have, which anybody may write, is not what lists and reports count.
    let own = |path: &str| {
        let field = view.kind.field(path)?;
        view.text(field.path).map(str::to_owned)
    };
    let received_ms = view.time_ms("received_at");
    let closed = ["closed", "withdrawn", "merged", "archived"].contains(&view.status());
    let last = |kind: &str| {
        view.settled_events()
            .filter(|event| event.kind == kind)
            .last()
            .map(|event| event.at.ms)
    };
    let first = |kind: &str| {
        view.settled_events()
            .find(|event| event.kind == kind)
            .map(|event| event.at.ms)
    };
    let any_time = view.events.iter().map(|event| event.at.ms).max();
    let updated_ms = [
        Some(view.updated_ms).filter(|ms| *ms > 0),
        any_time,
        received_ms,
    ]
    .into_iter()
    .flatten()
    .next();
    Summary {
        kind: view.kind,
        title: title(view),
        status: view.status().to_owned(),
        nature: own("nature"),
        channel: own("channel"),
        external_no: own("external_no"),
        category: own("category"),
        problem: own("problem"),
        station: own("station"),
        region: view.region().map(str::to_owned),
        received_ms,
        first_action_ms: first("first_action"),
        closed_ms: closed
            .then(|| {
                last("closed")
                    .or_else(|| last("withdrawn"))
                    .or_else(|| last("merged"))
            })
            .flatten(),
        recovered_fen: recovered_fen(view),
        result: crate::inspection::result(view, checklists).map(str::to_owned),
        updated_ms: updated_ms.unwrap_or(0),
        conflicts: u32::try_from(view.conflicts.len()).unwrap_or(u32::MAX),
        submitted_ms: last("submitted"),
        search: search_text(view),
    }
}

/// What the consumer got back: the form's own amounts, or where those are empty what the events say. What is promised and not paid
/// does not count.
fn recovered_fen(view: &View) -> i64 {
    let parts = [
        "refund_fen",
        "replacement_fen",
        "compensation_fen",
        "multiplied_fen",
    ];
    parts.iter().map(|part| recovered_part(view, part)).sum()
}

fn recovered_part(view: &View, part: &str) -> i64 {
    let on_form = view.int(&format!("recovered.{part}"));
    let stated = |event: &crate::record::event::Event| {
        event.data.get(part).and_then(serde_json::Value::as_i64)
    };
    let is_promise = PROMISED.contains(&view.status());
    let in_events = || view.settled_events().filter_map(stated).last();
    on_form
        .or_else(|| in_events().filter(|_| !is_promise))
        .unwrap_or(0)
        .clamp(0, crate::limits::FEN_MAX)
}

fn title(view: &View) -> String {
    let candidates = view.kind.table().title;
    let text = candidates
        .iter()
        .find_map(|path| view.text(path))
        .unwrap_or("—");
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())
        .unwrap_or("—");
    line.chars().take(TITLE_CHARS).collect()
}

fn search_text(view: &View) -> String {
    let paths = view.kind.table().search;
    let texts: Vec<&str> = paths.iter().filter_map(|path| view.text(path)).collect();
    texts
        .join("\n")
        .to_lowercase()
        .chars()
        .take(SEARCH_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checklist::published::Shipped;
    use crate::id::{Actor, EventId, RecordId};
    use crate::record::Document;
    use crate::record::edit::{Act, Author};
    use crate::record::event::NewEvent;
    use crate::time::Moment;
    use serde_json::json;

    fn happen(document: &mut Document, kind: &str, refund_fen: Option<i64>) {
        let author = Author {
            actor: Actor([9; 16]),
            now: Moment::china(1_767_196_800_000),
            role: None,
        };
        let number = u8::try_from(document.events().len()).unwrap();
        let mut data = serde_json::Map::new();
        data.extend(refund_fen.map(|fen| ("refund_fen".to_owned(), json!(fen))));
        let event = NewEvent {
            id: EventId::random([number; 16]),
            kind: kind.to_owned(),
            at: author.now,
            data,
        };
        let nature = Act::Set {
            path: "nature".to_owned(),
            value: crate::field::FieldValue::Scalar(crate::field::Scalar::Text(
                "complaint".to_owned(),
            )),
        };
        document
            .edit(&author, &[nature, Act::Happen(event)])
            .unwrap();
    }

    #[test]
    fn what_is_promised_counts_as_recovered_only_once_it_is_paid() {
        let mut document = Document::begin(RecordId::random([1; 16]), Kind::Case).unwrap();
        happen(&mut document, "accepted", None);
        happen(&mut document, "agreed", Some(26_800));
        assert_eq!(summarise(&document.view(), &Shipped).recovered_fen, 0);
        happen(&mut document, "performed", None);
        assert_eq!(summarise(&document.view(), &Shipped).recovered_fen, 26_800);
    }
}
