//! A device made by hand: it asks what the command `fieldwatch` would never ask.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fieldwatch_schemas::id::DeviceId;
use fieldwatch_schemas::problem::{Problem, ProblemKind};
use fieldwatch_schemas::sync::enrol::{EnrolReply, EnrolRequest, TicketLink};
use fieldwatch_schemas::sync::exchange::{Item, Request};
use fieldwatch_schemas::sync::frame::Frames;
use fieldwatch_schemas::sync::pull::FeedCursor;
use fieldwatch_schemas::sync::token::{Assertion, NONCE_HEADER};
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use crate::fault::{Fault, Told};
use crate::wire::{Answer, Wire};

/// A device that speaks the protocol itself.
#[derive(Debug)]
pub struct Peer {
    wire: Wire,
    key: Ed25519KeyPair,
    device: DeviceId,
    server: String,
    nonce: String,
}

/// What became of a request.
#[derive(Debug)]
pub enum Heard {
    /// The items of a reply that was not refused.
    Items(Vec<Item>),
    /// A refusal.
    Problem(ProblemKind, Answer),
}

impl Peer {
    /// Enrols with a link; the keys come from `seed`.
    ///
    /// # Errors
    ///
    /// [`Fault`] if it is refused.
    pub fn enrol(link: &str, seed: u8) -> Told<Self> {
        let link = TicketLink::parse(link)?;
        let answer = try_enrol(&link, Some(&link.code), seed)?;
        if answer.status / 100 != 2 {
            let words = String::from_utf8_lossy(&answer.body).into_owned();
            return Err(Fault::new(format!("enrolment: {} {words}", answer.status)));
        }
        let reply: EnrolReply = serde_json::from_slice(&answer.body)?;
        Ok(Self {
            wire: Wire::of(&link)?,
            key: key(seed)?,
            device: reply.device,
            server: reply.server,
            nonce: reply.nonce,
        })
    }

    /// Its id.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.device
    }

    /// The same device, with a key that is not its own.
    ///
    /// # Errors
    ///
    /// [`Fault`] if no key can be made.
    pub fn with_key_of(mut self, seed: u8) -> Told<Self> {
        self.key = key(seed)?;
        Ok(self)
    }

    /// The same keys under an id that the server has never given.
    #[must_use]
    pub fn named(mut self, device: DeviceId) -> Self {
        self.device = device;
        self
    }

    /// Asks for feeds from their beginning.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the reply can be read neither as items nor as a problem.
    pub fn ask(&mut self, feeds: &[&str]) -> Told<Heard> {
        let mut cursors = Vec::new();
        for feed in feeds {
            cursors.push(FeedCursor {
                feed: feed.parse()?,
                cursor: 0,
                complete: 0,
                mark: None,
                proof: None,
            });
        }
        let request = Request {
            version: 1,
            log: None,
            feeds: cursors,
            outbox: Vec::new(),
            budget_bytes: None,
            grants: None,
            wants: Vec::new(),
            stations: None,
            repair: None,
            index: Vec::new(),
            whole_budget_bytes: None,
            erasures: None,
        };
        let answer = self.post(&minicbor::to_vec(&request)?)?;
        heard(answer)
    }

    fn post(&mut self, body: &[u8]) -> Told<Answer> {
        let bearer = format!("Bearer {}", self.assertion()?);
        let headers = [
            ("content-type", "application/cbor"),
            ("authorization", bearer.as_str()),
        ];
        let answer = self.wire.send("POST /v1/sync", &headers, body)?;
        if let Some(nonce) = answer.header(NONCE_HEADER) {
            self.nonce = nonce.to_owned();
        }
        Ok(answer)
    }

    /// A JWT over the last nonce (RFC 7515, RFC 8037).
    fn assertion(&self) -> Told<String> {
        let header = serde_json::json!({
            "alg": "EdDSA", "typ": "JWT", "kid": self.device.to_string(),
        });
        let claims = Assertion {
            iss: self.device,
            sub: self.device,
            aud: self.server.clone(),
            nonce: self.nonce.clone(),
        };
        let claims = serde_json::to_vec(&claims)?;
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let signature = URL_SAFE_NO_PAD.encode(self.key.sign(signed.as_bytes()));
        Ok(format!("{signed}.{signature}"))
    }
}

/// Tries to enrol with a code, or without one.
///
/// # Errors
///
/// [`Fault`] if there is no answer.
pub fn try_enrol(link: &TicketLink, code: Option<&str>, seed: u8) -> Told<Answer> {
    let request = EnrolRequest {
        code: code.map(str::to_owned),
        name: "peer".to_owned(),
        signing_key: URL_SAFE_NO_PAD.encode(key(seed)?.public_key()),
        sealing_key: URL_SAFE_NO_PAD.encode([seed | 1; 32]),
    };
    let body = serde_json::to_vec(&request)?;
    let headers = [("content-type", "application/json")];
    Wire::of(link)?.send("POST /v1/devices", &headers, &body)
}

/// The kind of an answer that is a problem.
///
/// # Errors
///
/// [`Fault`] if it is none, or if its status is not its kind's.
pub fn problem_of(answer: &Answer) -> Told<ProblemKind> {
    let words = String::from_utf8_lossy(&answer.body).into_owned();
    let wrong = || Fault::new(format!("no problem: {} {words}", answer.status));
    let problem: Problem = serde_json::from_slice(&answer.body).map_err(|_| wrong())?;
    let kind = problem.kind().ok_or_else(wrong)?;
    let media = answer.header("content-type").unwrap_or_default();
    let is_sound = media.starts_with("application/problem+json")
        && answer.status == kind.status()
        && problem.status == kind.status();
    match is_sound {
        true => Ok(kind),
        false => Err(wrong()),
    }
}

fn heard(answer: Answer) -> Told<Heard> {
    if answer.status != 200 {
        return Ok(Heard::Problem(problem_of(&answer)?, answer));
    }
    if let Some(coding) = answer.header("content-encoding") {
        return Err(Fault::new(format!("{coding} was not asked for")));
    }
    let mut frames = Frames::default();
    frames.push(&answer.body);
    let mut items = Vec::new();
    while let Some(item) = frames.next_item()? {
        items.push(item);
    }
    Ok(Heard::Items(items))
}

fn key(seed: u8) -> Told<Ed25519KeyPair> {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).map_err(|error| Fault::new(error.to_string()))
}
