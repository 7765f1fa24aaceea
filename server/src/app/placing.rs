//! A station that moves to another region: its records are placed again, in steps between which pushes go on.

use std::sync::Arc;

use fieldwatch_schemas::area;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::store::StoreError;

use super::App;
use crate::committer::{Desk, OrderError, Placed};
use crate::log::all_rows;
use crate::problem::ApiError;
use crate::register::RegisterError;
use crate::register::station::Station;
use crate::tables::unfinished::placings;

/// Why a station did not move, or not all of its records yet.
#[derive(Debug, thiserror::Error)]
pub enum MoveError {
    /// The register refused, or could not.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The desk could not.
    #[error(transparent)]
    Order(#[from] OrderError),
}

impl App {
    /// Moves a station to another region, and places its records again. Blocks.
    ///
    /// # Errors
    ///
    /// [`MoveError`]; once the register says so, the rest follows by itself, at the latest when the log is opened again.
    pub fn move_station(&self, id: &str, region: &str) -> Result<Station, MoveError> {
        let unknown = || RegisterError::StationUnknown(id.to_owned());
        self.register.station(id).ok_or_else(unknown)?;
        area::known(region).map_err(RegisterError::Region)?;
        let marked = id.to_owned();
        self.at_desk(move |desk| desk.mark_placing(&marked))?;
        let station = self.register.change_station(id, region)?;
        self.place_again(id)?;
        Ok(station)
    }

    fn place_again(&self, station: &str) -> Result<(), OrderError> {
        let feeds = [Feed::station(station), Feed::station_personal(station)];
        for feed in feeds.into_iter().flatten() {
            let mut placed = Placed::default();
            while !placed.is_done {
                let (feed, after) = (feed.clone(), placed.until);
                placed = self.at_desk(move |desk| desk.place_some(&feed, after))?;
            }
        }
        let station = station.to_owned();
        self.at_desk(move |desk| desk.unmark_placing(&station))
    }

    fn at_desk<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Desk) -> Result<T, OrderError> + Send + 'static,
    ) -> Result<T, OrderError> {
        let done: Result<_, ProblemKind> = self.pushes.at_desk(act);
        done.unwrap_or(Err(OrderError::Store(StoreError::Failed)))
    }
}

/// Goes on with what an ended server left behind, on a thread of its own.
///
/// # Errors
///
/// [`ApiError::Mistake`] if the operating system gives no thread; otherwise as the disk fails.
pub(super) fn resume(app: &Arc<App>) -> Result<(), ApiError> {
    let store = app.log.store().map_err(RegisterError::Store)?;
    if all_rows(&*store, &placings())
        .map_err(RegisterError::Store)?
        .is_empty()
    {
        return Ok(());
    }
    let app = Arc::clone(app);
    let place = move || {
        let stations = app.at_desk(Desk::unplaced);
        let placed =
            stations.and_then(|ids| ids.iter().try_for_each(|station| app.place_again(station)));
        if let Err(error) = placed {
            tracing::warn!(%error, "records of a moved station are still to be placed");
        }
    };
    let thread = std::thread::Builder::new().name("placing".to_owned());
    thread
        .spawn(place)
        .map(drop)
        .map_err(|_| ApiError::Mistake("no thread to place records"))
}
