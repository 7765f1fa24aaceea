//! The grammar itself, in parsers that each read one thing.

use winnow::ModalResult;
use winnow::combinator::{alt, cut_err, delimited, dispatch, fail, not, opt, peek, preceded};
use winnow::combinator::{repeat, separated, terminated};
use winnow::error::{ContextError, ErrMode, StrContext};
use winnow::prelude::*;
use winnow::stream::{LocatingSlice, Stateful};
use winnow::token::{any, literal, one_of, take_till, take_while};

use super::{Node, Operator};
use crate::checklist::limits::EXPRESSION_DEPTH_MAX;

pub(super) type Input<'a> = Stateful<LocatingSlice<&'a str>, Nesting>;

#[derive(Debug, Default)]
pub(super) struct Nesting {
    depth: usize,
    pub(super) too_deep: bool,
}

pub(super) fn blank(input: &mut Input<'_>) -> ModalResult<()> {
    take_while(0.., char::is_whitespace)
        .void()
        .parse_next(input)
}

/// One level deeper: brackets and arguments come through here, and nothing else nests.
pub(super) fn any_expression(input: &mut Input<'_>) -> ModalResult<Node> {
    input.state.depth += 1;
    if input.state.depth > EXPRESSION_DEPTH_MAX {
        input.state.too_deep = true;
        return Err(ErrMode::Cut(ContextError::new()));
    }
    let mut waiting = Waiting::default();
    let mut last = preceded(blank, cut_err(operand)).parse_next(input)?;
    while let Some(operator) = opt(operator).parse_next(input)? {
        waiting.push(last, operator);
        last = preceded(blank, cut_err(operand)).parse_next(input)?;
    }
    input.state.depth -= 1;
    Ok(waiting.finish(last))
}

/// Operands that wait for an operator that binds less tightly (Dijkstra's shunting yard, for it needs no recursion).
#[derive(Default)]
struct Waiting(Vec<(Node, Operator)>);

impl Waiting {
    fn push(&mut self, mut node: Node, operator: Operator) {
        while let Some((left, before)) = self
            .0
            .pop_if(|(_, before)| before.level() >= operator.level())
        {
            node = chain(left, before, node);
        }
        self.0.push((node, operator));
    }

    fn finish(mut self, mut node: Node) -> Node {
        while let Some((left, operator)) = self.0.pop() {
            node = chain(left, operator, node);
        }
        node
    }
}

/// Minus signs bind tighter than any operator; two of them make a number of what follows.
fn signed(input: &mut Input<'_>) -> ModalResult<Node> {
    let signs: usize = repeat(1.., terminated('-', blank)).parse_next(input)?;
    let negated = Node::Negate(Box::new(cut_err(operand).parse_next(input)?));
    Ok(if signs % 2 == 1 {
        negated
    } else {
        Node::Negate(Box::new(negated))
    })
}

fn operator(input: &mut Input<'_>) -> ModalResult<Operator> {
    let symbol = alt((
        "!=".value(Operator::NotEqual),
        "<=".value(Operator::LessOrEqual),
        ">=".value(Operator::GreaterOrEqual),
        '='.value(Operator::Equal),
        '<'.value(Operator::Less),
        '>'.value(Operator::Greater),
        '+'.value(Operator::Add),
        '-'.value(Operator::Subtract),
        '*'.value(Operator::Multiply),
    ));
    let word = alt((
        "and".value(Operator::And),
        "or".value(Operator::Or),
        "div".value(Operator::Divide),
        "mod".value(Operator::Modulo),
    ));
    preceded(
        blank,
        alt((symbol, terminated(word, not(one_of(is_name_part))))),
    )
    .parse_next(input)
}

fn chain(left: Node, operator: Operator, right: Node) -> Node {
    match left {
        Node::Chain(first, mut rest)
            if rest
                .last()
                .is_some_and(|(other, _)| other.level() == operator.level()) =>
        {
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
    (blank, ')')
        .void()
        .context(StrContext::Label("`)` was expected"))
        .parse_next(input)
}

fn number(input: &mut Input<'_>) -> ModalResult<Node> {
    let digits = |least: usize| take_while(least.., |c: char| c.is_ascii_digit());
    alt((
        (digits(1), opt(('.', digits(0)))).take(),
        ('.', digits(1)).take(),
    ))
    .verify_map(|text: &str| text.parse().ok().map(Node::Number))
    .parse_next(input)
}

fn quoted<'a>(quote: char) -> impl Parser<Input<'a>, String, ErrMode<ContextError>> {
    let end = cut_err(literal(quote)).context(StrContext::Label("a closing quote was expected"));
    delimited(
        quote,
        take_till(0.., move |c| c == quote).map(str::to_owned),
        end,
    )
}

fn question(input: &mut Input<'_>) -> ModalResult<Node> {
    let name =
        take_till(1.., ['{', '}', '$']).map(|name: &str| Node::Question(name.trim().to_owned()));
    let braces = (cut_err('{'), cut_err(name), cut_err('}')).map(|(_, node, _)| node);
    preceded('$', braces)
        .context(StrContext::Label("`${name}` was expected"))
        .parse_next(input)
}

fn up(input: &mut Input<'_>) -> ModalResult<Node> {
    let mut steps = separated(1.., "..", '/').map(|steps: Vec<&str>| Node::Up(steps.len()));
    steps.parse_next(input)
}

/// A function call where a bracket follows, a column otherwise.
fn named(input: &mut Input<'_>) -> ModalResult<Node> {
    let name: &str = (
        take_while(1.., is_name_part),
        opt((':', take_while(1.., is_name_part))),
    )
        .take()
        .parse_next(input)?;
    if opt(preceded(blank, '(')).parse_next(input)?.is_none() {
        return Ok(Node::Column(name.to_owned()));
    }
    let none = preceded(blank, ')').value(Vec::new());
    let some = terminated(
        separated(1.., cut_err(any_expression), preceded(blank, ',')),
        cut_err(end_of_arguments),
    );
    let arguments = alt((none, some)).parse_next(input)?;
    Ok(Node::Call(name.to_owned(), arguments))
}

fn end_of_arguments(input: &mut Input<'_>) -> ModalResult<()> {
    (blank, ')')
        .void()
        .context(StrContext::Label("`,` or `)` was expected"))
        .parse_next(input)
}

/// `/data/x`, a path from the root.
fn path(input: &mut Input<'_>) -> ModalResult<Node> {
    path_rest.map(Node::Path).parse_next(input)
}

/// What follows an operand when it is a location path or has a condition in square brackets.
fn path_rest(input: &mut Input<'_>) -> ModalResult<String> {
    let step = (
        take_while(1..=2, '/'),
        alt((
            take_while(1.., |c| is_name_part(c) || c == '*' || c == ':' || c == '@'),
            "",
        )),
    );
    let condition = ('[', cut_err(any_expression), cut_err((blank, ']'))).void();
    repeat::<_, _, (), _, _>(1.., alt((step.void(), condition)))
        .take()
        .map(str::to_owned)
        .parse_next(input)
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '_'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}
