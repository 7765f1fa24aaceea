//! Why an administrative command failed, as a problem and in words.

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::problem::{Problem, ProblemKind};
use fieldwatch_schemas::store::StoreError;

use super::words;
use crate::app::MoveError;
use crate::backup::BackupError;
use crate::committer::OrderError;
use crate::data::DataError;
use crate::erase::EraseError;
use crate::problem::ApiError;
use crate::register::RegisterError;
use crate::serve::ServeError;

/// Why an administrative command failed.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The register refused, or could not.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The data folder.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The store.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A mistake of ours.
    #[error(transparent)]
    App(#[from] ApiError),
    /// The server was never started, so its port is not known.
    #[error("the server's port is not known yet: start it once, or give --url")]
    NeverServed,
    /// Not a URL that devices could use.
    #[error("{0:?} is not of the form https://HOST:PORT")]
    Url(String),
    /// A day that cannot be read, or a period that ends before it begins.
    #[error("the period cannot be used: {0}")]
    Period(String),
    /// A command that this server does not know.
    #[error("the running server does not know this command: it is of another version")]
    Unknown,
    /// The server ended before it had answered.
    #[error("the server ended before it had answered")]
    Cut,
    /// The store does not hold what it should.
    #[error("the store is damaged: see the problems above")]
    Unsound,
    /// A record could not be erased.
    #[error(transparent)]
    Erase(#[from] EraseError),
    /// What the desk did not do.
    #[error(transparent)]
    Order(#[from] OrderError),
    /// The committer takes nothing now.
    #[error("the server takes no changes now")]
    Desk(ProblemKind),
    /// A backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Serving.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// What the running server said.
    #[error("{}", .0.detail.as_deref().unwrap_or(&.0.title))]
    Told(Problem),
}

impl From<MoveError> for AdminError {
    fn from(error: MoveError) -> Self {
        match error {
            MoveError::Register(error) => Self::Register(error),
            MoveError::Order(error) => Self::Order(error),
        }
    }
}

impl From<ProblemKind> for AdminError {
    fn from(kind: ProblemKind) -> Self {
        Self::Desk(kind)
    }
}

impl AdminError {
    /// The problem, in words of a language.
    #[must_use]
    pub fn problem(&self, lang: Lang) -> Problem {
        match self {
            Self::Told(problem) => problem.clone(),
            _ => Problem::with_detail(self.kind(), words::of(self, lang)),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::Register(error) => match error {
                RegisterError::StationExists(_) => ProblemKind::AlreadyExists,
                RegisterError::StationUnknown(_)
                | RegisterError::PersonUnknown(_)
                | RegisterError::DeviceUnknown(_) => ProblemKind::NotFound,
                RegisterError::Store(_) | RegisterError::Damaged(_) | RegisterError::Ledger(_) => {
                    ProblemKind::StoreFailed
                }
                RegisterError::Full => ProblemKind::TooMany,
                _ => ProblemKind::ValueInvalid,
            },
            Self::Data(error) => kind_of_data(error),
            Self::Store(_) | Self::Unsound => ProblemKind::StoreFailed,
            Self::Serve(error) => match error {
                ServeError::Data(error) => kind_of_data(error),
                ServeError::Tls(_) => ProblemKind::FileInvalid,
                ServeError::Listen(..) => ProblemKind::Unavailable,
                ServeError::Socket(..) | ServeError::Io(_) => ProblemKind::Internal,
            },
            Self::Order(error) => match error {
                OrderError::Unknown => ProblemKind::NotFound,
                OrderError::Refused(refusal) => refusal.problem,
                OrderError::Store(_) => ProblemKind::StoreFailed,
                OrderError::Unavailable(kind) => *kind,
            },
            Self::Desk(kind) => *kind,
            Self::Erase(error) => match error {
                EraseError::RecordUnknown(_) => ProblemKind::RecordUnknown,
                EraseError::RecordErased(_) => ProblemKind::RecordErased,
                EraseError::Store(_) | EraseError::Ledger(_) => ProblemKind::StoreFailed,
                EraseError::Unavailable(kind) => *kind,
                _ => ProblemKind::ValueInvalid,
            },
            Self::Backup(error) => match error {
                BackupError::Occupied(_) | BackupError::Held => ProblemKind::AlreadyExists,
                BackupError::NotApart(_) => ProblemKind::ValueInvalid,
                BackupError::NotWhole(_) | BackupError::KeyMissing(_) => ProblemKind::NotFound,
                BackupError::Damaged | BackupError::File(..) | BackupError::KeyUnfit(_) => {
                    ProblemKind::FileInvalid
                }
                BackupError::Data(error) => kind_of_data(error),
                BackupError::App(_) => ProblemKind::Unavailable,
                BackupError::Ledger(_) | BackupError::Register(_) | BackupError::Store(_) => {
                    ProblemKind::StoreFailed
                }
            },
            Self::App(_) => ProblemKind::Internal,
            Self::NeverServed | Self::Url(_) | Self::Period(_) => ProblemKind::ValueInvalid,
            Self::Unknown => ProblemKind::BadRequest,
            Self::Cut => ProblemKind::Unavailable,
            Self::Told(problem) => problem.kind().unwrap_or(ProblemKind::Internal),
        }
    }
}

fn kind_of_data(error: &DataError) -> ProblemKind {
    match error {
        DataError::NotBegun(_) => ProblemKind::NotFound,
        DataError::InUse(_) => ProblemKind::HomeInUse,
        DataError::Host(_) => ProblemKind::ValueInvalid,
        DataError::Store(_) => ProblemKind::StoreFailed,
        DataError::App(_) => ProblemKind::Internal,
        _ => ProblemKind::FileInvalid,
    }
}
