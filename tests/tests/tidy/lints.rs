//! Rules about exceptions: none without a reason, and none that switches a lint off for good.

use crate::{
    arrows::members,
    tree::{Finding, Source, Tree},
    words::places,
};

/// Macros that mark work as unfinished.
const UNFINISHED: [&str; 3] = ["dbg", "todo", "unimplemented"];

pub(crate) fn unfinished(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in tree.rust() {
        for (line, code) in source.code_lines() {
            let found = UNFINISHED
                .iter()
                .find(|name| places(code, name).any(|(_, after)| after.starts_with('!')));
            findings.extend(
                found.map(|name| source.finding(line, format!("finish what `{name}!` stands for"))),
            );
        }
    }
    findings
}

pub(crate) fn allowed_for_good(tree: &Tree) -> Vec<Finding> {
    let advice = "write `#[expect(…, reason = \"…\")]`: it tells when it is no longer needed";
    let mut findings = Vec::new();
    for source in tree.rust() {
        for (line, code) in source.code_lines() {
            let attribute = code.trim_start().starts_with('#');
            if attribute && places(code, "allow").any(|(_, after)| after.starts_with('(')) {
                findings.push(source.finding(line, advice));
            }
        }
    }
    findings
}

pub(crate) fn expected_without_reason(tree: &Tree) -> Vec<Finding> {
    tree.rust().flat_map(expectations_without_reason).collect()
}

fn expectations_without_reason(source: &Source) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (at, opening) in ["#[expect(", "#![expect("]
        .iter()
        .flat_map(|opening| source.code.match_indices(opening))
    {
        let before = source.code.get(..at).unwrap_or_default();
        let attribute = source.text_at(at, opening.len());
        if !gives_a_reason(&attribute) {
            let line = before.matches('\n').count() + 1;
            findings.push(source.finding(line, "say why: `reason = \"…\"` inside the attribute"));
        }
    }
    findings
}

/// Whether an attribute has a reason of at least two words.
fn gives_a_reason(attribute: &str) -> bool {
    let after = attribute
        .split_once("reason")
        .map(|(_, after)| after.trim_start());
    let quoted = after.and_then(|after| {
        after
            .strip_prefix('=')?
            .trim_start()
            .strip_prefix('"')?
            .split('"')
            .next()
    });
    quoted.is_some_and(|reason| reason.split_whitespace().count() >= 2)
}

pub(crate) fn manifests_that_weaken(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (manifest, table) in members(tree) {
        let inherits = table
            .get("lints")
            .and_then(|lints| lints.get("workspace")?.as_bool());
        if inherits != Some(true) {
            findings.push(manifest.finding(
                1,
                "take the workspace's lints: `[lints]` with `workspace = true`",
            ));
        }
        findings.extend(long_functions(tree, manifest));
    }
    findings.extend(
        tree.sources()
            .filter(|file| file.path.ends_with("Cargo.toml"))
            .flat_map(allowed_in_silence),
    );
    findings
}

/// A crate's own `clippy.toml` replaces the others, so each must hold the length of functions.
fn long_functions(tree: &Tree, manifest: &Source) -> Option<Finding> {
    let path = manifest.path.replace("Cargo.toml", "clippy.toml");
    let holds = |file: &Source| {
        file.text
            .lines()
            .any(|line| line.trim() == "too-many-lines-threshold = 60")
    };
    (!tree.file(&path).is_some_and(holds)).then(|| Finding {
        path,
        line: 1,
        advice: "say `too-many-lines-threshold = 60`".to_owned(),
    })
}

fn allowed_in_silence(manifest: &Source) -> Vec<Finding> {
    let switched_off = (1..)
        .zip(manifest.text.lines())
        .filter(|(_, line)| line.contains("\"allow\""));
    let silent = switched_off.filter(|(_, line)| !line.contains('#'));
    silent
        .map(|(line, _)| {
            manifest.finding(
                line,
                "say why this lint is off, after a `#` on the same line",
            )
        })
        .collect()
}
