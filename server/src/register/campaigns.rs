//! Campaigns, as grants need them: which ones lie in a coordinator's region. Nothing is kept of it; the log's own rows say it.
//!
//! Every campaign lies in a feed of its own, so the heads of feeds name them all, and each one's summary names its region. A feed that
//! somebody made up by naming a campaign that is none has no such summary, and grants nothing.

use std::ops::ControlFlow;

use fieldwatch_schemas::feed::{Feed, Grant, Standing, campaign_grants_in};
use fieldwatch_schemas::id::RecordId;
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::limits::CAMPAIGNS_GRANTED_MAX;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::{KeyRange, Store, StoreError};

use crate::tables::{self, SummaryRow};

/// What a person may read and write of campaigns: of the newest ones in a coordinator's region, and nothing for anybody else.
///
/// # Errors
///
/// [`StoreError`] if the store cannot be read.
pub(crate) fn grants(store: &dyn Store, standing: &Standing) -> Result<Vec<Grant>, StoreError> {
    if standing.role != Role::Coordinator {
        return Ok(Vec::new());
    }
    let mut grants = Vec::new();
    // Ids are in the order of time.
    for campaign in campaigns(store)?.into_iter().rev() {
        let key = tables::summary_key(campaign);
        let row: Option<SummaryRow> = tables::read(store, "a summary", &key)?;
        let summary = row.map(|row| row.summary);
        let Some(summary) = summary.filter(|summary| summary.kind == Kind::Campaign) else {
            continue;
        };
        let region = summary.region.as_deref();
        grants.extend(campaign_grants_in(campaign, region, standing));
        if grants.len() >= 2 * CAMPAIGNS_GRANTED_MAX {
            break;
        }
    }
    Ok(grants)
}

/// The ids that feeds of campaigns name, in their order.
fn campaigns(store: &dyn Store) -> Result<Vec<RecordId>, StoreError> {
    let mut found = Vec::new();
    let mut prefix = vec![tables::prefix::FEED_HEAD];
    prefix.extend(b"campaign/");
    store.scan(&KeyRange::prefix(&prefix), &mut |key, _| {
        let id = key
            .get(prefix.len()..)
            .and_then(|rest| std::str::from_utf8(rest).ok());
        let id: Option<RecordId> = id.and_then(|id| id.parse().ok());
        found.extend(id.filter(|id| tables::feed_head_key(&Feed::campaign(*id)) == key));
        ControlFlow::Continue(())
    })?;
    Ok(found)
}
