//! What a heading means.

use super::Column;

pub(super) fn understand(
    heading: &str,
    by_double_colon: bool,
    names: fn(&str) -> Option<&'static str>,
) -> Column {
    let whole = snake(heading);
    if let Some(name) = names(&whole) {
        return Column {
            name: name.to_owned(),
            language: None,
        };
    }
    let separator = if by_double_colon { "::" } else { ":" };
    let Some((first, rest)) = heading.split_once(separator) else {
        return Column {
            name: heading.trim().to_owned(),
            language: None,
        };
    };
    let rest = rest.trim();
    let (first, rest) = match snake(first).as_str() {
        // `bind::relevant`, `media::image::English`: the first word only says where it goes.
        "bind" | "control" | "body" | "media" => rest.split_once(separator).unwrap_or((rest, "")),
        _ => (first, rest),
    };
    match names(&snake(first)) {
        Some(name) => Column {
            name: name.to_owned(),
            language: Some(rest.trim().to_owned()).filter(|language| !language.is_empty()),
        },
        None => Column {
            name: heading.trim().to_owned(),
            language: None,
        },
    }
}

/// `Constraint  Message` → `constraint_message`.
pub(in crate::checklist::reader) fn snake(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join("_")
        .to_lowercase()
}
