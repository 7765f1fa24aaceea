//! A server over a store in memory with a clock that the test moves, and devices that speak to its router.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use fieldwatch_schemas::deadline::Authority;
use fieldwatch_schemas::feed::{Feed, Grant};
use fieldwatch_schemas::id::{Actor, DeviceId, PersonId, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::problem::{Problem, ProblemKind};
use fieldwatch_schemas::record::Document;
use fieldwatch_schemas::record::edit::{Act, Author};
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::Store;
use fieldwatch_schemas::store::memory::MemoryStore;
use fieldwatch_schemas::sync::exchange::{Item, Request as SyncRequest};
use fieldwatch_schemas::sync::frame::Frames;
use fieldwatch_schemas::sync::pull::FeedCursor;
use fieldwatch_schemas::sync::push::Pushed;
use fieldwatch_schemas::sync::token::{Assertion, NONCE_HEADER};
use fieldwatch_schemas::sync::{MEDIA_TYPE, VERSION};
use fieldwatch_schemas::time::Moment;
use fieldwatch_server::app::{App, random};
use fieldwatch_server::ledger::Ledger;
use fieldwatch_server::log::Log;
use fieldwatch_server::notary::Notary;
use fieldwatch_server::register::person::{Person, Place};
use fieldwatch_server::register::station::Station;
use fieldwatch_server::register::ticket::Ticket;
use fieldwatch_server::routes::router;
use fieldwatch_server::token::nonce::NonceKey;
use fieldwatch_server::token::{Gate, base64url, new_signing_key};
use http_body_util::BodyExt as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::json;
use tower::ServiceExt as _;

pub(crate) const NAME: &str = "desk.example";
pub(crate) const STATION: &str = "330106-0012";
pub(crate) const OTHER_STATION: &str = "330102-0001";
pub(crate) const HOUR_MS: i64 = 3_600_000;

/// A server over a store in memory.
pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Arc<AtomicI64>,
    pub(crate) ledger: Arc<Ledger>,
    signing_key: Vec<u8>,
}

/// What came back.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// A device, enrolled.
#[derive(Clone)]
pub(crate) struct Device {
    pub(crate) id: DeviceId,
    pub(crate) grants: Vec<Grant>,
    pub(crate) nonce: String,
    pub(crate) key: Vec<u8>,
}

impl World {
    pub(crate) fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let clock = Arc::new(AtomicI64::new(1_790_000_000_000));
        let signing_key = new_signing_key().unwrap();
        let ledger = Arc::new(Ledger::in_memory().unwrap());
        let app = open(&store, &clock, &ledger, &signing_key);
        for (id, region) in [(STATION, "330106"), (OTHER_STATION, "330102")] {
            let station = Station::new(id, "站", region, Authority::Council).unwrap();
            app.register().add_station(station).unwrap();
        }
        Self {
            app,
            store,
            clock,
            ledger,
            signing_key,
        }
    }

    /// The server after its process was killed and the disk forgot what was not flushed.
    pub(crate) fn crashed(self) -> Self {
        self.app.close();
        self.store.crash();
        let app = open(&self.store, &self.clock, &self.ledger, &self.signing_key);
        Self { app, ..self }
    }

    pub(crate) fn advance(&self, by_ms: i64) {
        self.clock.fetch_add(by_ms, Ordering::SeqCst);
    }

    pub(crate) fn person(
        &self,
        role: Role,
        station: Option<&str>,
        region: Option<&str>,
    ) -> PersonId {
        let place = Place {
            stations: station.map(str::to_owned).into_iter().collect(),
            region: region.map(str::to_owned),
        };
        let id = PersonId::random(random().unwrap());
        let person = Person::new(id, "某人", role, place).unwrap();
        self.app.register().add_person(person).unwrap().id
    }

    pub(crate) fn ticket(&self, person: PersonId) -> String {
        let now_ms = self.app.now_ms();
        let (ticket, code) = Ticket::new(person, random().unwrap(), now_ms, 24 * HOUR_MS).unwrap();
        self.app.register().add_ticket(&ticket).unwrap();
        code
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = router(self.app.clone()).oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        // A reply that is cut ends in an error; what came before it counts.
        let mut bytes = Vec::new();
        let mut body = body;
        while let Some(Ok(frame)) = body.frame().await {
            bytes.extend_from_slice(&frame.into_data().unwrap_or_default());
        }
        Reply {
            status: head.status,
            headers: head.headers,
            body: bytes.into(),
        }
    }

    pub(crate) async fn post_json(&self, path: &str, body: &serde_json::Value) -> Reply {
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()));
        self.send(request.unwrap()).await
    }

    /// A device of a new person.
    pub(crate) async fn device(
        &self,
        role: Role,
        station: Option<&str>,
        region: Option<&str>,
    ) -> Device {
        let person = self.person(role, station, region);
        self.enrol(person).await
    }

    pub(crate) async fn staff(&self) -> Device {
        self.device(Role::StationStaff, Some(STATION), None).await
    }

    pub(crate) async fn enrol(&self, person: PersonId) -> Device {
        let key = new_signing_key().unwrap();
        let request = enrolment(Some(&self.ticket(person)), &key);
        let reply = self.post_json("/v1/devices", &request).await;
        assert_eq!(reply.status, StatusCode::CREATED);
        let said = reply.json();
        Device {
            id: said["device"].as_str().unwrap().parse().unwrap(),
            grants: serde_json::from_value(said["grants"].clone()).unwrap(),
            nonce: said["nonce"].as_str().unwrap().to_owned(),
            key,
        }
    }

    /// A sync as a device does it: CBOR, no coding.
    pub(crate) async fn sync(&self, device: &Device, request: &SyncRequest) -> Reply {
        self.send(sync_request(
            &device.assertion(),
            minicbor::to_vec(request).unwrap(),
        ))
        .await
    }
}

fn open(
    store: &Arc<MemoryStore>,
    clock: &Arc<AtomicI64>,
    ledger: &Arc<Ledger>,
    signing_key: &[u8],
) -> Arc<App> {
    let store: Arc<dyn Store> = store.clone();
    let clock = clock.clone();
    let now = Arc::new(move || clock.load(Ordering::SeqCst));
    let log = Log::new(store, random().unwrap(), now).unwrap();
    let gate = Gate::new(NAME.to_owned(), NonceKey::new(&[7; 32]), signing_key).unwrap();
    let notary = Notary::new(NAME.to_owned(), signing_key).unwrap();
    App::new(log, ledger.clone(), gate, notary).unwrap()
}

impl Reply {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The kind of problem, after looking whether it travels as one.
    pub(crate) fn problem(&self) -> ProblemKind {
        let media = self.headers.get(header::CONTENT_TYPE).unwrap();
        assert_eq!(media, "application/problem+json");
        let problem: Problem = serde_json::from_slice(&self.body).unwrap();
        let kind = problem.kind().unwrap();
        assert_eq!(self.status.as_u16(), kind.status());
        assert_eq!(problem.status, kind.status());
        kind
    }

    pub(crate) fn nonce(&self) -> String {
        let nonce = self.headers.get(NONCE_HEADER).unwrap();
        nonce.to_str().unwrap().to_owned()
    }

    /// The items of a sync's reply.
    pub(crate) fn items(&self) -> Vec<Item> {
        assert_eq!(self.status, StatusCode::OK, "{:?}", self.body);
        let mut frames = Frames::default();
        frames.push(&self.body);
        std::iter::from_fn(|| frames.next_item().unwrap()).collect()
    }
}

impl Device {
    /// An assertion over the nonce that came with the enrolment.
    pub(crate) fn assertion(&self) -> String {
        self.assertion_over(&self.nonce)
    }

    pub(crate) fn assertion_over(&self, nonce: &str) -> String {
        self.sign(&Assertion {
            iss: self.id,
            sub: self.id,
            aud: NAME.to_owned(),
            nonce: nonce.to_owned(),
        })
    }

    pub(crate) fn sign(&self, assertion: &Assertion) -> String {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.id.to_string());
        encode(&header, assertion, &EncodingKey::from_ed_der(&self.key)).unwrap()
    }
}

/// The body of an enrolment.
pub(crate) fn enrolment(code: Option<&str>, key: &[u8]) -> serde_json::Value {
    let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(key).unwrap();
    json!({
        "code": code,
        "name": "手机",
        "signing_key": base64url(pair.public_key().as_ref()),
        "sealing_key": base64url(&[9; 32]),
    })
}

pub(crate) fn sync_request(bearer: &str, body: Vec<u8>) -> Request<Body> {
    Request::post("/v1/sync")
        .header(header::CONTENT_TYPE, MEDIA_TYPE)
        .header(header::AUTHORIZATION, format!("Bearer {bearer}"))
        .body(Body::from(body))
        .unwrap()
}

/// A request that asks for these feeds from the beginning.
pub(crate) fn asking(feeds: &[&str]) -> SyncRequest {
    let feeds = feeds.iter().map(|feed| FeedCursor {
        feed: feed.parse::<Feed>().unwrap(),
        cursor: 0,
        complete: 0,
        mark: None,
        proof: None,
    });
    SyncRequest {
        version: VERSION,
        log: None,
        feeds: feeds.collect(),
        outbox: Vec::new(),
        budget_bytes: None,
        grants: None,
        wants: Vec::new(),
        stations: None,
        repair: None,
        index: Vec::new(),
        whole_budget_bytes: None,
        erasures: None,
    }
}

/// A new case of a station, as its first push.
pub(crate) fn case(station: &str, narrative: &str) -> Pushed {
    let id = RecordId::fresh(Kind::Case, 1_790_000_000_000, random().unwrap());
    let mut document = Document::begin(id, Kind::Case).unwrap();
    let set = |path: &str, value: &str| Act::Set {
        path: path.to_owned(),
        value: Kind::Case
            .field(path)
            .unwrap()
            .read_text(path, value)
            .unwrap(),
    };
    let author = Author {
        actor: Actor::random(random().unwrap()),
        now: Moment::china(1_790_000_000_000),
        role: None,
    };
    let acts = [
        set("nature", "complaint"),
        set("station", station),
        set("narrative", narrative),
    ];
    document.edit(&author, &acts).unwrap();
    let chunks = document.chunks().unwrap().into_iter();
    Pushed {
        record: id,
        kind: "case".to_owned(),
        changes: chunks.map(|chunk| chunk.into_bytes().into()).collect(),
        vouched: None,
    }
}
