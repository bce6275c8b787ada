//! The futures of the attempts under way.

use std::future::poll_fn;
use std::task::{Context, Poll};

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;

use super::leg::Leg;
use crate::attempt::Ended;

type Attempt = BoxFuture<'static, (Leg, Ended)>;

/// The futures of the attempts under way. One needs no set, which would allocate for each request what only a hedged
/// one needs.
#[derive(Default)]
pub(super) enum Running {
    #[default]
    None,
    One(Attempt),
    Several(FuturesUnordered<Attempt>),
}

impl Running {
    pub(super) fn push(&mut self, attempt: Attempt) {
        *self = match std::mem::take(self) {
            Self::None => Self::One(attempt),
            Self::One(first) => Self::Several([first, attempt].into_iter().collect()),
            Self::Several(several) => {
                several.push(attempt);
                Self::Several(several)
            }
        };
    }

    /// Cancels them all.
    pub(super) fn clear(&mut self) {
        *self = Self::None;
    }

    /// How the next one ended; `None` when none is under way.
    ///
    /// # Cancel safety
    /// Those that have not ended stay.
    pub(super) async fn next(&mut self) -> Option<(Leg, Ended)> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<(Leg, Ended)>> {
        match self {
            Self::None => Poll::Ready(None),
            Self::One(attempt) => {
                let ended = std::task::ready!(attempt.as_mut().poll(cx));
                *self = Self::None;
                Poll::Ready(Some(ended))
            }
            Self::Several(several) => several.poll_next_unpin(cx),
        }
    }
}
