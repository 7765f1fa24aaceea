//! What a device's own commands promised by returning, kept outside of it, and whether the device still has it.

use std::collections::BTreeSet;

use fieldwatch_tests::device::Device;
use fieldwatch_tests::fault::{Fault, Told};
use fieldwatch_tests::program::Ran;
use fieldwatch_tests::table::Row;
use fieldwatch_tests::world::{number, text};
use serde_json::Value;

/// What returned.
#[derive(Debug)]
pub(crate) struct Returned {
    /// A record whose `claimed_fen` is set to ever larger numbers.
    pub(crate) edited: String,
    /// The largest number that was set by a command that returned.
    fen: u64,
    /// Records that were made.
    records: BTreeSet<String>,
    /// Numbers of rows that were imported.
    rows: BTreeSet<String>,
    /// How many commands did not return.
    pub(crate) killed: u64,
}

impl Returned {
    /// Begins with one record, which is the edited one.
    pub(crate) fn begin(device: &Device) -> Told<Self> {
        let edited = device.new_record("case", &["nature=tip_off", "claimed_fen=0"])?;
        Ok(Self {
            records: BTreeSet::from([edited.clone()]),
            edited,
            fen: 0,
            rows: BTreeSet::new(),
            killed: 0,
        })
    }

    /// Takes down what a command came to: `fen` is what it set, `rows` what it imported.
    pub(crate) fn note(&mut self, verb: &str, ran: &Ran, fen: u64, rows: &[Row]) -> Told<()> {
        match (ran.code(), verb) {
            (None, _) => self.killed += 1,
            (Some(0), "set") => self.fen = fen,
            (Some(0), "new") => drop(self.records.insert(text(&ran.json()?, "record")?)),
            (Some(0), "import") => {
                let numbers = rows.iter().map(|row| row.cell("Complaint ID").to_owned());
                self.rows.extend(numbers);
            }
            (Some(0), _) => {}
            _ => return Err(Fault::new(ran.told())),
        }
        Ok(())
    }

    /// How many records were promised.
    pub(crate) fn records(&self) -> usize {
        self.records.len() + self.rows.len()
    }

    /// The device has everything that was promised.
    pub(crate) fn is_held_by(&self, device: &Device) -> Told<()> {
        let lines = device.lines(&["list", "--limit", "1000000"])?;
        for (part, promised) in [("record", &self.records), ("external_no", &self.rows)] {
            let held: BTreeSet<&str> = lines
                .iter()
                .filter_map(|line| line.get(part).and_then(Value::as_str))
                .collect();
            let is_gone = |one: &&String| !held.contains(one.as_str());
            let gone: Vec<&String> = promised.iter().filter(is_gone).collect();
            if !gone.is_empty() {
                return Err(Fault::new(format!("promised and gone: {part} {gone:?}")));
            }
        }
        let shown = device.show(&self.edited)?;
        let fields = shown.get("fields").unwrap_or(&Value::Null);
        let fen = number(fields, "claimed_fen")?;
        match fen >= self.fen {
            true => Ok(()),
            false => Err(Fault::new(format!(
                "{fen} came back, {} was promised",
                self.fen
            ))),
        }
    }
}
