//! What a device makes of receipts: it keeps those that hold, and those that do not stop nothing.

use std::sync::Arc;

use fieldwatch_client_core::chance::SeededChance;
use fieldwatch_client_core::replica::{Account, Arrival, Page, Received, Replica};
use fieldwatch_schemas::chunk::Chunk;
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::{DeviceId, LogId, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::memory::MemoryStore;
use fieldwatch_schemas::sync::push::{Outcome, Verdict};
use fieldwatch_schemas::sync::receipt::{
    Covered, SignedReceipt, Statement, VERSION, signed_bytes, tree_over,
};
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::device::{NOW, STATION, account, grants, later, open, say};

const LOG: LogId = LogId([5; 16]);

fn key() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[6; 32]).unwrap()
}

fn enrolled(store: &Arc<MemoryStore>) -> (Replica, RecordId) {
    let replica = open(store);
    let key = fieldwatch_client_core::receipt::to_text(key().public_key().as_ref());
    let account = Account {
        receipt_key: Some(key),
        ..account(Role::StationStaff)
    };
    replica.enrolled(&account, &grants()).unwrap();
    let acts = [say("nature", "complaint"), say("station", STATION)];
    let mut chance = SeededChance::new(1);
    let record = replica.new_record(Kind::Case, &acts, &later(0), &mut chance);
    (replica, record.unwrap())
}

fn statement(covered: &Covered, position: u64) -> Statement {
    Statement {
        version: VERSION,
        server: account(Role::StationStaff).server,
        log: LOG,
        device: account(Role::StationStaff).device,
        position,
        at_ms: NOW.ms,
        records: u32::try_from(covered.len()).unwrap(),
        root: tree_over(covered, &[7; 32]).unwrap().root().unwrap(),
    }
}

fn page(statement: &Statement, covered: &Covered) -> Page {
    let statement = minicbor::to_vec(statement).unwrap();
    let signature = key().sign(&signed_bytes(&statement));
    Page {
        log: Some(LOG),
        receipt: Some(Received {
            signed: SignedReceipt {
                signature: signature.as_ref().try_into().unwrap(),
                statement: statement.into(),
                seed: [7; 32],
            },
            covered: covered.clone(),
        }),
        ..Page::default()
    }
}

#[test]
fn a_receipt_that_holds_is_kept_across_power_loss_and_one_for_somebody_else_is_not() {
    let store = Arc::new(MemoryStore::new());
    let (replica, record) = enrolled(&store);
    let covered = Covered::from([(record, replica.heads(record).unwrap())]);
    let sound = statement(&covered, 9);
    let mut wrong = vec![sound.clone(); 4];
    wrong[0].device = DeviceId([9; 16]);
    wrong[1].log = LogId([9; 16]);
    wrong[2].server = "elsewhere".to_owned();
    wrong[3].records = 2;
    for wrong in wrong {
        replica.apply(&page(&wrong, &covered)).unwrap();
    }
    let mut forged = page(&sound, &covered);
    if let Some(received) = &mut forged.receipt {
        received.signed.signature[5] ^= 1;
    }
    replica.apply(&forged).unwrap();
    assert!(replica.receipts(None).unwrap().is_empty());

    replica.apply(&page(&sound, &covered)).unwrap();
    store.crash();
    let kept = open(&store).receipts(Some(record)).unwrap();
    assert_eq!(kept.len(), 1);
    let proved = fieldwatch_client_core::receipt::verify(&kept[0]);
    assert_eq!(proved.unwrap().position, 9);
}

#[test]
fn receipts_outlast_a_record_that_leaves_and_go_with_one_that_is_erased() {
    let store = Arc::new(MemoryStore::new());
    let (replica, record) = enrolled(&store);
    let covered = Covered::from([(record, replica.heads(record).unwrap())]);
    replica
        .apply(&page(&statement(&covered, 9), &covered))
        .unwrap();
    let arrives = |arrival| Page {
        arrivals: vec![(Feed::station(STATION).unwrap(), arrival)],
        ..Page::default()
    };
    replica.apply(&arrives(Arrival::Left(record))).unwrap();
    assert_eq!(replica.receipts(Some(record)).unwrap().len(), 1);
    replica.apply(&arrives(Arrival::Erased(record))).unwrap();
    assert!(replica.receipts(None).unwrap().is_empty());
}

#[test]
fn what_was_acknowledged_before_a_cut_is_brought_once_more_and_one_receipt_proves_it() {
    let store = Arc::new(MemoryStore::new());
    let (replica, record) = enrolled(&store);
    let mut chance = SeededChance::new(2);
    let edit = [say("problem", "quality")];
    replica.edit(record, &edit, &later(1), &mut chance).unwrap();
    let hashes = |replica: &Replica| -> Vec<_> {
        let outbox = replica.offer().unwrap().outbox.into_iter();
        let chunks = outbox.flat_map(|pushed| pushed.changes);
        chunks
            .map(|chunk| Chunk::parse(chunk.to_vec()).unwrap().hash())
            .collect()
    };
    let pushed = hashes(&replica);
    assert_eq!(pushed.len(), 2);
    let acknowledged = |verdict, durable: &[_]| Outcome {
        record,
        verdict,
        durable: durable.to_vec(),
        missing: Vec::new(),
        problem: None,
        words: None,
        refused: None,
    };
    let cut = Page {
        outcomes: vec![acknowledged(Verdict::Stored, &pushed)],
        ..Page::default()
    };
    replica.apply(&cut).unwrap();
    store.crash();
    let replica = open(&store);
    assert_eq!(replica.status().unwrap().outbox, 0, "it is on the server");
    let again = hashes(&replica);
    assert_eq!(again, pushed[1..], "the newest stands for all below it");
    let covered = Covered::from([(record, again.clone())]);
    let proven = Page {
        outcomes: vec![acknowledged(Verdict::Duplicate, &again)],
        ..page(&statement(&covered, 9), &covered)
    };
    replica.apply(&proven).unwrap();
    assert_eq!(replica.receipts(Some(record)).unwrap().len(), 1);
    assert_eq!(hashes(&replica), []);
    // A server that gives no receipts is not asked for any.
    let silent = open(&Arc::new(MemoryStore::new()));
    silent
        .enrolled(&account(Role::StationStaff), &grants())
        .unwrap();
    let acts = [say("nature", "complaint"), say("station", STATION)];
    let made = silent.new_record(Kind::Case, &acts, &later(0), &mut chance);
    let record = made.unwrap();
    let outcome = Outcome {
        record,
        ..acknowledged(Verdict::Stored, &hashes(&silent))
    };
    let outcomes = vec![outcome];
    silent
        .apply(&Page {
            outcomes,
            ..Page::default()
        })
        .unwrap();
    assert_eq!(hashes(&silent), []);
}
