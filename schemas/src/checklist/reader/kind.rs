//! Types as people have spelled them in twenty years of XLSForm.

mod question;

use question::simple;

use crate::checklist::kind::Kind;

/// What a cell of the type column says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Row {
    Begin(Container),
    End(Container),
    Question {
        kind: Kind,
        list: Option<String>,
        or_other: bool,
    },
}

/// What begins and ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Container {
    Group,
    Repeat,
    /// A group for every choice of a list.
    Loop(Option<String>),
}

impl Container {
    /// Its word in messages.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Repeat => "repeat",
            Self::Loop(_) => "loop",
        }
    }
}

/// Older and newer spellings of questions with choices, longest first.
const SELECTS: [(&str, Kind); 13] = [
    ("add select multiple prompt using", Kind::SelectMultiple),
    ("add select one prompt using", Kind::SelectOne),
    ("select all that apply from", Kind::SelectMultiple),
    ("select all that apply", Kind::SelectMultiple),
    ("select multiple from", Kind::SelectMultiple),
    ("select multiple using", Kind::SelectMultiple),
    ("select one using", Kind::SelectOne),
    ("select one from", Kind::SelectOne),
    ("select multiple", Kind::SelectMultiple),
    ("select one", Kind::SelectOne),
    ("q select1", Kind::SelectOne),
    ("select1", Kind::SelectOne),
    ("rank", Kind::Rank),
];

/// Understands a type; what is not known becomes [`Kind::Unsupported`].
pub(super) fn understand(text: &str) -> Row {
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    let lower = text.to_lowercase();
    // Underscores and blanks are the same in types, but not in names of lists.
    let spaced = lower.replace('_', " ");
    if let Some(container) = spaced
        .strip_prefix("begin ")
        .and_then(|rest| container(rest, &text))
    {
        return Row::Begin(container);
    }
    if let Some(container) = spaced
        .strip_prefix("end ")
        .and_then(|rest| container(rest, &text))
    {
        return Row::End(container);
    }
    if spaced.contains("from file") || spaced.contains("one external") {
        return plain(Kind::Unsupported(text));
    }
    for (prefix, kind) in SELECTS {
        if spaced == prefix {
            return plain(kind);
        }
        if spaced.starts_with(prefix) && spaced.get(prefix.len()..prefix.len() + 1) == Some(" ") {
            let rest = text.get(prefix.len() + 1..).unwrap_or_default();
            return select(kind, rest);
        }
    }
    plain(simple(&spaced).unwrap_or(Kind::Unsupported(text)))
}

fn plain(kind: Kind) -> Row {
    Row::Question {
        kind,
        list: None,
        or_other: false,
    }
}

fn select(kind: Kind, rest: &str) -> Row {
    let (list, other) = rest.split_once(' ').unwrap_or((rest, ""));
    let or_other = matches!(
        other.to_lowercase().as_str(),
        "or_other" | "or other" | "or specify other"
    );
    if list.contains("${") || !(or_other || other.is_empty()) {
        return plain(Kind::Unsupported(format!("{} {rest}", kind.as_str())));
    }
    Row::Question {
        kind,
        list: Some(list.to_owned()),
        or_other,
    }
}

/// `written` has the list of a loop in its own case.
fn container(spaced: &str, written: &str) -> Option<Container> {
    match spaced {
        "group" => Some(Container::Group),
        "repeat" | "lgroup" | "looped group" => Some(Container::Repeat),
        "loop" => Some(Container::Loop(None)),
        other => {
            other.strip_prefix("loop ")?;
            let list = written.split(' ').next_back()?;
            Some(Container::Loop(Some(list.to_owned())))
        }
    }
}

#[cfg(test)]
mod tests;
