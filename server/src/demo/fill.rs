//! Filling in forms: what the generator made up, as the acts that a person at a device would do.
//!
//! A case is two acts of a person: the intake, and later what came of it. Each is one change.

use fieldwatch_client_core::chance::{Chance as _, SystemChance};
use fieldwatch_schemas::field::FieldError;
use fieldwatch_schemas::id::{EventId, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::record::edit::Act;
use fieldwatch_schemas::record::event::NewEvent;
use fieldwatch_schemas::time::Moment;
use serde_json::{Value as Json, json};

use super::DemoError;
use super::content::{Case, Event, Inspection, Party};

/// The built-in checklist, by id and version.
const CHECKLIST: (&str, &str) = ("market-basics", "1");

/// Acts on one record that is about to be made or edited.
#[derive(Debug)]
pub(super) struct Form {
    kind: Kind,
    acts: Vec<Act>,
}

impl Form {
    fn of(kind: Kind) -> Self {
        Self {
            kind,
            acts: Vec::new(),
        }
    }

    /// The acts, to be made as one change.
    pub(super) fn into_acts(self) -> Vec<Act> {
        self.acts
    }

    fn set(&mut self, path: &str, value: &Json) -> Result<(), FieldError> {
        let field = self.kind.field(path).ok_or_else(|| FieldError {
            path: path.to_owned(),
            why: format!("is no field of {}", self.kind),
        })?;
        self.acts.push(Act::Set {
            path: path.to_owned(),
            value: field.read_json(path, value)?,
        });
        Ok(())
    }

    fn set_all(&mut self, fields: &[(&str, Json)]) -> Result<(), FieldError> {
        fields
            .iter()
            .filter(|(_, value)| !is_empty(value))
            .try_for_each(|(path, value)| self.set(path, value))
    }

    fn happen(&mut self, event: &Event) -> Result<(), DemoError> {
        self.acts.push(happen(event)?);
        Ok(())
    }
}

/// One event as an act.
pub(super) fn happen(event: &Event) -> Result<Act, DemoError> {
    Ok(Act::Happen(NewEvent {
        id: EventId::random(SystemChance.sixteen()?),
        kind: event.event_type.to_owned(),
        at: Moment::china(event.at_ms),
        data: event.data.clone(),
    }))
}

/// The consumer's own record, held apart from the case.
pub(super) fn party(party: &Party, station: &str) -> Result<Form, DemoError> {
    let mut form = Form::of(Kind::Party);
    form.set_all(&[
        ("station", json!(station)),
        ("name", json!(party.name)),
        ("phone", json!(party.phone)),
        ("address", json!(party.address)),
        ("age_band", json!(party.age_band)),
    ])?;
    Ok(form)
}

/// The intake of a case: everything that is known when it comes in, and that it came.
pub(super) fn intake(
    case: &Case,
    station: &str,
    party: Option<RecordId>,
) -> Result<Form, DemoError> {
    let mut form = Form::of(Kind::Case);
    form.set_all(&[
        ("nature", json!(case.nature)),
        ("channel", json!(case.channel)),
        ("external_no", json!(case.external_no)),
        ("station", json!(station)),
        (
            "received_at",
            json!(Moment::china(case.received_at_ms).rfc3339()),
        ),
        ("category", json!(case.category)),
        ("problem", json!(case.problem)),
        ("respondent.name", json!(case.respondent.name)),
        ("respondent.credit_code", json!(case.respondent.credit_code)),
        ("respondent.address", json!(case.respondent.address)),
        ("respondent.phone", json!(case.respondent.phone)),
        ("party", json!(party)),
        ("narrative", json!(case.narrative)),
        ("claims", json!(case.claims)),
        ("vulnerable", json!(case.vulnerable)),
    ])?;
    if case.nature == "complaint" {
        form.set("claimed_fen", &json!(case.claimed_fen))?;
        form.set("consents.publish", &json!(case.consents.publish))?;
        form.set("consents.delegate", &json!(case.consents.delegate))?;
    }
    for event in case.events.iter().take(1) {
        form.happen(event)?;
    }
    Ok(form)
}

/// What came of a case after its intake; none if nothing has.
pub(super) fn follow_up(case: &Case) -> Result<Option<Form>, DemoError> {
    let mut form = Form::of(Kind::Case);
    for event in case.events.iter().skip(1) {
        form.happen(event)?;
    }
    let recovered = case.recovered;
    let sums = [
        ("recovered.refund_fen", recovered.refund_fen),
        ("recovered.compensation_fen", recovered.compensation_fen),
        ("recovered.multiplied_fen", recovered.multiplied_fen),
    ];
    for (path, fen) in sums.into_iter().filter(|(_, fen)| *fen > 0) {
        form.set(path, &json!(fen))?;
    }
    Ok((!form.acts.is_empty()).then_some(form))
}

/// A visit: the answers to the checklist, and what the volunteer's device recorded.
pub(super) fn visit(inspection: &Inspection) -> Result<Form, DemoError> {
    let mut form = Form::of(Kind::Inspection);
    let (checklist, version) = CHECKLIST;
    let site = inspection.site;
    form.set_all(&[
        ("region", json!(inspection.region)),
        ("alias", json!(inspection.alias)),
        ("checklist.id", json!(checklist)),
        ("checklist.version", json!(version)),
        ("enterprise", json!(inspection.enterprise.name)),
        ("site.lat", json!(site.lat)),
        ("site.lon", json!(site.lon)),
        ("site.accuracy_m", json!(site.accuracy_m)),
        ("site.mock", json!(site.mock)),
        ("round", json!(1)),
        ("notes", json!(inspection.notes)),
    ])?;
    for (question, answer) in &inspection.answers {
        form.set(&format!("answers.{question}"), answer)?;
    }
    for event in &inspection.events {
        form.happen(event)?;
    }
    Ok(form)
}

fn is_empty(value: &Json) -> bool {
    match value {
        Json::Null => true,
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::content::Generator;
    use super::*;
    use fieldwatch_schemas::checklist::published::Shipped;
    use fieldwatch_schemas::id::Actor;
    use fieldwatch_schemas::record::Document;
    use fieldwatch_schemas::record::edit::Author;
    use fieldwatch_schemas::status::Role;

    const FROM_MS: i64 = 1_767_196_800_000;
    const TO_MS: i64 = FROM_MS + 90 * 86_400_000;

    fn author(role: Role) -> Author {
        Author {
            actor: Actor([9; 16]),
            now: Moment::china(TO_MS),
            role: Some(role),
        }
    }

    #[test]
    fn every_generated_case_can_be_filled_in_as_station_staff_and_says_what_it_was_made_from() {
        for case in Generator::new(3).cases(400, FROM_MS, TO_MS) {
            let id = RecordId::random([1; 16]);
            let mut document = Document::begin(id, Kind::Case).unwrap();
            let staff = author(Role::StationStaff);
            let form = intake(&case, "330106-0012", None).unwrap();
            assert!(document.edit(&staff, &form.into_acts()).unwrap().is_some());
            if let Some(form) = follow_up(&case).unwrap() {
                assert!(document.edit(&staff, &form.into_acts()).unwrap().is_some());
            }
            let view = document.view();
            assert_eq!(view.text("problem"), Some(case.problem));
            assert_eq!(view.events.len(), case.events.len());
            assert!(view.folded.contested.iter().all(|contested| !contested));
        }
    }

    #[test]
    fn every_generated_visit_comes_to_the_result_it_was_meant_to() {
        for inspection in Generator::new(5).inspections(200, FROM_MS, TO_MS) {
            let id = RecordId::random([1; 16]);
            let mut document = Document::begin(id, Kind::Inspection).unwrap();
            let form = visit(&inspection).unwrap();
            document
                .edit(&author(Role::Volunteer), &form.into_acts())
                .unwrap();
            let submitted = inspection
                .events
                .iter()
                .any(|event| event.event_type == "submitted");
            let result = fieldwatch_schemas::inspection::result(&document.view(), &Shipped);
            assert_eq!(result, submitted.then_some(inspection.meant));
            for event in &inspection.review {
                let act = happen(event).unwrap();
                document.edit(&author(Role::Coordinator), &[act]).unwrap();
            }
        }
    }
}
