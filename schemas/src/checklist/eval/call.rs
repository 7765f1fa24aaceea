//! Function calls that do not simply take values: some are lazy, some take series, some ask the context.

use super::{Scene, counted};
use crate::checklist::EvaluateError;
use crate::checklist::builtin;
use crate::checklist::code::Code;
use crate::checklist::function::Function;
use crate::checklist::geo;
use crate::checklist::limits::TEXT_BYTES_MAX;
use crate::checklist::value::Value;

impl<'a> Scene<'_, 'a> {
    pub(super) fn call(
        &self,
        function: Function,
        arguments: &'a [Code],
    ) -> Result<Value<'a>, EvaluateError> {
        match (function, arguments) {
            (Function::If, [condition, yes, no]) => {
                let holds = self.value(condition)?.to_bool();
                self.value(if holds { yes } else { no })
            }
            (Function::Coalesce, _) => self.coalesce(arguments),
            (Function::Once, [first]) => match self.own() {
                own if own.is_blank() => self.value(first),
                own => Ok(own),
            },
            (Function::Today, _) => Ok(Value::Day(self.run.context.today)),
            (Function::Now, _) => Ok(Value::Moment {
                ms: self.run.context.now_ms,
                offset: self.run.local,
            }),
            (Function::Regex, [text, pattern]) => {
                self.regex(&self.value(text)?, &self.value(pattern)?)
            }
            _ if function.takes_series() => self.of_series(function, arguments),
            _ => self.of_values(function, arguments),
        }
    }

    /// Functions of all the values that a question in a repeat has.
    fn of_series(
        &self,
        function: Function,
        arguments: &'a [Code],
    ) -> Result<Value<'a>, EvaluateError> {
        match (function, arguments) {
            (Function::Count, [only]) => self.count(only),
            (Function::CountNonEmpty, [only]) => {
                let values = self.series(only)?;
                Ok(counted(
                    values.iter().filter(|value| !value.is_blank()).count(),
                ))
            }
            (Function::Join, [separator, rest @ ..]) => {
                let separator = self.value(separator)?;
                self.join(&separator.to_text(), &self.all(rest)?)
            }
            (Function::Concat, _) => self.join("", &self.all(arguments)?),
            (Function::Distance | Function::Area, _) => self.measure(function, arguments),
            _ => {
                let values = self.all(arguments)?;
                let given = values.iter().filter(|value| !value.is_blank());
                let numbers = given.map(|value| value.to_number(self.run.local));
                Ok(Value::Number(builtin::reduce(function, numbers)))
            }
        }
    }

    /// Functions of values; without any, of the question's own.
    fn of_values(
        &self,
        function: Function,
        arguments: &'a [Code],
    ) -> Result<Value<'a>, EvaluateError> {
        let mut values = Vec::with_capacity(arguments.len().max(1));
        for argument in arguments {
            values.push(self.value(argument)?);
        }
        if values.is_empty() {
            values.push(self.own());
        }
        for value in &values {
            self.spend_text(value)?;
        }
        Ok(builtin::apply(function, &values, self.run.local).unwrap_or(Value::BLANK))
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

    fn join(&self, separator: &str, values: &[Value<'_>]) -> Result<Value<'a>, EvaluateError> {
        let mut text = String::new();
        for (place, value) in values.iter().enumerate() {
            if place > 0 {
                text.push_str(separator);
            }
            text.push_str(&value.to_text());
            if text.len() > TEXT_BYTES_MAX {
                break;
            }
        }
        let joined = Value::text(text);
        self.spend_text(&joined)?;
        Ok(joined)
    }

    fn measure(
        &self,
        function: Function,
        arguments: &'a [Code],
    ) -> Result<Value<'a>, EvaluateError> {
        let mut points = Vec::new();
        for value in self.all(arguments)? {
            self.run
                .spend(u64::try_from(value.to_text().len() / 8).unwrap_or(u64::MAX))?;
            match geo::read_points(&value.to_text()) {
                Some(read) => points.extend(read),
                None => return Ok(Value::Number(f64::NAN)),
            }
        }
        Ok(Value::Number(if function == Function::Area {
            geo::area_m2(&points)
        } else {
            geo::distance_m(&points)
        }))
    }
}
