//! A file that changes while it is served: the new one takes over between two requests, or the old one stays.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ft_client::config::InvalidConfig;

use crate::config::{GatewayConfig, ServerConfig};

/// The file that a gateway is configured by.
pub struct ConfigFile {
    path: PathBuf,
    lookup: Box<Lookup>,
    /// What goes before the file's own `[server]`.
    change: Box<Change>,
    /// What was in it when it was last read.
    seen: Mutex<String>,
}

type Change = dyn Fn(&mut ServerConfig) + Send + Sync;
type Lookup = dyn Fn(&str) -> Option<String> + Send + Sync;

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    /// It cannot be read.
    #[error("{}: cannot be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A setting in it cannot be used.
    #[error(transparent)]
    Invalid(#[from] InvalidConfig),
}

/// What a reload did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reload {
    /// The file is what it was.
    Unchanged,
    /// The new file is served. These settings of it only hold after a restart.
    Done {
        /// Their names, such as `server.listen`.
        after_restart: Vec<&'static str>,
    },
}

impl ConfigFile {
    /// This file, whose variables come from the environment.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self::with_lookup(path, |name| std::env::var(name).ok())
    }

    /// This file, whose variables come from `lookup`.
    #[must_use]
    pub fn with_lookup(
        path: impl Into<PathBuf>,
        lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self {
            path: path.into(),
            lookup: Box::new(lookup),
            change: Box::new(|_| {}),
            seen: Mutex::default(),
        }
    }

    /// Applies this whenever the file is read: what a command line says instead of it is no change of the file.
    #[must_use]
    pub fn with_server(
        mut self,
        change: impl Fn(&mut ServerConfig) + Send + Sync + 'static,
    ) -> Self {
        self.change = Box::new(change);
        self
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reads it.
    ///
    /// # Errors
    /// [`Unusable`], with file, line and field where a setting is wrong.
    pub fn read(&self) -> Result<GatewayConfig, Unusable> {
        let text = self.text()?;
        self.seen().clone_from(&text);
        self.parse(&text)
    }

    /// Reads it again, and unless `anew` only if its content is another.
    pub(crate) fn read_again(&self, anew: bool) -> Result<Option<GatewayConfig>, Unusable> {
        let text = self.text()?;
        if !anew && *self.seen() == text {
            return Ok(None);
        }
        self.seen().clone_from(&text);
        self.parse(&text).map(Some)
    }

    fn seen(&self) -> MutexGuard<'_, String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// By content, not by time: files that are links into a folder which is exchanged as a whole, as Kubernetes
    /// mounts them, keep times that say nothing.
    fn text(&self) -> Result<String, Unusable> {
        let unreadable = |error| Unusable::Unreadable { path: self.path.clone(), error };
        std::fs::read_to_string(&self.path).map_err(unreadable)
    }

    fn parse(&self, text: &str) -> Result<GatewayConfig, Unusable> {
        let name = self.path.display().to_string();
        let mut config = GatewayConfig::from_toml(name, text, |name| (self.lookup)(name))?;
        (self.change)(&mut config.server);
        Ok(config)
    }
}

impl fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Reload {
    /// From what the process was started with, and not from the file before: what that one would have changed does
    /// not hold either.
    pub(crate) fn done(was: &ServerConfig, is: &ServerConfig) -> Self {
        let changed = [
            ("server.listen", was.listen != is.listen),
            ("server.admin", was.admin != is.admin),
            ("server.max_header_bytes", was.max_header_bytes != is.max_header_bytes),
            ("server.max_buffered", was.max_buffered != is.max_buffered),
            ("server.header_timeout", was.header_timeout != is.header_timeout),
            ("server.idle_timeout", was.idle_timeout != is.idle_timeout),
            ("server.write_timeout", was.write_timeout != is.write_timeout),
            ("server.max_connections", was.max_connections != is.max_connections),
            ("server.max_streams", was.max_streams != is.max_streams),
            ("server.backlog", was.backlog != is.backlog),
            ("server.worker_threads", was.worker_threads != is.worker_threads),
            ("server.drain", was.drain != is.drain),
            ("server.access_log", was.access_log != is.access_log),
            ("server.trace", was.trace != is.trace),
            ("server.recent", was.recent != is.recent),
            ("server.watch", was.watch != is.watch),
        ];
        let after_restart =
            changed.into_iter().filter_map(|(name, changed)| changed.then_some(name));
        Self::Done { after_restart: after_restart.collect() }
    }
}
