//! A call that identical requests wait for.
//!
//! Its caller reads it, and as long as nobody else waits drives it by reading: no task, and no byte further than is
//! read. Once another request waits for its end, how fast the caller reads is nobody else's concern: from then on a
//! task drives it, to the end, whether the caller reads slowly, not at all, or has left. It ends with the last of
//! them.
//!
//! Those who want a stream read along: what was said before they came comes to them in one, from the answer as it
//! was put together so far, and then each piece as it comes. A piece is kept once for all, until the slowest has
//! taken it, so that all of them together hold no more than the answer; and nobody waits for anybody else to read.

mod flow;
mod joining;
mod log;
mod said;

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

pub(crate) use self::flow::Start;
use self::said::Said;
pub(crate) use self::said::{Ended, Head, Writer};
use crate::answer::Answer;
use crate::error::Error;
use ft_core::chat::Piece;

/// What a coalesced call shares with those that wait for it: the end of the whole chain.
pub(crate) type Shared = Result<Arc<Answer>, Error>;

/// The call, held by everybody who waits for it. Dropped by the last of them, it cancels what is under way.
pub(crate) struct Call {
    said: Arc<Said>,
    drive: Mutex<Drive>,
    /// Where the caller's own work runs.
    runtime: Option<Handle>,
}

/// What it takes to bring the call to its end, as one future; its words go into [`Said`].
type Way = BoxFuture<'static, ()>;

/// Who drives it.
enum Drive {
    /// Its reader, by reading.
    Reader(Way),
    /// Whoever has it in hand this moment; with whether a task is to go on with it.
    InHand { task_wanted: bool },
    /// A task.
    Task(AbortHandle),
    /// Nobody: it is over.
    Over,
}

/// The call as those who follow find it: it may be over, or left by everybody.
#[derive(Clone)]
pub(crate) struct Found(Weak<Call>);

/// Reads the call: its caller's side of it.
pub(crate) struct Reader {
    call: Arc<Call>,
}

/// Waits for the call's end beside its reader, or reads along, and keeps it going.
pub(crate) struct Following {
    call: Arc<Call>,
    /// Its number among those who read along.
    along: Option<u64>,
}

impl Call {
    /// Hands the call to a task, unless it has one, is over, or was begun where there are none.
    fn by_task(&self) {
        if self.runtime.is_none() {
            return;
        }
        self.said.change(|said| said.by_task = true);
        if let Some(way) = self.take(true) {
            self.put(way);
        }
    }

    /// Goes on with it, if that is the reader's to do.
    fn poll(&self, cx: &mut Context<'_>) {
        let Some(mut way) = self.take(false) else { return };
        match way.as_mut().poll(cx) {
            Poll::Pending => self.put(way),
            Poll::Ready(()) => *self.drive() = Drive::Over,
        }
    }

    /// Takes it in hand, where it waits for its reader to go on with.
    fn take(&self, task_wanted: bool) -> Option<Way> {
        let mut drive = self.drive();
        let in_hand = matches!(*drive, Drive::InHand { .. });
        if !matches!(*drive, Drive::Reader(_)) {
            if in_hand && task_wanted {
                *drive = Drive::InHand { task_wanted };
            }
            return None;
        }
        match std::mem::replace(&mut *drive, Drive::InHand { task_wanted }) {
            Drive::Reader(way) => Some(way),
            Drive::InHand { .. } | Drive::Task(_) | Drive::Over => None,
        }
    }

    /// Puts it back for its reader, or gives it to a task.
    fn put(&self, way: Way) {
        let mut drive = self.drive();
        match &self.runtime {
            Some(runtime) if matches!(*drive, Drive::InHand { task_wanted: true }) => {
                drop(drive);
                // A runtime that has ended drops it at once: nothing is locked.
                let task = runtime.spawn(way).abort_handle();
                *self.drive() = Drive::Task(task);
            }
            _ => *drive = Drive::Reader(way),
        }
    }

    fn drive(&self) -> MutexGuard<'_, Drive> {
        self.drive.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        let drive = self.drive.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Drive::Task(task) = drive {
            task.abort();
        }
    }
}

impl Reader {
    /// A call that [begins](Self::begin) soon: it can be followed already.
    pub(crate) fn new() -> Self {
        let drive = Mutex::new(Drive::InHand { task_wanted: false });
        let runtime = Handle::try_current().ok();
        Self { call: Arc::new(Call { said: Arc::default(), drive, runtime }) }
    }

    /// The call, for those who follow.
    pub(crate) fn found(&self) -> Found {
        Found(Arc::downgrade(&self.call))
    }

    /// Goes this way, whose words go into the writer.
    pub(crate) fn begin(&self, way: impl FnOnce(Writer) -> Way) {
        self.call.put(way(Writer::of(&self.call.said)));
    }

    /// Its answer, or its first content.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub(crate) async fn head(&self) -> Result<Head, Error> {
        poll_fn(|cx| self.poll(cx, Said::head)).await
    }

    /// How long its stream may take, as of its first content.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.call.said.time_left()
    }

    /// The next piece; then how it ended.
    pub(crate) fn poll_piece(&self, cx: &mut Context<'_>) -> Poll<Result<Piece, Ended>> {
        self.poll(cx, Said::piece)
    }

    fn poll<T>(&self, cx: &mut Context<'_>, look: impl Fn(&Said) -> Option<T>) -> Poll<T> {
        let said = &self.call.said;
        if let Some(found) = look(said) {
            return Poll::Ready(found);
        }
        // Before the call is driven: what it says meanwhile must wake its reader.
        said.read_by(cx.waker());
        self.call.poll(cx);
        match look(said) {
            Some(found) => Poll::Ready(found),
            None => Poll::Pending,
        }
    }
}

/// The caller has left. What was kept for it is given back; those who follow go on.
impl Drop for Reader {
    fn drop(&mut self) {
        self.call.said.unread();
    }
}

impl Found {
    /// Waits for its end with it, or reads `along`; `None` when it has been left by everybody.
    pub(crate) fn follow(&self, along: bool) -> Option<Following> {
        let call = self.0.upgrade()?;
        let along = call.said.joins(along);
        call.by_task();
        Some(Following { call, along })
    }
}

impl Following {
    /// From where it reads along; `None` when there is nothing to read along with: the call has ended, or it was
    /// never asked to.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub(crate) async fn start(&self) -> Option<Arc<Start>> {
        let along = self.along?;
        poll_fn(|cx| self.call.said.poll_start(along, cx)).await
    }

    /// The next piece; then how it ended.
    pub(crate) fn poll_piece(&self, cx: &mut Context<'_>) -> Poll<Result<Piece, Ended>> {
        match self.along {
            Some(along) => self.call.said.poll_along(along, cx),
            None => Poll::Ready(Err(Ended::lost())),
        }
    }

    /// As [`Reader::time_left`].
    pub(crate) fn time_left(&self) -> Option<Duration> {
        self.call.said.time_left()
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.call.said.leaves(self.along);
    }
}
