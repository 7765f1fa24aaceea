//! Every kind of record on the real programs: made with no network, synced, seen by another person who may see it, taken further
//! there, and back, unchanged in meaning. What each says and goes through is its sample (`schemas/tests/samples`).

#![expect(
    clippy::indexing_slicing,
    reason = "indexing JSON gives null where nothing is"
)]

#[path = "kinds/council.rs"]
mod council;
#[path = "kinds/deadlines.rs"]
mod deadlines;

use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::status::Role;
use fieldwatch_tests::device::Device;
use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::world::text;
use serde_json::{Value, json};

use council::{Council, Sample};

/// What a record means: everything but whether it was sent and what time has done to its deadlines.
fn meaning(shown: &Value) -> Value {
    let parts = [
        "record",
        "kind",
        "schema",
        "fields",
        "derived",
        "status",
        "conflicts",
        "heads",
    ];
    let mut meaning: serde_json::Map<String, Value> = parts
        .into_iter()
        .map(|part| (part.to_owned(), shown[part].clone()))
        .collect();
    // Whoever may not know a name sees an alias.
    let events = shown["events"].as_array().cloned().unwrap_or_default();
    let said = events
        .iter()
        .map(|event| json!([event["id"], event["type"], event["at"], event["data"]]));
    meaning.insert("events".to_owned(), said.collect());
    Value::Object(meaning)
}

/// A record under way, and the events of its sample that nobody has caused yet.
struct Journey {
    kind: Kind,
    record: String,
    rest: Vec<(String, Value)>,
}

impl Journey {
    /// Makes the record on its maker's device, and goes as far as the maker's role allows.
    fn begin(council: &Council, kind: Kind) -> Told<Self> {
        let sample = Sample::of(kind, council)?;
        let maker = council.maker(kind);
        let file = council.file(kind.name(), &sample.fields)?;
        let record = text(
            &maker.json(&["new", kind.name(), "--file", &file])?,
            "record",
        )?;
        let mut rest = sample.events;
        let left = rest.split_off(rest.len() - council::left_over(kind));
        let mut journey = Self { kind, record, rest };
        journey.go_on(maker)?;
        journey.rest.extend(left);
        Ok(journey)
    }

    /// Causes the events in their order, until one is not for this person.
    fn go_on(&mut self, device: &Device) -> Told<()> {
        while let Some((event, data)) = self.rest.first().cloned() {
            let sets: Vec<String> = data
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, value)| format!("{key}:={value}"))
                .collect();
            let mut line = vec!["event", &self.record, &event];
            line.extend(sets.iter().flat_map(|set| ["--set", set.as_str()]));
            let ran = device.attempt(&line)?;
            if ran.code() == Some(0) {
                self.rest.remove(0);
                continue;
            }
            let (problem, words) = device.refusal(&line)?;
            assert_eq!(problem, ProblemKind::NotPermitted, "{}: {words}", self.kind);
            assert!(words.contains("for them there are"), "{words}");
            return Ok(());
        }
        Ok(())
    }

    /// Takes the record further on the other device: the events that are left, then a field, if that person may edit it.
    fn continue_on(&mut self, council: &Council) -> Told<()> {
        let other = council.other(self.kind);
        self.go_on(other)?;
        let Some((path, value)) = council::edit(self.kind) else {
            let (problem, _) = other.refusal(&["set", &self.record, "title", "改过的"])?;
            assert_eq!(problem, ProblemKind::NotPermitted);
            return Ok(());
        };
        other.json(&["set", &self.record, path, value])?;
        Ok(())
    }
}

#[test]
fn every_kind_travels_there_is_taken_further_and_comes_back_unchanged_in_meaning() -> Told<()> {
    let council = Council::begin()?;
    let mut journeys = Vec::new();
    for kind in council::ORDER {
        journeys.push(Journey::begin(&council, kind)?);
    }
    let made: Vec<Value> = journeys
        .iter()
        .map(|journey| Ok(meaning(&council.maker(journey.kind).show(&journey.record)?)))
        .collect::<Told<_>>()?;
    council.meet()?;
    for (journey, made) in journeys.iter().zip(&made) {
        let there = council.other(journey.kind).show(&journey.record)?;
        assert_eq!(&meaning(&there), made, "{}", journey.kind);
        assert_eq!(there["state"], "stored", "{}", journey.kind);
    }
    for journey in &mut journeys {
        journey.continue_on(&council)?;
        assert_eq!(journey.rest, [], "{}", journey.kind);
    }
    let further: Vec<Value> = journeys
        .iter()
        .map(|journey| Ok(meaning(&council.other(journey.kind).show(&journey.record)?)))
        .collect::<Told<_>>()?;
    council.meet()?;
    for ((journey, made), further) in journeys.iter().zip(&made).zip(&further) {
        let back = meaning(&council.maker(journey.kind).show(&journey.record)?);
        assert_eq!(&back, further, "{}", journey.kind);
        only_the_edit_differs(journey.kind, made, &back)?;
    }
    council.nothing_was_refused()
}

/// Of what the maker wrote, nothing is gone, and nothing but the one edited field is another.
fn only_the_edit_differs(kind: Kind, made: &Value, back: &Value) -> Told<()> {
    let edited = council::edit(kind).map_or("", |(path, _)| path);
    let edited = edited.split('.').next().unwrap_or_default();
    let fields = made["fields"]
        .as_object()
        .ok_or_else(|| Fault::new("no fields"))?;
    for (key, value) in fields.iter().filter(|(key, _)| *key != edited) {
        // What an inspection's answers come to is derived, not written.
        assert_eq!(&back["fields"][key], value, "{kind}: {key}");
    }
    if let Some((path, value)) = council::edit(kind) {
        let at = path.split('.').fold(&back["fields"], |at, key| &at[key]);
        assert_eq!(at, value, "{kind}: {path}");
    }
    Ok(())
}

#[test]
fn a_volunteer_is_refused_at_once_what_only_others_make() -> Told<()> {
    let council = Council::begin()?;
    for kind in Kind::ALL {
        if kind.table().editors.contains(&Role::Volunteer) {
            continue;
        }
        let (fields, place) = (
            Sample::of(kind, &council)?.fields,
            format!("no-{}", kind.name()),
        );
        let file = council.file(&place, &fields)?;
        let refused = council.chen.refusal(&["new", kind.name(), "--file", &file]);
        let (problem, words) = refused.map_err(|fault| Fault::new(format!("{kind}: {fault}")))?;
        let expected = [ProblemKind::NotPermitted, ProblemKind::RecordUnknown];
        assert!(expected.contains(&problem), "{kind}: {words}");
    }
    assert_eq!(council.chen.states()?.len(), 0);
    Ok(())
}

#[test]
fn a_coordinator_reads_the_visits_and_aliases_of_campaigns_in_the_region_and_no_others() -> Told<()>
{
    let council = Council::begin()?;
    let campaign = &council.campaign;
    council.he.json(&["set", campaign, "subject", "茶叶"])?;
    council.meet()?;
    for name in [
        format!("campaign/{campaign}"),
        format!("campaign/{campaign}/alias"),
    ] {
        assert!(council.mei.feed(&name)?.is_some(), "{name}");
        assert!(council.sun.feed(&name)?.is_none(), "{name}");
        assert!(council.li.feed(&name)?.is_none(), "{name}");
        assert!(council.chen.feed(&name)?.is_none(), "{name}");
    }
    Ok(())
}
