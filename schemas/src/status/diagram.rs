//! A life cycle as a page: a Mermaid state diagram and a table of its events, from the same table that judges them.

use super::{ANY, EventRule, Next};
use crate::code::Lang;
use crate::kind::Kind;
use crate::label;

/// The page of a kind's life cycle, in Markdown.
#[must_use]
pub fn page(kind: Kind) -> String {
    let (zh, en) = (label::kind(kind, Lang::Zh), label::kind(kind, Lang::En));
    let diagram = diagram(kind);
    let rules = kind.table().life_cycle.rules;
    let rows: String = rules.iter().map(|rule| row(kind, rule)).collect();
    format!(
        "# The life of a `{kind}`: {zh} ({en})\n\n\
         Made from the table that judges events; `FW_BLESS=1 cargo test -p fieldwatch-schemas --test life_cycles` makes it anew.\n\n\
         ```mermaid\n{diagram}```\n\n\
         | event | | from | to | by | needs |\n|---|---|---|---|---|---|\n{rows}"
    )
}

/// The diagram alone: the events that move a record.
#[must_use]
pub fn diagram(kind: Kind) -> String {
    let life_cycle = kind.table().life_cycle;
    let words = |status: &&str| label::status(kind, status, Lang::Zh).to_owned();
    let statuses = life_cycle.statuses().into_iter();
    let states = statuses.map(|status| format!("    {status}: {status} {}\n", words(&status)));
    let begin = std::iter::once(format!("    [*] --> {}\n", life_cycle.first));
    let arrows = life_cycle.rules.iter().flat_map(|rule| {
        let next = match rule.next {
            Next::Stay => None,
            Next::To(next) => Some(next),
        };
        let arrow = move |next| {
            let line = move |from| format!("    {from} --> {next}: {}\n", rule.event);
            rule.from.iter().map(line)
        };
        next.into_iter().flat_map(arrow)
    });
    let lines: String = states.chain(begin).chain(arrows).collect();
    format!("stateDiagram-v2\n{lines}")
}

fn row(kind: Kind, rule: &EventRule) -> String {
    let from = match rule.from == ANY {
        true => "any".to_owned(),
        false => rule.from.join(", "),
    };
    let to = match rule.next {
        Next::Stay => "(stays)",
        Next::To(next) => next,
    };
    let by: Vec<&str> = rule.roles.iter().map(|role| role.name()).collect();
    format!(
        "| `{}` | {} | {from} | {to} | {} | {} |\n",
        rule.event,
        label::event(kind, rule.event, Lang::Zh),
        by.join(", "),
        rule.needs.join(", "),
    )
}
