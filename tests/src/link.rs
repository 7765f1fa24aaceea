//! A link that can be cut: a TCP proxy in front of the server, which counts what it carries back and cuts where it is told.
//!
//! It sees TLS and knows nothing of it: a cut falls where a real one would, in the middle of anything.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::fault::Told;

/// A proxy on a port of its own; gone when dropped.
#[derive(Debug)]
pub struct Link {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server_port: u16,
    /// How many bytes back the link still carries; it is cut at 0.
    left: AtomicU64,
    /// How many bytes it has carried back.
    carried: AtomicU64,
    /// How many connections were made.
    connections: AtomicU64,
    stopping: AtomicBool,
}

impl Link {
    /// A link to a port of this machine, whole at first.
    ///
    /// # Errors
    ///
    /// [`crate::fault::Fault`] if there is no port for it.
    pub fn to(server_port: u16) -> Told<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let shared = Arc::new(Shared {
            server_port,
            left: AtomicU64::new(u64::MAX),
            carried: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
        });
        let carrier = Arc::clone(&shared);
        thread::spawn(move || carrier.accept(&listener));
        Ok(Self { port, shared })
    }

    /// What a ticket's link names instead of the server.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    /// Cuts the link, for good, after so many more bytes from the server; the last byte before is still carried.
    pub fn cut_after(&self, bytes: u64) {
        self.shared.left.store(bytes, Ordering::SeqCst);
    }

    /// Makes the link whole again.
    pub fn mend(&self) {
        self.shared.left.store(u64::MAX, Ordering::SeqCst);
    }

    /// How many bytes it has carried back since it was made.
    #[must_use]
    pub fn carried(&self) -> u64 {
        self.shared.carried.load(Ordering::SeqCst)
    }

    /// How many connections were made through it.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::SeqCst)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

impl Shared {
    fn accept(self: Arc<Self>, listener: &TcpListener) {
        for device in listener.incoming() {
            if self.stopping.load(Ordering::SeqCst) {
                return;
            }
            self.connections.fetch_add(1, Ordering::SeqCst);
            let Ok(device) = device else { continue };
            let Ok(server) = TcpStream::connect(("127.0.0.1", self.server_port)) else {
                drop(device.shutdown(Shutdown::Both));
                continue;
            };
            let (Ok(from_device), Ok(to_server)) = (device.try_clone(), server.try_clone()) else {
                continue;
            };
            thread::spawn(move || carry_up(from_device, to_server));
            let carrier = Arc::clone(&self);
            thread::spawn(move || carrier.carry_back(server, device));
        }
    }

    fn carry_back(&self, mut server: TcpStream, mut device: TcpStream) {
        drop(device.set_nodelay(true));
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let read = match server.read(&mut buffer) {
                Ok(read) if read > 0 => read,
                _ => break,
            };
            let granted = self.take(u64::try_from(read).unwrap_or(u64::MAX));
            let granted = usize::try_from(granted).unwrap_or(usize::MAX);
            let part = buffer.get(..granted.min(read)).unwrap_or_default();
            if device.write_all(part).is_err() || part.len() < read {
                break;
            }
        }
        drop(device.shutdown(Shutdown::Both));
        drop(server.shutdown(Shutdown::Both));
    }

    /// How many of so many bytes may still be carried back.
    fn take(&self, wanted: u64) -> u64 {
        let less = |left: u64| match left {
            u64::MAX => Some(left),
            _ => Some(left.saturating_sub(wanted)),
        };
        let before = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
        let granted = before.unwrap_or_default().min(wanted);
        self.carried.fetch_add(granted, Ordering::SeqCst);
        granted
    }
}

fn carry_up(mut device: TcpStream, mut server: TcpStream) {
    drop(std::io::copy(&mut device, &mut server));
    drop(server.shutdown(Shutdown::Write));
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    use super::Link;
    use crate::fault::Told;

    #[test]
    fn a_cut_link_carries_exactly_so_many_bytes_back() -> Told<()> {
        let server = TcpListener::bind("127.0.0.1:0")?;
        let link = Link::to(server.local_addr()?.port())?;
        let serving = std::thread::spawn(move || {
            for _ in 0..2 {
                let answered = server.accept().and_then(|(mut stream, _)| {
                    stream.write_all(&[7; 100])?;
                    stream.read_to_end(&mut Vec::new())
                });
                drop(answered);
            }
        });
        let mut lengths = Vec::new();
        link.cut_after(37);
        for _ in 0..2 {
            let mut stream = TcpStream::connect(("127.0.0.1", link.port))?;
            let mut bytes = vec![0; 37];
            stream.read_exact(&mut bytes)?;
            link.mend();
            // The whole one ends only when this side closes.
            stream.shutdown(std::net::Shutdown::Write)?;
            stream.read_to_end(&mut bytes)?;
            lengths.push(bytes.len());
        }
        assert_eq!(lengths, [37, 100]);
        assert_eq!((link.carried(), link.connections()), (137, 2));
        drop(serving.join());
        Ok(())
    }
}
