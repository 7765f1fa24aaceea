//! Rules about files: how they open, how long they are, what they are called.

use crate::tree::{Finding, Source, Tree};

/// No file that people write is longer.
const LINES_MAX: usize = 500;
/// Half of the files are no longer than this.
const LINES_MEDIAN_MAX: usize = 120;
/// The files that people write, by ending; the rest is generated, golden or data.
const WRITTEN: [&str; 8] = ["rs", "md", "toml", "cddl", "sh", "py", "js", "ts"];
/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 9] = [
    "util", "utils", "common", "helper", "helpers", "types", "model", "models", "manager",
];

pub(crate) fn without_header(tree: &Tree) -> Vec<Finding> {
    let opens = |source: &&Source| {
        let first = source.text.lines().find(|line| !line.starts_with("#!"));
        let words = first.and_then(|line| line.strip_prefix("//! "));
        words.is_some_and(|words| words.split_whitespace().count() >= 2)
    };
    let advice = "open the file with `//! `: what it is for and what a reader must know first";
    tree.rust()
        .filter(|source| !opens(source))
        .map(|source| source.finding(1, advice))
        .collect()
}

pub(crate) fn too_long(tree: &Tree) -> Vec<Finding> {
    let written = tree
        .sources()
        .filter(|file| WRITTEN.iter().any(|ending| file.has_ending(ending)));
    let long = written.filter(|file| file.text.lines().count() > LINES_MAX);
    let advice = format!("split by meaning: a file has at most {LINES_MAX} lines");
    long.map(|file| file.finding(LINES_MAX + 1, advice.clone()))
        .collect()
}

pub(crate) fn median_too_long(tree: &Tree) -> Vec<Finding> {
    let sources = tree.rust().filter(|source| !source.is_test());
    let mut by_length: Vec<(usize, &Source)> = sources
        .map(|source| (source.text.lines().count(), source))
        .collect();
    by_length.sort_by(|left, right| left.0.cmp(&right.0).then(left.1.path.cmp(&right.1.path)));
    let median = by_length.get(by_length.len() / 2);
    let long = median.filter(|(lines, _)| *lines > LINES_MEDIAN_MAX);
    let advice = |lines: &usize| {
        format!(
            "the median file has {lines} lines, more than {LINES_MEDIAN_MAX}: split this one and longer ones"
        )
    };
    long.map(|(lines, source)| source.finding(1, advice(lines)))
        .into_iter()
        .collect()
}

pub(crate) fn badly_named(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = tree.rust().filter_map(badly_named_file).collect();
    findings.extend(tree.rust().flat_map(badly_named_modules));
    findings
}

fn badly_named_file(source: &Source) -> Option<Finding> {
    let parts = source
        .path
        .split('/')
        .map(|part| part.trim_end_matches(".rs"));
    let empty = parts.into_iter().find(|part| EMPTY_NAMES.contains(part));
    if source.path.ends_with("/mod.rs") {
        return Some(source.finding(1, "name it after its folder, beside it: `foo.rs` + `foo/`"));
    }
    empty.map(|name| {
        source.finding(
            1,
            format!("`{name}` says nothing: name it after what it does"),
        )
    })
}

fn badly_named_modules(source: &Source) -> Vec<Finding> {
    let declared = source.code_lines().filter_map(|(line, code)| {
        let name = code
            .trim_start()
            .trim_start_matches("pub ")
            .strip_prefix("mod ")?;
        let name = name
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .next()?;
        EMPTY_NAMES.contains(&name).then_some((line, name))
    });
    let advice = |name| format!("module `{name}` says nothing: name it after what it does");
    declared
        .map(|(line, name)| source.finding(line, advice(name)))
        .collect()
}

pub(crate) fn names_this_machine(tree: &Tree) -> Vec<Finding> {
    // Put together here, so that this file does not name them.
    let homes = ["root", "work"].map(|folder| format!("/{folder}/"));
    let mut findings = Vec::new();
    for source in tree.sources() {
        for (line, text) in (1..).zip(source.text.lines()) {
            if homes.iter().any(|home| names_folder(text, home)) {
                findings.push(source.finding(line, "name no folder of one machine"));
            }
        }
    }
    findings
}

/// Whether an absolute path below `home` stands in the text; `client/work/x` is another folder, `instance('l')/…` an XPath.
fn names_folder(text: &str, home: &str) -> bool {
    text.match_indices(home).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || "-_.)".contains(c))
    })
}
