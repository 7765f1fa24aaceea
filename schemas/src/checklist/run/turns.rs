//! Turns of repeats: as many as the form says, or as the answers speak of.

use super::{Run, Turn};
use crate::checklist::EvaluateError;
use crate::checklist::eval::Scene;
use crate::checklist::limits::{TURNS_MAX, TURNS_TOTAL_MAX};
use crate::checklist::value::whole;

impl Run<'_> {
    /// Looks through the paths of the answers for the turns they speak of.
    pub(super) fn find_turns(&mut self) {
        let layout = &self.checklist.plan.layout;
        for (path, json) in self.answers {
            if json.is_null() || !path.contains('[') {
                continue;
            }
            let Some((plain, numbers)) = split_path(path) else {
                continue;
            };
            let Some(item) = layout.by_path.get(&plain) else {
                continue;
            };
            let chain = layout.chain(layout.scope_of(*item));
            if chain.len() != numbers.len() || layout.path(*item, &numbers) != *path {
                continue;
            }
            for (depth, scope) in chain.iter().enumerate() {
                if let Some(present) = self.present.get_mut(*scope) {
                    present.insert(numbers.iter().take(depth + 1).copied().collect());
                }
            }
        }
    }

    /// Opens the turns of a repeat: as many as its count says, or those that have answers.
    pub(super) fn open(&mut self, item: usize) -> Result<(), EvaluateError> {
        let Some((_, place, rules)) = self.item(item) else {
            return Ok(());
        };
        let Some(opens) = place.opens else {
            return Ok(());
        };
        let mut turns: Vec<Turn> = Vec::new();
        let mut inside = Vec::with_capacity(self.turns_of(item));
        for around in 0..self.turns_of(item) {
            self.spend(1)?;
            let numbers: Vec<u32> = match &rules.count {
                Some(_) if !self.is_relevant(item, around) => Vec::new(),
                Some(code) => {
                    let wanted = Scene::raw(self, item, around)
                        .value(code)?
                        .to_number(self.local);
                    (1..).take(count_of(wanted)).collect()
                }
                None => self.answered_turns(opens, place.scope, around),
            };
            let start = turns.len();
            let prefix = self
                .turn(place.scope, around)
                .map_or("", |turn| turn.prefix.as_str());
            for (position, number) in (1_u32..).zip(numbers.iter().take(TURNS_MAX)) {
                let prefix = format!("{prefix}{}[{number}].", place.leaf);
                turns.push(Turn {
                    parent: around,
                    number: *number,
                    position,
                    prefix,
                });
            }
            inside.push(start..turns.len());
        }
        self.turns_total += turns.len();
        if self.turns_total > TURNS_TOTAL_MAX {
            return Err(EvaluateError::TooManyTurns);
        }
        self.spend(u64::try_from(turns.len()).unwrap_or(u64::MAX))?;
        if let (Some(all), Some(ranges)) = (self.turns.get_mut(opens), self.inside.get_mut(opens)) {
            *all = turns;
            *ranges = inside;
        }
        Ok(())
    }

    /// Numbers of the turns with answers, inside one turn of the scope around.
    fn answered_turns(&self, opens: usize, mut scope: usize, mut around: usize) -> Vec<u32> {
        let mut outer = Vec::new();
        while scope != 0 {
            let Some(turn) = self.turn(scope, around) else {
                return Vec::new();
            };
            outer.push(turn.number);
            around = turn.parent;
            scope = self
                .checklist
                .plan
                .layout
                .scopes
                .get(scope)
                .map_or(0, |scope| scope.parent);
        }
        outer.reverse();
        let from = self
            .present
            .get(opens)
            .into_iter()
            .flat_map(|present| present.range(outer.clone()..));
        from.take_while(|numbers| numbers.starts_with(&outer))
            .filter_map(|numbers| numbers.last().copied())
            .collect()
    }
}

/// A count as whole turns: fractions are cut, nonsense is none.
fn count_of(wanted: f64) -> usize {
    whole(libm::floor(wanted), i64::MAX / 1024).map_or(0, |count| {
        usize::try_from(count.max(0))
            .unwrap_or(TURNS_MAX)
            .min(TURNS_MAX)
    })
}

/// `visit[1].sample[3].brand` → (`visit.sample.brand`, [1, 3]); none where it is written otherwise.
pub(in crate::checklist) fn split_path(path: &str) -> Option<(String, Vec<u32>)> {
    let mut plain = String::with_capacity(path.len());
    let mut numbers = Vec::new();
    let mut pieces = path.split('[');
    plain.push_str(pieces.next()?);
    for piece in pieces {
        let (number, rest) = piece.split_once(']')?;
        let canonical =
            !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit());
        numbers.push(
            number
                .parse()
                .ok()
                .filter(|number| canonical && *number > 0)?,
        );
        if !rest.is_empty() && !rest.starts_with('.') {
            return None;
        }
        plain.push_str(rest);
    }
    Some((plain, numbers))
}
