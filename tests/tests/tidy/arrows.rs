//! Rules about who may know whom: dependencies point down, one folder knows sled, one manifest knows versions.

use toml::{Table, Value};

use crate::{
    tree::{Finding, Source, Tree},
    words::{is_word, names, places},
};

/// The only place that names sled: this file and the folder beside it.
const SLED_HOME: &str = "schemas/src/store/sled";

/// A folder, and a package that nothing in it may know.
const UNKNOWN_TO: [(&str, &str); 8] = [
    ("schemas/", "fieldwatch-client-core"),
    ("schemas/", "fieldwatch-server"),
    ("schemas/", "fieldwatch-tests"),
    ("client-core/", "fieldwatch-server"),
    ("client-core/", "fieldwatch-tests"),
    ("server/src/", "fieldwatch-client-core"),
    ("server/", "fieldwatch-tests"),
    ("server/tests/", "fieldwatch-client-core"),
];

pub(crate) fn pointing_up(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<Finding> = tree.rust().flat_map(imports_pointing_up).collect();
    findings.extend(
        tree.file("server/src/lib.rs")
            .into_iter()
            .flat_map(demo_in_the_library),
    );
    for (manifest, table) in members(tree) {
        findings.extend(dependencies_pointing_up(manifest, &table));
    }
    findings
}

fn imports_pointing_up(source: &Source) -> Vec<Finding> {
    if belongs_to_the_demo(&source.path) {
        return Vec::new();
    }
    let banned = UNKNOWN_TO
        .iter()
        .filter(|(folder, _)| source.path.starts_with(folder));
    let banned: Vec<String> = banned
        .map(|(_, package)| package.replace('-', "_"))
        .collect();
    let mut findings = Vec::new();
    for (line, code) in source.code_lines() {
        for name in banned.iter().filter(|name| names(code, name)) {
            let advice = format!(
                "`{name}` is above this crate: dependencies point down (docs/ARCHITECTURE.md)"
            );
            findings.push(source.finding(line, advice));
        }
    }
    findings
}

/// The server's binary tells its story with real devices; only the binary.
fn belongs_to_the_demo(path: &str) -> bool {
    path == "server/src/main.rs" || path.starts_with("server/src/demo")
}

fn demo_in_the_library(lib: &Source) -> Vec<Finding> {
    let declared = lib
        .code_lines()
        .filter(|(_, code)| names(code, "mod") && names(code, "demo"));
    let advice = "declare the demo in `main.rs`: the library must not know the client";
    declared
        .map(|(line, _)| lib.finding(line, advice))
        .collect()
}

fn dependencies_pointing_up(manifest: &Source, table: &Table) -> Vec<Finding> {
    let folder = manifest.path.trim_end_matches("Cargo.toml");
    let above = |name: &str| {
        UNKNOWN_TO
            .iter()
            .any(|(below, package)| below.starts_with(folder) && *package == name)
    };
    let mut findings = Vec::new();
    for (section, name, value) in dependencies(table) {
        let optional = value.get("optional").and_then(Value::as_bool) == Some(true);
        let for_the_demo = folder == "server/"
            && name == "fieldwatch-client-core"
            && section == "dependencies"
            && optional;
        if above(&name) && !for_the_demo {
            let advice = "this dependency points up (the server may know the client only behind its optional feature `demo`)";
            findings.push(finding_at(manifest, &name, advice));
        }
    }
    findings
}

pub(crate) fn sled_outside_its_folder(tree: &Tree) -> Vec<Finding> {
    let home = [format!("{SLED_HOME}.rs"), format!("{SLED_HOME}/")];
    let outside = tree
        .rust()
        .filter(|source| !home.iter().any(|home| source.path.starts_with(home)));
    let mut findings = Vec::new();
    for source in outside {
        for (line, _) in source.code_lines().filter(|(_, code)| names_sled(code)) {
            findings.push(source.finding(
                line,
                format!("go through the store: sled is named in {SLED_HOME}.rs only"),
            ));
        }
    }
    for (manifest, table) in
        members(tree).filter(|(manifest, _)| manifest.path != "schemas/Cargo.toml")
    {
        for (_, name, _) in dependencies(&table)
            .into_iter()
            .filter(|(_, name, _)| name == "sled")
        {
            findings.push(finding_at(
                manifest,
                &name,
                "only `schemas` depends on sled, for the store",
            ));
        }
    }
    findings
}

/// Whether the crate is named, and not our module of that name: `sled::Db`, `::sled`, but not `store::sled::SledStore`.
fn names_sled(code: &str) -> bool {
    places(code, "sled").any(|(before, after)| {
        let imported = ["use", "crate"]
            .iter()
            .any(|word| before.trim_end().ends_with(word));
        match before.strip_suffix("::") {
            Some(parent) => !parent.ends_with(|c: char| is_word(c) || c == '>'),
            None => after.trim_start().starts_with("::") || imported,
        }
    })
}

pub(crate) fn versions_outside_the_root(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (manifest, table) in members(tree) {
        for (_, name, value) in dependencies(&table) {
            if value.get("workspace").and_then(Value::as_bool) != Some(true) {
                let advice = format!(
                    "state the version of `{name}` once, in the root, and write `{name}.workspace = true`"
                );
                findings.push(finding_at(manifest, &name, &advice));
            }
        }
    }
    findings
}

/// The manifests of the workspace's members.
pub(crate) fn members(tree: &Tree) -> impl Iterator<Item = (&Source, Table)> {
    let root = tree
        .file("Cargo.toml")
        .and_then(|root| root.text.parse::<Table>().ok());
    let listed = root.and_then(|root| root.get("workspace")?.get("members")?.as_array().cloned());
    let names: Vec<String> = listed
        .into_iter()
        .flatten()
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    names.into_iter().filter_map(|name| {
        let manifest = tree.file(&format!("{name}/Cargo.toml"))?;
        Some((manifest, manifest.text.parse().ok()?))
    })
}

/// Every dependency of a manifest: its section, its name, what is said about it.
fn dependencies(table: &Table) -> Vec<(String, String, Value)> {
    let targets = table.get("target").and_then(Value::as_table);
    let per_target = targets
        .into_iter()
        .flatten()
        .filter_map(|(_, target)| target.as_table());
    let mut found = Vec::new();
    for table in std::iter::once(table).chain(per_target) {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let listed = table
                .get(section)
                .and_then(Value::as_table)
                .into_iter()
                .flatten();
            found.extend(
                listed.map(|(name, value)| (section.to_owned(), name.clone(), value.clone())),
            );
        }
    }
    found
}

/// A finding on the line of a manifest that begins with the dependency's name.
fn finding_at(manifest: &Source, name: &str, advice: &str) -> Finding {
    let at = manifest
        .text
        .lines()
        .position(|line| line.starts_with(name));
    manifest.finding(at.map_or(1, |at| at + 1), advice)
}
