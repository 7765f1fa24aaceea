//! Finding a word in a line of code, where a word is what Rust takes for an identifier.

/// Every place where `word` stands by itself: what is before it and what is after it.
pub(crate) fn places<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    line.match_indices(word).filter_map(move |(at, _)| {
        let before = line.get(..at)?;
        let after = line.get(at + word.len()..)?;
        let inside = before.ends_with(is_word) || after.starts_with(is_word);
        (!inside).then_some((before, after))
    })
}

/// Whether `word` stands in the line by itself.
pub(crate) fn names(line: &str, word: &str) -> bool {
    places(line, word).next().is_some()
}

/// Whether a character can be part of an identifier.
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_word_inside_another_is_not_found() {
        assert!(names("use sled::Db;", "sled"));
        assert!(!names("use bobsled::Db;", "sled"));
        assert!(!names("sled_like()", "sled"));
    }
}
