//! The one error of the HTTP edge: everything that can go wrong there becomes an RFC 9457 problem here, and nowhere else.
//!
//! A refusal says its kind and, where it speaks only of the form of the request, why. It never says what the asker may not know:
//! the body of one kind is the same whatever was asked for.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use fieldwatch_schemas::limits::RETRY_AFTER_S;
use fieldwatch_schemas::problem::{Problem, ProblemKind};
use fieldwatch_schemas::store::StoreError;

use crate::erase::EraseError;
use crate::register::RegisterError;
use crate::token::TokenError;

/// The media type of problems.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request was not answered as it was asked.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// Refused; the kind says everything.
    #[error("{}", .0.title())]
    Refused(ProblemKind),
    /// Refused for its form, which the words describe.
    #[error("{}: {words}", .kind.title())]
    Malformed {
        /// The kind.
        kind: ProblemKind,
        /// What is wrong with the request.
        words: &'static str,
    },
    /// Not let in.
    #[error("not let in")]
    Token(#[from] TokenError),
    /// The register refused, or could not.
    #[error("the register could not do it")]
    Register(#[from] RegisterError),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// What was erased could not be kept so.
    #[error("erasures could not be carried out")]
    Erase(#[from] EraseError),
    /// A mistake of ours.
    #[error("a mistake: {0}")]
    Mistake(&'static str),
}

impl ApiError {
    /// A request of the wrong form.
    #[must_use]
    pub const fn bad_request(words: &'static str) -> Self {
        let kind = ProblemKind::BadRequest;
        Self::Malformed { kind, words }
    }

    /// The problem that it travels as.
    #[must_use]
    pub fn problem(&self) -> Problem {
        let kind = match self {
            Self::Refused(kind) => *kind,
            Self::Malformed { kind, words } => return Problem::with_detail(*kind, *words),
            Self::Token(error) => match error {
                TokenError::Unknown => ProblemKind::DeviceUnknown,
                TokenError::Revoked(_) => ProblemKind::DeviceRevoked,
                TokenError::Stale => ProblemKind::NonceStale,
                TokenError::Sign(_) | TokenError::Key => ProblemKind::Internal,
            },
            Self::Register(error) => match error {
                RegisterError::TicketUnknown => ProblemKind::TicketUnknown,
                RegisterError::TicketUsed => ProblemKind::TicketUsed,
                RegisterError::TicketExpired => ProblemKind::TicketExpired,
                RegisterError::Key(_) => {
                    return Problem::with_detail(ProblemKind::BadRequest, error.to_string());
                }
                RegisterError::Full | RegisterError::Store(_) | RegisterError::Ledger(_) => {
                    ProblemKind::Unavailable
                }
                _ => ProblemKind::Internal,
            },
            Self::Store(_) | Self::Erase(_) => ProblemKind::Unavailable,
            Self::Mistake(_) => ProblemKind::Internal,
        };
        Problem::new(kind)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = self.problem();
        if problem.status >= 500 {
            let cause = std::error::Error::source(&self).map(ToString::to_string);
            tracing::error!(error = %self, cause, "a request failed");
        }
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let media = [(header::CONTENT_TYPE, MEDIA_TYPE)];
        let later = matches!(problem.status, 429 | 503)
            .then_some([(header::RETRY_AFTER, RETRY_AFTER_S.to_string())]);
        match later {
            Some(later) => (status, media, later, body).into_response(),
            None => (status, media, body).into_response(),
        }
    }
}
