//! `checklist check`, `checklist publish`, `checklist list`: spreadsheets become checklists.

use std::path::Path;
use std::sync::Arc;

use fieldwatch_schemas::checklist::published::{compare_versions, is_shipped, record_of, shipped};
use fieldwatch_schemas::checklist::{Checklist, Warning, read_xlsx};
use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::kind::Kind;
use serde_json::{Value as Json, json};

use super::args::{ChecklistAct, ChecklistArgs, FormArgs};
use super::error::CliError;
use super::home::{self, Home};
use super::output::Output;
use super::words::either;
use crate::replica::{Replica, ReplicaError};

/// `checklist …`, on an open home.
pub(super) fn checklist(
    home: &Home,
    command: &ChecklistArgs,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    match &command.act {
        ChecklistAct::Check(form) => check(form, output),
        ChecklistAct::Publish(form) => publish(home, form, output),
        ChecklistAct::List => list(home, output),
    }
}

/// `checklist check FILE`: needs no home and makes nothing.
pub(super) fn check(form: &FormArgs, output: &mut Output<'_>) -> Result<(), CliError> {
    let (checklist, warnings) = read(&form.file)?;
    let listing = checklist.listing(&warnings);
    output.answer(
        || serde_json::to_value(&listing).unwrap_or_default(),
        |lang| {
            let mut lines = vec![format!(
                "{} {} {}",
                listing.title, listing.id, listing.version
            )];
            lines.extend(listing.questions.iter().map(|question| {
                let path = format!("{} [{}]", question.path, question.kind);
                format!("  {path} {}", question.label)
            }));
            lines.extend(said(lang, &warnings));
            lines.push(match listing.publishable {
                true => either(lang, "可以发布", "can be published").to_owned(),
                false => either(lang, "不能发布", "cannot be published").to_owned(),
            });
            lines.join("\n")
        },
    )
}

fn read(file: &Path) -> Result<(Checklist, Vec<Warning>), CliError> {
    let bytes = home::read_bytes(file)?;
    read_xlsx(&bytes).map_err(|errors| CliError::Form {
        file: file.to_owned(),
        errors,
    })
}

fn said(lang: Lang, warnings: &[Warning]) -> Vec<String> {
    let word = either(lang, "注意", "warning");
    let lines = warnings.iter().map(|warning| format!("{word}: {warning}"));
    lines.collect()
}

/// `checklist publish FILE`.
fn publish(home: &Home, form: &FormArgs, output: &mut Output<'_>) -> Result<(), CliError> {
    let account = home.replica().account()?.ok_or(CliError::NotEnrolled)?;
    let role = account.standing.role;
    if !Kind::Checklist.table().editors.contains(&role) {
        return Err(CliError::NotForRole(role));
    }
    let (checklist, warnings) = read(&form.file)?;
    if !checklist.publishable() {
        return Err(CliError::Unpublishable {
            file: form.file.clone(),
            warnings: warnings
                .into_iter()
                .filter(|warning| warning.blocks_publishing)
                .collect(),
        });
    }
    let definition = checklist.definition();
    let (id, version) = (&definition.id, &definition.version);
    let is_known = home
        .replica()
        .checklists()?
        .iter()
        .any(|(record, _)| *record == record_of(id, version));
    let published = match is_shipped(id, version) {
        true => Err(ReplicaError::AlreadyExists(record_of(id, version))),
        false => home
            .replica()
            .publish(&checklist, &home.now(), &mut home.chance()),
    };
    let record = published.map_err(|error| match error {
        ReplicaError::AlreadyExists(_) => CliError::OtherContent {
            id: id.clone(),
            version: version.clone(),
        },
        other => other.into(),
    })?;
    output.answer(
        || {
            json!({
                "record": record, "id": id, "version": version, "title": definition.title,
                "created": !is_known, "warnings": warnings,
            })
        },
        |lang| {
            let done = match is_known {
                false => either(lang, "已发布", "published"),
                true => either(lang, "此前已发布，内容相同", "published before, the same"),
            };
            let mut lines = vec![format!("{done}: {} {id} {version}", definition.title)];
            lines.extend(said(lang, &warnings));
            lines.join("\n")
        },
    )
}

/// `checklist list`: by id, the newest version first.
fn list(home: &Home, output: &mut Output<'_>) -> Result<(), CliError> {
    let mut all: Vec<(Option<_>, Arc<Checklist>)> = vec![(None, shipped())];
    let published = home.replica().checklists()?;
    all.extend(
        published
            .into_iter()
            .map(|(record, list)| (Some(record), list)),
    );
    all.sort_by(|(_, one), (_, other)| {
        let (one, other) = (one.definition(), other.definition());
        let by_version = || compare_versions(&other.version, &one.version);
        one.id.cmp(&other.id).then_with(by_version)
    });
    for (record, checklist) in all {
        let definition = checklist.definition();
        let state = record
            .map(|record| home.replica().view(record))
            .transpose()?
            .map(|shown| shown.state);
        let json = || {
            json!({
                "id": definition.id, "version": definition.version, "title": definition.title,
                "questions": checklist.questions().len(), "record": record,
                "state": state.map_or(Json::Null, |state| state.name().into()),
            })
        };
        output.answer(json, |_| {
            format!(
                "{} {} {}",
                definition.id, definition.version, definition.title
            )
        })?;
    }
    Ok(())
}

/// The newest version of a checklist on this device.
pub(super) fn newest(replica: &Replica, id: &str) -> Result<String, CliError> {
    let own = shipped();
    let published = replica.checklists()?;
    let all = published.iter().map(|(_, checklist)| checklist);
    let versions = all
        .chain([&own])
        .map(|checklist| checklist.definition())
        .filter(|definition| definition.id == id)
        .map(|definition| definition.version.clone());
    let newest = versions.max_by(|one, other| compare_versions(one, other));
    newest.ok_or_else(|| CliError::NoChecklist(id.to_owned()))
}
