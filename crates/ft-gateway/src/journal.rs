//! What the gateway remembers of requests that ended.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ft_client::Report;
use serde::Serialize;

/// The last requests, the newest first.
#[derive(Debug)]
pub(crate) struct Journal {
    recent: Mutex<VecDeque<Entry>>,
    most: usize,
}

/// A request that ended. It holds nothing of what was said.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    pub(crate) request_id: String,
    pub(crate) caller: String,
    pub(crate) route: &'static str,
    pub(crate) model: String,
    pub(crate) streamed: bool,
    pub(crate) status: u16,
    pub(crate) code: Option<String>,
    pub(crate) took: Duration,
    pub(crate) report: Option<Report>,
}

impl Default for Journal {
    fn default() -> Self {
        Self { recent: Mutex::default(), most: 200 }
    }
}

impl Journal {
    pub(crate) fn record(&self, entry: Entry) {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.truncate(self.most.saturating_sub(1));
        recent.push_front(entry);
    }
}
