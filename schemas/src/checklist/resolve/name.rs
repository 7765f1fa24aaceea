//! Names: which question `${name}` is, and which column a bare name.

use super::Resolver;
use crate::checklist::code::Code;
use crate::checklist::limits::NAMESAKES_MAX;

impl Resolver<'_> {
    pub(super) fn question(&mut self, name: &str) -> Code {
        match self.find(name) {
            Some(target)
                if self
                    .asked(target)
                    .is_some_and(|item| item.kind.is_container()) =>
            {
                self.error(format!("`${{{name}}}` is a group and has no value"));
                Code::Cannot
            }
            Some(target) => {
                self.reads.insert(target);
                Code::Item(target)
            }
            None => Code::Cannot,
        }
    }

    /// Finds the one item of a name; reports where there is none or more.
    pub(super) fn find(&mut self, name: &str) -> Option<usize> {
        // `${last-saved#name}` reads an earlier submission.
        if name.starts_with("last-saved#") {
            self.cannot(format!("`${{{name}}}` cannot be run"));
            return None;
        }
        match self.layout.by_name.get(name).map(Vec::as_slice) {
            Some([only]) => Some(*only),
            None | Some([]) => {
                self.error(format!("there is no question `{name}`"));
                None
            }
            Some(several) => {
                let nearest = self.nearest(several);
                if nearest.is_none() {
                    self.error(format!(
                        "several questions are named `{name}`, and none is nearest"
                    ));
                }
                nearest
            }
        }
    }

    /// Of several questions of one name, the one that shares the innermost group with this item.
    fn nearest(&self, candidates: &[usize]) -> Option<usize> {
        if candidates.len() > NAMESAKES_MAX {
            return None;
        }
        let around = self.groups_around(self.item);
        let shared = |candidate: usize| {
            let theirs = self.groups_around(candidate);
            around
                .iter()
                .zip(&theirs)
                .take_while(|(one, other)| one == other)
                .count()
        };
        let best = candidates
            .iter()
            .map(|candidate| shared(*candidate))
            .max()?;
        let mut nearest = candidates
            .iter()
            .filter(|candidate| shared(**candidate) == best);
        nearest.next().copied().filter(|_| nearest.next().is_none())
    }

    /// Groups and repeats around an item, outermost first.
    fn groups_around(&self, item: usize) -> Vec<usize> {
        let mut groups = Vec::new();
        let mut at = self.asked(item).and_then(|item| item.parent);
        while let Some(parent) = at {
            groups.push(parent);
            at = self.asked(parent).and_then(|item| item.parent);
        }
        groups.reverse();
        groups
    }

    pub(super) fn choice_column(&mut self, name: String) -> Code {
        if self.column == "choice_filter" {
            if !self.columns.contains(&name) && name != "name" && name != "label" {
                self.error(format!("the choices have no column `{name}`"));
            }
            return Code::Column(name);
        }
        self.error(format!(
            "`{name}` is not known; write `${{{name}}}` for a question and `'{name}'` for a text"
        ));
        Code::Cannot
    }
}
