//! Every form in `tests/forms` is read, checked and answered, and gives what is written under it.
//!
//! A `.form` file is a spreadsheet as text, so that it can be read and changed by hand; `checklists/form_file.rs` says how.
//! It is written to a real `.xlsx` in memory before it is read, so the whole way from bytes to score is tested.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on should stop"
)]

#[path = "checklists/form_file.rs"]
mod form_file;

use std::fs;
use std::path::{Path, PathBuf};

use fieldwatch_schemas::checklist::{
    Checklist, Context, Evaluation, FormError, Warning, evaluate, read_xlsx,
};
use form_file::{FormFile, Said};
use serde_json::{Value, json};

/// Monday 2024-07-01, 10:00 in China.
const NOW: Context = Context {
    today: jiff::civil::Date::constant(2024, 7, 1),
    now_ms: 1_719_799_200_000,
    offset_minutes: 480,
};

fn forms() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forms");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "form")
    });
    paths.sort();
    paths
}

#[test]
fn every_form_gives_what_is_written_under_it() {
    let mut wrong = Vec::new();
    for path in forms() {
        let form = FormFile::read(&path);
        let found = check(&form);
        wrong.extend(
            found
                .into_iter()
                .map(|words| format!("{}: {words}", form.name)),
        );
    }
    assert!(
        wrong.is_empty(),
        "{} disagreements:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn there_are_at_least_forty_forms_of_our_own() {
    assert!(forms().len() >= 40, "{}", forms().len());
}

#[test]
fn a_checklist_survives_its_json_and_evaluates_the_same() {
    for path in forms() {
        let form = FormFile::read(&path);
        let Ok((checklist, _)) = read_xlsx(&form.bytes) else {
            continue;
        };
        let text = serde_json::to_string(&checklist).unwrap();
        let again: Checklist = serde_json::from_str(&text).unwrap();
        assert_eq!(
            serde_json::to_string(&again).unwrap(),
            text,
            "{}",
            form.name
        );
        for (answers, _) in &form.answers {
            let answers = checklist.flatten(answers);
            assert_eq!(
                evaluate(&again, &answers, &NOW),
                evaluate(&checklist, &answers, &NOW),
                "{}",
                form.name
            );
        }
    }
}

/// Writes the forms as spreadsheets, each with our listing beside it, for programs we did not write.
fn write_out(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for path in forms() {
        let form = FormFile::read(&path);
        let extension = if form.bytes.starts_with(b"PK") {
            "xlsx"
        } else {
            "xls"
        };
        fs::write(
            folder.join(&form.name).with_extension(extension),
            &form.bytes,
        )
        .unwrap();
        let listing = match read_xlsx(&form.bytes) {
            Ok((checklist, warnings)) => {
                serde_json::to_value(checklist.listing(&warnings)).unwrap()
            }
            Err(errors) => json!({ "errors": errors }),
        };
        fs::write(
            folder.join(&form.name).with_extension("json"),
            listing.to_string(),
        )
        .unwrap();
    }
}

/// Runs where `FW_PEERS=1`: needs Python and a package index.
#[test]
fn pyxform_agrees_on_every_form_that_both_accept() {
    if std::env::var("FW_PEERS").as_deref() != Ok("1") {
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("forms");
    write_out(&folder);
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/peers/pyxform/run");
    let done = std::process::Command::new(program)
        .arg(&folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn check(form: &FormFile) -> Vec<String> {
    match read_xlsx(&form.bytes) {
        Ok((checklist, warnings)) => accepted(form, &checklist, &warnings),
        Err(errors) => refused(form, &errors),
    }
}

fn refused(form: &FormFile, errors: &[FormError]) -> Vec<String> {
    if form.refused.is_empty() {
        return errors
            .iter()
            .map(|error| format!("refused: {error}"))
            .collect();
    }
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    compare("error", &form.refused, &said)
}

fn compare(what: &str, wanted: &[Said], said: &[String]) -> Vec<String> {
    let mut wrong: Vec<String> = wanted
        .iter()
        .filter(|wanted| !said.iter().any(|said| wanted.fits(said)))
        .map(|wanted| format!("no {what} `{wanted}`"))
        .collect();
    let extra = said
        .iter()
        .filter(|said| !wanted.iter().any(|wanted| wanted.fits(said)));
    wrong.extend(extra.map(|said| format!("an {what} nobody expects: {said}")));
    wrong
}

fn accepted(form: &FormFile, checklist: &Checklist, warnings: &[Warning]) -> Vec<String> {
    if !form.refused.is_empty() {
        return vec!["accepted, and should be refused".to_owned()];
    }
    let said: Vec<String> = warnings.iter().map(ToString::to_string).collect();
    let mut wrong = compare("warning", &form.warnings, &said);
    if checklist.publishable() == form.blocked {
        wrong.push(format!("publishable is {}", checklist.publishable()));
    }
    if warnings.iter().any(|warning| warning.blocks_publishing) != form.blocked {
        wrong.push("warnings do not say whether it can be published".to_owned());
    }
    if let Some(listed) = &form.listed {
        let names: Vec<String> = checklist
            .questions()
            .iter()
            .map(|question| format!("{} {}", question.kind, question.path))
            .collect();
        if names != *listed {
            wrong.push(format!("lists {names:#?}"));
        }
    }
    for (answers, expected) in &form.answers {
        let evaluation =
            evaluate(checklist, &checklist.flatten(answers), &NOW).expect("within the limits");
        wrong.extend(
            differences(expected, &evaluation)
                .into_iter()
                .map(|words| format!("{answers}: {words}")),
        );
    }
    wrong
}

/// What of the expected is not so. Only what is named is compared.
fn differences(expected: &Value, evaluation: &Evaluation) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, wanted) in expected.as_object().expect("an object") {
        let found = aspect(name, wanted, evaluation);
        if found != *wanted {
            wrong.push(format!("{name} is {found}, not {wanted}"));
        }
    }
    wrong
}

fn aspect(name: &str, wanted: &Value, evaluation: &Evaluation) -> Value {
    let found = evaluation;
    match name {
        "missing" => texts(found.missing.iter().map(|missing| &missing.path)),
        "violations" => texts(found.violations.iter().map(|violation| &violation.path)),
        "messages" => texts(found.violations.iter().map(|violation| &violation.message)),
        "findings" => texts(found.findings.iter().map(|finding| &finding.path)),
        "ignored" => texts(found.ignored.iter()),
        "relevant" => texts(found.relevant.iter()),
        "percent" => json!(found.progress.percent),
        "complete" => json!(found.is_complete()),
        "score" => json!(found.score),
        "result" => json!(found.result),
        "points" => json!(found.points),
        "possible" => json!(found.possible),
        "sections" => found
            .sections
            .iter()
            .map(|section| (section.name.clone(), json!(section.score)))
            .collect(),
        "calculated" => only(wanted, found),
        other => panic!("nothing is called {other}"),
    }
}

fn texts<'a>(list: impl Iterator<Item = &'a String>) -> Value {
    list.map(String::as_str).collect::<Vec<_>>().into()
}

/// Of what is computed only the values named.
fn only(wanted: &Value, evaluation: &Evaluation) -> Value {
    let paths = wanted.as_object().expect("an object").keys();
    paths
        .map(|path| {
            (
                path.clone(),
                evaluation.calculated.get(path).cloned().unwrap_or_default(),
            )
        })
        .collect()
}
