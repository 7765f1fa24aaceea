//! The grammar of expressions: the part of XPath 1.0 that XLSForm uses, as text and as a tree.
//!
//! ```text
//! or  <  and  <  = !=  <  < <= > >=  <  + -  <  * div mod  <  unary -      all left to right
//! operand: 12.5 | 'text' | "text" | ${name} | . | .. | function(a, b) | (expression) | column
//! ```
//!
//! `and`, `or`, `div` and `mod` are operators only where an operator may stand, so questions and columns may bear these
//! names. Chains of one precedence are kept flat, so a sum of a thousand terms is not a thousand levels deep; only brackets,
//! calls and comparisons of different precedence nest, up to [`EXPRESSION_DEPTH_MAX`]. Location paths (`/data/x`, `../x`,
//! `instance('l')/root`) are recognised, so that the form can say that it cannot be run here.

mod grammar;

use grammar::{Input, Nesting, any_expression, blank};
use winnow::combinator::peek;
use winnow::combinator::terminated;
use winnow::error::{ContextError, StrContext};
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location};

use super::limits::{EXPRESSION_BYTES_MAX, EXPRESSION_DEPTH_MAX};

/// An expression as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Number(f64),
    Text(String),
    /// `.`, the answer of the question that the expression belongs to.
    Own,
    /// `..` so many times.
    Up(usize),
    /// `${name}`.
    Question(String),
    /// A bare name: a column of a choice.
    Column(String),
    Call(String, Vec<Self>),
    Negate(Box<Self>),
    /// Operators of one precedence, left to right.
    Chain(Box<Self>, Vec<(Operator, Self)>),
    /// A location path, which we cannot run.
    Path(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

impl Operator {
    /// How tightly it binds.
    pub(super) fn level(self) -> i64 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::NotEqual => 3,
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => 4,
            Self::Add | Self::Subtract => 5,
            Self::Multiply | Self::Divide | Self::Modulo => 6,
        }
    }
}

/// Why a text is not an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SyntaxError {
    #[error("is longer than {EXPRESSION_BYTES_MAX} bytes")]
    TooLong,
    #[error("is nested more than {EXPRESSION_DEPTH_MAX} levels deep")]
    TooDeep,
    #[error("cannot be read: {expected} at character {at}, found {found}")]
    Unexpected {
        at: usize,
        expected: String,
        found: String,
    },
}

/// Parses a whole expression.
///
/// # Errors
///
/// [`SyntaxError`] says where it stops making sense, in characters counted from 1.
pub(super) fn parse(source: &str) -> Result<Node, SyntaxError> {
    if source.len() > EXPRESSION_BYTES_MAX {
        return Err(SyntaxError::TooLong);
    }
    let mut input = Input {
        input: LocatingSlice::new(source),
        state: Nesting::default(),
    };
    match terminated(any_expression, (blank, peek(winnow::combinator::eof))).parse_next(&mut input)
    {
        Ok(node) => Ok(node),
        Err(_) if input.state.too_deep => Err(SyntaxError::TooDeep),
        Err(error) => Err(unexpected(
            source,
            input.current_token_start(),
            error.into_inner().ok().as_ref(),
        )),
    }
}

fn unexpected(source: &str, offset: usize, error: Option<&ContextError>) -> SyntaxError {
    let (before, rest) = source.split_at_checked(offset).unwrap_or((source, ""));
    let skipped = rest.chars().take_while(|c| c.is_whitespace()).count();
    let found: String = rest.chars().skip(skipped).take(12).collect();
    let label =
        error
            .into_iter()
            .flat_map(ContextError::context)
            .find_map(|context| match context {
                StrContext::Label(label) => Some(*label),
                _ => None,
            });
    SyntaxError::Unexpected {
        at: before.chars().count() + skipped + 1,
        expected: label
            .unwrap_or("an operator or the end was expected")
            .to_owned(),
        found: if found.is_empty() {
            "the end".to_owned()
        } else {
            format!("`{found}`")
        },
    }
}

#[cfg(test)]
mod tests;
