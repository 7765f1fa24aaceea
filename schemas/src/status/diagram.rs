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

/// From so many statuses on, an event is drawn from all of them together.
const MANY: usize = 10;

/// The diagram alone: the events that move a record. What may happen from many statuses is drawn from a frame around them.
#[must_use]
pub fn diagram(kind: Kind) -> String {
    let life_cycle = kind.table().life_cycle;
    let framed = framed(kind);
    let state = |status: &&str| {
        let words = label::status(kind, status, Lang::Zh);
        format!("    {status}: {status} {words}\n")
    };
    let states: String = life_cycle.statuses().iter().map(state).collect();
    let inside: String = framed
        .iter()
        .flat_map(|statuses| statuses.iter())
        .map(|status| format!("        {status}\n"))
        .collect();
    let frame = match framed {
        Some(_) => format!("    state open {{\n{inside}    }}\n"),
        None => String::new(),
    };
    let arrows: String = life_cycle
        .rules
        .iter()
        .map(|rule| arrows(rule, framed))
        .collect();
    let first = life_cycle.first;
    format!("stateDiagram-v2\n{states}{frame}    [*] --> {first}\n{arrows}")
}

/// The statuses that are framed as `open`, if a kind has so many alike.
fn framed(kind: Kind) -> Option<&'static [&'static str]> {
    let mut rules = kind.table().life_cycle.rules.iter();
    rules
        .find(|rule| rule.from.len() >= MANY)
        .map(|rule| rule.from)
}

fn arrows(rule: &EventRule, framed: Option<&[&str]>) -> String {
    let Next::To(next) = rule.next else {
        return String::new();
    };
    let from = match framed {
        Some(statuses) if statuses == rule.from => &["open"],
        _ => rule.from,
    };
    let line = |from: &&str| format!("    {from} --> {next}: {}\n", rule.event);
    from.iter().map(line).collect()
}

fn row(kind: Kind, rule: &EventRule) -> String {
    let from = match rule.from {
        ANY => "any".to_owned(),
        from if framed(kind) == Some(from) => "any that is open".to_owned(),
        from => from.join(", "),
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
