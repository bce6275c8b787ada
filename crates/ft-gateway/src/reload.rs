//! A file that changes while it is served: the new one takes over between two requests, or the old one stays.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

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
    /// What was wrong with it last, which need not be said again.
    complained: Mutex<Option<String>>,
    /// Held while it is read: a file system that hangs holds one thread, not one more with each look.
    reading: Arc<tokio::sync::Mutex<()>>,
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
        /// The names of the settings whose values differ from those served before, keys that came from a variable or a
        /// file among them. Empty where nothing differs, and where one of the two came from no file.
        changed: Vec<String>,
    },
}

/// A file that is as it was for this long is no longer being written.
const RESTS: Duration = Duration::from_secs(1);

/// How often it is looked at before it is said to be written without an end.
const LOOKS: u32 = 10;

/// How long reading it may take: what takes longer hangs.
const WITHIN: Duration = Duration::from_secs(10);

/// More is no configuration. Ten thousand callers are 2 MiB.
const LARGEST: u64 = 16 << 20;

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
            complained: Mutex::default(),
            reading: Arc::default(),
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
        // A pipe is as good as a file to whoever reads it once.
        let file = File::open(&self.path).map_err(|error| self.unreadable(error))?;
        let text = text_of(file).map_err(|error| self.unreadable(error))?;
        self.seen().clone_from(&text);
        self.parse(&text)
    }

    /// Reads it again, and unless `anew` only if its content is another. What is new is read twice, so that a file
    /// is not taken while it is being written.
    ///
    /// # Cancel safety
    /// What was read is forgotten; a file system that hangs keeps its thread.
    pub(crate) async fn read_again(&self, anew: bool) -> Result<Option<String>, Unusable> {
        let mut look = self.look().await?;
        if *self.seen() == look.text {
            return Ok(anew.then_some(look.text));
        }
        for _ in 0..LOOKS {
            tokio::time::sleep(RESTS).await;
            let next = self.look().await?;
            if next == look {
                self.seen().clone_from(&look.text);
                return Ok(Some(look.text));
            }
            look = next;
        }
        Err(self.unreadable(io::Error::other("it does not stop changing while it is read")))
    }

    /// Whether this was said of it already; it is remembered.
    pub(crate) fn complained(&self, wrong: Option<String>) -> bool {
        let mut last = self.complained.lock().unwrap_or_else(PoisonError::into_inner);
        let known = *last == wrong;
        let before = std::mem::replace(&mut *last, wrong);
        drop(last);
        drop(before);
        known
    }

    fn seen(&self) -> MutexGuard<'_, String> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads it on a thread of its own.
    async fn look(&self) -> Result<Look, Unusable> {
        let hangs = || self.unreadable(io::Error::other("reading it does not come to an end"));
        let Ok(one) = Arc::clone(&self.reading).try_lock_owned() else { return Err(hangs()) };
        let path = self.path.clone();
        let read = tokio::task::spawn_blocking(move || {
            let _one = one;
            Look::at(&path)
        });
        match tokio::time::timeout(WITHIN, read).await {
            Ok(Ok(look)) => look.map_err(|error| self.unreadable(error)),
            Ok(Err(_)) | Err(_) => Err(hangs()),
        }
    }

    fn unreadable(&self, error: io::Error) -> Unusable {
        Unusable::Unreadable { path: self.path.clone(), error }
    }

    pub(crate) fn parse(&self, text: &str) -> Result<GatewayConfig, Unusable> {
        let name = self.path.display().to_string();
        let mut config = GatewayConfig::from_toml(name, text, |name| (self.lookup)(name))?;
        (self.change)(&mut config.server);
        Ok(config)
    }
}

/// What a file was at a moment.
///
/// By content and not by time alone: files that are links into a folder which is exchanged as a whole, as Kubernetes
/// mounts them, keep times that say nothing.
#[derive(PartialEq, Eq)]
struct Look {
    text: String,
    written: Option<SystemTime>,
}

impl Look {
    fn at(path: &Path) -> io::Result<Self> {
        // Before it is opened: opening a pipe waits for its other end.
        let known = std::fs::metadata(path)?;
        if !known.is_file() {
            return Err(io::Error::other("it is no regular file, which alone can be read again"));
        }
        let text = text_of(File::open(path)?)?;
        Ok(Self { text, written: known.modified().ok() })
    }
}

fn text_of(file: File) -> io::Result<String> {
    let mut text = String::new();
    let read = file.take(LARGEST + 1).read_to_string(&mut text)?;
    if read as u64 > LARGEST {
        return Err(io::Error::other("it is larger than 16 MiB"));
    }
    Ok(text)
}

impl fmt::Debug for ConfigFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfigFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Reload {
    /// From what the process was started with, and not from the file before: what that one would have changed does
    /// not hold either.
    pub(crate) fn done(was: &ServerConfig, is: &ServerConfig, changed: Vec<String>) -> Self {
        let settings = [
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
            settings.into_iter().filter_map(|(name, changed)| changed.then_some(name));
        Self::Done { after_restart: after_restart.collect(), changed }
    }
}
