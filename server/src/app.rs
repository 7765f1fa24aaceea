//! The server without its sockets: what handlers and administrative commands act on. Tests build one over a store in memory.

mod placing;

pub mod allowance;
pub mod crowd;

use std::sync::{Arc, Mutex, PoisonError};

use fieldwatch_schemas::id::DeviceId;

use self::allowance::Allowances;
use self::crowd::Crowd;
use crate::committer::{Committer, CommitterHandle, OwnedAsker};
use crate::erase;
use crate::ledger::Ledger;
use crate::log::Log;
use crate::notary::Notary;
use crate::problem::ApiError;
use crate::register::device::Device;
use crate::register::{Register, RegisterError};
use crate::token::{Gate, Proof};

pub use self::placing::MoveError;

/// The server without its sockets.
#[derive(Debug)]
pub struct App {
    register: Arc<Register>,
    log: Arc<Log>,
    ledger: Arc<Ledger>,
    pushes: CommitterHandle,
    /// Until the server is closed.
    committer: Mutex<Option<Committer>>,
    gate: Gate,
    notary: Arc<Notary>,
    crowd: Arc<Crowd>,
    allowances: Allowances,
}

impl App {
    /// The server over a log and its ledger, which the log is brought up to. Time is the log's.
    ///
    /// # Errors
    ///
    /// [`ApiError`] if the register cannot be read, or the committer cannot begin.
    pub fn new(
        log: Arc<Log>,
        ledger: Arc<Ledger>,
        gate: Gate,
        notary: Arc<Notary>,
    ) -> Result<Arc<Self>, ApiError> {
        let register = Arc::new(Register::open(log.clone(), ledger.clone())?);
        erase::catch_up(&log, &ledger)?;
        let stations = register.clone();
        let region = Arc::new(move |station: &str| stations.station_region(station));
        let committer = Committer::start(log.clone(), region)
            .map_err(|_| ApiError::Mistake("the committer has no thread"))?;
        let app = Arc::new(Self {
            register,
            log,
            ledger,
            pushes: committer.handle(),
            committer: Mutex::new(Some(committer)),
            gate,
            notary,
            crowd: Crowd::new(),
            allowances: Allowances::default(),
        });
        placing::resume(&app)?;
        Ok(app)
    }

    /// Stations, people, tickets, devices.
    #[must_use]
    pub fn register(&self) -> &Arc<Register> {
        &self.register
    }

    /// Who signs receipts.
    #[must_use]
    pub fn notary(&self) -> &Arc<Notary> {
        &self.notary
    }

    /// The log.
    #[must_use]
    pub fn log(&self) -> &Arc<Log> {
        &self.log
    }

    /// What outlives the store.
    #[must_use]
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Where pushes are brought.
    #[must_use]
    pub fn pushes(&self) -> &CommitterHandle {
        &self.pushes
    }

    /// Takes no more pushes, and returns when those under way are durable. Blocks.
    pub fn close(&self) {
        let mut committer = self
            .committer
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(committer) = committer.take() {
            committer.stop();
        }
    }

    /// The server's clock, in UTC milliseconds.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.log.now_ms()
    }

    /// The server's name, as assertions name their audience.
    #[must_use]
    pub fn name(&self) -> &str {
        self.gate.server()
    }

    /// Whether it can take writes.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.log.is_healthy()
    }

    /// A fresh nonce.
    ///
    /// # Errors
    ///
    /// [`ApiError::Mistake`] if the system has no randomness.
    pub fn nonce(&self) -> Result<String, ApiError> {
        Ok(self.gate.nonce(self.now_ms(), random()?))
    }

    /// An access token for a device.
    ///
    /// # Errors
    ///
    /// [`ApiError::Token`] if it cannot be signed.
    pub fn token(&self, device: DeviceId) -> Result<String, ApiError> {
        Ok(self.gate.issue(device, self.now_ms())?)
    }

    /// The device that a bearer token proves, and how.
    ///
    /// # Errors
    ///
    /// [`ApiError::Token`] if it proves none, or one that is not let in.
    pub fn authenticate(&self, bearer: &str) -> Result<(Device, Proof), ApiError> {
        let now_ms = self.now_ms();
        Ok(self.gate.authenticate(&self.register, bearer, now_ms)?)
    }

    /// What a device's person is, and may read and write, now.
    ///
    /// # Errors
    ///
    /// [`ApiError::Mistake`] if the device's person is not in the register; [`ApiError::Register`] if the disk cannot be read.
    pub fn asker(&self, device: &Device) -> Result<OwnedAsker, ApiError> {
        self.register.asker(device).map_err(|error| match error {
            RegisterError::PersonUnknown(_) => ApiError::Mistake("a device without its person"),
            error => error.into(),
        })
    }

    /// Everybody who syncs just now.
    #[must_use]
    pub fn crowd(&self) -> &Arc<Crowd> {
        &self.crowd
    }

    /// What each device may have read for its repairs.
    #[must_use]
    pub fn allowances(&self) -> &Allowances {
        &self.allowances
    }
}

/// Random bytes from the system.
///
/// # Errors
///
/// [`ApiError::Mistake`] if it has none.
pub fn random<const N: usize>() -> Result<[u8; N], ApiError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| ApiError::Mistake("no randomness"))?;
    Ok(bytes)
}

/// Does what blocks where it may.
///
/// # Errors
///
/// What the work says; [`ApiError::Mistake`] if it panicked.
pub async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or(Err(ApiError::Mistake("the work ended early")))
}
