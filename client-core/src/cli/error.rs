//! Why a command failed: one enum, a problem for programs and words for people.

use std::io;
use std::path::PathBuf;

use fieldwatch_schemas::checklist::{AnswerError, EvaluateError, FormError, Warning};
use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::inspection::Incomplete;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::problem::{Problem, ProblemKind};
use fieldwatch_schemas::record::edit::EditError;
use fieldwatch_schemas::status::{EventError, Role};
use serde::Serialize;

use super::words;
use crate::replica::ReplicaError;
use crate::store::HomeError;
use crate::transport::TransportError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Replica(#[from] ReplicaError),
    /// An event that cannot happen to a record of this kind.
    #[error("{error}")]
    Event { kind: Kind, error: EventError },
    #[error("{}{}", .0, cause(.0))]
    Home(#[from] HomeError),
    #[error("this device is not enrolled: ask for a ticket, then run `fieldwatch enrol LINK`")]
    NotEnrolled,
    #[error("this home is enrolled already; another person or server needs another --home")]
    AlreadyEnrolled,
    #[error("this device's clock stands before 1970: set it, and nothing is lost")]
    Clock,
    #[error("another command has used {} for longer than 10 seconds", .0.display())]
    HomeInUse(PathBuf),
    #[error("there is no data folder on this platform: give --home DIR")]
    NoHome,
    #[error("{}: {why}", .file.display())]
    File { file: PathBuf, why: String },
    #[error("{0:?} is not PATH=VALUE")]
    Setting(String),
    #[error("{path}: not JSON: {why}")]
    JsonValue { path: String, why: String },
    #[error("{path}: {text:?} is not a whole number of fen")]
    Fen { path: String, text: String },
    #[error("{0}")]
    Time(#[from] fieldwatch_schemas::time::TimeError),
    #[error("station: this device's person holds no station; name one with station=ID")]
    NoStation,
    #[error("station: name one of {} with station=ID", .0.join(", "))]
    SeveralStations(Vec<String>),
    #[error("{0:?} is not a record: give its id, or at least 4 characters of its beginning")]
    RecordText(String),
    #[error("no record on this device begins with {0}")]
    NoRecord(String),
    #[error("several records begin with {text}: {}", names(.records))]
    SeveralRecords {
        text: String,
        records: Vec<RecordId>,
    },
    #[error("record {record} has no conflict at {path:?}; it has: {}", .paths.join(", "))]
    NoConflict {
        record: RecordId,
        path: String,
        paths: Vec<String>,
    },
    #[error("there is no rule pack {id:?}; there are: {}", .known.join(", "))]
    NoPack { id: String, known: Vec<String> },
    #[error(transparent)]
    Id(#[from] fieldwatch_schemas::id::IdError),
    #[error("record {0} is not a case: only cases have deadlines")]
    NotACase(RecordId),
    #[error("case: an acknowledgement is of a case; name it with --set case=RECORD")]
    NoCase,
    #[error("case: record {0} is not a case")]
    CaseWanted(RecordId),
    #[error("{0}: follows from the case and cannot be given")]
    Follows(&'static str),
    #[error("waiting for the network is not possible: {0}")]
    Runtime(#[source] io::Error),
    #[error("other commands cannot be served: {0}")]
    Door(#[source] io::Error),
    /// A problem that another part names itself.
    #[error("{}", .0.detail.as_deref().unwrap_or(&.0.title))]
    Problem(Problem),
    #[error("{} is not a checklist: {}", .file.display(), lines(.errors))]
    Form {
        file: PathBuf,
        errors: Vec<FormError>,
    },
    #[error("{} asks for what cannot be run: {}", .file.display(), lines(.warnings))]
    Unpublishable {
        file: PathBuf,
        warnings: Vec<Warning>,
    },
    #[error(
        "checklist {id} version {version} is published with another content: a version never changes, so give the form a new version"
    )]
    OtherContent { id: String, version: String },
    #[error("publishing checklists is for coordinators, not for a {}", .0.name())]
    NotForRole(Role),
    #[error("checklist {0} is not on this device: sync, or see `fieldwatch checklist list`")]
    NoChecklist(String),
    #[error("answers.{0}")]
    Answer(#[from] AnswerError),
    #[error(transparent)]
    Evaluate(#[from] EvaluateError),
    #[error("record {0} is not an inspection")]
    NotAnInspection(RecordId),
    #[error(
        "questions are asked on a terminal, and this is none: give answers with `set RECORD answers.NAME VALUE` or `set RECORD --file F.json`"
    )]
    NoTerminal,
    #[error("the terminal cannot be used: {0}")]
    Terminal(String),
    #[error("stdout cannot be written: {0}")]
    Output(#[source] io::Error),
    #[error("the `sync --watch` that holds this home went away: {0}")]
    Relay(#[source] io::Error),
    /// Whoever read stdout went away.
    #[error("stdout is closed")]
    OutputClosed,
    /// It has been told already how the command ended, by this process or by another.
    #[error("exit status {0}")]
    Told(u8),
}

/// What stands behind an error that does not repeat it.
fn cause(error: &HomeError) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(String::new, |source| format!(": {source}"))
}

fn lines<T: ToString>(errors: &[T]) -> String {
    let lines: Vec<String> = errors
        .iter()
        .map(|error| format!("\n  {}", error.to_string()))
        .collect();
    lines.concat()
}

fn names(records: &[RecordId]) -> String {
    let names: Vec<String> = records.iter().map(ToString::to_string).collect();
    names.join(", ")
}

impl CliError {
    fn kind(&self) -> ProblemKind {
        match self {
            Self::Replica(error) => error.problem().kind().unwrap_or(ProblemKind::Internal),
            Self::Event { error, .. } => match error {
                EventError::NotFor { .. } => ProblemKind::NotPermitted,
                _ => ProblemKind::EventIllegal,
            },
            Self::Home(error) => error.problem().kind().unwrap_or(ProblemKind::Internal),
            Self::Problem(problem) => problem.kind().unwrap_or(ProblemKind::Internal),
            Self::OtherContent { .. } => ProblemKind::AlreadyExists,
            Self::NotForRole(_) => ProblemKind::NotPermitted,
            Self::NotEnrolled => ProblemKind::NotEnrolled,
            Self::AlreadyEnrolled => ProblemKind::AlreadyExists,
            Self::HomeInUse(_) | Self::Relay(_) => ProblemKind::HomeInUse,
            Self::NoHome | Self::File { .. } | Self::Form { .. } | Self::Unpublishable { .. } => {
                ProblemKind::FileInvalid
            }
            Self::Clock
            | Self::Setting(_)
            | Self::JsonValue { .. }
            | Self::Fen { .. }
            | Self::Time(_)
            | Self::NoStation
            | Self::SeveralStations(_)
            | Self::NoConflict { .. }
            | Self::NoPack { .. }
            | Self::Id(_)
            | Self::NoChecklist(_)
            | Self::Answer(_)
            | Self::Evaluate(_)
            | Self::NotAnInspection(_)
            | Self::NoTerminal
            | Self::Terminal(_)
            | Self::NotACase(_)
            | Self::NoCase
            | Self::CaseWanted(_)
            | Self::Follows(_) => ProblemKind::ValueInvalid,
            Self::RecordText(_) | Self::NoRecord(_) | Self::SeveralRecords { .. } => {
                ProblemKind::RecordUnknown
            }
            Self::Runtime(_) | Self::Door(_) => ProblemKind::Internal,
            Self::Output(_) | Self::OutputClosed | Self::Told(_) => ProblemKind::StoreFailed,
        }
    }

    /// A problem that lists everything that is wrong, each by itself.
    fn listing<T: Serialize>(&self, errors: &[T]) -> Problem {
        let listed = errors
            .iter()
            .filter_map(|error| serde_json::to_value(error).ok());
        Problem {
            errors: listed.collect(),
            ..Problem::with_detail(self.kind(), self.to_string())
        }
    }

    /// The problem that `--json` prints.
    pub(super) fn problem(&self) -> Problem {
        match self {
            Self::Problem(problem) => problem.clone(),
            Self::Form { errors, .. } => self.listing(errors),
            Self::Unpublishable { warnings, .. } => self.listing(warnings),
            Self::Replica(ReplicaError::Incomplete(Incomplete {
                missing,
                violations,
            })) => {
                let mut problem = self.listing(missing);
                problem.errors.extend(self.listing(violations).errors);
                problem
            }
            other => Problem::with_detail(other.kind(), other.to_string()),
        }
    }

    /// What a person reads: what it is in their language, what is wrong this time, and the name that programs know it by.
    pub(super) fn words(&self, lang: Lang) -> String {
        let kind = self.kind();
        let title = words::problem(lang, kind);
        let (error, colon) = match lang {
            Lang::Zh => ("错误：", "："),
            Lang::En => ("error: ", ": "),
        };
        let detail = match self {
            Self::Problem(Problem { detail: None, .. }) => String::new(),
            Self::Event { kind, error } => {
                format!("{colon}{}", words::refusals::event(lang, *kind, error))
            }
            Self::Replica(ReplicaError::Edit(EditError::NotEditor { kind, role }))
                if lang == Lang::Zh =>
            {
                format!("{colon}{}", words::refusals::not_editor(*kind, *role))
            }
            other => format!("{colon}{other}"),
        };
        format!("{error}{title}{detail} ({kind})")
    }
}

impl From<TransportError> for CliError {
    fn from(error: TransportError) -> Self {
        Self::Problem(error.problem())
    }
}

impl From<EditError> for CliError {
    fn from(error: EditError) -> Self {
        ReplicaError::from(error).into()
    }
}
