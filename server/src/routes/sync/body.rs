//! Reading a sync request: never more bytes than its limit, whatever they claim to unfold to.

use std::io;
use std::time::Duration;

use async_compression::tokio::bufread::ZstdDecoder;
use async_compression::zstd::DParameter;
use axum::body::Body;
use axum::http::{HeaderMap, header};
use fieldwatch_schemas::limits::{
    BODY_PAUSE_MS_MAX, FEEDS_MAX, PUSH_RECORDS_MAX, REQUEST_BYTES_MAX, ZSTD_WINDOW_LOG_MAX,
};
use fieldwatch_schemas::problem::ProblemKind;
use fieldwatch_schemas::sync::exchange::Request;
use fieldwatch_schemas::sync::{MEDIA_TYPE, VERSION};
use minicbor::Decode;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio_stream::StreamExt as _;
use tokio_util::io::StreamReader;

use crate::app::crowd::Place;
use crate::problem::ApiError;
use crate::routes::reading::is_media;

/// The longest list of wanted records; as many as a push may bring.
const WANTS_MAX: usize = PUSH_RECORDS_MAX;

/// How much is read before memory is asked for it.
const PIECE_BYTES: u64 = 64 * 1024;

/// Reads a request, and checks what can be checked without knowing who asks.
pub(super) async fn read(
    headers: &HeaderMap,
    body: Body,
    place: &mut Place,
) -> Result<Request, ApiError> {
    if !is_media(headers, MEDIA_TYPE) {
        return Err(ApiError::Refused(ProblemKind::MediaUnknown));
    }
    let bytes = match coding(headers)? {
        Coding::Identity => bounded(raw(body), place).await?,
        Coding::Zstd => {
            let window = [DParameter::window_log_max(ZSTD_WINDOW_LOG_MAX)];
            bounded(ZstdDecoder::with_params(raw(body), &window), place).await?
        }
    };
    parse(&bytes)
}

enum Coding {
    Identity,
    Zstd,
}

fn coding(headers: &HeaderMap) -> Result<Coding, ApiError> {
    let value = headers
        .get(header::CONTENT_ENCODING)
        .map(|value| value.to_str().unwrap_or("?").trim());
    match value {
        None | Some("identity") => Ok(Coding::Identity),
        Some("zstd") => Ok(Coding::Zstd),
        Some(_) => Err(ApiError::Refused(ProblemKind::MediaUnknown)),
    }
}

/// The body as it comes; a client that pauses too long is cut off.
fn raw(body: Body) -> impl tokio::io::AsyncBufRead + Unpin {
    let pause = Duration::from_millis(BODY_PAUSE_MS_MAX);
    let pieces = body.into_data_stream().timeout(pause);
    let pieces = pieces.map(|piece| match piece {
        Ok(piece) => piece.map_err(io::Error::other),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    });
    StreamReader::new(Box::pin(pieces))
}

/// Reads it all, piece by piece, as long as there is memory for it.
async fn bounded(
    mut reader: impl AsyncRead + Unpin,
    place: &mut Place,
) -> Result<Vec<u8>, ApiError> {
    let cut = |_| ApiError::bad_request("the body was cut, or its coding is broken");
    let mut bytes = Vec::new();
    loop {
        let mut piece = (&mut reader).take(PIECE_BYTES);
        if piece.read_to_end(&mut bytes).await.map_err(cut)? == 0 {
            return Ok(bytes);
        }
        if bytes.len() > REQUEST_BYTES_MAX {
            return Err(ApiError::Refused(ProblemKind::TooLarge));
        }
        place.holds(bytes.len())?;
    }
}

/// Only the version: the rest of a newer request may be unreadable.
#[derive(Decode)]
#[cbor(map)]
struct Versioned {
    #[n(0)]
    version: u8,
}

fn parse(bytes: &[u8]) -> Result<Request, ApiError> {
    let unreadable = |_| ApiError::bad_request("the CBOR cannot be read");
    let Versioned { version } = minicbor::decode(bytes).map_err(unreadable)?;
    if version != VERSION {
        return Err(ApiError::Refused(ProblemKind::VersionUnknown));
    }
    let request: Request = minicbor::decode(bytes).map_err(unreadable)?;
    let fits = request.feeds.len() <= FEEDS_MAX
        && request.outbox.len() <= PUSH_RECORDS_MAX
        && request.wants.len() <= WANTS_MAX;
    if !fits {
        return Err(ApiError::Refused(ProblemKind::TooLarge));
    }
    Ok(request)
}
