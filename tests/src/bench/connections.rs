//! What one idle live connection costs the server: HTTP/2 over TLS 1.3, opened and left alone.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use fieldwatch_schemas::limits::CONNECTIONS_MAX;
use fieldwatch_schemas::sync::enrol::TicketLink;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, StreamOwned};

use super::Bench;
use super::STATION;
use super::line::Line;
use super::process::resident_bytes;
use super::round::figure;
use crate::fault::{Fault, Told};
use crate::program::DEADLINE;
use crate::wire::Wire;

/// How an HTTP/2 client begins (RFC 9113 §3.4): the preface and empty settings.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
/// Connections that are left for whoever else connects, such as the administrator.
const SPARE: usize = 16;
/// The most that one may cost.
const EACH_BYTES_MAX: f64 = 40.0 * 1_024.0;

type Stream = StreamOwned<ClientConnection, TcpStream>;

pub(super) fn measure(bench: &Bench) -> Told<()> {
    let world = bench.world()?;
    let phone = bench.phone(&world, "first", STATION)?;
    let person = world.person("second", "station_staff", &["--station", STATION])?;
    let link = TicketLink::parse(&world.ticket(&person, &[])?)?;
    let mut config = Arc::unwrap_or_clone(Wire::of(&link)?.config());
    config.alpn_protocols = vec![b"h2".to_vec()];
    let config = Arc::new(config);
    let asked = bench.scale.connections;
    let possible = asked.min(CONNECTIONS_MAX - SPARE);
    if possible < asked {
        eprintln!("connections: {possible} of {asked}: the server takes {CONNECTIONS_MAX}");
    }
    let pid = world.pid()?;
    // The first few make what all share.
    let mut open = Vec::new();
    for _ in 0..possible.min(4) {
        open.push(connect(&config, &link)?);
    }
    let before = resident_bytes(pid)?;
    while open.len() < possible {
        open.push(connect(&config, &link)?);
    }
    let after = resident_bytes(pid)?;
    drop(phone);
    let each = (after - before).max(0.0) / figure(possible.saturating_sub(4).max(1));
    let line = Line::new("idle_connection", "none", "B", each).at_most(EACH_BYTES_MAX);
    bench.tell(&match possible < asked {
        true => line.short_of_what_was_asked(),
        false => line,
    })?;
    let count = Line::new(
        "idle_connections",
        "none",
        "connections",
        figure(open.len()),
    );
    bench.tell(&count.at_least(figure(asked)))
}

/// Opens one, and waits until the server has said its settings.
fn connect(config: &Arc<ClientConfig>, link: &TicketLink) -> Told<Stream> {
    let host = link.server.trim_start_matches("https://");
    let stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    let name = host.split(':').next().unwrap_or_default().to_owned();
    let tls = ClientConnection::new(Arc::clone(config), ServerName::try_from(name)?)?;
    let mut stream = StreamOwned::new(tls, stream);
    stream.write_all(PREFACE)?;
    stream.flush()?;
    let mut head = [0; 9];
    stream.read_exact(&mut head)?;
    // The fourth byte is the frame's type; settings are type 4.
    match head.get(3) {
        Some(4) => Ok(stream),
        _ => Err(Fault::new("the server does not speak HTTP/2")),
    }
}
