//! What the gateway remembers of requests that ended, and writes down of them.

mod line;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ft_client::Report;
use ft_core::UnixMillis;
use serde::{Serialize, Serializer};

use crate::lines::Lines;
use line::Line;

/// The last requests, the newest first, and the access log.
#[derive(Debug)]
pub(crate) struct Journal {
    recent: Mutex<VecDeque<Arc<Entry>>>,
    most: usize,
    log: Option<Lines>,
}

/// A request that ended. It holds nothing of what was said.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    /// When it ended, in milliseconds since 1970.
    #[serde(serialize_with = "millis", rename = "ended_at_ms")]
    pub(crate) ended_at: UnixMillis,
    pub(crate) request_id: String,
    /// The name in configuration; empty where no keys are configured.
    pub(crate) caller: String,
    pub(crate) route: &'static str,
    /// What was asked for.
    pub(crate) model: String,
    /// Where it was sent, of a request that no route takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    /// Whether there are callers, and it is from none of them.
    #[serde(skip)]
    pub(crate) stranger: bool,
    pub(crate) streamed: bool,
    /// What the caller got; 499 when they left before.
    pub(crate) status: u16,
    /// The error's code, of a stream that broke off too.
    pub(crate) code: Option<String>,
    #[serde(serialize_with = "seconds", rename = "took_seconds")]
    pub(crate) took: Duration,
    /// How the answer came about. `None` when the request was never begun.
    pub(crate) report: Option<Report>,
}

impl Journal {
    /// Remembers this many, and writes a line of each into the log.
    pub(crate) fn new(most: usize, log: Option<Lines>) -> Self {
        Self { recent: Mutex::default(), most, log }
    }

    pub(crate) fn record(&self, entry: Entry) {
        if let Some(log) = &self.log {
            log.write(&Line::of(&entry));
        }
        // Who has no key must not push out what those who have one did.
        if self.most == 0 || entry.stranger {
            return;
        }
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        // What falls off is dropped after the lock is gone.
        let _old = (recent.len() >= self.most).then(|| recent.pop_back());
        recent.push_front(Arc::new(entry));
        drop(recent);
    }

    /// Whether the lines of the log are written, after waiting for it at most so long.
    pub(crate) fn written(&self, within: Duration) -> bool {
        self.log.as_ref().is_none_or(|log| log.written(within))
    }

    /// The newest, at most this many.
    pub(crate) fn recent(&self, most: usize) -> Vec<Arc<Entry>> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.iter().take(most).cloned().collect()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn millis<S: Serializer>(at: &UnixMillis, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_u64(at.0)
}

fn seconds<S: Serializer>(duration: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(duration.as_secs_f64())
}
