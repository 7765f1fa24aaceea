//! The steps that are taken for every item: whether it is asked, and what its value is.

use std::collections::BTreeMap;

use super::Run;
use crate::checklist::EvaluateError;
use crate::checklist::answer;
use crate::checklist::eval::Scene;
use crate::checklist::kind::Kind;
use crate::checklist::value::Value;

impl Run<'_> {
    pub(super) fn relevance(&mut self, item: usize) -> Result<(), EvaluateError> {
        let Some((asked, place, rules)) = self.item(item) else {
            return Ok(());
        };
        let mut relevant = Vec::with_capacity(self.turns_of(item));
        for turn in 0..self.turns_of(item) {
            self.spend(1)?;
            let around = asked.parent.is_none_or(|parent| {
                let scope = self.checklist.plan.layout.scope_of(parent);
                self.is_relevant(parent, self.outward(place.scope, turn, scope))
            });
            let holds = match &rules.relevant {
                Some(code) if around => Scene::raw(self, item, turn).value(code)?.to_bool(),
                _ => true,
            };
            relevant.push(around && holds);
        }
        if let Some(column) = self.columns.get_mut(item) {
            column.relevant = relevant;
        }
        Ok(())
    }

    pub(super) fn value(&mut self, item: usize) -> Result<(), EvaluateError> {
        let Some((asked, _, rules)) = self.item(item) else {
            return Ok(());
        };
        let mut values = Vec::with_capacity(self.turns_of(item));
        let mut refused = BTreeMap::new();
        for turn in 0..self.turns_of(item) {
            self.spend(1)?;
            if !self.is_relevant(item, turn)
                || asked.kind == Kind::Note && rules.calculation.is_none()
            {
                values.push(Value::BLANK);
                continue;
            }
            let stored = self.stored(item, turn);
            let code = rules
                .calculation
                .as_ref()
                .or(rules.default.as_ref().filter(|_| stored.is_none()));
            let value = match (code, stored) {
                (Some(code), _) => {
                    let computed = Scene::raw(self, item, turn).value(code)?;
                    answer::shape(asked, computed, self.local)
                        .map(|value| value.unwrap_or(Value::BLANK))
                }
                (None, Some(json)) => answer::read(asked, json, self.local),
                (None, None) => Ok(Value::BLANK),
            };
            values.push(value.unwrap_or_else(|reason| {
                // A computed value that does not fit is only blank: nobody typed it.
                if code.is_none() {
                    refused.insert(turn, reason);
                }
                Value::BLANK
            }));
        }
        if let Some(column) = self.columns.get_mut(item) {
            column.values = values;
            column.refused = refused;
        }
        Ok(())
    }
}
