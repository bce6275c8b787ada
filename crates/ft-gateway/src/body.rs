//! Reading a request's body whole, but never more of it than allowed, not for ever, and no more of all together than
//! there is room for.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Body as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::answer::Refusal;
use crate::config::ServerConfig;

/// How much may come, and in what time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyLimits {
    pub(crate) most: usize,
    pub(crate) within: Duration,
}

impl BodyLimits {
    pub(crate) fn of(server: &ServerConfig) -> Self {
        let most = usize::try_from(server.max_body).unwrap_or(usize::MAX);
        Self { most, within: server.body_timeout }
    }
}

/// Room for the bodies of all requests under way, in bytes.
#[derive(Clone, Debug)]
pub(crate) struct Buffers(Arc<Semaphore>);

/// The room that one body takes, until it is dropped.
#[derive(Debug)]
pub(crate) struct Room {
    buffers: Buffers,
    taken: Option<OwnedSemaphorePermit>,
}

impl Buffers {
    pub(crate) fn of(server: &ServerConfig) -> Self {
        let bytes = usize::try_from(server.max_buffered).unwrap_or(usize::MAX);
        Self(Arc::new(Semaphore::new(bytes.min(Semaphore::MAX_PERMITS))))
    }

    fn room(&self) -> Room {
        Room { buffers: self.clone(), taken: None }
    }
}

impl Room {
    /// Takes room for so many bytes more. It is taken as they come and not as they are announced: who announces much and
    /// sends little holds nobody up.
    fn take(&mut self, bytes: usize) -> Result<(), Refusal> {
        let more = u32::try_from(bytes).map_err(|_| Refusal::full())?;
        let semaphore = Arc::clone(&self.buffers.0);
        let more = semaphore.try_acquire_many_owned(more).map_err(|_| Refusal::full())?;
        match &mut self.taken {
            Some(taken) => taken.merge(more),
            none => *none = Some(more),
        }
        Ok(())
    }
}

/// The body, and the room that it takes.
///
/// # Cancel safety
/// What was read is lost with the connection.
pub(crate) async fn read(
    body: Body,
    limits: BodyLimits,
    buffers: &Buffers,
) -> Result<(Bytes, Room), Refusal> {
    let announced = body.size_hint().lower();
    // Who says beforehand that it is too large need not send it.
    if announced > limits.most as u64 {
        return Err(Refusal::too_large(limits.most));
    }
    if announced > buffers.0.available_permits() as u64 {
        return Err(Refusal::full());
    }
    match tokio::time::timeout(limits.within, whole(body, limits.most, buffers)).await {
        Ok(read) => read,
        Err(_) => Err(Refusal::too_slow(limits.within)),
    }
}

/// Copied at most once: most come in one piece, and of the others the length is usually known.
async fn whole(mut body: Body, most: usize, buffers: &Buffers) -> Result<(Bytes, Room), Refusal> {
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(most).min(most);
    let mut room = buffers.room();
    let (mut first, mut whole) = (Bytes::new(), Vec::new());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::invalid("the body did not arrive whole"))?;
        let Ok(piece) = frame.into_data() else { continue };
        let read = first.len() + whole.len();
        if read + piece.len() > most {
            return Err(Refusal::too_large(most));
        }
        room.take(piece.len())?;
        if read == 0 {
            first = piece;
            continue;
        }
        if whole.is_empty() {
            whole.reserve_exact(announced);
            whole.extend_from_slice(&std::mem::take(&mut first));
        }
        whole.extend_from_slice(&piece);
    }
    Ok((if whole.is_empty() { first } else { whole.into() }, room))
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn buffers(bytes: usize) -> Buffers {
        Buffers(Arc::new(Semaphore::new(bytes)))
    }

    fn pieces(sizes: &[usize]) -> Body {
        let pieces: Vec<_> =
            sizes.iter().map(|&size| Ok::<_, std::io::Error>(vec![b'x'; size])).collect();
        Body::from_stream(stream::iter(pieces))
    }

    const LIMITS: BodyLimits = BodyLimits { most: 100, within: Duration::from_secs(1) };

    #[tokio::test]
    async fn bodies_share_the_room_and_give_it_back() {
        let buffers = buffers(150);
        let (body, held) = read(pieces(&[60, 40]), LIMITS, &buffers).await.unwrap();
        assert_eq!(body.len(), 100);
        let full = read(pieces(&[40, 20]), LIMITS, &buffers).await.unwrap_err();
        assert_eq!((full.status.as_u16(), full.code()), (503, Some("overloaded")));
        assert_eq!(buffers.0.available_permits(), 50, "what was refused holds nothing");
        let announced = read(Body::from(vec![0; 60]), LIMITS, &buffers).await.unwrap_err();
        assert_eq!(announced.status.as_u16(), 503);
        drop(held);
        assert_eq!(buffers.0.available_permits(), 150);
        assert!(read(pieces(&[40, 20]), LIMITS, &buffers).await.is_ok());
    }

    #[tokio::test]
    async fn one_body_is_bounded_by_itself_as_well() {
        let buffers = buffers(1_000);
        let large = read(pieces(&[60, 41]), LIMITS, &buffers).await.unwrap_err();
        assert_eq!(large.status.as_u16(), 413);
        let announced = read(Body::from(vec![0; 101]), LIMITS, &buffers).await.unwrap_err();
        assert_eq!(announced.status.as_u16(), 413);
        assert_eq!(buffers.0.available_permits(), 1_000);
    }
}
