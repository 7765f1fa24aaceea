//! The rules of the house, held as tests: what `CONTRIBUTING.md` asks of every file, and what no compiler checks.
//!
//! Each test reads the whole repository and fails with `path:line: what to do`. `bites` plants a violation of every rule, so that
//! a rule that has gone blind is noticed.

#[path = "tidy/arrows.rs"]
mod arrows;
#[path = "tidy/bites.rs"]
mod bites;
#[path = "tidy/code.rs"]
mod code;
#[path = "tidy/files.rs"]
mod files;
#[path = "tidy/lints.rs"]
mod lints;
#[path = "tidy/pages.rs"]
mod pages;
#[path = "tidy/tree.rs"]
mod tree;
#[path = "tidy/words.rs"]
mod words;

use std::{path::Path, process::Command};

use tree::{Finding, Tree};

/// Asserts that a rule finds nothing in the repository.
fn holds(rule: fn(&Tree) -> Vec<Finding>) {
    let tree = Tree::of_repository();
    assert!(tree.is_ok(), "the repository cannot be read: {tree:?}");
    let findings = rule(&tree.unwrap_or_default());
    let told: Vec<String> = findings.iter().map(Finding::to_string).collect();
    assert!(told.is_empty(), "\n{}\n", told.join("\n"));
}

#[test]
fn the_rules_see_every_member_of_the_workspace() {
    let tree = Tree::of_repository().unwrap();
    let seen: Vec<&str> = arrows::members(&tree)
        .map(|(file, _)| file.path.as_str())
        .collect();
    let members = ["schemas", "client-core", "server", "tests"];
    assert_eq!(seen, members.map(|member| format!("{member}/Cargo.toml")));
    assert!(
        members
            .iter()
            .all(|member| tree.rust().any(|file| file.path.starts_with(member)))
    );
}

#[test]
fn every_file_says_what_it_is_for() {
    holds(files::without_header);
}

#[test]
fn no_file_is_longer_than_five_hundred_lines() {
    holds(files::too_long);
}

#[test]
fn half_of_the_files_have_at_most_one_hundred_and_twenty_lines() {
    holds(files::median_too_long);
}

#[test]
fn every_module_is_named_after_what_it_does() {
    holds(files::badly_named);
}

#[test]
fn no_file_names_a_folder_of_one_machine() {
    holds(files::names_this_machine);
}

#[test]
fn dependencies_point_down() {
    holds(arrows::pointing_up);
}

#[test]
fn sled_is_named_in_one_folder() {
    holds(arrows::sled_outside_its_folder);
}

#[test]
fn every_version_is_stated_once() {
    holds(arrows::versions_outside_the_root);
}

#[test]
fn nothing_is_left_unfinished() {
    holds(lints::unfinished);
}

#[test]
fn no_lint_is_allowed_for_good() {
    holds(lints::allowed_for_good);
}

#[test]
fn every_expected_lint_has_a_reason() {
    holds(lints::expected_without_reason);
}

#[test]
fn no_manifest_weakens_the_lints() {
    holds(lints::manifests_that_weaken);
}

#[test]
fn every_path_that_the_pages_name_exists() {
    holds(pages::paths_that_do_not_exist);
}

#[test]
fn every_decision_is_short_and_numbered() {
    holds(pages::decisions_out_of_shape);
}

#[test]
fn the_code_map_names_every_module() {
    holds(pages::holes_in_the_code_map);
}

#[test]
fn the_readme_gives_the_two_commands_first() {
    holds(pages::commands_out_of_place);
}

#[test]
fn the_gate_runs_the_test_command_of_the_readme() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let printed = Command::new("bash")
        .arg(".ci/test-command")
        .current_dir(root)
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(printed.stdout).unwrap().trim(),
        pages::COMMANDS[1]
    );
}
