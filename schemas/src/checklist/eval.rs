//! Computing an expression for one question in one turn.

mod call;
mod pattern;
mod series;

use std::cmp::Ordering;

use super::EvaluateError;
use super::answer;
use super::code::Code;
use super::definition::Choice;
use super::run::Run;
use super::syntax::Operator;
use super::value::{Value, as_f64, parse_number};

/// Where an expression is computed: whose it is, in which turn, and what `.` and bare names mean.
pub(super) struct Scene<'r, 'a> {
    run: &'r Run<'a>,
    item: usize,
    scope: usize,
    turn: usize,
    own: Option<Value<'a>>,
    choice: Option<&'a Choice>,
}

impl<'r, 'a> Scene<'r, 'a> {
    /// Before the item has a value: `.` is the answer as stored.
    pub(super) fn raw(run: &'r Run<'a>, item: usize, turn: usize) -> Self {
        let scope = run.checklist.plan.layout.scope_of(item);
        Self {
            run,
            item,
            scope,
            turn,
            own: None,
            choice: None,
        }
    }

    /// After it: `.` is the value that counts.
    pub(super) fn settled(run: &'r Run<'a>, item: usize, turn: usize) -> Self {
        Self {
            own: Some(run.value_at(item, turn).clone()),
            ..Self::raw(run, item, turn)
        }
    }

    /// While this choice is considered.
    pub(super) fn with_choice(self, choice: &'a Choice) -> Self {
        Self {
            choice: Some(choice),
            ..self
        }
    }

    /// Computes an expression.
    ///
    /// # Errors
    ///
    /// [`EvaluateError::TooMuchWork`] where the evaluation as a whole has done too much.
    pub(super) fn value(&self, code: &'a Code) -> Result<Value<'a>, EvaluateError> {
        self.run.spend(1)?;
        Ok(match code {
            Code::Number(number) => Value::Number(*number),
            Code::Text(text) => Value::Text(text.as_str().into()),
            Code::Boolean(truth) => Value::Boolean(*truth),
            Code::Own => self.own(),
            Code::Item(target) => self.item(*target)?,
            Code::Column(name) => self.column(name),
            Code::Call(function, arguments) => self.call(*function, arguments)?,
            Code::Matches(text, pattern) => self.matches(&self.value(text)?, pattern)?.into(),
            Code::ChoiceName(value, target) => self.choice_name(&self.value(value)?, *target),
            Code::Position(scope) => {
                let turn = self.run.outward(self.scope, self.turn, *scope);
                self.run
                    .turn(*scope, turn)
                    .map_or(f64::NAN, |turn| f64::from(turn.position))
                    .into()
            }
            Code::Indexed(target, turns) => self.indexed(*target, turns)?,
            Code::Negate(inner) => Value::Number(-self.value(inner)?.to_number(self.run.local)),
            Code::Chain(first, rest) => self.chain(first, rest)?,
            Code::Cannot => Value::BLANK,
        })
    }

    fn own(&self) -> Value<'a> {
        match &self.own {
            Some(value) => value.clone(),
            None => match (
                self.run.item(self.item),
                self.run.stored(self.item, self.turn),
            ) {
                (Some((item, ..)), Some(json)) => {
                    answer::read(item, json, self.run.local).unwrap_or(Value::BLANK)
                }
                _ => Value::BLANK,
            },
        }
    }

    /// The answer of another question: in the same turn where they share one, otherwise in the first there is.
    fn item(&self, target: usize) -> Result<Value<'a>, EvaluateError> {
        let scope = self.run.checklist.plan.layout.scope_of(target);
        let turn = if scope == self.scope {
            Some(self.turn)
        } else if scope == 0 {
            Some(0)
        } else {
            self.turns_of(target).next()
        };
        let value = turn.map_or(&Value::BLANK, |turn| self.run.value_at(target, turn));
        self.spend_text(value)?;
        Ok(value.clone())
    }

    fn spend_text(&self, value: &Value<'_>) -> Result<(), EvaluateError> {
        match value {
            Value::Text(text) => self
                .run
                .spend(u64::try_from(text.len() / 64).unwrap_or(u64::MAX)),
            _ => Ok(()),
        }
    }

    fn column(&self, name: &str) -> Value<'a> {
        let Some(choice) = self.choice else {
            return Value::BLANK;
        };
        match name {
            "name" => Value::Text(choice.name.as_str().into()),
            "label" => Value::Text(
                self.run
                    .checklist
                    .definition
                    .words(&choice.label, None)
                    .into(),
            ),
            _ => choice
                .columns
                .get(name)
                .map_or(Value::BLANK, |text| Value::Text(text.as_str().into())),
        }
    }

    fn chain(
        &self,
        first: &'a Code,
        rest: &'a [(Operator, Code)],
    ) -> Result<Value<'a>, EvaluateError> {
        let mut left = self.value(first)?;
        for (operator, right) in rest {
            // Truth that is settled is not asked again.
            match operator {
                Operator::Or if left.to_bool() => return Ok(true.into()),
                Operator::And if !left.to_bool() => return Ok(false.into()),
                _ => left = self.operate(&left, *operator, &self.value(right)?),
            }
        }
        Ok(left)
    }

    fn operate(&self, left: &Value<'a>, operator: Operator, right: &Value<'a>) -> Value<'a> {
        let local = self.run.local;
        let compared = |holds: fn(Ordering) -> bool| {
            Value::Boolean(left.order(right, local).is_some_and(holds))
        };
        let (one, other) = match operator.level() {
            level if level >= Operator::Add.level() => (number(left, local), number(right, local)),
            _ => (0.0, 0.0),
        };
        match operator {
            Operator::Or | Operator::And => Value::Boolean(right.to_bool()),
            Operator::Equal => Value::Boolean(left.equals(right, local)),
            Operator::NotEqual => Value::Boolean(!left.equals(right, local)),
            Operator::Less => compared(Ordering::is_lt),
            Operator::LessOrEqual => compared(Ordering::is_le),
            Operator::Greater => compared(Ordering::is_gt),
            Operator::GreaterOrEqual => compared(Ordering::is_ge),
            Operator::Add => Value::Number(one + other),
            Operator::Subtract => Value::Number(one - other),
            Operator::Multiply => Value::Number(one * other),
            Operator::Divide => Value::Number(one / other),
            Operator::Modulo => Value::Number(libm::fmod(one, other)),
        }
    }

    fn choice_name(&self, value: &Value<'_>, target: usize) -> Value<'a> {
        let checklist = self.run.checklist;
        let choice = checklist.choice(target, &value.to_text());
        choice.map_or(Value::BLANK, |choice| {
            Value::Text(checklist.definition.words(&choice.label, None).into())
        })
    }
}

fn counted(count: usize) -> Value<'static> {
    Value::Number(as_f64(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// A number for arithmetic: a text that reads as a date counts as one.
fn number(value: &Value<'_>, local: jiff::tz::Offset) -> f64 {
    match value {
        Value::Text(text) if parse_number(text).is_nan() => value
            .dated(local)
            .map_or(f64::NAN, |dated| dated.to_number(local)),
        other => other.to_number(local),
    }
}
