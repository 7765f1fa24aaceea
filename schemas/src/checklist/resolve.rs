//! From a tree as written to code that runs: finds names and functions, checks types where they are known.

use std::collections::BTreeSet;

use super::code::{Code, Pattern};
use super::definition::{Definition, Item, Kind};
use super::fault::{Faults, Severity};
use super::function::{Function, Shape};
use super::layout::Layout;
use super::syntax::{self, Node, Operator};
use super::value::{parse_dated, parse_number};

/// Resolves the expressions of one cell after another.
pub(super) struct Resolver<'a> {
    pub(super) definition: &'a Definition,
    pub(super) layout: &'a Layout,
    /// Names of the columns that choices have.
    pub(super) columns: &'a BTreeSet<String>,
    pub(super) faults: &'a mut Faults,
    pub(super) item: usize,
    pub(super) column: &'static str,
    /// Items whose values were read; emptied by whoever asks.
    pub(super) reads: BTreeSet<usize>,
}

impl Resolver<'_> {
    /// Parses and resolves; a faulty expression is reported and becomes blank.
    pub(super) fn expression(&mut self, column: &'static str, source: &str) -> Code {
        self.column = column;
        match syntax::parse(source) {
            Ok(node) => self.scalar(node),
            Err(error) => {
                self.error(format!("`{}` {error}", shortened(source)));
                Code::Cannot
            }
        }
    }

    fn error(&mut self, message: String) {
        self.faults.error(self.item, self.column, message);
    }

    fn cannot(&mut self, message: String) -> Code {
        self.faults.add(Severity::Cannot, Some(self.item), self.column, message);
        Code::Cannot
    }

    fn note(&mut self, message: String) {
        self.faults.add(Severity::Note, Some(self.item), self.column, message);
    }

    fn asked(&self, item: usize) -> Option<&Item> {
        self.definition.items.get(item)
    }

    /// Resolves where one value is wanted.
    fn scalar(&mut self, node: Node) -> Code {
        let code = self.node(node);
        if let Code::Item(target) = code {
            let scope = self.layout.scope_of(target);
            if self.layout.shared(scope, self.layout.scope_of(self.item)) != scope {
                let name = self.asked(target).map_or("", |item| item.name.as_str()).to_owned();
                self.note(format!("`${{{name}}}` is in a repeat and is used from outside it: the first turn counts"));
            }
        }
        code
    }

    fn node(&mut self, node: Node) -> Code {
        match node {
            Node::Number(number) => Code::Number(number),
            Node::Text(text) => Code::Text(text),
            Node::Own => Code::Own,
            Node::Question(name) => self.question(&name),
            Node::Column(name) => self.choice_column(name),
            Node::Negate(inner) => {
                let inner = self.scalar(*inner);
                self.must_be_number(&inner);
                Code::Negate(Box::new(inner))
            }
            Node::Chain(first, rest) => self.chain(*first, rest),
            Node::Call(name, arguments) => self.call(&name, arguments),
            Node::Up(_) => {
                self.error("`..` can only stand in position(..)".to_owned());
                Code::Cannot
            }
            Node::Path(path) => self.cannot(format!("the path `{}` cannot be run; use `${{name}}`", shortened(&path))),
        }
    }

    fn question(&mut self, name: &str) -> Code {
        match self.find(name) {
            Some(target) if self.asked(target).is_some_and(|item| item.kind.is_container()) => {
                self.error(format!("`${{{name}}}` is a group and has no value"));
                Code::Cannot
            }
            Some(target) => {
                self.reads.insert(target);
                Code::Item(target)
            }
            None => Code::Cannot,
        }
    }

    /// Finds the one item of a name; reports where there is none or more.
    fn find(&mut self, name: &str) -> Option<usize> {
        // `${last-saved#name}` reads an earlier submission.
        if name.starts_with("last-saved#") {
            self.cannot(format!("`${{{name}}}` cannot be run"));
            return None;
        }
        match self.layout.by_name.get(name).map(Vec::as_slice) {
            Some([only]) => Some(*only),
            None | Some([]) => {
                self.error(format!("there is no question `{name}`"));
                None
            }
            Some(several) => {
                let nearest = self.nearest(several);
                if nearest.is_none() {
                    self.error(format!("several questions are named `{name}`, and none is nearest"));
                }
                nearest
            }
        }
    }

    /// Of several questions of one name, the one that shares the innermost group with this item.
    fn nearest(&self, candidates: &[usize]) -> Option<usize> {
        let around = self.groups_around(self.item);
        let shared = |candidate: usize| {
            let theirs = self.groups_around(candidate);
            around.iter().zip(&theirs).take_while(|(one, other)| one == other).count()
        };
        let best = candidates.iter().map(|candidate| shared(*candidate)).max()?;
        let mut nearest = candidates.iter().filter(|candidate| shared(**candidate) == best);
        nearest.next().copied().filter(|_| nearest.next().is_none())
    }

    /// Groups and repeats around an item, outermost first.
    fn groups_around(&self, item: usize) -> Vec<usize> {
        let mut groups = Vec::new();
        let mut at = self.asked(item).and_then(|item| item.parent);
        while let Some(parent) = at {
            groups.push(parent);
            at = self.asked(parent).and_then(|item| item.parent);
        }
        groups.reverse();
        groups
    }

    fn choice_column(&mut self, name: String) -> Code {
        if self.column == "choice_filter" {
            if !self.columns.contains(&name) && name != "name" && name != "label" {
                self.error(format!("the choices have no column `{name}`"));
            }
            return Code::Column(name);
        }
        self.error(format!("`{name}` is not known; write `${{{name}}}` for a question and `'{name}'` for a text"));
        Code::Cannot
    }

    fn chain(&mut self, first: Node, rest: Vec<(Operator, Node)>) -> Code {
        let first = self.scalar(first);
        let mut left_is_first = true;
        let mut resolved = Vec::with_capacity(rest.len());
        for (operator, node) in rest {
            let right = self.scalar(node);
            if operator.level() >= Operator::Add.level() {
                if left_is_first {
                    self.must_be_number(&first);
                }
                self.must_be_number(&right);
            } else if operator.level() >= Operator::Equal.level() && left_is_first {
                self.comparable(&first, &right);
                self.comparable(&right, &first);
            }
            left_is_first = false;
            resolved.push((operator, right));
        }
        Code::Chain(Box::new(first), resolved)
    }

    fn must_be_number(&mut self, code: &Code) {
        match code {
            Code::Text(text) if parse_number(text).is_nan() && parse_dated(text, jiff::tz::Offset::UTC).is_none() => {
                self.error(format!("`'{}'` is no number", shortened(text)));
            }
            Code::Item(item) if self.shape(&Code::Item(*item)) == Shape::Boolean => {}
            Code::Item(item) => {
                let Some(asked) = self.asked(*item) else { return };
                if matches!(asked.kind, Kind::Image | Kind::Audio | Kind::Video | Kind::File | Kind::Geopoint | Kind::Note) {
                    let message = format!("`${{{}}}` is a {} and no number", asked.name, asked.kind.as_str());
                    self.error(message);
                }
            }
            _ => {}
        }
    }

    /// Notes a comparison that can never hold: `${age} = 'old'`, `${city} = 'no such choice'`.
    fn comparable(&mut self, one: &Code, other: &Code) {
        let target = match one {
            Code::Item(item) => *item,
            Code::Own => self.item,
            _ => return,
        };
        let (Some(item), Code::Text(text)) = (self.asked(target), other) else { return };
        if text.is_empty() {
            return;
        }
        let message = match self.shape(&Code::Item(target)) {
            Shape::Number if parse_number(text).is_nan() => format!("`${{{}}}` is a number and never `'{text}'`", item.name),
            Shape::Dated if parse_dated(text, jiff::tz::Offset::UTC).is_none() => {
                format!("`${{{}}}` is a {} and never `'{text}'`", item.name, item.kind.as_str())
            }
            _ => match self.unknown_choice(target, text) {
                Some(message) => message,
                None => return,
            },
        };
        self.note(message);
    }

    fn unknown_choice(&self, target: usize, name: &str) -> Option<String> {
        let item = self.asked(target).filter(|item| item.kind.has_choices())?;
        let list = item.list_name.as_ref()?;
        let choices = self.definition.lists.get(list)?;
        let known = choices.iter().any(|choice| choice.name == name);
        (!known).then(|| format!("list `{list}` of `${{{}}}` has no choice `{}`", item.name, shortened(name)))
    }

    fn call(&mut self, name: &str, arguments: Vec<Node>) -> Code {
        let Some(function) = Function::named(name) else {
            return self.cannot(format!("the function {name}() cannot be run"));
        };
        let (least, most) = function.arity();
        if arguments.len() < least || arguments.len() > most {
            let wanted = if least == most { least.to_string() } else { format!("at least {least}") };
            self.error(format!("{name}() takes {wanted} arguments, not {}", arguments.len()));
            return Code::Cannot;
        }
        match function {
            Function::ChoiceName => self.choice_name(arguments),
            Function::Position => self.position(&arguments),
            Function::Index => self.turn_of(self.layout.scope_of(self.item)),
            Function::IndexedRepeat => self.indexed(arguments),
            Function::Count | Function::CountNonEmpty => self.count(function, arguments),
            Function::Regex => self.regex(arguments),
            _ => self.plain(function, arguments),
        }
    }

    fn plain(&mut self, function: Function, arguments: Vec<Node>) -> Code {
        let mut resolved = Vec::with_capacity(arguments.len());
        for (place, node) in arguments.into_iter().enumerate() {
            let code = if function.takes_series() { self.node(node) } else { self.scalar(node) };
            if function.wants_number(place) {
                self.must_be_number(&code);
            }
            resolved.push(code);
        }
        if let (Function::Selected, [Code::Item(target), Code::Text(name)]) = (function, resolved.as_slice()) {
            let message = match self.asked(*target) {
                Some(item) if !item.kind.has_choices() && item.kind != Kind::Calculate && item.kind != Kind::Hidden => {
                    Some(format!("`${{{}}}` has no choices", item.name))
                }
                _ => self.unknown_choice(*target, name),
            };
            if let Some(message) = message {
                self.note(message);
            }
        }
        Code::Call(function, resolved)
    }

    fn regex(&mut self, arguments: Vec<Node>) -> Code {
        let mut resolved: Vec<Code> = arguments.into_iter().map(|node| self.scalar(node)).collect();
        match (resolved.pop(), resolved.pop()) {
            (Some(Code::Text(pattern)), Some(text)) => match Pattern::new(&pattern) {
                Ok(pattern) => Code::Matches(Box::new(text), pattern),
                Err(message) => self.cannot(format!("the pattern `{}` cannot be run: {message}", shortened(&pattern))),
            },
            (Some(pattern), Some(text)) => Code::Call(Function::Regex, vec![text, pattern]),
            _ => Code::Cannot,
        }
    }

    /// `jr:choice-name(${q}, '${q}')`: the second says whose list.
    fn choice_name(&mut self, arguments: Vec<Node>) -> Code {
        let [value, list] = <[Node; 2]>::try_from(arguments).unwrap_or([Node::Own, Node::Own]);
        let value = self.scalar(value);
        let name = match &list {
            Node::Question(name) => Some(name.as_str()),
            Node::Text(text) => text.trim().strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).map(str::trim),
            _ => None,
        };
        let Some(name) = name else {
            return self.cannot("jr:choice-name() can only be run with `'${name}'` as its second argument".to_owned());
        };
        match self.find(name) {
            Some(target) if self.asked(target).is_some_and(|item| item.kind.has_choices()) => {
                Code::ChoiceName(Box::new(value), target)
            }
            Some(_) => {
                self.error(format!("`${{{name}}}` has no choices"));
                Code::Cannot
            }
            None => Code::Cannot,
        }
    }

    /// `position(..)`, `position(../..)`: which turn of the repeat around this, or of the one around that.
    fn position(&mut self, arguments: &[Node]) -> Code {
        let levels = match arguments {
            [] => 1,
            [Node::Up(levels)] => *levels,
            _ => {
                return self.cannot("position() can only be run with `..`".to_owned());
            }
        };
        let mut at = Some(self.item);
        for _ in 0..levels {
            at = at.and_then(|item| self.asked(item)).and_then(|item| item.parent);
        }
        self.turn_of(at.map_or(0, |item| self.layout.places.get(item).map_or(0, |place| place.opens.unwrap_or(place.scope))))
    }

    fn turn_of(&mut self, scope: usize) -> Code {
        if scope == 0 {
            self.error("position() and index() stand outside any repeat".to_owned());
            return Code::Cannot;
        }
        Code::Position(scope)
    }

    /// `count(${repeat})` counts turns, `count(${question})` its places in them.
    fn count(&mut self, function: Function, arguments: Vec<Node>) -> Code {
        let arguments = arguments.into_iter().map(|node| match node {
            Node::Question(name) => match self.find(&name) {
                Some(target) => {
                    self.reads.insert(target);
                    Code::Item(target)
                }
                None => Code::Cannot,
            },
            other => self.node(other),
        });
        Code::Call(function, arguments.collect())
    }

    /// `indexed-repeat(${question}, ${repeat}, number, …)`.
    fn indexed(&mut self, arguments: Vec<Node>) -> Code {
        let mut arguments = arguments.into_iter();
        let target = match arguments.next().map(|node| self.node(node)) {
            Some(Code::Item(target)) => target,
            _ => {
                self.error("indexed-repeat() begins with a question, `${name}`".to_owned());
                return Code::Cannot;
            }
        };
        let around = self.layout.chain(self.layout.scope_of(target));
        let mut turns = Vec::new();
        while let Some(repeat) = arguments.next() {
            let scope = match repeat {
                Node::Question(name) => self.find(&name).and_then(|item| self.layout.places.get(item)).and_then(|place| place.opens),
                _ => None,
            };
            let number = arguments.next().map(|node| self.scalar(node));
            match (scope.filter(|scope| around.contains(scope)), number) {
                (Some(scope), Some(number)) => turns.push((scope, number)),
                _ => {
                    self.error("indexed-repeat() goes on with repeats around that question, each with a number".to_owned());
                    return Code::Cannot;
                }
            }
        }
        Code::Indexed(target, turns)
    }

    /// What an expression gives, where that can be said.
    pub(super) fn shape(&self, code: &Code) -> Shape {
        match code {
            Code::Number(_) | Code::Negate(_) | Code::Position(_) => Shape::Number,
            Code::Text(_) | Code::ChoiceName(..) | Code::Column(_) => Shape::Text,
            Code::Boolean(_) | Code::Matches(..) => Shape::Boolean,
            Code::Call(function, _) => function.shape(),
            Code::Chain(_, rest) => match rest.first() {
                Some((operator, _)) if operator.level() >= Operator::Add.level() => Shape::Number,
                _ => Shape::Boolean,
            },
            Code::Item(item) | Code::Indexed(item, _) => self.asked(*item).map_or(Shape::Unknown, |item| match item.kind {
                Kind::Integer | Kind::Decimal | Kind::Range => Shape::Number,
                Kind::Date | Kind::Time | Kind::DateTime => Shape::Dated,
                _ => Shape::Unknown,
            }),
            Code::Own | Code::Cannot => Shape::Unknown,
        }
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(57).chain("…".chars()).collect() }
}
