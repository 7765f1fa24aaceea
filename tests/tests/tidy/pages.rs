//! Rules about what is written for people: paths that exist, a code map that is whole, decisions that are short, one test command.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    arrows::members,
    tree::{Finding, Source, Tree},
};

/// Where a path of this repository can begin.
const TOP_LEVEL: [&str; 8] = [
    "schemas",
    "client-core",
    "server",
    "tests",
    "docs",
    ".ci",
    "web",
    "bindings",
];
/// A decision that needs more is two decisions.
const DECISION_LINES_MAX: usize = 60;
/// Where the code map stands.
const MAP: &str = "docs/ARCHITECTURE.md";
/// What the README must give first and second, as the first line of its first two `sh` blocks.
pub(crate) const COMMANDS: [&str; 2] = [
    "cargo run --release -- demo --once",
    "cargo test --workspace",
];

fn pages(tree: &Tree) -> impl Iterator<Item = &Source> {
    let top = ["README.md", "CONTRIBUTING.md"];
    tree.sources().filter(move |page| {
        top.contains(&page.path.as_str())
            || (page.path.starts_with("docs/") && page.has_ending("md"))
    })
}

/// The lines of a page outside its fenced blocks, numbered from 1.
fn prose(page: &Source) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    (1..).zip(page.text.lines()).filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// What stands between backticks in a line.
fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

pub(crate) fn paths_that_do_not_exist(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for page in pages(tree) {
        for (line, text) in prose(page) {
            let named = code_spans(text)
                .flat_map(str::split_whitespace)
                .filter_map(repository_path);
            let linked = text
                .split("](")
                .skip(1)
                .filter_map(|rest| linked_path(page, rest));
            for path in named.chain(linked).filter(|path| !tree.contains(path)) {
                findings.push(page.finding(
                    line,
                    format!("`{path}` does not exist: write it, or mend the page"),
                ));
            }
        }
    }
    findings
}

/// The path that a word names, up to its first placeholder: `docs/examples/*.toml` promises `docs/examples`.
fn repository_path(word: &str) -> Option<String> {
    let word = word.trim_end_matches(|c: char| ",.;:)".contains(c));
    let (top, _) = word.split_once('/')?;
    if !TOP_LEVEL.contains(&top) {
        return None;
    }
    let whole = |part: &&str| !part.contains(|c: char| "*<>{}…$[".contains(c));
    let parts: Vec<&str> = word
        .split('/')
        .take_while(whole)
        .filter(|part| !part.is_empty())
        .collect();
    let path = parts.join("/");
    Some(path.split([':', '#']).next().unwrap_or_default().to_owned())
}

/// The path that a link leads to, if it stays inside the repository.
fn linked_path(page: &Source, rest: &str) -> Option<String> {
    let target = rest
        .split([')', '#', ' '])
        .next()
        .filter(|target| !target.is_empty() && !target.contains(':'))?;
    let mut parts: Vec<&str> = page.path.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

pub(crate) fn decisions_out_of_shape(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut numbers = BTreeSet::new();
    for page in pages(tree).filter(|page| page.path.starts_with("docs/adr/")) {
        let name = page.path.trim_start_matches("docs/adr/");
        let number = name
            .split('-')
            .next()
            .filter(|number| number.len() == 4 && number.parse::<u16>().is_ok());
        if page.text.lines().count() > DECISION_LINES_MAX {
            let advice = format!(
                "a decision has at most {DECISION_LINES_MAX} lines: shorten it, or make it two"
            );
            findings.push(page.finding(DECISION_LINES_MAX + 1, advice));
        }
        if !page.text.starts_with("# ") {
            findings.push(page.finding(1, "begin with the decision as a heading: `# …`"));
        }
        if !number.is_some_and(|number| numbers.insert(number.to_owned())) {
            findings.push(page.finding(
                1,
                "name it `NNNN-words.md`, with a number that no other decision has",
            ));
        }
    }
    findings
}

pub(crate) fn holes_in_the_code_map(tree: &Tree) -> Vec<Finding> {
    let map = tree.file(MAP).map(code_map).unwrap_or_default();
    let mut findings = Vec::new();
    for (manifest, _) in members(tree) {
        let member = manifest.path.trim_end_matches("/Cargo.toml");
        let modules = modules(tree, member);
        let empty = (1, BTreeMap::new());
        let (heading, rows) = map.get(member).unwrap_or(&empty);
        for module in modules.iter().filter(|module| !rows.contains_key(*module)) {
            let advice = format!(
                "add to `### {member}` a row for {member}/src/{module}: | `{module}` | what it is for |"
            );
            findings.push(Finding {
                path: MAP.to_owned(),
                line: *heading,
                advice,
            });
        }
        for (module, line) in rows.iter().filter(|(module, _)| !modules.contains(*module)) {
            let advice =
                format!("take `{module}` out of the code map: {member}/src has no such module");
            findings.push(Finding {
                path: MAP.to_owned(),
                line: *line,
                advice,
            });
        }
    }
    findings
}

/// What stands directly under a member's `src`, a file and its folder as one; not the crate roots.
fn modules(tree: &Tree, member: &str) -> BTreeSet<String> {
    let folder = format!("{member}/src/");
    let below = tree.paths().filter_map(|path| path.strip_prefix(&folder));
    let first = below
        .filter_map(|path| path.split('/').next())
        .map(|name| name.trim_end_matches(".rs"));
    first
        .filter(|name| !["lib", "main"].contains(name))
        .map(str::to_owned)
        .collect()
}

/// Per crate, under a heading `### name`: the line of the heading, and the line of each module that a first cell names.
fn code_map(page: &Source) -> BTreeMap<String, (usize, BTreeMap<String, usize>)> {
    let mut map: BTreeMap<String, (usize, BTreeMap<String, usize>)> = BTreeMap::new();
    let mut member = None;
    for (line, text) in prose(page) {
        if text.starts_with('#') {
            member = text
                .strip_prefix("### ")
                .map(|name| name.trim().trim_matches('`').to_owned());
            map.extend(
                member
                    .clone()
                    .map(|member| (member, (line, BTreeMap::new()))),
            );
        } else if let Some((member, row)) = member.as_ref().zip(text.trim_start().strip_prefix('|'))
        {
            let cell = row.split('|').next().unwrap_or_default();
            let names = code_spans(cell).map(|name| {
                name.trim_end_matches(".rs")
                    .trim_end_matches('/')
                    .to_owned()
            });
            map.entry(member.clone())
                .or_default()
                .1
                .extend(names.map(|name| (name, line)));
        }
    }
    map
}

pub(crate) fn commands_out_of_place(tree: &Tree) -> Vec<Finding> {
    let readme = tree
        .file("README.md")
        .map(|readme| (readme, first_commands(readme)));
    let Some((readme, found)) = readme else {
        return vec![Finding {
            path: "README.md".to_owned(),
            line: 1,
            advice: "write it".to_owned(),
        }];
    };
    let mut findings = Vec::new();
    for (index, command) in COMMANDS.iter().enumerate() {
        if found.get(index).map(|(_, found)| found.as_str()) != Some(command) {
            let line = found.get(index).map_or(1, |(line, _)| *line);
            findings.push(readme.finding(
                line,
                format!("`sh` block {} must begin with: {command}", index + 1),
            ));
        }
    }
    findings
}

/// The first command of every `sh` block, with its line.
fn first_commands(page: &Source) -> Vec<(usize, String)> {
    let mut commands = Vec::new();
    let mut wanted = false;
    for (line, text) in (1..).zip(page.text.lines()) {
        if text.starts_with("```") {
            wanted = text == "```sh";
        } else if wanted && !text.trim().is_empty() && !text.starts_with('#') {
            commands.push((line, text.to_owned()));
            wanted = false;
        }
    }
    commands
}
