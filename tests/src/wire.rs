//! HTTPS by hand: one request on one connection, the reply read to its end, nothing hidden by a client library.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fieldwatch_schemas::sync::enrol::TicketLink;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring::default_provider, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, HandshakeKind, SignatureScheme,
    StreamOwned,
};

use crate::fault::{Fault, Told};
use crate::program::DEADLINE;

/// A server, trusted by the pin of a ticket.
#[derive(Debug, Clone)]
pub struct Wire {
    host: String,
    config: Arc<ClientConfig>,
}

/// A reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, after its transfer coding.
    pub body: Vec<u8>,
    /// Whether the connection resumed a session of an earlier one.
    pub is_resumed: bool,
}

impl Answer {
    /// A header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl Wire {
    /// The server that a ticket's link names.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the link has no sound pin.
    pub fn of(link: &TicketLink) -> Told<Self> {
        let pin = URL_SAFE_NO_PAD.decode(&link.pin)?;
        let provider = Arc::new(default_provider());
        let verifier = Pinned {
            pin,
            provider: Arc::clone(&provider),
        };
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        Ok(Self {
            host: link.server.trim_start_matches("https://").to_owned(),
            config: Arc::new(config),
        })
    }

    /// How the server is trusted, for a client of another make.
    #[must_use]
    pub fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }

    /// Sends a request and reads the reply to its end.
    ///
    /// # Errors
    ///
    /// [`Fault`] if the connection breaks or the reply is no HTTP.
    pub fn send(&self, head: &str, headers: &[(&str, &str)], body: &[u8]) -> Told<Answer> {
        let stream = TcpStream::connect(&self.host)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        let name = self.host.split(':').next().unwrap_or_default().to_owned();
        let tls = ClientConnection::new(Arc::clone(&self.config), ServerName::try_from(name)?)?;
        let mut tls = StreamOwned::new(tls, stream);
        let mut request = format!("{head} HTTP/1.1\r\nhost: {}\r\n", self.host);
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        let length = body.len();
        request.push_str(&format!(
            "content-length: {length}\r\nconnection: close\r\n\r\n"
        ));
        let mut bytes = request.into_bytes();
        bytes.extend_from_slice(body);
        tls.write_all(&bytes)?;
        tls.flush()?;
        let mut reply = Vec::new();
        match tls.read_to_end(&mut reply) {
            // A reply with its own end in it is whole without TLS's.
            Err(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => Err(error.into()),
            _ => Ok(Answer {
                is_resumed: tls.conn.handshake_kind() == Some(HandshakeKind::Resumed),
                ..parse(&reply)?
            }),
        }
    }
}

fn parse(reply: &[u8]) -> Told<Answer> {
    let wrong = || Fault::new("the reply is no HTTP");
    let end = reply.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = reply
        .split_at_checked(end.ok_or_else(wrong)?)
        .ok_or_else(wrong)?;
    let body = body.get(4..).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status
        .and_then(|word| word.parse().ok())
        .ok_or_else(wrong)?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut answer = Answer {
        status,
        headers,
        body: body.to_vec(),
        is_resumed: false,
    };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = unchunk(body).ok_or_else(|| Fault::new("the reply was cut"))?;
    }
    Ok(answer)
}

/// Undoes the chunked coding (RFC 9112 §7.1).
fn unchunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = std::str::from_utf8(rest.get(..end)?).ok()?;
        let size = usize::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
        let begin = end + 2;
        if size == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(rest.get(begin..begin + size)?);
        rest = rest.get(begin + size + 2..)?;
    }
}

/// Trusts one key, whatever the certificate around it says.
#[derive(Debug)]
struct Pinned {
    pin: Vec<u8>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let parsed = webpki::EndEntityCert::try_from(certificate)
            .map_err(|error| rustls::Error::General(error.to_string()))?;
        let key = parsed.subject_public_key_info();
        let digest = ring::digest::digest(&ring::digest::SHA256, &key);
        match digest.as_ref() == self.pin {
            true => Ok(ServerCertVerified::assertion()),
            false => Err(rustls::Error::General(
                "another key than the pin's".to_owned(),
            )),
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.3 only".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
