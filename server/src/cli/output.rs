//! Where answers go: JSON lines or words on stdout, refusals in words on stderr.

use std::io::{self, Write as _};

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::problem::Problem;
use serde_json::{Value, json};

/// How to answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Output {
    form: Form,
    lang: Lang,
}

/// For whom an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Programs.
    Json,
    /// People.
    Words,
}

impl Output {
    pub(super) fn new(form: Form, lang: Lang) -> Self {
        Self { form, lang }
    }

    pub(super) fn lang(&self) -> Lang {
        self.lang
    }

    /// Writes a value; false if nobody reads any more.
    pub(super) fn value(&self, value: &Value, words: impl Fn(&Value, Lang) -> String) -> bool {
        match self.form {
            Form::Json => json_line(value),
            Form::Words => line(&words(value, self.lang)),
        }
    }

    /// Writes why something failed.
    pub(super) fn problem(&self, problem: &Problem) {
        match self.form {
            Form::Json => {
                json_line(&json!(problem));
            }
            Form::Words => {
                let words = problem.detail.as_deref().unwrap_or(&problem.title);
                let label = match self.lang {
                    Lang::Zh => "错误：",
                    Lang::En => "error: ",
                };
                drop(writeln!(io::stderr(), "{label}{words}"));
            }
        }
    }
}

/// Writes a value as one line; false if nobody reads any more.
pub(super) fn json_line(value: &Value) -> bool {
    line(&value.to_string())
}

fn line(text: &str) -> bool {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")
        .and_then(|()| stdout.flush())
        .is_ok()
}
