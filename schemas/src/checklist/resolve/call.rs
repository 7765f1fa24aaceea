//! Function calls: how many arguments, of what sort, and the ones that mean something of their own.

use super::{Resolver, shortened};
use crate::checklist::code::{Code, Pattern};
use crate::checklist::function::Function;
use crate::checklist::kind::Kind;
use crate::checklist::syntax::Node;

impl Resolver<'_> {
    pub(super) fn call(&mut self, name: &str, arguments: Vec<Node>) -> Code {
        let Some(function) = Function::named(name) else {
            return self.cannot(format!("the function {name}() cannot be run"));
        };
        let (least, most) = function.arity();
        if arguments.len() < least || arguments.len() > most {
            let wanted = if least == most {
                least.to_string()
            } else {
                format!("at least {least}")
            };
            self.error(format!(
                "{name}() takes {wanted} arguments, not {}",
                arguments.len()
            ));
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
            let code = if function.takes_series() {
                self.node(node)
            } else {
                self.scalar(node)
            };
            if function.wants_number(place) {
                self.must_be_number(&code);
            }
            resolved.push(code);
        }
        if let (Function::Selected, [Code::Item(target), Code::Text(name)]) =
            (function, resolved.as_slice())
        {
            let message = match self.asked(*target) {
                Some(item)
                    if !item.kind.has_choices()
                        && item.kind != Kind::Calculate
                        && item.kind != Kind::Hidden =>
                {
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
        let mut resolved: Vec<Code> = arguments
            .into_iter()
            .map(|node| self.scalar(node))
            .collect();
        match (resolved.pop(), resolved.pop()) {
            (Some(Code::Text(pattern)), Some(text)) => match Pattern::new(&pattern) {
                Ok(pattern) => Code::Matches(Box::new(text), pattern),
                Err(message) => self.cannot(format!(
                    "the pattern `{}` cannot be run: {message}",
                    shortened(&pattern)
                )),
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
            Node::Text(text) => text
                .trim()
                .strip_prefix("${")
                .and_then(|rest| rest.strip_suffix('}'))
                .map(str::trim),
            _ => None,
        };
        let Some(name) = name else {
            return self.cannot(
                "jr:choice-name() can only be run with `'${name}'` as its second argument"
                    .to_owned(),
            );
        };
        match self.find(name) {
            Some(target)
                if self
                    .asked(target)
                    .is_some_and(|item| item.kind.has_choices()) =>
            {
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
            at = at
                .and_then(|item| self.asked(item))
                .and_then(|item| item.parent);
        }
        self.turn_of(at.map_or(0, |item| {
            self.layout
                .places
                .get(item)
                .map_or(0, |place| place.opens.unwrap_or(place.scope))
        }))
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
                Node::Question(name) => self
                    .find(&name)
                    .and_then(|item| self.layout.places.get(item))
                    .and_then(|place| place.opens),
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
}
