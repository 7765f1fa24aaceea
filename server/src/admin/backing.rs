//! Backups of an opened server.

use std::path::Path;

use serde_json::{Value, json};

use super::{AdminError, Backstage};
use crate::backup::backup;

impl Backstage {
    pub(super) fn backup(&self, dir: &Path, keys: Option<&Path>) -> Result<Value, AdminError> {
        let manifest = backup(&self.app, &self.folder, dir, keys)?;
        Ok(json!(manifest))
    }
}
