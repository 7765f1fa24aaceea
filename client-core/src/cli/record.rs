//! `new`, `event`, `set`: what a person does to one record.

use std::sync::Arc;

use fieldwatch_schemas::checklist::published::{find, shipped};
use fieldwatch_schemas::checklist::{Checklist, Violation};
use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::feed::Grant;
use fieldwatch_schemas::field::{FieldValue, Scalar};
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::inspection;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::edit::{Act, EditError};
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::time::Moment;
use serde_json::json;

use super::acknowledgement;
use super::args::{EventArgs, NewArgs, SetArgs};
use super::checklist;
use super::error::CliError;
use super::home::Home;
use super::output::Output;
use super::value::{self, Given};
use super::words;
use crate::chance::Chance;
use crate::replica::{Replica, ReplicaError};

const CHECKLIST_ID: &str = "checklist.id";
const CHECKLIST_VERSION: &str = "checklist.version";

/// `new KIND`.
pub(super) fn new(home: &Home, command: &NewArgs, output: &mut Output<'_>) -> Result<(), CliError> {
    let kind = command.kind;
    let find = |acts: &[Act]| named(home, acts);
    let (file, set) = (command.file.as_deref(), &command.set);
    let mut acts = value::acts(home.replica(), kind, file, set, &find)?;
    fill_in(home, kind, &mut acts)?;
    let record = home
        .replica()
        .new_record(kind, &acts, &home.now(), &mut home.chance())?;
    if kind == Kind::Acknowledgement {
        return hand_over(home, record, output);
    }
    output.answer(
        || json!({ "record": record }),
        |lang| made(lang, kind, record),
    )
}

fn made(lang: Lang, kind: Kind, record: RecordId) -> String {
    match lang {
        Lang::Zh => format!("已新建{} {record}", words::kind(lang, kind)),
        Lang::En => format!("made {} {record}", words::kind(lang, kind)),
    }
}

/// Gives a new acknowledgement to the person who waits for it.
fn hand_over(home: &Home, record: RecordId, output: &mut Output<'_>) -> Result<(), CliError> {
    let shown = home.replica().view(record)?;
    let said = |path: &str| shown.view.text(path).unwrap_or_default().to_owned();
    let text = acknowledgement::text(&shown, output.lang()).unwrap_or_default();
    output.answer(
        || {
            json!({
                "record": record,
                "number": said("number"),
                "text": text,
                "qr": said("qr"),
            })
        },
        |lang| {
            let page = acknowledgement::printed(&shown, lang).unwrap_or_default();
            format!("{}\n\n{page}", made(lang, shown.view.kind, record))
        },
    )
}

/// Adds what every record of a kind says and these acts do not, as far as only the command line knows it.
fn fill_in(home: &Home, kind: Kind, acts: &mut Vec<Act>) -> Result<(), CliError> {
    let is_given = |path: &str, acts: &[Act]| {
        acts.iter()
            .any(|act| matches!(act, Act::Set { path: given, .. } if given == path))
    };
    let text = |path: &str, text: String| Act::Set {
        path: path.to_owned(),
        value: FieldValue::Scalar(Scalar::Text(text)),
    };
    if kind == Kind::Acknowledgement {
        return acknowledgement::fill_in(home, acts);
    }
    if lies_at_a_station(kind) && !is_given("station", acts) {
        acts.push(text("station", station(home.replica())?));
    }
    if kind == Kind::Inspection {
        if !is_given("alias", acts) {
            let random = home.chance().sixteen().map_err(ReplicaError::from)?;
            acts.push(text("alias", pseudonym(&random)));
        }
        let (id, version) = begun_with(home, acts)?;
        for (path, value) in [(CHECKLIST_ID, id), (CHECKLIST_VERSION, version)] {
            if !is_given(path, acts) {
                acts.push(text(path, value));
            }
        }
    }
    Ok(())
}

/// The checklist that a new inspection is begun with, by id and version: what these acts name, else its newest version here, else the
/// one that every program has.
fn begun_with(home: &Home, acts: &[Act]) -> Result<(String, String), CliError> {
    let given = |wanted: &str| {
        acts.iter().find_map(|act| match act {
            Act::Set {
                path,
                value: FieldValue::Scalar(Scalar::Text(text)),
            } if path == wanted => Some(text.clone()),
            _ => None,
        })
    };
    let own = shipped();
    let definition = own.definition();
    match (given(CHECKLIST_ID), given(CHECKLIST_VERSION)) {
        (Some(id), Some(version)) => Ok((id, version)),
        (Some(id), None) => {
            let version = checklist::newest(home.replica(), &id)?;
            Ok((id, version))
        }
        (None, version) => Ok((
            definition.id.clone(),
            version.unwrap_or_else(|| definition.version.clone()),
        )),
    }
}

/// The checklist that a new inspection is begun with, if it is here.
fn named(home: &Home, acts: &[Act]) -> Option<Arc<Checklist>> {
    let (id, version) = begun_with(home, acts).ok()?;
    find(&id, &version, &**home.replica())
}

/// Whether a record of this kind belongs to a station and to nothing wider.
fn lies_at_a_station(kind: Kind) -> bool {
    kind.field("station").is_some() && kind.field("region").is_none()
}

/// The station whose demands this device's person writes: of several their first one.
pub(super) fn station(replica: &Replica) -> Result<String, CliError> {
    let first = replica.account()?;
    let first = first.and_then(|account| account.standing.station);
    station_of(&replica.grants()?, first)
}

fn station_of(grants: &[Grant], first: Option<String>) -> Result<String, CliError> {
    let written = grants.iter().filter(|grant| grant.write);
    let ids = written.filter_map(|grant| grant.feed.as_str().strip_prefix("station/"));
    let stations: Vec<String> = ids
        .filter(|id| !id.contains('/'))
        .map(str::to_owned)
        .collect();
    if let Some(first) = first.filter(|first| stations.contains(first)) {
        return Ok(first);
    }
    match stations.as_slice() {
        [] => Err(CliError::NoStation),
        [station] => Ok(station.clone()),
        _ => Err(CliError::SeveralStations(stations)),
    }
}

/// A name that tells nothing about anybody: eight letters and digits that are not mistaken for one another.
fn pseudonym(random: &[u8; 16]) -> String {
    const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    let letter = |byte: &u8| LETTERS.get(usize::from(byte % 32)).copied();
    let letters = random.iter().take(8).filter_map(letter);
    letters.map(char::from).collect()
}

/// `event RECORD TYPE`.
pub(super) fn event(
    home: &Home,
    command: &EventArgs,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let record = value::record(home.replica(), &command.record)?;
    let now = home.now();
    let at = match &command.at {
        Some(text) => Moment::parse(text)?,
        None => now,
    };
    let of = home.replica().view(record)?.view.kind;
    let event = NewEvent {
        id: home.replica().fresh_event_id(&mut home.chance())?,
        kind: command.kind.clone(),
        at,
        data: value::event_data(home.replica(), of, &command.kind, &command.set)?,
    };
    let happened = home
        .replica()
        .add_event(record, &event, &now, &mut home.chance())
        .map_err(|error| match error {
            ReplicaError::Edit(EditError::Event(error)) => CliError::Event { kind: of, error },
            error => CliError::Replica(error),
        })?;
    output.answer(
        || json!({ "event": happened.event, "status": happened.status }),
        |lang| {
            let what = words::event(lang, of, &command.kind);
            let status = words::status(lang, of, happened.status);
            match lang {
                Lang::Zh => format!("已记录“{what}”，状态：{status}"),
                Lang::En => format!("recorded {what}; status: {status}"),
            }
        },
    )
}

/// `set RECORD PATH VALUE`.
pub(super) fn set(home: &Home, command: &SetArgs, output: &mut Output<'_>) -> Result<(), CliError> {
    let record = value::record(home.replica(), &command.record)?;
    let view = home.replica().view(record)?.view;
    let kind = view.kind;
    let checklist = inspection::checklist_of(&view, &**home.replica());
    let acts = match (&command.file, &command.path, &command.value) {
        (Some(file), _, _) => value::acts(home.replica(), kind, Some(file), &[], &|_| {
            checklist.clone()
        })?,
        (None, Some(path), Some(value)) => {
            vec![one(
                home,
                kind,
                checklist.as_deref(),
                path,
                value,
                command.json_value,
            )?]
        }
        _ => Vec::new(),
    };
    let edited = home
        .replica()
        .edit(record, &acts, &home.now(), &mut home.chance())?;
    let violations = violations(home, record, &acts)?;
    output.answer(
        || {
            let mut json = json!({ "record": record, "heads": edited.heads });
            if let (false, Some(json)) = (violations.is_empty(), json.as_object_mut()) {
                json.insert("violations".to_owned(), json!(violations));
            }
            json
        },
        |lang| {
            let field = match &command.path {
                Some(path) => words::field(lang, kind, path),
                None => words::kind(lang, kind).to_owned(),
            };
            let done = match (lang, edited.chunk.is_some()) {
                (Lang::Zh, true) => format!("已修改“{field}”"),
                (Lang::Zh, false) => format!("“{field}”未变"),
                (Lang::En, true) => format!("{field} is changed"),
                (Lang::En, false) => format!("{field} is unchanged"),
            };
            let wrong = violations.iter().map(|wrong| {
                let word = words::either(lang, "不能这样提交", "this cannot be submitted");
                format!(
                    "\n{word}: {} ({}): {}",
                    wrong.label, wrong.path, wrong.message
                )
            });
            done + &wrong.collect::<String>()
        },
    )
}

/// The act of one `set`.
fn one(
    home: &Home,
    kind: Kind,
    checklist: Option<&Checklist>,
    path: &str,
    value: &str,
    is_json: bool,
) -> Result<Act, CliError> {
    let given = match is_json {
        true => Given::Json(value::json(path, value)?),
        false => Given::Text(value),
    };
    let (path, value) = match value::answered(kind, path) {
        Some(question) => value::answer(home.replica(), checklist, question, &given)?,
        None => (
            path.to_owned(),
            value::typed(home.replica(), kind, path, &given)?,
        ),
    };
    Ok(Act::Set { path, value })
}

/// Which of the answers that acts gave may not stand.
fn violations(home: &Home, record: RecordId, acts: &[Act]) -> Result<Vec<Violation>, CliError> {
    let is_given = |question: &str| {
        acts.iter().any(|act| {
            matches!(act, Act::Set { path, .. } if value::answered(Kind::Inspection, path) == Some(question))
        })
    };
    let view = home.replica().view(record)?.view;
    let evaluation = inspection::evaluation(&view, &**home.replica());
    let violations = evaluation.map(|found| found.violations).unwrap_or_default();
    let given = violations.into_iter();
    Ok(given.filter(|wrong| is_given(&wrong.path)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use fieldwatch_schemas::feed::Feed;

    fn write(feed: Feed) -> Grant {
        Grant { feed, write: true }
    }

    #[test]
    fn the_station_is_the_one_that_may_be_written() {
        let [one, two] = ["330106-0012", "330106-0013"].map(|id| write(Feed::station(id).unwrap()));
        let personal = write(Feed::station_personal("330106-0012").unwrap());
        let grants = [one, personal];
        assert_eq!(station_of(&grants, None).unwrap(), "330106-0012");
        assert!(matches!(station_of(&[], None), Err(CliError::NoStation)));
        let both = [grants[0].clone(), two];
        let error = station_of(&both, None).unwrap_err().to_string();
        assert!(error.contains("330106-0012, 330106-0013"), "{error}");
        let first = |id: &str| station_of(&both, Some(id.to_owned()));
        assert_eq!(first("330106-0013").unwrap(), "330106-0013");
        assert!(first("330106-0099").is_err(), "one that is not theirs");
    }

    #[test]
    fn a_pseudonym_has_eight_letters_and_follows_the_random_bytes() {
        assert_eq!(pseudonym(&[0; 16]), "22222222");
        assert_ne!(pseudonym(&[7; 16]), pseudonym(&[8; 16]));
    }
}
