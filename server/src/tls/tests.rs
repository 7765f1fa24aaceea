//! Certificates and pins, held to their word.

use rcgen::PublicKeyData as _;

use super::*;

#[test]
fn the_pin_is_of_the_key_and_outlives_the_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity {
        certificate: folder.path().join("tls.crt"),
        key: folder.path().join("tls.key"),
    };
    let key = new_key().unwrap();
    fs::write(&identity.key, &key).unwrap();
    let spki = KeyPair::from_pem(&key).unwrap().subject_public_key_info();
    for host in ["a.example", "10.0.0.1"] {
        let certificate = self_signed(&key, &[host.to_owned()]).unwrap();
        fs::write(&identity.certificate, certificate).unwrap();
        assert_eq!(identity.config().unwrap().alpn_protocols.len(), 2);
        assert_eq!(identity.pin().unwrap(), base64url(&Sha256::digest(&spki)));
    }
}

#[test]
fn a_certificate_of_another_key_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity {
        certificate: folder.path().join("tls.crt"),
        key: folder.path().join("tls.key"),
    };
    fs::write(&identity.key, new_key().unwrap()).unwrap();
    let other = self_signed(&new_key().unwrap(), &["a".to_owned()]).unwrap();
    fs::write(&identity.certificate, other).unwrap();
    assert!(matches!(identity.config(), Err(TlsError::Use(_))));
    fs::write(&identity.certificate, "no PEM").unwrap();
    assert!(matches!(identity.config(), Err(TlsError::Content(..))));
}
