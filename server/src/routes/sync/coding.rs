//! Writing a reply: as it is, or through zstd, flushed page by page so that a slow link gets each page as soon as it is ready.

use std::io;

use async_compression::Level;
use async_compression::tokio::write::ZstdEncoder;
use async_compression::zstd::CParameter;
use axum::body::Bytes;
use axum::http::{HeaderMap, header};
use tokio::io::AsyncWriteExt as _;

/// How much a reply is expected to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// What is new since lately.
    Little,
    /// Whole feeds.
    Much,
}

impl Expected {
    /// Clearing the tables for a window of megabytes costs more than all else of a small reply does; one of a page is enough for it,
    /// and a longer one than was expected is only coded a little worse.
    fn parameters(self) -> Vec<CParameter> {
        match self {
            Self::Little => vec![
                CParameter::window_log(17),
                CParameter::hash_log(12),
                CParameter::chain_log(12),
            ],
            Self::Much => Vec::new(),
        }
    }
}

/// A reply's content coding, with what it holds back.
pub(super) enum Coding {
    /// None.
    Identity,
    /// zstd, one frame for the whole reply.
    Zstd(Box<ZstdEncoder<Vec<u8>>>),
}

impl Coding {
    /// The best coding that the asker understands, with tables that fit what is expected of the reply.
    pub(super) fn accepted(headers: &HeaderMap, expected: Expected) -> Self {
        let values = headers.get_all(header::ACCEPT_ENCODING);
        let texts = values.iter().filter_map(|value| value.to_str().ok());
        let mut codings = texts.flat_map(|text| text.split(','));
        match codings.any(is_zstd) {
            true => Self::Zstd(Box::new(ZstdEncoder::with_quality_and_params(
                Vec::new(),
                Level::Default,
                &expected.parameters(),
            ))),
            false => Self::Identity,
        }
    }

    /// Its name in `content-encoding`.
    pub(super) fn name(&self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Zstd(_) => Some("zstd"),
        }
    }

    /// What to send for a page; nothing of it is held back.
    pub(super) async fn page(&mut self, page: Vec<u8>) -> io::Result<Bytes> {
        match self {
            Self::Identity => Ok(page.into()),
            Self::Zstd(encoder) => {
                encoder.write_all(&page).await?;
                encoder.flush().await?;
                Ok(std::mem::take(encoder.get_mut()).into())
            }
        }
    }

    /// What to send at the end.
    pub(super) async fn end(&mut self) -> io::Result<Bytes> {
        match self {
            Self::Identity => Ok(Bytes::new()),
            Self::Zstd(encoder) => {
                encoder.shutdown().await?;
                Ok(std::mem::take(encoder.get_mut()).into())
            }
        }
    }
}

fn is_zstd(coding: &str) -> bool {
    let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
    let refused = matches!(
        weight.trim(),
        "q=0" | "q=0." | "q=0.0" | "q=0.00" | "q=0.000"
    );
    name.trim().eq_ignore_ascii_case("zstd") && !refused
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zstd_is_used_only_for_who_asks_for_it() {
        let named = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, text.parse().unwrap());
            Coding::accepted(&headers, Expected::Little).name()
        };
        assert_eq!(named("gzip, ZSTD;q=0.5"), Some("zstd"));
        assert_eq!(named("gzip, zstd;q=0"), None);
        assert_eq!(named("gzip"), None);
        let none = Coding::accepted(&HeaderMap::new(), Expected::Much);
        assert_eq!(none.name(), None);
    }
}
