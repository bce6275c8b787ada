//! The waker of a connection that its reader turns.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use atomic_waker::AtomicWaker;

/// Wakes the task that turns the connection, but not for what that task does itself while it turns: taking a piece
/// out of a connection rings for the next one, and the reader asks for that anyway. And it knows when nobody has rung,
/// so that there is nothing to turn for.
pub(super) struct Bell {
    ringer: Arc<Ringer>,
    waker: Waker,
}

struct Ringer {
    state: AtomicU8,
    task: AtomicWaker,
}

const TURNING: u8 = 1;
const RUNG: u8 = 2;

impl Bell {
    /// A bell that has rung: what is new is to be turned once.
    pub(super) fn new() -> Self {
        let ringer = Arc::new(Ringer { state: AtomicU8::new(RUNG), task: AtomicWaker::new() });
        let waker = Waker::from(Arc::clone(&ringer));
        Self { ringer, waker }
    }

    /// Turns by `turn`, with a context that rings, if somebody has rung since the last turn. Whoever gets something
    /// comes again; who gets nothing is woken by the next ring.
    pub(super) fn turning<T>(
        &self,
        cx: &mut Context<'_>,
        turn: impl FnOnce(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        let Ringer { state, task } = &*self.ringer;
        // First, so that a ring from now on is either seen below or wakes this task.
        task.register(cx.waker());
        if state.load(Ordering::SeqCst) & RUNG == 0 {
            return Poll::Pending;
        }
        state.store(TURNING, Ordering::SeqCst);
        let polled = turn(&mut Context::from_waker(&self.waker));
        let rung = state.fetch_and(!TURNING, Ordering::SeqCst) & RUNG != 0;
        if rung && polled.is_pending() {
            cx.waker().wake_by_ref();
        }
        polled
    }

    /// Makes the next turn happen, whether somebody has rung or not.
    pub(super) fn ring(&self) {
        self.ringer.state.fetch_or(RUNG, Ordering::SeqCst);
    }
}

impl Wake for Ringer {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // One step, so that a ring is seen by the turn that ends or wakes the task, and never by neither.
        if self.state.fetch_or(RUNG, Ordering::SeqCst) & TURNING == 0 {
            self.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// How often the task is woken by a turn that rings and ends like this, and by a ring after it.
    fn wakes(end: Poll<()>) -> [usize; 2] {
        let count = Arc::new(Count::default());
        let task = Waker::from(Arc::clone(&count));
        let bell = Bell::new();
        let mut rope = None;
        let polled = bell.turning(&mut Context::from_waker(&task), |cx| {
            cx.waker().wake_by_ref();
            rope = Some(cx.waker().clone());
            end
        });
        assert_eq!(polled, end);
        let seen = || count.0.load(Ordering::SeqCst);
        let during = seen();
        rope.unwrap().wake();
        [during, seen() - during]
    }

    #[test]
    fn where_nobody_has_rung_nothing_is_turned() {
        let bell = Bell::new();
        let mut cx = Context::from_waker(Waker::noop());
        let mut turns = 0;
        let mut turn = |ring: bool| {
            let _: Poll<()> = bell.turning(&mut cx, |ringing| {
                turns += 1;
                if ring {
                    ringing.waker().wake_by_ref();
                }
                Poll::Pending
            });
        };
        turn(false);
        turn(false);
        bell.ring();
        turn(true);
        turn(false);
        turn(false);
        assert_eq!(turns, 3);
    }

    #[test]
    fn a_ring_during_a_turn_wakes_only_who_got_nothing() {
        assert_eq!(wakes(Poll::Pending), [1, 1]);
        assert_eq!(wakes(Poll::Ready(())), [0, 1]);
    }
}
