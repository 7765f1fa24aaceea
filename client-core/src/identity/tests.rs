//! The keys of a device, held to their word.

use super::*;
use crate::chance::SeededChance;
use jsonwebtoken::{DecodingKey, Validation};

#[test]
fn an_assertion_holds_under_the_devices_own_key_and_no_other() {
    let identity = Identity::generate(&mut SeededChance::new(1)).unwrap();
    let device = DeviceId([7; 16]);
    let assertion = identity.assertion(device, "fieldwatch", "n-1").unwrap();
    let mut rules = Validation::new(Algorithm::EdDSA);
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    rules.set_audience(&["fieldwatch"]);
    let read = |identity: &Identity| {
        let key = BASE64_URL_SAFE_NO_PAD
            .decode(identity.signing_key().unwrap())
            .unwrap();
        jsonwebtoken::decode::<Assertion>(&assertion, &DecodingKey::from_ed_der(&key), &rules)
    };
    let claims = read(&identity).unwrap().claims;
    assert_eq!((claims.iss, claims.nonce.as_str()), (device, "n-1"));
    let other = Identity::generate(&mut SeededChance::new(2)).unwrap();
    assert!(read(&other).is_err());
    assert_eq!(format!("{identity:?}"), "Identity");
}
