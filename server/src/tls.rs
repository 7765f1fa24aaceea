//! TLS 1.3 by rustls, with ring. The server's own key is kept for ever, so that a pin on it outlives every certificate.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::ServerConfig;
use rustls::crypto::ring::Ticketer;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::TLS13;
use sha2::{Digest as _, Sha256};

use crate::token::base64url;

/// The tickets that a handshake ends with: one device makes one connection at a time, and each brings the next ticket.
const TICKETS: usize = 1;

/// Why a certificate or its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A key or certificate could not be made.
    #[error("a certificate could not be made")]
    Make(#[from] rcgen::Error),
    /// A file could not be read.
    #[error("{0} could not be read")]
    File(PathBuf, #[source] io::Error),
    /// A file holds no key, or no certificate.
    #[error("{0} holds no {1} as PEM")]
    Content(PathBuf, &'static str),
    /// Certificate and key do not go together, or are of a sort that is not supported.
    #[error("the certificate and its key cannot be used together")]
    Use(#[from] rustls::Error),
}

/// A certificate and its key, as files.
#[derive(Debug, Clone)]
pub struct Identity {
    /// The certificate, or a chain that begins with it.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Identity {
    /// The configuration to serve with: TLS 1.3 only, HTTP/2 or HTTP/1.1.
    ///
    /// # Errors
    ///
    /// [`TlsError`] if the files cannot be read or used together.
    pub fn config(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])?
            .with_no_client_auth()
            .with_single_cert(self.chain()?, self.private_key()?)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        // A device that comes back resumes by a ticket that it carries itself: the server keeps nothing for it, however many come.
        config.ticketer = Ticketer::new()?;
        config.send_tls13_tickets = TICKETS;
        Ok(Arc::new(config))
    }

    /// What devices know the server by: SHA-256 of the key's SubjectPublicKeyInfo, base64url.
    ///
    /// # Errors
    ///
    /// [`TlsError`] if the key cannot be read.
    pub fn pin(&self) -> Result<String, TlsError> {
        let key = any_supported_type(&self.private_key()?)?;
        let public = key.public_key();
        let public = public.ok_or_else(|| TlsError::Content(self.key.clone(), "usable key"))?;
        Ok(base64url(&Sha256::digest(&public)))
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let pem = read(&self.certificate)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        chain.ok_or_else(|| TlsError::Content(self.certificate.clone(), "certificate"))
    }

    fn private_key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        let pem = read(&self.key)?;
        PrivateKeyDer::from_pem_slice(&pem)
            .map_err(|_| TlsError::Content(self.key.clone(), "private key"))
    }
}

/// A new key, PEM.
///
/// # Errors
///
/// [`TlsError::Make`] if the system has no randomness.
pub fn new_key() -> Result<String, TlsError> {
    Ok(KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?.serialize_pem())
}

/// A certificate for these hosts, signed by its own key, PEM. It is good from 1975 to 4096: devices trust the key, not the dates.
///
/// # Errors
///
/// [`TlsError::Make`] if the key or a host cannot be used.
pub fn self_signed(key_pem: &str, hosts: &[String]) -> Result<String, TlsError> {
    let key = KeyPair::from_pem(key_pem)?;
    let mut params = CertificateParams::new(hosts.to_vec())?;
    let name = hosts.first().cloned().unwrap_or_default();
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params.self_signed(&key)?.pem())
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| TlsError::File(path.to_owned(), error))
}

#[cfg(test)]
mod tests;
