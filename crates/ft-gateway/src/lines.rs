//! Lines that are written beside the request's path: the access log, the trace and the process's own log.

use std::fmt;
use std::io::Write;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metrics::Counter;

/// How many lines may wait for a slow disk or pipe before further ones are dropped: requests do not wait for logs.
const WAITING: usize = 8_192;

/// A writer on a thread of its own, for logs: whoever writes to it never waits, also when nobody reads what it writes
/// to. What does not fit into its queue of 8,192 lines is dropped and counted. Clones write to the same.
#[derive(Clone)]
pub struct Lines {
    queue: SyncSender<Vec<u8>>,
    dropped: Counter,
    waiting: Arc<Waiting>,
}

/// How many lines are in the queue or on their way out of it.
#[derive(Default)]
struct Waiting {
    lines: Mutex<u64>,
    fewer: Condvar,
}

impl Waiting {
    fn lines(&self) -> MutexGuard<'_, u64> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn less(&self, written: u64) {
        let mut lines = self.lines();
        *lines = lines.saturating_sub(written);
        drop(lines);
        self.fewer.notify_all();
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lines")
    }
}

impl Lines {
    /// Writes to this until the last clone is gone, and adds the lines that had to be dropped to `dropped`.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn counted(
        out: impl Write + Send + 'static,
        dropped: Arc<AtomicU64>,
    ) -> std::io::Result<Self> {
        Self::to(out, Counter::from_arc(dropped))
    }

    /// Writes to this until the last clone is gone, and counts the lines that had to be dropped.
    pub(crate) fn to(out: impl Write + Send + 'static, dropped: Counter) -> std::io::Result<Self> {
        let (queue, lines) = sync_channel(WAITING);
        let waiting = Arc::<Waiting>::default();
        let seen = Arc::clone(&waiting);
        let copy = move || copy(&lines, out, &seen);
        std::thread::Builder::new().name("ft-lines".to_owned()).spawn(copy)?;
        Ok(Self { queue, dropped, waiting })
    }

    /// Writes a line, or drops it when too many wait.
    pub(crate) fn write(&self, value: &impl serde::Serialize) {
        let Ok(mut line) = serde_json::to_vec(value) else { return };
        line.push(b'\n');
        self.queue(line);
    }

    fn queue(&self, line: Vec<u8>) {
        // Before the line, which may be written before this goes on.
        *self.waiting.lines() += 1;
        if self.queue.try_send(line).is_err() {
            self.waiting.less(1);
            self.dropped.increment(1);
        }
    }

    /// Waits until every line so far is written, at most so long; false when the time was up.
    ///
    /// It blocks, and is for the end of a process.
    #[must_use]
    pub fn written(&self, within: Duration) -> bool {
        let lines = self.waiting.lines();
        let waited = self.waiting.fewer.wait_timeout_while(lines, within, |lines| *lines > 0);
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }
}

/// Each write is a line, whole, as loggers make it.
impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.queue(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Whoever reads the log must see a line when nothing follows it, so it is flushed when the queue is empty.
fn copy(lines: &Receiver<Vec<u8>>, out: impl Write, waiting: &Waiting) {
    let mut out = std::io::BufWriter::new(out);
    while let Ok(line) = lines.recv() {
        let mut next = Some(line);
        let mut written = 0;
        while let Some(line) = next.take() {
            written += 1;
            // A full disk or a closed pipe must not end the server; the next line may find room.
            let _ = out.write_all(&line);
            next = lines.try_recv().ok();
        }
        let _ = out.flush();
        waiting.less(written);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;
    use std::sync::mpsc::{Sender, channel};

    use super::*;

    struct Out(Sender<String>);

    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let _ = self.0.send(String::from_utf8(bytes.to_vec()).unwrap());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_line_is_written_when_nothing_follows_it() {
        let (out, seen) = channel();
        let dropped = Arc::new(AtomicU64::new(0));
        let lines = Lines::to(Out(out), Counter::from_arc(Arc::clone(&dropped))).unwrap();
        lines.write(&serde_json::json!({"a": 1}));
        assert_eq!(seen.recv().unwrap(), "{\"a\":1}\n");
        lines.write(&serde_json::json!({"b": 2}));
        assert_eq!(seen.recv().unwrap(), "{\"b\":2}\n");
        assert_eq!(dropped.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn requests_do_not_wait_for_a_writer_that_stands_still() {
        struct Stuck(Receiver<()>);
        impl Write for Stuck {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                let _ = self.0.recv();
                Ok(bytes.len())
            }

            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let (hold, held) = sync_channel(0);
        let dropped = Arc::new(AtomicU64::new(0));
        let lines = Lines::to(Stuck(held), Counter::from_arc(Arc::clone(&dropped))).unwrap();
        for _ in 0..3 * WAITING {
            lines.write(&0);
        }
        assert!(dropped.load(Ordering::Relaxed) > 0);
        assert!(!lines.written(Duration::from_millis(1)));
        drop::<SyncSender<()>>(hold);
        assert!(lines.written(Duration::from_secs(60)));
    }
}
