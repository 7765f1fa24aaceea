//! Why the story did not end as it should.

use std::error::Error;
use std::io;

use fieldwatch_client_core::chance::ChanceError;
use fieldwatch_client_core::identity::IdentityError;
use fieldwatch_client_core::replica::ReplicaError;
use fieldwatch_client_core::store::home::HomeError;
use fieldwatch_client_core::sync::SyncError;
use fieldwatch_client_core::transport::TransportError;
use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::field::FieldError;
use fieldwatch_server::admin::AdminError;
use fieldwatch_server::data::DataError;
use fieldwatch_server::serve::ServeError;

/// Why the story did not end as it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// Something that the story claims is not so.
    #[error("{en}")]
    Claim {
        /// What is not so, in Chinese.
        zh: String,
        /// What is not so, in English.
        en: String,
    },
    /// Somebody ended the story.
    #[error("it was stopped")]
    Stopped,
    /// Something that the story needs is not there.
    #[error("the story lacks {0}")]
    Missing(&'static str),
    /// A form that the generator filled in does not fit.
    #[error("generated content does not fit its form")]
    Field(#[from] FieldError),
    /// No random bytes.
    #[error(transparent)]
    Chance(#[from] ChanceError),
    /// A device.
    #[error("a device failed")]
    Replica(#[from] ReplicaError),
    /// A device's home.
    #[error("a device's home cannot be used")]
    Home(#[from] HomeError),
    /// A device's keys.
    #[error("a device's keys cannot be used")]
    Identity(#[from] IdentityError),
    /// The way to the server.
    #[error("a device did not reach the server")]
    Transport(#[from] TransportError),
    /// A sync.
    #[error("a device could not sync")]
    Sync(#[from] SyncError),
    /// The server's data folder.
    #[error("the server's folder cannot be used")]
    Data(#[from] DataError),
    /// Serving.
    #[error("the server failed")]
    Serve(#[from] ServeError),
    /// An administrative command.
    #[error("the server refused a command")]
    Admin(#[from] AdminError),
    /// The temporary folder, the network, or stdout.
    #[error("the machine failed")]
    Io(#[from] io::Error),
    /// A thread of the story ended early.
    #[error("a part of the story ended early")]
    Task(#[from] tokio::task::JoinError),
}

impl DemoError {
    /// What went wrong, with its causes.
    pub(crate) fn words(&self, lang: Lang) -> String {
        let mut words = match (self, lang) {
            (Self::Claim { zh, .. }, Lang::Zh) => format!("演示结果不符：{zh}"),
            (Self::Claim { en, .. }, Lang::En) => format!("the story does not hold: {en}"),
            (Self::Stopped, Lang::Zh) => "演示已中断".to_owned(),
            (other, Lang::Zh) => format!("演示未能完成：{other}"),
            (other, Lang::En) => format!("the story could not be finished: {other}"),
        };
        let mut cause = self.source();
        while let Some(error) = cause {
            words = format!("{words}: {error}");
            cause = error.source();
        }
        words
    }
}

/// Ends the story unless what it claims is so.
///
/// # Errors
///
/// [`DemoError::Claim`] with these words.
pub(super) fn claim(
    holds: bool,
    zh: impl FnOnce() -> String,
    en: impl FnOnce() -> String,
) -> Result<(), DemoError> {
    if holds {
        return Ok(());
    }
    Err(DemoError::Claim { zh: zh(), en: en() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_that_does_not_hold_is_told_in_the_readers_language() {
        assert!(claim(true, String::new, String::new).is_ok());
        let error = claim(
            false,
            || "少了一件".to_owned(),
            || "one is missing".to_owned(),
        );
        let error = error.unwrap_err();
        assert_eq!(error.words(Lang::Zh), "演示结果不符：少了一件");
        assert_eq!(
            error.words(Lang::En),
            "the story does not hold: one is missing"
        );
    }
}
