//! Rust text with its comments and literals blanked, so that a rule about code is not fooled by prose.
//!
//! Lines stay where they are: a finding in the blanked text has the line number of the original.

/// Replaces comments and the contents of string and character literals by spaces; newlines stay.
pub(crate) fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let prose = prose_len(rest);
        let (token, tail) = rest.split_at(prose.unwrap_or(first.len_utf8()));
        match prose {
            Some(_) => code.extend(token.chars().map(|c| if c == '\n' { '\n' } else { ' ' })),
            None => code.push_str(token),
        }
        rest = tail;
    }
    code
}

/// The length in bytes of the comment or literal that `rest` begins with, if it begins with one.
fn prose_len(rest: &str) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment_len(rest));
    }
    if let Some(body) = rest.strip_prefix('"') {
        return Some(1 + escaped_len(body, '"'));
    }
    if let Some(body) = rest.strip_prefix('\'') {
        return char_len(body).map(|len| 1 + len);
    }
    raw_string_len(rest)
}

/// Block comments nest in Rust.
fn block_comment_len(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length up to and with the closing quote, skipping what a backslash escapes.
fn escaped_len(body: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    body.len()
}

/// A character literal, not a lifetime: either an escape or one character with a quote after it.
fn char_len(body: &str) -> Option<usize> {
    let mut chars = body.chars();
    let first = chars.next()?;
    if first == '\\' {
        return Some(escaped_len(body, '\''));
    }
    (chars.next() == Some('\'')).then(|| first.len_utf8() + 1)
}

/// `r"…"` and `r#"…"#` with any number of hashes; `r#name` is an identifier and stays.
fn raw_string_len(rest: &str) -> Option<usize> {
    let after_r = rest.strip_prefix('r')?;
    let body = after_r.trim_start_matches('#');
    let hashes = after_r.len() - body.len();
    let opening = 1 + hashes + 1;
    let end = format!("\"{}", "#".repeat(hashes));
    let len = body.strip_prefix('"')?.find(&end).map(|at| at + end.len());
    Some(len.map_or(rest.len(), |len| opening + len))
}

#[cfg(test)]
mod tests {
    use super::code_of;

    #[test]
    fn comments_and_literals_are_blanked_and_lines_stay() {
        let text = "a // b\n/* c /* d */ e\n*/ f \"g\\\"h\" i 'j' k '\\'' l<'m> r#\"n\"o\"# p r#q";
        let code = code_of(text);
        let words: Vec<&str> = code.split_whitespace().collect();
        assert_eq!(words, ["a", "f", "i", "k", "l<'m>", "p", "r#q"]);
        assert_eq!(code.lines().count(), text.lines().count());
    }

    #[test]
    fn an_unclosed_literal_ends_with_the_text() {
        assert_eq!(code_of("x \"y").trim_end(), "x");
        assert_eq!(code_of("x /* y").trim_end(), "x");
        assert_eq!(code_of("x r##\"y\"#").trim_end(), "x");
    }
}
