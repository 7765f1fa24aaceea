//! From a tree as written to code that runs: finds names and functions, checks types where they are known.

mod call;
mod name;
mod sense;

use std::collections::{BTreeMap, BTreeSet};

use super::code::Code;
use super::compile::List;
use super::definition::{Definition, Item};
use super::fault::{Faults, Severity};
use super::layout::Layout;
use super::syntax::{self, Node, Operator};

/// Resolves the expressions of one cell after another.
pub(super) struct Resolver<'a> {
    pub(super) definition: &'a Definition,
    pub(super) layout: &'a Layout,
    pub(super) lists: &'a BTreeMap<String, List>,
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
        self.faults
            .add(Severity::Cannot, Some(self.item), self.column, message);
        Code::Cannot
    }

    fn note(&mut self, message: String) {
        self.faults
            .add(Severity::Note, Some(self.item), self.column, message);
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
                let name = self
                    .asked(target)
                    .map_or("", |item| item.name.as_str())
                    .to_owned();
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
            Node::Path(path) => self.cannot(format!(
                "the path `{}` cannot be run; use `${{name}}`",
                shortened(&path)
            )),
        }
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
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 60 {
        text.to_owned()
    } else {
        text.chars().take(57).chain("…".chars()).collect()
    }
}
