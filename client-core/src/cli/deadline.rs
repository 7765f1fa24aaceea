//! `deadlines`: every clock, most urgent first.
//!
//! The server tells a device which stations concern its person, with region and authority. Of another station a device knows the id
//! alone: the region is the id's first six digits where they are an area code (`330106-0012`), the authority a council. Another pack can be asked for by name. What the server has not received yet is provisional; what was
//! stated too far from when it was received counts from there (`schemas`: `deadline::stated`), and is flagged.

use fieldwatch_schemas::area;
use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::deadline::{Authority, CaseFacts, Clock, ClockState, Happened, Packs};
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::time::Moment;
use serde_json::{Value as Json, json};

use super::args::DeadlineArgs;
use super::error::CliError;
use super::home::Home;
use super::output::Output;
use super::{value, words};
use crate::replica::{Filter, Replica, Shown};

/// `deadlines [RECORD] [--pack ID]`.
pub(super) fn deadlines(
    home: &Home,
    command: &DeadlineArgs,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let now_ms = home.now().ms;
    let records = match &command.record {
        Some(text) => vec![value::record(home.replica(), text)?],
        None => cases(home)?,
    };
    let mut all = Vec::new();
    for record in records {
        let shown = home.replica().view(record)?;
        if shown.view.kind != Kind::Case {
            return Err(CliError::NotACase(record));
        }
        let found = clocks(home.replica(), &shown, command.pack.as_deref(), now_ms)?;
        all.extend(found.into_iter().map(|clock| (record, clock)));
    }
    all.sort_by_key(|(record, clock)| (standing(clock), clock.due_ms, clock.rule, *record));
    for (record, clock) in &all {
        output.answer(
            || {
                let mut line = json(clock);
                line.insert("record".to_owned(), json!(record));
                Json::Object(line)
            },
            |lang| format!("{record} {}", sentence(lang, clock)),
        )?;
    }
    Ok(())
}

fn cases(home: &Home) -> Result<Vec<RecordId>, CliError> {
    let every_case = Filter {
        kind: Some(Kind::Case),
        limit: usize::MAX,
        ..Filter::default()
    };
    let listed = home.replica().list(&every_case)?;
    Ok(listed.into_iter().map(|line| line.record).collect())
}

/// Open clocks before paused ones, and those before what is over.
fn standing(clock: &Clock<'_>) -> u8 {
    match (clock.stopped_ms, clock.state) {
        (Some(_), _) => 2,
        (None, ClockState::Paused) => 1,
        (None, _) => 0,
    }
}

/// The clocks of a case, most urgent first; none for other kinds, and for a case that says not when it was received.
pub(super) fn clocks(
    replica: &Replica,
    shown: &Shown,
    pack: Option<&str>,
    now_ms: i64,
) -> Result<Vec<Clock<'static>>, CliError> {
    let view = &shown.view;
    let Some(received) = shown.received_time().filter(|_| view.kind == Kind::Case) else {
        return Ok(Vec::new());
    };
    let happened = |event| {
        let time = shown.event_time(event);
        Happened {
            event_type: &event.kind,
            at_ms: time.counted.at_ms,
            provisional: time.is_provisional,
            data: &event.data,
        }
    };
    let events: Vec<Happened<'_>> = view.settled_events().map(happened).collect();
    let id = view.text("station");
    let station = id.map(|id| replica.station(id)).transpose()?.flatten();
    let facts = CaseFacts {
        received_at_ms: received.counted.at_ms,
        received_provisional: received.is_provisional,
        nature: view.text("nature"),
        region: station
            .as_ref()
            .map(|station| station.region.as_str())
            .or_else(|| id.and_then(region)),
        authority: station
            .as_ref()
            .map_or(Authority::Council, |station| station.authority),
        events: &events,
    };
    let packs = Packs::shipped();
    match pack {
        None => Ok(packs.evaluate(&facts, now_ms)),
        Some(id) => packs
            .evaluate_under(id, &facts, now_ms)
            .map_err(|unknown| CliError::NoPack {
                id: unknown.id,
                known: packs.iter().map(|pack| pack.id.clone()).collect(),
            }),
    }
}

/// The region that a station's id says it lies in.
fn region(station: &str) -> Option<&str> {
    let code = station.get(..6)?;
    area::find(code).map(|_| code)
}

/// A clock, for programs.
pub(super) fn json(clock: &Clock<'_>) -> serde_json::Map<String, Json> {
    let line = json!({
        "rule": clock.rule,
        "pack": clock.pack,
        "starts": Moment::china(clock.starts_ms).rfc3339(),
        "due": Moment::china(clock.due_ms).rfc3339(),
        "state": clock.state,
        "left_s": clock.left_ms.div_euclid(1000),
        "citation": clock.citation,
        "provisional": clock.provisional,
        "verified": clock.verified,
    });
    match line {
        Json::Object(line) => line,
        _ => serde_json::Map::new(),
    }
}

/// A clock, for people.
pub(super) fn sentence(lang: Lang, clock: &Clock<'_>) -> String {
    let state = match clock.state {
        ClockState::Running => words::either(lang, "进行中", "running"),
        ClockState::Met => words::either(lang, "按时", "met"),
        ClockState::Missed => words::either(lang, "逾期", "missed"),
        ClockState::Paused => words::either(lang, "暂停", "paused"),
    };
    let span = words::span(lang, clock.left_ms.unsigned_abs() / 1000);
    let left = match (lang, clock.stopped_ms.is_some(), clock.left_ms < 0) {
        (_, true, _) => String::new(),
        (Lang::Zh, false, false) => format!("，还剩 {span}"),
        (Lang::Zh, false, true) => format!("，已超 {span}"),
        (Lang::En, false, false) => format!(", {span} left"),
        (Lang::En, false, true) => format!(", {span} late"),
    };
    let due = words::minute(Moment::china(clock.due_ms));
    let provisional = match clock.provisional {
        true => words::either(lang, "，暂定", ", provisional"),
        false => "",
    };
    match lang {
        Lang::Zh => format!(
            "{}：{state}，期限 {due}{left}{provisional}（{}）",
            clock.title.zh, clock.citation
        ),
        Lang::En => format!(
            "{}: {state}, due {due}{left}{provisional} ({})",
            clock.title.en, clock.citation
        ),
    }
}
