//! The log of the process, on stderr: written by a thread of its own, since requests and signals must not wait for
//! whoever reads it, or does not.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ft_gateway::{Gateway, Lines};
use tracing_subscriber::EnvFilter;

use crate::failure::Failure;

/// The log of the process.
#[derive(Clone, Debug)]
pub(super) struct Log {
    lines: Lines,
    dropped: Arc<AtomicU64>,
}

impl Log {
    /// Logs to stderr what FT_LOG lets through.
    ///
    /// # Errors
    /// When FT_LOG is no filter, or no thread can be started.
    pub(super) fn start() -> Result<Self, Failure> {
        let filter = match std::env::var("FT_LOG") {
            Ok(words) if !words.trim().is_empty() => filter(words.trim())?,
            _ => EnvFilter::new("info"),
        };
        let dropped = Arc::<AtomicU64>::default();
        let lines = Lines::counted(std::io::stderr(), Arc::clone(&dropped)).map_err(|error| {
            Failure::failed(format!("cannot start a thread for the log: {error}"))
        })?;
        let writer = lines.clone();
        let log = tracing_subscriber::fmt().with_env_filter(filter);
        // Whoever has set one keeps it.
        let _ = log.with_writer(move || writer.clone()).with_target(false).try_init();
        Ok(Self { lines, dropped })
    }

    /// Writes a line that is no event.
    pub(super) fn note(&self, text: &str) {
        let _ = self.lines.clone().write_all(format!("{text}\n").as_bytes());
    }

    /// Counts what was dropped since the last time, and says so once there is room again.
    pub(super) fn tell_dropped(&self, gateway: &Gateway) {
        let dropped = self.dropped.swap(0, Ordering::Relaxed);
        if dropped > 0 {
            gateway.log_lines_dropped(dropped);
            tracing::warn!("{dropped} lines of this log were dropped: nobody read it");
        }
    }

    /// Waits until it is written, at most so long; false when the time was up.
    pub(super) fn written(&self, within: Duration) -> bool {
        self.lines.written(within)
    }
}

/// A word alone would be taken for the name of a part of the program that logs nothing.
fn filter(words: &str) -> Result<EnvFilter, Failure> {
    let levels = ["off", "error", "warn", "info", "debug", "trace"];
    let plain = words.chars().all(|c| c.is_ascii_alphanumeric());
    let level = levels.iter().any(|level| level.eq_ignore_ascii_case(words));
    let read = if plain && !level { None } else { EnvFilter::try_new(words).ok() };
    read.ok_or_else(|| {
        Failure::usage(format!(
            "FT_LOG: must be {}, or a filter such as ft_client=debug, not `{words}`",
            levels.join(", ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_filters_are_taken_and_other_words_are_not() {
        for words in ["debug", "WARN", "off", "ft_client=debug", "info,hyper=off"] {
            assert!(filter(words).is_ok(), "{words}");
        }
        for words in ["loud", "verbose", "3"] {
            assert!(filter(words).is_err(), "{words}");
        }
    }
}
