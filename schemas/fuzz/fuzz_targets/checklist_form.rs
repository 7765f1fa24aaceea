//! Any bytes are a form or a refusal, and a form can be stored, listed and evaluated.
#![no_main]

use fieldwatch_schemas::checklist::{Answers, Checklist, Context, evaluate, read_xlsx};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((checklist, warnings)) = read_xlsx(bytes) {
        let listing =
            serde_json::to_string(&checklist.listing(&warnings)).expect("a listing is JSON");
        assert!(!listing.is_empty());
        let json = serde_json::to_string(&checklist).expect("a checklist is JSON");
        let again: Checklist =
            serde_json::from_str(&json).expect("what was read once is read again");
        let context = Context::at(1_719_799_200_000, 480);
        assert_eq!(
            evaluate(&again, &Answers::new(), &context),
            evaluate(&checklist, &Answers::new(), &context)
        );
    }
});
