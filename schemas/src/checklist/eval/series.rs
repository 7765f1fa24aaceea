//! Values of questions in repeats: all of them, how many, or the one of a chosen turn.

use super::{Scene, counted};
use crate::checklist::EvaluateError;
use crate::checklist::code::Code;
use crate::checklist::value::{Value, whole};

impl<'a> Scene<'_, 'a> {
    /// The turns of another item that are within what both share.
    pub(super) fn turns_of(&self, target: usize) -> std::ops::Range<usize> {
        let layout = &self.run.checklist.plan.layout;
        let scope = layout.scope_of(target);
        let shared = layout.shared(self.scope, scope);
        self.run.inward(
            shared,
            self.run.outward(self.scope, self.turn, shared),
            scope,
        )
    }

    /// Every value an argument stands for: one, or one for each turn of a question in a repeat that is relevant.
    pub(super) fn series(&self, code: &'a Code) -> Result<Vec<Value<'a>>, EvaluateError> {
        let Code::Item(target) = code else {
            return Ok(vec![self.value(code)?]);
        };
        let mut values = Vec::new();
        for turn in self.turns_of(*target) {
            self.run.spend(1)?;
            if self.run.is_relevant(*target, turn) {
                let value = self.run.value_at(*target, turn);
                self.spend_text(value)?;
                values.push(value.clone());
            }
        }
        Ok(values)
    }

    pub(super) fn all(&self, arguments: &'a [Code]) -> Result<Vec<Value<'a>>, EvaluateError> {
        let mut values = Vec::new();
        for argument in arguments {
            values.extend(self.series(argument)?);
        }
        Ok(values)
    }

    /// Turns of a repeat, places of a question, 1 for a group: what is relevant of them.
    pub(super) fn count(&self, code: &'a Code) -> Result<Value<'a>, EvaluateError> {
        let Code::Item(target) = code else {
            return Ok(counted(self.series(code)?.len()));
        };
        let opens = self.run.item(*target).and_then(|(_, place, _)| place.opens);
        let mut count = 0;
        for turn in self.turns_of(*target) {
            self.run.spend(1)?;
            if self.run.is_relevant(*target, turn) {
                count += opens.map_or(1, |scope| self.run.inside(scope, turn).len());
            }
        }
        Ok(counted(count))
    }

    /// The answer in turns chosen by number, outermost first; turns not chosen are those both share, or the first.
    pub(super) fn indexed(
        &self,
        target: usize,
        chosen: &'a [(usize, Code)],
    ) -> Result<Value<'a>, EvaluateError> {
        let layout = &self.run.checklist.plan.layout;
        let mut turn = 0;
        let mut around = 0;
        for scope in layout.chain(layout.scope_of(target)) {
            let inside = self.run.inward(around, turn, scope);
            let number = match chosen.iter().find(|(chosen, _)| *chosen == scope) {
                Some((_, code)) => whole(self.value(code)?.to_number(self.run.local), 1 << 32)
                    .and_then(|number| usize::try_from(number - 1).ok()),
                None if layout.shared(self.scope, scope) == scope => Some(
                    self.run
                        .outward(self.scope, self.turn, scope)
                        .saturating_sub(inside.start),
                ),
                None => Some(0),
            };
            match number
                .map(|number| inside.start.saturating_add(number))
                .filter(|turn| inside.contains(turn))
            {
                Some(found) => turn = found,
                None => return Ok(Value::BLANK),
            }
            around = scope;
        }
        Ok(self.run.value_at(target, turn).clone())
    }
}
