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

use winnow::ModalResult;
use winnow::combinator::{Infix, alt, cut_err, delimited, dispatch, expression, fail, not, opt, peek, preceded};
use winnow::combinator::{repeat, separated, terminated};
use winnow::error::{ContextError, ErrMode, StrContext};
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Location, Stateful};
use winnow::token::{any, literal, one_of, take_till, take_while};

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
    Unexpected { at: usize, expected: String, found: String },
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
    let mut input = Input { input: LocatingSlice::new(source), state: Nesting::default() };
    match terminated(any_expression, (blank, peek(winnow::combinator::eof))).parse_next(&mut input) {
        Ok(node) => Ok(node),
        Err(_) if input.state.too_deep => Err(SyntaxError::TooDeep),
        Err(error) => Err(unexpected(source, input.current_token_start(), error.into_inner().ok().as_ref())),
    }
}

fn unexpected(source: &str, offset: usize, error: Option<&ContextError>) -> SyntaxError {
    let (before, rest) = source.split_at_checked(offset).unwrap_or((source, ""));
    let skipped = rest.chars().take_while(|c| c.is_whitespace()).count();
    let found: String = rest.chars().skip(skipped).take(12).collect();
    let label = error.into_iter().flat_map(ContextError::context).find_map(|context| match context {
        StrContext::Label(label) => Some(*label),
        _ => None,
    });
    SyntaxError::Unexpected {
        at: before.chars().count() + skipped + 1,
        expected: label.unwrap_or("an operator or the end was expected").to_owned(),
        found: if found.is_empty() { "the end".to_owned() } else { format!("`{found}`") },
    }
}

type Input<'a> = Stateful<LocatingSlice<&'a str>, Nesting>;

#[derive(Debug, Default)]
struct Nesting {
    depth: usize,
    too_deep: bool,
}

fn blank(input: &mut Input<'_>) -> ModalResult<()> {
    take_while(0.., char::is_whitespace).void().parse_next(input)
}

/// One level deeper: brackets and arguments come through here.
fn any_expression(input: &mut Input<'_>) -> ModalResult<Node> {
    input.state.depth += 1;
    if input.state.depth > EXPRESSION_DEPTH_MAX {
        input.state.too_deep = true;
        return Err(ErrMode::Cut(ContextError::new()));
    }
    let node = expression(preceded(blank, cut_err(operand))).infix(operator).parse_next(input);
    input.state.depth -= 1;
    node
}

/// Minus signs bind tighter than any operator; two of them make a number of what follows.
fn signed(input: &mut Input<'_>) -> ModalResult<Node> {
    let signs: usize = repeat(1.., terminated('-', blank)).parse_next(input)?;
    let negated = Node::Negate(Box::new(cut_err(operand).parse_next(input)?));
    Ok(if signs % 2 == 1 { negated } else { Node::Negate(Box::new(negated)) })
}

fn operator<'a>(input: &mut Input<'a>) -> ModalResult<Infix<Input<'a>, Node, ErrMode<ContextError>>> {
    macro_rules! infix {
        ($operator:ident) => {
            Infix::Left(Operator::$operator.level(), |_, left, right| Ok(chain(left, Operator::$operator, right)))
        };
    }
    let symbol = alt((
        alt(("!=", "<=", ">=", "=", "<", ">", "+", "-", "*")),
        terminated(alt(("and", "or", "div", "mod")), not(one_of(is_name_part))),
    ));
    let found = preceded(blank, symbol).parse_next(input)?;
    Ok(match found {
        "or" => infix!(Or),
        "and" => infix!(And),
        "=" => infix!(Equal),
        "!=" => infix!(NotEqual),
        "<" => infix!(Less),
        "<=" => infix!(LessOrEqual),
        ">" => infix!(Greater),
        ">=" => infix!(GreaterOrEqual),
        "+" => infix!(Add),
        "-" => infix!(Subtract),
        "*" => infix!(Multiply),
        "div" => infix!(Divide),
        _ => infix!(Modulo),
    })
}

fn chain(left: Node, operator: Operator, right: Node) -> Node {
    match left {
        Node::Chain(first, mut rest) if rest.iter().all(|(other, _)| other.level() == operator.level()) => {
            rest.push((operator, right));
            Node::Chain(first, rest)
        }
        other => Node::Chain(Box::new(other), vec![(operator, right)]),
    }
}

fn operand(input: &mut Input<'_>) -> ModalResult<Node> {
    let node = dispatch! { peek(any);
        '0'..='9' => number,
        '\'' => quoted('\'').map(Node::Text),
        '"' => quoted('"').map(Node::Text),
        '$' => question,
        '(' => delimited('(', cut_err(any_expression), cut_err(closing)),
        '.' => alt((number, up, '.'.value(Node::Own))),
        '/' => path,
        '-' => signed,
        c if is_name_start(c) => named,
        _ => fail,
    }
    .context(StrContext::Label("a value was expected"))
    .parse_next(input)?;
    match opt(path_rest).parse_next(input)? {
        Some(rest) => Ok(Node::Path(rest)),
        None => Ok(node),
    }
}

fn closing(input: &mut Input<'_>) -> ModalResult<()> {
    (blank, ')').void().context(StrContext::Label("`)` was expected")).parse_next(input)
}

fn number(input: &mut Input<'_>) -> ModalResult<Node> {
    let digits = |least: usize| take_while(least.., |c: char| c.is_ascii_digit());
    alt(((digits(1), opt(('.', digits(0)))).take(), ('.', digits(1)).take()))
        .verify_map(|text: &str| text.parse().ok().map(Node::Number))
        .parse_next(input)
}

fn quoted<'a>(quote: char) -> impl Parser<Input<'a>, String, ErrMode<ContextError>> {
    let end = cut_err(literal(quote)).context(StrContext::Label("a closing quote was expected"));
    delimited(quote, take_till(0.., move |c| c == quote).map(str::to_owned), end)
}

fn question(input: &mut Input<'_>) -> ModalResult<Node> {
    let name = take_till(1.., ['{', '}', '$']).map(|name: &str| Node::Question(name.trim().to_owned()));
    let braces = (cut_err('{'), cut_err(name), cut_err('}')).map(|(_, node, _)| node);
    preceded('$', braces).context(StrContext::Label("`${name}` was expected")).parse_next(input)
}

fn up(input: &mut Input<'_>) -> ModalResult<Node> {
    let mut steps = separated(1.., "..", '/').map(|steps: Vec<&str>| Node::Up(steps.len()));
    steps.parse_next(input)
}

/// A function call where a bracket follows, a column otherwise.
fn named(input: &mut Input<'_>) -> ModalResult<Node> {
    let name: &str = (take_while(1.., is_name_part), opt((':', take_while(1.., is_name_part)))).take().parse_next(input)?;
    if opt(preceded(blank, '(')).parse_next(input)?.is_none() {
        return Ok(Node::Column(name.to_owned()));
    }
    let none = preceded(blank, ')').value(Vec::new());
    let some = terminated(separated(1.., cut_err(any_expression), preceded(blank, ',')), cut_err(end_of_arguments));
    let arguments = alt((none, some)).parse_next(input)?;
    Ok(Node::Call(name.to_owned(), arguments))
}

fn end_of_arguments(input: &mut Input<'_>) -> ModalResult<()> {
    (blank, ')').void().context(StrContext::Label("`,` or `)` was expected")).parse_next(input)
}

/// `/data/x`, a path from the root.
fn path(input: &mut Input<'_>) -> ModalResult<Node> {
    path_rest.map(Node::Path).parse_next(input)
}

/// What follows an operand when it is a location path or has a condition in square brackets.
fn path_rest(input: &mut Input<'_>) -> ModalResult<String> {
    let step = (take_while(1..=2, '/'), alt((take_while(1.., |c| is_name_part(c) || c == '*' || c == ':' || c == '@'), "")));
    let condition = ('[', cut_err(any_expression), cut_err((blank, ']'))).void();
    repeat::<_, _, (), _, _>(1.., alt((step.void(), condition))).take().map(str::to_owned).parse_next(input)
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}
