//! One suite for every store: whatever memory promises, sled must keep, and the other way round.
//!
//! The laws are in `stores/laws.rs`; each is run on each store.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed, in its functions too"
)]

#[path = "stores/damage.rs"]
mod damage;
#[path = "stores/laws.rs"]
mod laws;
#[path = "stores/random.rs"]
mod random;

use fieldwatch_schemas::store::Store;
use fieldwatch_schemas::store::memory::MemoryStore;

/// Makes a test of each law for one store.
macro_rules! keeps_the_laws {
    ($store:ident, $($law:ident),+ $(,)?) => {
        mod $store {
            $(#[test]
            fn $law() {
                super::$store(crate::laws::$law);
            })+
        }
    };
    ($store:ident) => {
        keeps_the_laws!(
            $store,
            a_missing_key_has_no_value,
            a_scan_goes_up_in_byte_order_and_stops_when_told,
            a_prefix_of_greatest_bytes_ends_where_it_should,
            an_empty_range_has_no_rows,
            the_last_row_is_the_one_with_the_greatest_key,
            pages_meet_every_row_once,
            the_later_act_on_a_key_wins,
            a_deleted_row_is_gone_and_may_come_back,
            a_value_of_any_size_comes_back_as_it_was,
            a_large_value_shrinks_and_grows_again,
            large_values_of_neighbouring_keys_do_not_meet,
            a_batch_beyond_a_limit_writes_nothing,
            the_largest_batch_is_taken,
            a_visitor_may_use_the_store,
            readers_never_see_a_mix_of_two_versions,
            writers_at_once_lose_nothing,
        );
    };
}

keeps_the_laws!(memory);
keeps_the_laws!(sled);

fn memory(law: fn(&dyn Store)) {
    law(&MemoryStore::new());
}

fn sled(law: fn(&dyn Store)) {
    let folder = tempfile::tempdir().unwrap();
    law(&open(folder.path()));
}

fn open(path: &std::path::Path) -> fieldwatch_schemas::store::sled::SledStore {
    use fieldwatch_schemas::store::sled::{SledOptions, SledStore};
    SledStore::open(path, SledOptions::device()).unwrap()
}
