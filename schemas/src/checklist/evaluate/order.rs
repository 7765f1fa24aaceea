//! Which items there are in which turns, and which answers belong to none of them.

use crate::checklist::run::{Run, split_path};

/// Every item in every turn as a reader of the form meets them: all of one turn, then the next.
pub(super) fn document_order(run: &Run<'_>) -> Vec<(usize, usize)> {
    let mut order = Vec::new();
    walk(run, 0, run.columns.len(), 0, &mut order);
    order
}

fn walk(run: &Run<'_>, from: usize, to: usize, turn: usize, order: &mut Vec<(usize, usize)>) {
    let mut item = from;
    while item < to {
        order.push((item, turn));
        let Some((_, place, _)) = run.item(item) else {
            return;
        };
        match place.opens {
            Some(scope) => {
                let inside = run.inside(scope, turn);
                for turn in inside {
                    walk(run, item + 1, place.end, turn, order);
                }
                item = place.end;
            }
            None => item += 1,
        }
    }
}

/// Answers that do not count now: of questions that are not relevant, of turns that are not there, of no question.
pub(super) fn ignored(run: &Run<'_>) -> Vec<String> {
    let given = run.answers.iter().filter(|(_, json)| !json.is_null());
    given
        .filter(|(path, _)| !counts(run, path))
        .map(|(path, _)| path.clone())
        .collect()
}

fn counts(run: &Run<'_>, path: &str) -> bool {
    let Some((item, (_, place, _))) = run
        .checklist
        .item_at(path)
        .and_then(|item| Some((item, run.item(item)?)))
    else {
        return false;
    };
    if place.scope == 0 {
        return place.leaf == path && run.is_relevant(item, 0);
    }
    let Some((_, numbers)) = split_path(path) else {
        return false;
    };
    let mut turn = 0;
    for (scope, number) in run
        .checklist
        .plan
        .layout
        .chain(place.scope)
        .into_iter()
        .zip(numbers)
    {
        let inside = run.inside(scope, turn);
        match inside.into_iter().find(|turn| {
            run.turn(scope, *turn)
                .is_some_and(|found| found.number == number)
        }) {
            Some(found) => turn = found,
            None => return false,
        }
    }
    let prefix = run
        .turn(place.scope, turn)
        .map_or("", |turn| turn.prefix.as_str());
    path.strip_prefix(prefix) == Some(&place.leaf) && run.is_relevant(item, turn)
}
