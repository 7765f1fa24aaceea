//! A link to the server in memory, which can be cut behind any item.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use fieldwatch_client_core::transport::{Reply, Traffic, Transport, TransportError};
use fieldwatch_schemas::feed::Standing;
use fieldwatch_schemas::id::{DeviceId, RecordId};
use fieldwatch_schemas::sync::exchange::{Item, Request};
use fieldwatch_schemas::sync::pull::RecordItem;

use crate::server::Server;

/// A link of one device.
#[derive(Clone)]
pub(crate) struct Link {
    pub(crate) server: Arc<Mutex<Server>>,
    pub(crate) device: DeviceId,
    pub(crate) standing: Standing,
    /// How many items of each reply come before the link is cut.
    pub(crate) cut_after: usize,
    /// Whether every item but the first and last comes twice.
    pub(crate) doubles: bool,
    /// Kinds under which records arrive, as a newer server might name them.
    pub(crate) renames: BTreeMap<RecordId, String>,
    /// Whether the first change of every record is lost, and the rest is not said to be all.
    pub(crate) loses_first_change: bool,
    pub(crate) requests: u64,
    /// The last request.
    pub(crate) last: Option<Request>,
}

pub(crate) struct Items {
    items: VecDeque<Item>,
}

impl Transport for Link {
    type Reply = Items;

    async fn exchange(&mut self, request: &Request) -> Result<Items, TransportError> {
        self.requests += 1;
        self.last = Some(request.clone());
        let mut server = self.server.lock().unwrap();
        let answered = server.answer(request, self.device, &self.standing);
        let mut items = answered.map_err(TransportError::Refused)?;
        for item in &mut items {
            if let Item::Record(record) = item {
                self.spoil(record, request);
            }
        }
        let doubles = self.doubles;
        let twice = |item: Item| {
            let once = matches!(item, Item::Hello(_) | Item::End) || !doubles;
            std::iter::repeat_n(item, if once { 1 } else { 2 })
        };
        let items = items.into_iter().flat_map(twice).take(self.cut_after);
        Ok(Items {
            items: items.collect(),
        })
    }

    fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.requests,
            ..Traffic::default()
        }
    }
}

impl Link {
    fn spoil(&self, item: &mut RecordItem, request: &Request) {
        if let Some(kind) = self.renames.get(&item.record) {
            item.kind.clone_from(kind);
        }
        if self.loses_first_change && !request.wants.contains(&item.record) {
            item.changes.drain(..1.min(item.changes.len()));
            item.is_whole = false;
        }
    }
}

impl Reply for Items {
    async fn next_item(&mut self) -> Result<Option<Item>, TransportError> {
        Ok(self.items.pop_front())
    }
}
