//! Those who read along with a call, each at its own pace.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::task::{Context, Waker};

use ft_core::ChatChunk;

use crate::answer::Report;

/// From where somebody reads along.
pub(crate) struct Start {
    /// What was said before.
    pub(crate) so_far: Vec<ChatChunk>,
    /// The call's report as of then.
    pub(crate) report: Report,
}

/// Those who read along, by number.
#[derive(Default)]
pub(super) struct Flow {
    pub(super) takers: BTreeMap<u64, Taker>,
    /// How many of them have begun.
    pub(super) begun: usize,
    pub(super) next: u64,
    /// Somebody came since the call last looked.
    pub(super) asked: bool,
    /// To be woken by whoever comes.
    pub(super) call: Option<Waker>,
}

/// One of them.
#[derive(Default)]
pub(super) struct Taker {
    /// How far it is; `None` before its start.
    pub(super) at: Option<usize>,
    /// Its start, until it has taken it.
    pub(super) start: Option<Arc<Start>>,
    pub(super) waker: Option<Waker>,
}

impl Flow {
    pub(super) fn is_empty(&self) -> bool {
        self.takers.is_empty()
    }

    /// How many take each piece from now on.
    pub(super) fn count(&self) -> usize {
        self.begun
    }

    /// Whether somebody waits for a start. Called by the call, which looks.
    pub(super) fn is_awaited(&mut self) -> bool {
        self.asked = false;
        self.begun < self.takers.len()
    }

    /// Those who are to be woken.
    pub(super) fn take_wakers(&mut self) -> Vec<Waker> {
        self.takers.values_mut().filter_map(|taker| taker.waker.take()).collect()
    }
}

impl Taker {
    /// To be woken by the next word; what was to be woken before comes back.
    pub(super) fn waits(&mut self, cx: &Context<'_>) -> Option<Waker> {
        let known = self.waker.as_ref().is_some_and(|known| known.will_wake(cx.waker()));
        if known { None } else { self.waker.replace(cx.waker().clone()) }
    }
}
