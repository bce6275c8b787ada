//! Reading a body whole, but never more of it than allowed.

use std::time::Duration;

use bytes::Bytes;

use super::{Broken, ReplyBody};

/// Why a body was not read to its end.
pub(crate) enum ReadError {
    /// It is larger than allowed, counted after decompression.
    TooLarge,
    /// The connection failed.
    Transport(Broken),
}

/// The body of an answer, if it is at most `most` bytes.
///
/// # Cancel safety
/// Dropping it drops the connection's stream.
pub(crate) async fn whole(body: &mut ReplyBody, most: usize) -> Result<Bytes, ReadError> {
    let announced = body.announced().and_then(|bytes| usize::try_from(bytes).ok());
    if announced.is_some_and(|bytes| bytes > most) {
        return Err(ReadError::TooLarge);
    }
    let mut first = Bytes::new();
    let mut all = Vec::new();
    while let Some(piece) = body.data().await.transpose().map_err(ReadError::Transport)? {
        if first.len().max(all.len()) + piece.len() > most {
            return Err(ReadError::TooLarge);
        }
        if first.is_empty() && all.is_empty() {
            // Most answers are one piece, and that is not copied.
            first = piece;
            continue;
        }
        if all.is_empty() {
            all.reserve_exact(announced.unwrap_or(0).min(1 << 20));
            all.extend_from_slice(&std::mem::take(&mut first));
        }
        all.extend_from_slice(&piece);
    }
    Ok(if all.is_empty() { first } else { all.into() })
}

/// An error's body is a few sentences; whoever sends more, or sends slowly, is understood from the beginning.
const ERROR_BYTES: usize = 64 << 10;
const ERROR_TIME: Duration = Duration::from_secs(5);

/// The beginning of an error's body, as far as it comes. Never fails: the status alone says enough.
///
/// # Cancel safety
/// As [`whole`].
pub(crate) async fn beginning(body: &mut ReplyBody) -> Vec<u8> {
    let mut beginning = Vec::new();
    let read = async {
        while let Some(Ok(piece)) = body.data().await {
            let room = ERROR_BYTES - beginning.len();
            beginning.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.len() >= room {
                break;
            }
        }
    };
    // What had come when the time was up is kept.
    let _ = tokio::time::timeout(ERROR_TIME, read).await;
    beginning
}

#[cfg(test)]
mod tests {
    use futures_util::stream::{self, StreamExt};

    use super::*;

    fn answer(
        pieces: impl futures_core::Stream<Item = &'static [u8]> + Send + Sync + 'static,
    ) -> ReplyBody {
        ReplyBody::Pooled(reqwest::Body::wrap_stream(pieces.map(Ok::<_, std::io::Error>)))
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_that_trickles_is_understood_from_its_beginning() {
        let pieces = stream::iter([&b"rate "[..], b"limit"]).chain(stream::pending());
        assert_eq!(beginning(&mut answer(pieces)).await, b"rate limit");
    }

    #[tokio::test(start_paused = true)]
    async fn an_endless_error_is_read_up_to_its_cap() {
        let pieces = stream::repeat(&[b'x'; 10_000][..]);
        assert_eq!(beginning(&mut answer(pieces)).await.len(), ERROR_BYTES);
    }
}
