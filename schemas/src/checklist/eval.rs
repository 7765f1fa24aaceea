//! Computing an expression for one question in one turn.

use std::cmp::Ordering;

use super::EvaluateError;
use super::answer;
use super::builtin;
use super::code::{Code, Pattern};
use super::definition::Choice;
use super::function::Function;
use super::geo;
use super::run::Run;
use super::syntax::Operator;
use super::value::{Value, as_f64, parse_number, whole};

/// Work charged for compiling a pattern that is only known now.
const PATTERN_WORK: u64 = 50_000;

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
        Self { run, item, scope, turn, own: None, choice: None }
    }

    /// After it: `.` is the value that counts.
    pub(super) fn settled(run: &'r Run<'a>, item: usize, turn: usize) -> Self {
        Self { own: Some(run.value_at(item, turn).clone()), ..Self::raw(run, item, turn) }
    }

    /// While this choice is considered.
    pub(super) fn with_choice(self, choice: &'a Choice) -> Self {
        Self { choice: Some(choice), ..self }
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
                self.run.turn(*scope, turn).map_or(f64::NAN, |turn| f64::from(turn.position)).into()
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
            None => match (self.run.item(self.item), self.run.stored(self.item, self.turn)) {
                (Some((item, ..)), Some(json)) => answer::read(item, json, self.run.local).unwrap_or(Value::BLANK),
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
            Value::Text(text) => self.run.spend(u64::try_from(text.len() / 64).unwrap_or(u64::MAX)),
            _ => Ok(()),
        }
    }

    /// The turns of another item that are within what both share.
    fn turns_of(&self, target: usize) -> std::ops::Range<usize> {
        let layout = &self.run.checklist.plan.layout;
        let scope = layout.scope_of(target);
        let shared = layout.shared(self.scope, scope);
        self.run.inward(shared, self.run.outward(self.scope, self.turn, shared), scope)
    }

    fn column(&self, name: &str) -> Value<'a> {
        let Some(choice) = self.choice else { return Value::BLANK };
        match name {
            "name" => Value::Text(choice.name.as_str().into()),
            "label" => Value::Text(self.run.checklist.definition.words(&choice.label, None).into()),
            _ => choice.columns.get(name).map_or(Value::BLANK, |text| Value::Text(text.as_str().into())),
        }
    }

    fn chain(&self, first: &'a Code, rest: &'a [(Operator, Code)]) -> Result<Value<'a>, EvaluateError> {
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
        let compared = |holds: fn(Ordering) -> bool| Value::Boolean(left.order(right, local).is_some_and(holds));
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

    fn call(&self, function: Function, arguments: &'a [Code]) -> Result<Value<'a>, EvaluateError> {
        match (function, arguments) {
            (Function::If, [condition, yes, no]) => self.value(if self.value(condition)?.to_bool() { yes } else { no }),
            (Function::Coalesce, _) => self.coalesce(arguments),
            (Function::Once, [first]) => {
                let own = self.own();
                if own.is_blank() { self.value(first) } else { Ok(own) }
            }
            (Function::Today, _) => Ok(Value::Day(self.run.context.today)),
            (Function::Now, _) => Ok(Value::Moment { ms: self.run.context.now_ms, offset: self.run.local }),
            (Function::Count, [only]) => self.count(only),
            (Function::CountNonEmpty, [only]) => {
                Ok(counted(self.series(only)?.iter().filter(|value| !value.is_blank()).count()))
            }
            (Function::Regex, [text, pattern]) => self.regex(&self.value(text)?, &self.value(pattern)?),
            (Function::Join, [separator, rest @ ..]) => {
                let separator = self.value(separator)?;
                let texts = self.all(rest)?;
                self.join(&separator.to_text(), &texts)
            }
            (Function::Concat, _) => self.join("", &self.all(arguments)?),
            (Function::Sum | Function::Min | Function::Max, _) => {
                let values = self.all(arguments)?;
                let numbers = values.iter().filter(|value| !value.is_blank()).map(|value| value.to_number(self.run.local));
                Ok(Value::Number(builtin::reduce(function, numbers)))
            }
            (Function::Distance | Function::Area, _) => self.measure(function, arguments),
            (Function::String | Function::Number | Function::StringLength | Function::NormalizeSpace, []) => {
                builtin::apply(function, &[self.own()], self.run.local).map_or(Ok(Value::BLANK), Ok)
            }
            _ => {
                let values = arguments.iter().map(|argument| self.value(argument)).collect::<Result<Vec<_>, _>>()?;
                for value in &values {
                    self.spend_text(value)?;
                }
                Ok(builtin::apply(function, &values, self.run.local).unwrap_or(Value::BLANK))
            }
        }
    }

    fn coalesce(&self, arguments: &'a [Code]) -> Result<Value<'a>, EvaluateError> {
        for argument in arguments {
            let value = self.value(argument)?;
            if !value.is_blank() {
                return Ok(value);
            }
        }
        Ok(Value::BLANK)
    }

    /// Every value an argument stands for: one, or one for each turn of a question in a repeat that is relevant.
    fn series(&self, code: &'a Code) -> Result<Vec<Value<'a>>, EvaluateError> {
        let Code::Item(target) = code else { return Ok(vec![self.value(code)?]) };
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

    fn all(&self, arguments: &'a [Code]) -> Result<Vec<Value<'a>>, EvaluateError> {
        let mut values = Vec::new();
        for argument in arguments {
            values.extend(self.series(argument)?);
        }
        Ok(values)
    }

    /// Turns of a repeat, places of a question, 1 for a group: what is relevant of them.
    fn count(&self, code: &'a Code) -> Result<Value<'a>, EvaluateError> {
        let Code::Item(target) = code else { return Ok(counted(self.series(code)?.len())) };
        let opens = self.run.item(*target).and_then(|(_, place, _)| place.opens);
        let mut count = 0;
        for turn in self.turns_of(*target) {
            self.run.spend(1)?;
            if self.run.is_relevant(*target, turn) {
                count += opens.map_or(1, |scope| self.run.inside.get(scope).and_then(|inside| inside.get(turn)).map_or(0, ExactSizeIterator::len));
            }
        }
        Ok(counted(count))
    }

    fn join(&self, separator: &str, values: &[Value<'_>]) -> Result<Value<'a>, EvaluateError> {
        let mut text = String::new();
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                text.push_str(separator);
            }
            text.push_str(&value.to_text());
            if text.len() > super::limits::TEXT_BYTES_MAX {
                break;
            }
        }
        let joined = Value::text(text);
        self.spend_text(&joined)?;
        Ok(joined)
    }

    fn measure(&self, function: Function, arguments: &'a [Code]) -> Result<Value<'a>, EvaluateError> {
        let mut points = Vec::new();
        for value in self.all(arguments)? {
            self.run.spend(u64::try_from(value.to_text().len() / 8).unwrap_or(u64::MAX))?;
            match geo::read_points(&value.to_text()) {
                Some(read) => points.extend(read),
                None => return Ok(Value::Number(f64::NAN)),
            }
        }
        Ok(Value::Number(if function == Function::Area { geo::area_m2(&points) } else { geo::distance_m(&points) }))
    }

    /// A pattern that is only known now, compiled once an evaluation; a malformed one matches nothing.
    fn regex(&self, text: &Value<'_>, pattern: &Value<'_>) -> Result<Value<'a>, EvaluateError> {
        let pattern = pattern.to_text();
        if !self.run.patterns.borrow().contains_key(pattern.as_ref()) {
            self.run.spend(PATTERN_WORK)?;
            let compiled = Pattern::new(&pattern).ok();
            self.run.patterns.borrow_mut().insert(pattern.to_string(), compiled);
        }
        match self.run.patterns.borrow().get(pattern.as_ref()) {
            Some(Some(pattern)) => Ok(self.matches(text, pattern)?.into()),
            _ => Ok(false.into()),
        }
    }

    fn matches(&self, text: &Value<'_>, pattern: &Pattern) -> Result<bool, EvaluateError> {
        let text = text.to_text();
        let cost = text.len().saturating_mul(pattern.0.as_str().len()) / 64;
        self.run.spend(u64::try_from(cost).unwrap_or(u64::MAX))?;
        Ok(pattern.0.is_match(&text))
    }

    fn choice_name(&self, value: &Value<'_>, target: usize) -> Value<'a> {
        let checklist = self.run.checklist;
        let choice = checklist.choice(target, &value.to_text());
        choice.map_or(Value::BLANK, |choice| Value::Text(checklist.definition.words(&choice.label, None).into()))
    }

    /// The answer in turns chosen by number, outermost first; turns not chosen are those both share, or the first.
    fn indexed(&self, target: usize, chosen: &'a [(usize, Code)]) -> Result<Value<'a>, EvaluateError> {
        let layout = &self.run.checklist.plan.layout;
        let mut turn = 0;
        let mut around = 0;
        for scope in layout.chain(layout.scope_of(target)) {
            let inside = self.run.inward(around, turn, scope);
            let number = match chosen.iter().find(|(chosen, _)| *chosen == scope) {
                Some((_, code)) => whole(self.value(code)?.to_number(self.run.local), 1 << 32).and_then(|number| usize::try_from(number - 1).ok()),
                None if layout.shared(self.scope, scope) == scope => {
                    Some(self.run.outward(self.scope, self.turn, scope).saturating_sub(inside.start))
                }
                None => Some(0),
            };
            match number.map(|number| inside.start.saturating_add(number)).filter(|turn| inside.contains(turn)) {
                Some(found) => turn = found,
                None => return Ok(Value::BLANK),
            }
            around = scope;
        }
        Ok(self.run.value_at(target, turn).clone())
    }
}

fn counted(count: usize) -> Value<'static> {
    Value::Number(as_f64(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// A number for arithmetic: a text that reads as a date counts as one.
fn number(value: &Value<'_>, local: jiff::tz::Offset) -> f64 {
    match value {
        Value::Text(text) if parse_number(text).is_nan() => value.dated(local).map_or(f64::NAN, |dated| dated.to_number(local)),
        other => other.to_number(local),
    }
}
