//! The files of the repository as the rules see them, and what a rule says when it is broken.
//!
//! A [`Tree`] is read once from the disk, or made of a few planted files, so that every rule can be shown to bite.

use std::{collections::BTreeMap, fmt, fs, io, path::Path};

use crate::code::code_of;

/// Folders that hold what was built or fetched, never what was written.
const SKIPPED: [&str; 5] = [".git", "__pycache__", "corpus", "node_modules", "target"];

/// A file is read as text up to this size; above it only its path counts.
const TEXT_BYTES_MAX: u64 = 1 << 20;

/// One text file.
#[derive(Debug)]
pub(crate) struct Source {
    /// The path from the root, with `/` between its parts.
    pub(crate) path: String,
    /// What the file says.
    pub(crate) text: String,
    /// The same with comments and the contents of literals blanked, line for line; only for Rust, otherwise empty.
    pub(crate) code: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: String) -> Self {
        let code = if has_ending(path, "rs") {
            code_of(&text)
        } else {
            String::new()
        };
        Self {
            path: path.to_owned(),
            text,
            code,
        }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.has_ending("rs")
    }

    pub(crate) fn has_ending(&self, ending: &str) -> bool {
        has_ending(&self.path, ending)
    }

    /// Whether the file exists only to test the others.
    pub(crate) fn is_test(&self) -> bool {
        self.path
            .split('/')
            .any(|part| ["tests", "tests.rs", "benches", "fuzz"].contains(&part))
    }

    /// A finding in this file; `line` counts from 1.
    pub(crate) fn finding(&self, line: usize, advice: impl Into<String>) -> Finding {
        Finding {
            path: self.path.clone(),
            line,
            advice: advice.into(),
        }
    }

    /// What the file says from `at`, where a bracket of `opening` bytes opens in the code, up to the bracket that closes it.
    ///
    /// Blanking keeps characters and not bytes, so places are counted in characters.
    pub(crate) fn text_at(&self, at: usize, opening: usize) -> String {
        let before = self.code.get(..at).unwrap_or_default();
        let skipped = before.chars().count();
        let mut depth = 1_usize;
        let inside = self.code.chars().skip(skipped + opening).take_while(|c| {
            depth = depth + usize::from(*c == '(') - usize::from(*c == ')');
            depth > 0
        });
        self.text
            .chars()
            .skip(skipped + opening)
            .take(inside.count())
            .collect()
    }

    /// The lines of the code, without comments and literals, numbered from 1.
    pub(crate) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.code.lines())
    }
}

/// A rule that is broken somewhere: where, and what to do about it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) advice: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.advice)
    }
}

/// Every file, by path; `None` for a folder or a file that is not text.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    entries: BTreeMap<String, Option<Source>>,
}

impl Tree {
    /// Reads the tree that this test belongs to.
    pub(crate) fn of_repository() -> io::Result<Self> {
        let mut tree = Self::default();
        tree.walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), "")?;
        Ok(tree)
    }

    /// Makes a tree of paths and texts, with the folders they stand in.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            let folders = path.match_indices('/').filter_map(|(at, _)| path.get(..at));
            tree.entries
                .extend(folders.map(|folder| (folder.to_owned(), None)));
            tree.entries.insert(
                (*path).to_owned(),
                Some(Source::new(path, (*text).to_owned())),
            );
        }
        tree
    }

    fn walk(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            let hidden_at_root = prefix.is_empty() && name.starts_with('.') && name != ".ci";
            if SKIPPED.contains(&name.as_str()) || hidden_at_root {
                continue;
            }
            if entry.file_type()?.is_dir() {
                self.entries.insert(path.clone(), None);
                self.walk(&entry.path(), &format!("{path}/"))?;
            } else {
                let text = match entry.metadata()?.len() {
                    0..=TEXT_BYTES_MAX => String::from_utf8(fs::read(entry.path())?).ok(),
                    _ => None,
                };
                let source = text.map(|text| Source::new(&path, text));
                self.entries.insert(path, source);
            }
        }
        Ok(())
    }

    /// Every text file, in the order of their paths.
    pub(crate) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.entries.values().flatten()
    }

    /// Every Rust file.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &Source> {
        self.sources().filter(|source| source.is_rust())
    }

    /// Every file and folder.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    pub(crate) fn file(&self, path: &str) -> Option<&Source> {
        self.entries.get(path)?.as_ref()
    }

    pub(crate) fn contains(&self, path: &str) -> bool {
        self.entries.contains_key(path)
    }
}

fn has_ending(path: &str, ending: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, found)| found == ending)
}
