//! A reply over HTTPS: bytes are counted as they come, their coding is undone, and items are taken out as soon as they are whole.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_compression::tokio::bufread::ZstdDecoder;
use bytes::Bytes;
use fieldwatch_schemas::sync::exchange::Item;
use fieldwatch_schemas::sync::frame::Frames;
use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use reqwest::Response;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio_util::io::StreamReader;

use super::{Reply, TransportError};

const READ_BYTES: usize = 16 * 1024;

/// A reply as it comes.
pub struct HttpsReply {
    body: Box<dyn AsyncRead + Send + Unpin>,
    frames: Frames,
    buffer: Vec<u8>,
    is_over: bool,
}

type Body = StreamReader<BoxStream<'static, io::Result<Bytes>>, Bytes>;

impl HttpsReply {
    pub(super) fn zstd(response: Response, received: &Arc<AtomicU64>) -> Self {
        Self::new(Box::new(ZstdDecoder::new(body(response, received))))
    }

    pub(super) fn identity(response: Response, received: &Arc<AtomicU64>) -> Self {
        Self::new(Box::new(body(response, received)))
    }

    fn new(body: Box<dyn AsyncRead + Send + Unpin>) -> Self {
        Self {
            body,
            frames: Frames::default(),
            buffer: vec![0; READ_BYTES],
            is_over: false,
        }
    }
}

fn body(response: Response, received: &Arc<AtomicU64>) -> Body {
    let received = Arc::clone(received);
    let counted = response
        .bytes_stream()
        .inspect_ok(move |bytes| {
            received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        })
        .map_err(io::Error::other);
    StreamReader::new(Box::pin(counted))
}

impl Reply for HttpsReply {
    async fn next_item(&mut self) -> Result<Option<Item>, TransportError> {
        loop {
            if let Some(item) = self.frames.next_item()? {
                return Ok(Some(item));
            }
            if self.is_over {
                return Ok(None);
            }
            let read = self.body.read(&mut self.buffer).await;
            let count = read.map_err(TransportError::Cut)?;
            self.is_over = count == 0;
            self.frames
                .push(self.buffer.get(..count).unwrap_or_default());
        }
    }
}

/// Says nothing of what it carries.
impl std::fmt::Debug for HttpsReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpsReply")
            .field("is_over", &self.is_over)
            .finish_non_exhaustive()
    }
}
