//! Expressions ready to run: names are places in the item list, functions are known, constant patterns are compiled.

use regex::{Regex, RegexBuilder};

use super::function::Function;
use super::limits::{PATTERN_BYTES_MAX, PATTERN_COMPILED_BYTES_MAX};
use super::syntax::Operator;

/// An expression, resolved.
#[derive(Clone, Debug)]
pub(super) enum Code {
    Number(f64),
    Text(String),
    Boolean(bool),
    /// The answer of the question that the expression belongs to.
    Own,
    /// The answer of the item at this place.
    Item(usize),
    /// A column of the choice that is being filtered.
    Column(String),
    Call(Function, Vec<Self>),
    /// `regex()` with a pattern that is known.
    Matches(Box<Self>, Pattern),
    /// Label of a choice of this question's list.
    ChoiceName(Box<Self>, usize),
    /// Number of the turn of the repeat with this scope.
    Position(usize),
    /// Answer of an item in chosen turns: (scope of the repeat, number of the turn).
    Indexed(usize, Vec<(usize, Self)>),
    Negate(Box<Self>),
    Chain(Box<Self>, Vec<(Operator, Self)>),
    /// Something we cannot run; always blank. A checklist that holds it is never published.
    Cannot,
}

/// A pattern, compiled when the form was read.
#[derive(Clone, Debug)]
pub(super) struct Pattern(pub(super) Regex);

impl Pattern {
    /// Compiles a pattern that must match a whole text. Matching takes time in proportion to the text, whatever the pattern.
    ///
    /// # Errors
    ///
    /// Says in words what the pattern has that cannot be run: it is malformed, too large, or looks around or back.
    pub(super) fn new(pattern: &str) -> Result<Self, String> {
        if pattern.len() > PATTERN_BYTES_MAX {
            return Err(format!(
                "the pattern is longer than {PATTERN_BYTES_MAX} bytes"
            ));
        }
        RegexBuilder::new(&format!("^(?:{pattern})$"))
            .size_limit(PATTERN_COMPILED_BYTES_MAX)
            .dfa_size_limit(2 * PATTERN_COMPILED_BYTES_MAX)
            .nest_limit(64)
            .build()
            .map(Self)
            .map_err(|error| {
                error
                    .to_string()
                    .lines()
                    .last()
                    .unwrap_or("the pattern is malformed")
                    .to_owned()
            })
    }
}
