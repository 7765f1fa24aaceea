//! Fetching ahead: a reply under way is broken off when somebody wants something else first.

use super::exchange::Exchange;
use super::{Effect, Engine, Phase};
use crate::chance::Chance;
use crate::replica::Applied;

impl<C: Chance> Engine<C> {
    /// After a page of a reply: reads on, unless somebody has opened a record that is to come. Everything up to here is durable, so that
    /// breaking off costs a round trip.
    pub(super) fn go_on(&mut self, mut exchange: Box<Exchange>, applied: &Applied) -> Vec<Effect> {
        if !applied.opened || !exchange.is_pulling || self.is_spent() {
            self.phase = Phase::Asking(exchange);
            return Vec::new();
        }
        tracing::debug!("a record was opened: the reply is broken off to fetch it");
        self.note_outcomes(&mut exchange);
        let mut effects = vec![Effect::Abandon];
        effects.extend(self.next_offer());
        effects
    }
}
