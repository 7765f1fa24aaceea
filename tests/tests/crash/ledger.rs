//! What devices were told is stored, kept outside of them, and whether another device gets it from the server.

use std::collections::{BTreeMap, BTreeSet};

use fieldwatch_tests::device::Device;
use fieldwatch_tests::fault::{Fault, Told};
use serde_json::Value;

/// How many edits are looked at each time: the newest are the first to be lost.
const NEWEST: usize = 2;

/// What was acknowledged.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Records that were shown as stored.
    stored: BTreeSet<String>,
    /// Which device made them, among those that nobody has edited.
    unedited: BTreeMap<String, BTreeSet<String>>,
    /// Edits that are not acknowledged yet: by record, the device and the heads.
    waiting: BTreeMap<String, (String, Value)>,
    /// The heads of edited records that were shown as stored, the newest last.
    edited: Vec<(String, Value)>,
}

impl Ledger {
    /// A record that this device made, that is stored, and that was never edited.
    pub(crate) fn next_to_edit(&mut self, device: &Device) -> Option<String> {
        self.unedited.get_mut(device.name())?.pop_first()
    }

    /// An edit came to these heads. Each record is edited once, so the server's heads can only be these or those before.
    pub(crate) fn note_edit(&mut self, device: &Device, record: &str, heads: &Value) {
        let edit = (device.name().to_owned(), heads.clone());
        self.waiting.insert(record.to_owned(), edit);
    }

    /// Takes down what a device shows as stored now.
    pub(crate) fn note_acknowledged(&mut self, device: &Device) -> Told<()> {
        let states = device.states()?;
        for (record, state) in states {
            if state != "stored" {
                continue;
            }
            let is_own = self
                .waiting
                .get(&record)
                .is_some_and(|(own, _)| own == device.name());
            if is_own && let Some((_, heads)) = self.waiting.remove(&record) {
                self.edited.push((record.clone(), heads));
            }
            if self.stored.insert(record.clone()) {
                let own = self.unedited.entry(device.name().to_owned());
                own.or_default().insert(record);
            }
        }
        Ok(())
    }

    /// How many records were acknowledged.
    pub(crate) fn acknowledged(&self) -> usize {
        self.stored.len()
    }

    /// A device that has just pulled holds every record that was acknowledged, and the newest edits.
    pub(crate) fn is_held_by(&self, device: &Device) -> Told<()> {
        let held: BTreeSet<String> = device.states()?.into_keys().collect();
        let missing: Vec<&String> = self.stored.difference(&held).collect();
        if !missing.is_empty() {
            return Err(Fault::new(format!("acknowledged and gone: {missing:?}")));
        }
        let newest = self.edited.len().saturating_sub(NEWEST);
        are_held(self.edited.get(newest..).unwrap_or_default(), device)
    }

    /// A device that has just pulled holds every record and every edit that was acknowledged.
    pub(crate) fn is_wholly_held_by(&self, device: &Device) -> Told<()> {
        self.is_held_by(device)?;
        are_held(&self.edited, device)
    }
}

fn are_held(edits: &[(String, Value)], device: &Device) -> Told<()> {
    for (record, heads) in edits {
        let shown = device.show(record)?;
        if shown.get("heads") != Some(heads) {
            let words = format!("{record}: {heads} was acknowledged, {shown} is there");
            return Err(Fault::new(words));
        }
    }
    Ok(())
}
