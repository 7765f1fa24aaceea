//! Patterns: what they cost is charged before they run.

use super::Scene;
use crate::checklist::EvaluateError;
use crate::checklist::code::Pattern;
use crate::checklist::value::Value;

/// Work charged for compiling a pattern that is only known now.
const PATTERN_WORK: u64 = 50_000;

impl<'a> Scene<'_, 'a> {
    /// A pattern that is only known now, compiled once an evaluation; a malformed one matches nothing.
    pub(super) fn regex(
        &self,
        text: &Value<'_>,
        pattern: &Value<'_>,
    ) -> Result<Value<'a>, EvaluateError> {
        let pattern = pattern.to_text();
        if !self.run.patterns.borrow().contains_key(pattern.as_ref()) {
            self.run.spend(PATTERN_WORK)?;
            let compiled = Pattern::new(&pattern).ok();
            self.run
                .patterns
                .borrow_mut()
                .insert(pattern.to_string(), compiled);
        }
        match self.run.patterns.borrow().get(pattern.as_ref()) {
            Some(Some(pattern)) => Ok(self.matches(text, pattern)?.into()),
            _ => Ok(false.into()),
        }
    }

    pub(super) fn matches(
        &self,
        text: &Value<'_>,
        pattern: &Pattern,
    ) -> Result<bool, EvaluateError> {
        let text = text.to_text();
        let cost = text.len().saturating_mul(pattern.0.as_str().len()) / 64;
        self.run.spend(u64::try_from(cost).unwrap_or(u64::MAX))?;
        Ok(pattern.0.is_match(&text))
    }
}
