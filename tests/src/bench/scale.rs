//! How much is measured: everything that the bounds speak of, or little enough for a smoke test.

/// The sizes of every measure.
#[derive(Debug, Clone)]
pub struct Scale {
    /// How often what is short is measured; the median counts.
    pub(super) rounds: usize,
    /// Records of a cold start beside peers.
    pub(super) peers: usize,
    /// Records of a cold start beside a plain download.
    pub(super) cold: usize,
    /// Records on the server, one after the other, when nothing is new.
    pub(super) growth: Vec<usize>,
    /// How often nothing new is asked for at each.
    pub(super) idles: usize,
    /// Devices that push at once.
    pub(super) devices: usize,
    /// Records that each of them edits, and how often.
    pub(super) edits: (usize, usize),
    /// Pushes of several changes, and how many records each has.
    pub(super) bulk: (usize, usize),
    /// Records that one server takes in before its memory is read.
    pub(super) memory: usize,
    /// Records of a station there, and devices that start cold at once.
    pub(super) station: (usize, usize),
    /// Idle connections.
    pub(super) connections: usize,
    /// Records, and changes of each, whose store is weighed.
    pub(super) disk: (usize, usize),
    /// Records of the device that is opened, listed, searched and edited.
    pub(super) device: usize,
    /// Cases that a report counts.
    pub(super) report: usize,
}

impl Scale {
    /// The sizes that the bounds speak of.
    #[must_use]
    pub fn full() -> Self {
        Self {
            rounds: 5,
            peers: 4_000,
            cold: 10_000,
            growth: vec![1_000, 10_000, 100_000],
            idles: 20,
            devices: 64,
            edits: (8, 8),
            bulk: (16, 128),
            memory: 1_000_000,
            station: (5_000, 64),
            connections: 10_000,
            disk: (100_000, 10),
            device: 50_000,
            report: 21_773,
        }
    }

    /// Sizes that show that everything still runs, and nothing about speed.
    #[must_use]
    pub fn quick() -> Self {
        Self {
            rounds: 1,
            peers: 20,
            cold: 40,
            growth: vec![10, 20],
            idles: 2,
            devices: 4,
            edits: (2, 2),
            bulk: (2, 8),
            memory: 40,
            station: (20, 2),
            connections: 8,
            disk: (20, 4),
            device: 40,
            report: 20,
        }
    }

    /// No measure uses more records than this: for a machine with little time, or a small disk.
    #[must_use]
    pub fn at_most(mut self, records: usize) -> Self {
        self.growth.retain(|size| *size <= records);
        let sizes = [
            &mut self.peers,
            &mut self.cold,
            &mut self.memory,
            &mut self.disk.0,
            &mut self.device,
            &mut self.report,
        ];
        for size in sizes {
            *size = (*size).min(records);
        }
        self
    }
}
