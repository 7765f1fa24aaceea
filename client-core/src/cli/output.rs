//! Where answers go: JSON for programs or words for people, and how a command ends.

use std::io::{self, Write};

use fieldwatch_schemas::code::Lang;
use serde_json::Value as Json;

use super::error::CliError;

/// How answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Words,
}

/// The answer of one command, as it is written.
pub(super) struct Output<'w> {
    to: &'w mut dyn Write,
    errors: &'w mut dyn Write,
    format: Format,
    lang: Lang,
}

impl<'w> Output<'w> {
    /// Answers go `to` one place, what went wrong in words to another.
    pub(super) fn new(
        to: &'w mut dyn Write,
        errors: &'w mut dyn Write,
        format: Format,
        lang: Lang,
    ) -> Self {
        Self {
            to,
            errors,
            format,
            lang,
        }
    }

    pub(super) fn lang(&self) -> Lang {
        self.lang
    }

    /// Writes one answer: the JSON value on a line, or the words.
    pub(super) fn answer(
        &mut self,
        json: impl FnOnce() -> Json,
        words: impl FnOnce(Lang) -> String,
    ) -> Result<(), CliError> {
        let line = match self.format {
            Format::Json => json().to_string(),
            Format::Words => plain(&words(self.lang)),
        };
        self.line(&line)
    }

    /// Writes words for people; nothing where a program reads.
    pub(super) fn say(&mut self, words: &str) -> Result<(), CliError> {
        match self.format {
            Format::Json => Ok(()),
            Format::Words => self.line(words),
        }
    }

    /// Writes a JSON line; nothing where a person reads.
    pub(super) fn json_only(&mut self, json: impl FnOnce() -> Json) -> Result<(), CliError> {
        match self.format {
            Format::Json => self.line(&json().to_string()),
            Format::Words => Ok(()),
        }
    }

    /// Says what is wrong in words on stderr, while the command goes on.
    pub(super) fn complain(&mut self, error: &CliError) -> Result<(), CliError> {
        let words = plain(&error.words(self.lang));
        ended(writeln!(self.errors, "{words}"))
    }

    /// Passes on what another process wrote.
    pub(super) fn relay(&mut self, answer: &str, errors: &str) -> Result<(), CliError> {
        ended(self.to.write_all(answer.as_bytes()))?;
        ended(self.errors.write_all(errors.as_bytes()))
    }

    /// Makes what was written visible, where more follows later.
    pub(super) fn flush(&mut self) -> Result<(), CliError> {
        ended(self.to.flush())
    }

    fn line(&mut self, line: &str) -> Result<(), CliError> {
        ended(writeln!(self.to, "{line}"))
    }

    /// Tells how the command ended. Returns the exit status.
    pub(super) fn conclude(&mut self, done: Result<(), CliError>) -> u8 {
        let error = match done {
            Ok(()) | Err(CliError::OutputClosed) => return 0,
            Err(CliError::Told(code)) => return code,
            Err(error) => error,
        };
        let told = match self.format {
            Format::Json => {
                let problem = serde_json::to_string(&error.problem()).unwrap_or_default();
                self.line(&problem)
            }
            Format::Words => ended(writeln!(self.errors, "{}", plain(&error.words(self.lang)))),
        };
        match told {
            Ok(()) | Err(_) => 1,
        }
    }
}

/// Words without what would steer a terminal: records and tables hold what strangers wrote.
fn plain(words: &str) -> String {
    let steers = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
    words.replace(steers, "\u{fffd}")
}

/// A reader that went away ends a command quietly: `fieldwatch list | head -1`.
fn ended(written: io::Result<()>) -> Result<(), CliError> {
    written.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => CliError::OutputClosed,
        _ => CliError::Output(error),
    })
}
