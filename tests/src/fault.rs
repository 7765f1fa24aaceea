//! Why a test cannot go on, in words: tests return it, so that the harness needs neither `unwrap` nor `panic!`.

use std::fmt;

/// Why a test cannot go on.
pub struct Fault(String);

/// What the harness tells, or why it cannot.
pub type Told<T> = Result<T, Fault>;

impl Fault {
    /// A fault in these words.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

/// A test that returns a fault is shown it by `Debug`: the words as they are.
impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<E: std::error::Error> From<E> for Fault {
    fn from(error: E) -> Self {
        let mut words = error.to_string();
        let mut cause = error.source();
        while let Some(deeper) = cause {
            words.push_str(": ");
            words.push_str(&deeper.to_string());
            cause = deeper.source();
        }
        Self(words)
    }
}
