//! What follows from an inspection's answers: how far it is, its score, and its result.

use crate::record::view::View;

/// The result of an inspection that was submitted: `pass`, `fail` or `critical_fail`.
#[must_use]
pub fn result(view: &View) -> Option<&'static str> {
    let _ = view;
    None
}
