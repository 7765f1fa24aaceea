//! `enrol` and `sync`: the commands that need a network.

use fieldwatch_schemas::code::Lang;
use fieldwatch_schemas::sync::enrol::TicketLink;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};

use super::args::{EnrolArgs, SyncArgs};
use super::error::CliError;
use super::home::Home;
use super::output::Output;
use crate::engine::{Patience, Synced, Waiting};
use crate::identity::Identity;
use crate::store::home;
use crate::sync::{Options, SyncError, sync as sync_once};
use crate::transport::TransportError;
use crate::transport::https::{self, Https};

/// `enrol LINK`: keys first, so that a lost answer costs a ticket and never a key.
pub(super) fn enrol(
    home: &Home,
    command: &EnrolArgs,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let link = TicketLink::parse(&command.link)?;
    let identity = match home.replica().identity()? {
        Some(identity) => identity,
        None => {
            let identity = Identity::generate(&mut home.chance()).map_err(TransportError::from)?;
            home.replica().keep_identity(&identity)?;
            identity
        }
    };
    let reply = runtime()?.block_on(https::enrol(&link, &command.name, &identity))?;
    if let Some(key) = &reply.receipt_key {
        home::keep_receipt_key(home.place(), key)?;
    }
    let account = home.replica().keep_enrolment(&link, &reply)?;
    let role = account.standing.role;
    output.answer(
        || json!({ "device": account.device, "person": account.standing.person, "role": role, "server": account.url }),
        |lang| {
            let (name, url) = (&account.person_name, &account.url);
            match lang {
                Lang::Zh => format!("已登记：{name}（{}），{url}", role.name()),
                Lang::En => format!("enrolled: {name} ({}) at {url}", role.name()),
            }
        },
    )
}

/// `sync`: by the watcher, where one holds this home.
pub(super) fn sync(
    home: &Home,
    command: &SyncArgs,
    output: &mut Output<'_>,
) -> Result<(), CliError> {
    let synced = match home.watcher() {
        Some(watcher) => {
            let gone = || CliError::HomeInUse(home.place().to_owned());
            watcher.sync(command.budget).ok_or_else(gone)?
        }
        None => runtime()?.block_on(round(home, Patience::Once, command.budget)),
    };
    tell(&synced?, output)
}

/// One sync, from beginning to end.
pub(super) async fn round(
    home: &Home,
    patience: Patience,
    budget_bytes: Option<u64>,
) -> Result<Synced, CliError> {
    let replica = home.replica();
    let account = replica.account()?.ok_or(CliError::NotEnrolled)?;
    let identity = replica.identity()?.ok_or(CliError::NotEnrolled)?;
    let mut server = Https::new(account, identity, replica.nonce()?)?;
    let options = Options {
        patience,
        budget_bytes,
    };
    let now_ms = || home.now().ms;
    let synced = sync_once(replica, &mut server, options, home.chance(), &now_ms).await;
    synced.map_err(|error: SyncError| CliError::Problem(error.problem()))
}

/// What a sync came to.
pub(super) fn tell(synced: &Synced, output: &mut Output<'_>) -> Result<(), CliError> {
    output.answer(
        || json!(synced),
        |lang| {
            let Synced {
                pushed,
                pulled,
                refused,
                round_trips,
                bytes_sent,
                bytes_received,
                repaired: _,
                rebased: _,
                waiting,
                in_sync,
            } = synced;
            let agree = match (lang, in_sync) {
                (Lang::Zh, true) => "与服务器一致",
                (Lang::Zh, false) => "尚未同步完",
                (Lang::En, true) => "in sync",
                (Lang::En, false) => "not all is done",
            };
            let waits = waiting.iter().map(|waiting| waits(waiting, lang));
            let waits: String = waits.collect();
            match lang {
                Lang::Zh => format!(
                    "发送 {pushed}，接收 {pulled}，被拒绝 {refused}；{agree}（{round_trips} 次往返，发 {bytes_sent} 字节，收 {bytes_received} 字节）{waits}"
                ),
                Lang::En => format!(
                    "{pushed} sent, {pulled} received, {refused} refused; {agree} ({round_trips} round trips, {bytes_sent} bytes sent, {bytes_received} received){waits}"
                ),
            }
        },
    )
}

/// That a record is larger than the budget.
fn waits(waiting: &Waiting, lang: Lang) -> String {
    let Waiting {
        record,
        needs_bytes,
    } = waiting;
    match lang {
        Lang::Zh => format!("\n{record} 大于流量预算，需要约 {needs_bytes} 字节"),
        Lang::En => format!("\n{record} is larger than the budget: it takes {needs_bytes} bytes"),
    }
}

/// What waits for the network and for time.
pub(super) fn runtime() -> Result<Runtime, CliError> {
    let built = Builder::new_current_thread().enable_all().build();
    built.map_err(CliError::Runtime)
}
