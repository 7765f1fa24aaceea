//! Every rule against a planted violation, and against what looks like one and is none.

use crate::{
    arrows, files, lints, pages,
    tree::{Finding, Tree},
};

const ROOT: (&str, &str) = (
    "Cargo.toml",
    "[workspace]\nmembers = [\"schemas\", \"server\"]\n",
);

/// Where a rule finds something in the planted files, as `path:line`.
fn found(rule: fn(&Tree) -> Vec<Finding>, planted: &[(&str, &str)]) -> Vec<String> {
    let mut findings = rule(&Tree::of(planted));
    findings.sort();
    findings
        .iter()
        .map(|finding| format!("{}:{}", finding.path, finding.line))
        .collect()
}

fn lines(count: usize) -> String {
    "//! A header of some words.\n".to_owned() + &"x\n".repeat(count - 1)
}

#[test]
fn a_file_without_a_header_is_found() {
    let planted = [
        ("a.rs", "use b;\n"),
        ("b.rs", "//! one-word\n"),
        ("c.rs", "//! What it is for.\n"),
        ("d.rs", "#![no_main]\n//! What it is for.\n"),
        ("e.rs", ""),
    ];
    assert_eq!(
        found(files::without_header, &planted),
        ["a.rs:1", "b.rs:1", "e.rs:1"]
    );
}

#[test]
fn a_long_file_is_found_and_a_long_golden_file_is_not() {
    let (long, longest) = (lines(501), lines(500));
    let planted = [
        ("a.rs", long.as_str()),
        ("b.rs", &longest),
        ("golden.json", &long),
    ];
    assert_eq!(found(files::too_long, &planted), ["a.rs:501"]);
}

#[test]
fn a_long_median_is_found_and_tests_do_not_count() {
    let (long, short) = (lines(121), lines(10));
    let tests = ("a/tests/x.rs", long.as_str());
    assert_eq!(
        found(
            files::median_too_long,
            &[("a.rs", &short), ("b.rs", &long), ("c.rs", &long)]
        ),
        ["b.rs:1"]
    );
    assert!(
        found(
            files::median_too_long,
            &[("a.rs", &short), tests, ("d/tests.rs", &long)]
        )
        .is_empty()
    );
}

#[test]
fn an_empty_name_is_found_as_file_folder_and_module() {
    let planted = [
        ("a/utils.rs", ""),
        ("a/common/x.rs", ""),
        ("a/mod.rs", ""),
        (
            "a/b.rs",
            "//! B.\npub(crate) mod sync;\npub mod helpers {\n",
        ),
        ("a/remodels.rs", "mod types_of_grant;\n"),
    ];
    let expected = ["a/b.rs:3", "a/common/x.rs:1", "a/mod.rs:1", "a/utils.rs:1"];
    assert_eq!(found(files::badly_named, &planted), expected);
}

#[test]
fn a_folder_of_one_machine_is_found() {
    let [first, second] = ["root", "work"].map(|folder| format!("see\n/{folder}/x"));
    let planted = [
        ("a.md", first.as_str()),
        ("b.rs", &second),
        ("c.md", "net/work/x and a homework/"),
    ];
    assert_eq!(
        found(files::names_this_machine, &planted),
        ["a.md:2", "b.rs:2"]
    );
}

#[test]
fn an_import_that_points_up_is_found() {
    let planted = [
        ("schemas/src/a.rs", "\nuse fieldwatch_server::x;\n"),
        (
            "client-core/src/a.rs",
            "fn f() { fieldwatch_server::x(); }\n",
        ),
        ("server/src/a.rs", "use fieldwatch_client_core::x;\n"),
        (
            "server/src/b.rs",
            "// fieldwatch_client_core is only spoken of\n",
        ),
        (
            "server/src/main.rs",
            "mod demo;\nuse fieldwatch_client_core::x;\n",
        ),
        (
            "server/src/demo/story.rs",
            "use fieldwatch_client_core::x;\n",
        ),
        ("server/src/lib.rs", "//! The library.\npub mod demo;\n"),
        (
            "tests/src/lib.rs",
            "use fieldwatch_client_core::x; use fieldwatch_server::y;\n",
        ),
    ];
    let expected = [
        "client-core/src/a.rs:1",
        "schemas/src/a.rs:2",
        "server/src/a.rs:1",
        "server/src/lib.rs:2",
    ];
    assert_eq!(found(arrows::pointing_up, &planted), expected);
}

#[test]
fn a_dependency_that_points_up_is_found() {
    let schemas = "[dependencies]\nfieldwatch-server.workspace = true\n";
    let server = "[dependencies]\nfieldwatch-client-core = { workspace = true }\n";
    let optional =
        "[dependencies]\nfieldwatch-client-core = { workspace = true, optional = true }\n";
    let planted = [
        ROOT,
        ("schemas/Cargo.toml", schemas),
        ("server/Cargo.toml", server),
    ];
    assert_eq!(
        found(arrows::pointing_up, &planted),
        ["schemas/Cargo.toml:2", "server/Cargo.toml:2"]
    );
    assert!(
        found(
            arrows::pointing_up,
            &[ROOT, ("server/Cargo.toml", optional)]
        )
        .is_empty()
    );
}

#[test]
fn sled_outside_its_folder_is_found() {
    let planted = [
        ("server/src/a.rs", "use sled::Db;\n"),
        ("server/src/b.rs", "let db = ::sled::open(path);\n"),
        (
            "server/src/c.rs",
            "use fieldwatch_schemas::store::sled::SledStore; // sled::Db\n",
        ),
        (
            "schemas/src/store.rs",
            "pub mod sled;\n/// See [`sled::Db`].\npub use self::sled::SledStore;\n",
        ),
        ("schemas/src/store/sled.rs", "use ::sled::Db;\n"),
        ("schemas/src/store/sled/open.rs", "use ::sled::Db;\n"),
    ];
    assert_eq!(
        found(arrows::sled_outside_its_folder, &planted),
        ["server/src/a.rs:1", "server/src/b.rs:1"]
    );
    let manifest = (
        "server/Cargo.toml",
        "[dev-dependencies]\nsled.workspace = true\n",
    );
    assert_eq!(
        found(arrows::sled_outside_its_folder, &[ROOT, manifest]),
        ["server/Cargo.toml:2"]
    );
}

#[test]
fn a_version_outside_the_root_is_found() {
    let schemas = "[dependencies]\nserde = \"1\"\nuuid.workspace = true\n";
    let server = "[target.'cfg(unix)'.dependencies]\nlibc = { version = \"1\" }\n[dev-dependencies]\nurl = { workspace = true }\n";
    let planted = [
        ROOT,
        ("schemas/Cargo.toml", schemas),
        ("server/Cargo.toml", server),
    ];
    assert_eq!(
        found(arrows::versions_outside_the_root, &planted),
        ["schemas/Cargo.toml:2", "server/Cargo.toml:2"]
    );
}

#[test]
fn unfinished_work_is_found_and_a_word_in_prose_is_not() {
    let planted = [(
        "a.rs",
        "fn f() {\n    todo!()\n}\nfn g(x: u8) { dbg!(x); }\n// todo!()\nlet s = \"dbg!(x)\";\n",
    )];
    assert_eq!(found(lints::unfinished, &planted), ["a.rs:2", "a.rs:4"]);
}

#[test]
fn an_allowed_lint_is_found() {
    let planted = [(
        "a.rs",
        "#![allow(dead_code)]\n    #[cfg_attr(test, allow(dead_code))]\nfn allow(x: u8) {}\n// #[allow(x)]\n",
    )];
    assert_eq!(
        found(lints::allowed_for_good, &planted),
        ["a.rs:1", "a.rs:2"]
    );
}

#[test]
fn an_expected_lint_without_a_reason_is_found() {
    let text = "#[expect(dead_code)]\nfn f() {}\n\
        #[expect(\n    clippy::panic,\n    reason = \"字 it is 'so' (really) \"\n)]\nfn g() {}\n\
        #![expect(dead_code, reason = \"\")]\n#[expect(clippy::a, clippy::b, reason = \"two words\")]\n";
    assert_eq!(
        found(lints::expected_without_reason, &[("a.rs", text)]),
        ["a.rs:1", "a.rs:8"]
    );
}

#[test]
fn a_manifest_that_weakens_the_lints_is_found() {
    let lints = "[lints]\nworkspace = true\n";
    let root = "[workspace]\nmembers = [\"a\", \"b\"]\n[workspace.lints.clippy]\nx = \"allow\"\ny = \"allow\" # because\n";
    let clippy = "too-many-lines-threshold = 60\n";
    let planted = [
        ("Cargo.toml", root),
        ("a/Cargo.toml", lints),
        ("a/clippy.toml", "too-many-lines-threshold = 600\n"),
        ("b/Cargo.toml", "[package]\n"),
        ("b/clippy.toml", clippy),
    ];
    assert_eq!(
        found(lints::manifests_that_weaken, &planted),
        ["Cargo.toml:4", "a/clippy.toml:1", "b/Cargo.toml:1"]
    );
}

#[test]
fn a_path_or_a_link_to_nothing_is_found() {
    let page = "`schemas/src/a.rs` and `schemas/src/gone.rs`.\n`FW_SEED=1 cargo test tests/gone.rs:12`\n\
        `schemas/src/*.rs` `station/ID` `docs/{a,b}.md`\n```sh\n`docs/gone.md`\n```\n[a](a.md) [b](b.md#x) [c](https://x.y/z)\n[up](../schemas/src/a.rs)\n";
    let planted = [
        ("schemas/src/a.rs", ""),
        ("docs/page.md", page),
        ("docs/a.md", ""),
    ];
    let expected = ["docs/page.md:1", "docs/page.md:2", "docs/page.md:7"];
    assert_eq!(found(pages::paths_that_do_not_exist, &planted), expected);
}

#[test]
fn a_decision_that_is_long_or_badly_numbered_is_found() {
    let long = "# A decision\n".to_owned() + &"x\n".repeat(60);
    let planted = [
        ("docs/adr/0001-a.md", "# A\n"),
        ("docs/adr/0001-b.md", "# B\n"),
        ("docs/adr/0002-c.md", &long),
        ("docs/adr/d.md", "# D\n"),
        ("docs/adr/0003-e.md", "E\n"),
    ];
    let expected = [
        "docs/adr/0001-b.md:1",
        "docs/adr/0002-c.md:61",
        "docs/adr/0003-e.md:1",
        "docs/adr/d.md:1",
    ];
    assert_eq!(found(pages::decisions_out_of_shape, &planted), expected);
}

#[test]
fn a_hole_in_the_code_map_is_found_and_a_module_that_is_gone() {
    let map = "## Code map\n\n### schemas\n\n| module | what it is for |\n|---|---|\n| `ids`, `kind/` | a, b |\n| `gone` | c |\n\n### server\n";
    let planted = [
        ROOT,
        ("schemas/Cargo.toml", ""),
        ("schemas/src/lib.rs", ""),
        ("schemas/src/ids.rs", ""),
        ("schemas/src/kind/case.rs", ""),
        ("schemas/src/kind.rs", ""),
        ("server/Cargo.toml", ""),
        ("server/src/admin/socket.rs", ""),
        ("docs/ARCHITECTURE.md", map),
    ];
    assert_eq!(
        found(pages::holes_in_the_code_map, &planted),
        ["docs/ARCHITECTURE.md:8", "docs/ARCHITECTURE.md:10"]
    );
}

#[test]
fn a_command_out_of_place_is_found() {
    let [first, second] = pages::COMMANDS;
    let block = |command: &str| format!("text\n```sh\n# why\n{command}\n```\n");
    let good = block(first) + &block(second);
    let bad = block(second) + &block(first);
    assert!(found(pages::commands_out_of_place, &[("README.md", &good)]).is_empty());
    assert_eq!(
        found(pages::commands_out_of_place, &[("README.md", &bad)]),
        ["README.md:4", "README.md:9"]
    );
    assert_eq!(found(pages::commands_out_of_place, &[]), ["README.md:1"]);
}
