//! The same on a disk: what was acknowledged is there when the folder is opened again, under the same log id.

use std::sync::Arc;

use fieldwatch_schemas::store::Store;
use fieldwatch_schemas::store::sled::{SledOptions, SledStore};
use fieldwatch_server::check::check;
use fieldwatch_server::committer::Committer;
use fieldwatch_server::log::{Keys, Log};

use crate::replica::Replica;
use crate::world::{NOW_MS, STATION, staff};

fn region(station: &str) -> Option<String> {
    (station == STATION).then(|| "330106".to_owned())
}

#[test]
fn a_log_on_a_disk_keeps_what_it_acknowledged_and_can_be_opened_again_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let opener = move || {
        let options = SledOptions::server().cache_bytes(8 << 20);
        SledStore::open(&path, options).map(|store| Arc::new(store) as Arc<dyn Store>)
    };
    let keys = Keys::in_memory();
    let open = || {
        let opener = Box::new(opener.clone());
        Log::open(opener, keys.clone(), [7; 16], Arc::new(|| NOW_MS)).unwrap()
    };
    let mut alice = Replica::of_station(staff(1));
    let log = open();
    let id = log.id();
    let committer = Committer::start(Arc::clone(&log), Arc::new(region)).unwrap();
    for round in 1..=3_u64 {
        alice.new_case();
        let pushed = alice.request().outbox;
        let outcomes = committer
            .handle()
            .push_blocking(alice.asker.clone(), pushed);
        outcomes.unwrap().all_blocking().unwrap();
        log.reopen().unwrap();
        assert_eq!(check(&log, &region).unwrap().records, round);
    }
    committer.stop();
    drop(log);
    let log = open();
    let checked = check(&log, &region).unwrap();
    assert_eq!((log.id(), checked.records), (id, 3));
    assert_eq!(checked.problems, Vec::<String>::new());
    assert_eq!(log.durable_position(), 3);
}
