//! What a device makes of receipts: it keeps those that hold, and those that do not stop nothing.

use std::sync::Arc;

use fieldwatch_client_core::chance::SeededChance;
use fieldwatch_client_core::replica::{Account, Arrival, Page, Received, Replica};
use fieldwatch_schemas::feed::Feed;
use fieldwatch_schemas::id::{DeviceId, LogId, RecordId};
use fieldwatch_schemas::kind::Kind;
use fieldwatch_schemas::status::Role;
use fieldwatch_schemas::store::memory::MemoryStore;
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
