//! A device's link to the network, which can be cut in the middle of a reply.
//!
//! It stands between device and server and carries their bytes unread (TLS ends behind it), so a cut is what a cut is in the
//! field: the connection dies at some byte, and every new one until the link is mended.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const BUFFER_BYTES: usize = 16 * 1024;

/// The link; closed when dropped.
#[derive(Debug)]
pub(super) struct Link {
    address: SocketAddr,
    left: Arc<Left>,
    task: JoinHandle<()>,
}

/// How many more bytes of replies pass; `None` is without end.
#[derive(Debug, Default)]
struct Left(Mutex<Option<u64>>);

impl Left {
    fn set(&self, left: Option<u64>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = left;
    }

    fn is_cut(&self) -> bool {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) == Some(0)
    }

    /// How many of these bytes may pass; they are used up.
    fn take(&self, wanted: usize) -> usize {
        let mut left = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = *left else { return wanted };
        let taken = usize::try_from(before).unwrap_or(usize::MAX).min(wanted);
        *left = Some(before.saturating_sub(taken as u64));
        taken
    }
}

impl Link {
    /// Opens a link to a server on this machine, on a free port.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if no port can be had.
    pub(super) async fn to(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let left = Arc::new(Left::default());
        let task = tokio::spawn(accept(listener, server, Arc::clone(&left)));
        Ok(Self {
            address,
            left,
            task,
        })
    }

    /// Where a device finds the server through this link.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts the link after this many more bytes from the server.
    pub(super) fn cut_after(&self, bytes: u64) {
        self.left.set(Some(bytes));
    }

    /// Whether the cut has come.
    pub(super) fn is_cut(&self) -> bool {
        self.left.is_cut()
    }

    /// Lets everything pass again.
    pub(super) fn mend(&self) {
        self.left.set(None);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, left: Arc<Left>) {
    while let Ok((device, _)) = listener.accept().await {
        if !left.is_cut() {
            tokio::spawn(carry(device, server, Arc::clone(&left)));
        }
    }
}

/// Carries one connection until either side ends it or the link is cut; both sockets close when this returns.
async fn carry(device: TcpStream, server: SocketAddr, left: Arc<Left>) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (from_device, to_device) = device.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        _ = pass(from_device, to_server, None) => {}
        _ = pass(from_server, to_device, Some(&left)) => {}
    }
}

async fn pass(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    left: Option<&Left>,
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        let read = from.read(&mut buffer).await?;
        let allowed = left.map_or(read, |left| left.take(read));
        to.write_all(buffer.get(..allowed).unwrap_or_default())
            .await?;
        if read == 0 || allowed < read || left.is_some_and(Left::is_cut) {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn server_that_says(bytes: usize) -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                client.write_all(&vec![7; bytes]).await.unwrap_or(());
            }
        });
        address
    }

    async fn received(link: &Link) -> usize {
        let mut bytes = Vec::new();
        let Ok(mut stream) = TcpStream::connect(link.address()).await else {
            return 0;
        };
        stream.read_to_end(&mut bytes).await.unwrap_or(0);
        bytes.len()
    }

    #[tokio::test]
    async fn a_cut_link_ends_at_the_byte_and_stays_dead_until_it_is_mended() {
        let link = Link::to(server_that_says(50_000).await).await.unwrap();
        assert_eq!(received(&link).await, 50_000);
        link.cut_after(20_001);
        assert_eq!(received(&link).await, 20_001);
        assert!(link.is_cut());
        assert_eq!(received(&link).await, 0);
        link.mend();
        assert_eq!(received(&link).await, 50_000);
    }
}
