//! A device whose requests are made by hand and ready before the clock runs, over the connection that devices use: HTTP/2, TLS 1.3,
//! zstd both ways, the same token all the time.

mod pack;

use std::sync::Arc;

use bytes::Bytes;
use fieldwatch_client_core::chance::SystemChance;
use fieldwatch_client_core::identity::Identity;
use fieldwatch_client_core::replica::Account;
use fieldwatch_client_core::transport::Transport as _;
use fieldwatch_client_core::transport::https::{Https, enrol};
use fieldwatch_schemas::sync::MEDIA_TYPE;
use fieldwatch_schemas::sync::enrol::TicketLink;

use super::case::Case;
use crate::fault::{Fault, Told};
use crate::wire::Wire;
pub(super) use pack::{all_stored, items, packed, request, unpacked, zstd};

/// The records of one push while a store is filled.
const PUSH_RECORDS: usize = 128;

/// A device that is enrolled, with an access token.
#[derive(Debug)]
pub(super) struct Phone {
    https: Https,
    client: reqwest::Client,
    link: TicketLink,
    url: String,
    bearer: String,
}

impl Phone {
    /// Enrols with a ticket's link, and gets a token.
    pub(super) async fn enrol(link: &str) -> Told<Self> {
        let link = TicketLink::parse(link)?;
        let identity = Identity::generate(&mut SystemChance)?;
        let reply = enrol(&link, "phone", &identity).await?;
        let account = Account {
            device: reply.device,
            standing: reply.standing,
            person_name: reply.person_name,
            server: reply.server,
            url: link.server.clone(),
            pin: link.pin.clone(),
            receipt_key: reply.receipt_key,
        };
        let mut phone = Self {
            https: Https::new(account, identity, Some(reply.nonce))?,
            client: client(&link)?,
            url: format!("{}/v1/sync", link.server),
            link,
            bearer: String::new(),
        };
        phone.renew().await?;
        Ok(phone)
    }

    /// Gets a fresh token: one is good for a quarter of an hour.
    pub(super) async fn renew(&mut self) -> Told<()> {
        drop(self.https.exchange(&request(Vec::new(), &[])?).await?);
        let token = self.https.token();
        let token = token.ok_or_else(|| Fault::new("no token"))?;
        self.bearer = format!("Bearer {token}");
        Ok(())
    }

    /// Lets the connection go; the next request makes another.
    pub(super) fn hang_up(&mut self) -> Told<()> {
        self.client = client(&self.link)?;
        Ok(())
    }

    /// Sends to another address of the same key, such as that of [`super::bare`].
    pub(super) async fn send_to(&self, url: &str, body: Bytes) -> Told<Bytes> {
        let request = self.client.post(url).body(body);
        let request = request
            .header("content-type", MEDIA_TYPE)
            .header("content-encoding", "zstd")
            .header("accept-encoding", "zstd")
            .header("authorization", &self.bearer);
        let response = request.send().await?;
        let status = response.status();
        let body = response.bytes().await?;
        match status.is_success() {
            true => Ok(body),
            false => Err(Fault::new(format!(
                "{status}: {}",
                String::from_utf8_lossy(&body)
            ))),
        }
    }

    /// Sends a body made by [`packed`] and gives the reply as it came.
    pub(super) async fn send(&self, body: Bytes) -> Told<Bytes> {
        self.send_to(&self.url, body).await
    }

    /// Pushes cases, all their changes, and proves that every one is stored.
    pub(super) async fn push(&self, cases: &[Case]) -> Told<()> {
        for group in cases.chunks(PUSH_RECORDS) {
            let pushed = group.iter().map(|case| case.pushed_from(0)).collect();
            let body = packed(&request(pushed, &[])?).await?;
            all_stored(&self.send(body).await?, group.len()).await?;
        }
        Ok(())
    }
}

fn client(link: &TicketLink) -> Told<reqwest::Client> {
    let mut tls = Arc::unwrap_or_clone(Wire::of(link)?.config());
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let built = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        .build()?;
    Ok(built)
}
