//! What the operating system tells a server.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Hears that the process is to stop: SIGTERM or SIGINT, elsewhere Ctrl-C.
#[derive(Debug)]
pub(super) struct Stops {
    #[cfg(unix)]
    signals: [Signal; 2],
}

impl Stops {
    /// Hears from now on; until then a signal ends the process.
    ///
    /// # Errors
    /// When the signals cannot be heard.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            signals: [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?],
        })
    }

    /// Resolves with the next of them.
    ///
    /// # Cancel safety
    /// None is lost.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        {
            let [terminate, interrupt] = &mut self.signals;
            tokio::select! {
                biased;
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}

/// Hears that a file is to be read again: SIGHUP, and nothing where there is none.
#[derive(Debug)]
pub(super) struct Hangups {
    #[cfg(unix)]
    signal: Signal,
}

impl Hangups {
    /// Hears from now on; until then a signal ends the process.
    ///
    /// # Errors
    /// When the signal cannot be heard.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            signal: signal(SignalKind::hangup())?,
        })
    }

    /// Resolves with the next of them.
    ///
    /// # Cancel safety
    /// None is lost.
    pub(super) async fn next(&mut self) {
        #[cfg(unix)]
        if self.signal.recv().await.is_some() {
            return;
        }
        std::future::pending().await
    }
}
