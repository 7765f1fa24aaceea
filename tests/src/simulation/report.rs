//! What runs came to, counted: of one seed, and of many.

use serde_json::{Value as Json, json};

/// How often each sort of fault happened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults {
    /// Requests or replies that went astray.
    pub loss: u64,
    /// Messages that took far longer than others.
    pub delay: u64,
    /// Requests that arrived twice.
    pub duplication: u64,
    /// Replies cut in the middle.
    pub cut: u64,
    /// Devices that could not reach the server for a while.
    pub partition: u64,
    /// Power losses of the server.
    pub server_crash: u64,
    /// Power losses of devices.
    pub device_crash: u64,
    /// Full disks.
    pub disk_full: u64,
    /// Clocks set wrong.
    pub clock: u64,
    /// Servers that came back from a backup.
    pub restore: u64,
    /// Phones that were copied, or came back from an old copy.
    pub clone: u64,
    /// Records or people that moved.
    pub transfer: u64,
    /// Devices that were let in no more.
    pub revocation: u64,
    /// Records that were erased.
    pub erasure: u64,
    /// Changes carried without a server: there is no way to do so yet.
    pub bundle: u64,
}

/// What one or many runs came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many seeds.
    pub seeds: u64,
    /// How many devices.
    pub devices: u64,
    /// How many changes people made.
    pub changes: u64,
    /// How many changes the server acknowledged.
    pub acknowledged: u64,
    /// How many of them, or of those made and kept, are missing somewhere.
    pub lost: u64,
    /// How many are there twice.
    pub duplicated: u64,
    /// How many records are where they may not be seen, or should have been erased.
    pub leaked: u64,
    /// How often two sides that should agree do not.
    pub diverged: u64,
    /// What went wrong on purpose.
    pub faults: Faults,
    /// The seeds that failed.
    pub failing: Vec<u64>,
}

impl Faults {
    /// Each sort by its name.
    #[must_use]
    pub fn named(&self) -> [(&'static str, u64); 15] {
        [
            ("loss", self.loss),
            ("delay", self.delay),
            ("duplication", self.duplication),
            ("cut", self.cut),
            ("partition", self.partition),
            ("server_crash", self.server_crash),
            ("device_crash", self.device_crash),
            ("disk_full", self.disk_full),
            ("clock", self.clock),
            ("restore", self.restore),
            ("clone", self.clone),
            ("transfer", self.transfer),
            ("revocation", self.revocation),
            ("erasure", self.erasure),
            ("bundle", self.bundle),
        ]
    }

    /// All of them.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.named().iter().map(|(_, count)| count).sum()
    }

    fn add(&mut self, other: &Self) {
        self.loss += other.loss;
        self.delay += other.delay;
        self.duplication += other.duplication;
        self.cut += other.cut;
        self.partition += other.partition;
        self.server_crash += other.server_crash;
        self.device_crash += other.device_crash;
        self.disk_full += other.disk_full;
        self.clock += other.clock;
        self.restore += other.restore;
        self.clone += other.clone;
        self.transfer += other.transfer;
        self.revocation += other.revocation;
        self.erasure += other.erasure;
        self.bundle += other.bundle;
    }
}

impl Tally {
    /// Adds what other runs came to.
    pub fn add(&mut self, other: &Self) {
        self.seeds += other.seeds;
        self.devices += other.devices;
        self.changes += other.changes;
        self.acknowledged += other.acknowledged;
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.leaked += other.leaked;
        self.diverged += other.diverged;
        self.faults.add(&other.faults);
        self.failing.extend(&other.failing);
        self.failing.sort_unstable();
    }

    /// Whether nothing failed.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let wrong = self.lost + self.duplicated + self.leaked + self.diverged;
        wrong == 0 && self.failing.is_empty()
    }

    /// As the command prints it for machines.
    #[must_use]
    pub fn json(&self) -> Json {
        let faults: serde_json::Map<String, Json> = self
            .faults
            .named()
            .iter()
            .map(|(name, count)| ((*name).to_owned(), json!(count)))
            .collect();
        json!({
            "seeds": self.seeds,
            "acknowledged": self.acknowledged,
            "lost": self.lost,
            "duplicated": self.duplicated,
            "leaked": self.leaked,
            "diverged": self.diverged,
            "faults": faults,
            "failing": self.failing,
            "devices": self.devices,
            "changes": self.changes,
        })
    }

    /// As the command prints it for people.
    #[must_use]
    pub fn words(&self) -> String {
        let each = |count: u64| count.checked_div(self.seeds).unwrap_or(0);
        let faults = self
            .faults
            .named()
            .map(|(name, count)| format!("{name} {count}"));
        format!(
            "{} seeds; on average {} devices, {} changes, {} acknowledged, {} faults\n{}\n\
             lost {} · duplicated {} · leaked {} · diverged {} · failing {:?}",
            self.seeds,
            each(self.devices),
            each(self.changes),
            each(self.acknowledged),
            each(self.faults.total()),
            faults.join(" · "),
            self.lost,
            self.duplicated,
            self.leaked,
            self.diverged,
            self.failing
        )
    }
}
