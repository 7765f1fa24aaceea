//! Types, as far as they are known before anything runs: what can never be a number, what can never be equal.

use super::{Resolver, shortened};
use crate::checklist::code::Code;
use crate::checklist::function::Shape;
use crate::checklist::kind::Kind;
use crate::checklist::syntax::Operator;
use crate::checklist::value::{parse_dated, parse_number};

impl Resolver<'_> {
    pub(super) fn must_be_number(&mut self, code: &Code) {
        match code {
            Code::Text(text)
                if parse_number(text).is_nan()
                    && parse_dated(text, jiff::tz::Offset::UTC).is_none() =>
            {
                self.error(format!("`'{}'` is no number", shortened(text)));
            }
            Code::Item(item) if self.shape(&Code::Item(*item)) == Shape::Boolean => {}
            Code::Item(item) => {
                let Some(asked) = self.asked(*item) else {
                    return;
                };
                if matches!(
                    asked.kind,
                    Kind::Image
                        | Kind::Audio
                        | Kind::Video
                        | Kind::File
                        | Kind::Geopoint
                        | Kind::Note
                ) {
                    let message = format!(
                        "`${{{}}}` is of type {} and no number",
                        asked.name,
                        asked.kind.as_str()
                    );
                    self.error(message);
                }
            }
            _ => {}
        }
    }

    /// Notes a comparison that can never hold: `${age} = 'old'`, `${city} = 'no such choice'`.
    pub(super) fn comparable(&mut self, one: &Code, other: &Code) {
        let target = match one {
            Code::Item(item) => *item,
            Code::Own => self.item,
            _ => return,
        };
        let (Some(item), Code::Text(text)) = (self.asked(target), other) else {
            return;
        };
        if text.is_empty() {
            return;
        }
        let message = match self.shape(&Code::Item(target)) {
            Shape::Number if parse_number(text).is_nan() => {
                format!("`${{{}}}` is a number and never `'{text}'`", item.name)
            }
            Shape::Dated if parse_dated(text, jiff::tz::Offset::UTC).is_none() => {
                format!(
                    "`${{{}}}` is a {} and never `'{text}'`",
                    item.name,
                    item.kind.as_str()
                )
            }
            _ => match self.unknown_choice(target, text) {
                Some(message) => message,
                None => return,
            },
        };
        self.note(message);
    }

    pub(super) fn unknown_choice(&self, target: usize, name: &str) -> Option<String> {
        let item = self.asked(target).filter(|item| item.kind.has_choices())?;
        let list = item.list_name.as_ref()?;
        let known = self.lists.get(list)?.places.contains_key(name);
        (!known).then(|| {
            format!(
                "list `{list}` of `${{{}}}` has no choice `{}`",
                item.name,
                shortened(name)
            )
        })
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
            Code::Item(item) | Code::Indexed(item, _) => {
                self.asked(*item)
                    .map_or(Shape::Unknown, |item| match item.kind {
                        Kind::Integer | Kind::Decimal | Kind::Range => Shape::Number,
                        Kind::Date | Kind::Time | Kind::DateTime => Shape::Dated,
                        _ => Shape::Unknown,
                    })
            }
            Code::Own | Code::Cannot => Shape::Unknown,
        }
    }
}
