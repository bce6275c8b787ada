//! The gateway: a client, who may use it, and what it remembers of requests.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use ft_client::Client;
use ft_client::config::InvalidConfig;
use ft_client::telemetry::Prometheus;
use ft_core::{Clock, Entropy, UnixMillis};
use tokio::net::TcpListener;

use crate::admin;
use crate::body::{BodyLimits, Buffers};
use crate::caller::Callers;
use crate::config::{GatewayConfig, ServerConfig};
use crate::idempotency::Repeats;
use crate::journal::Journal;
use crate::lines::Lines;
use crate::meters::Meters;
use crate::names::Names;
use crate::reload::{ConfigFile, Reload, Unusable};
use crate::server::{ConnectionLimits, Drained, serve_counted};
use crate::surface;
use crate::trace::Trace;

/// A client behind an OpenAI-compatible HTTP surface.
///
/// Cheap to clone; clones are the same gateway.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

struct Inner {
    live: ArcSwap<Live>,
    /// What the process was started with: parts of it hold until it ends, whatever was read since.
    started: ServerConfig,
    prometheus: Prometheus,
    clock: Arc<dyn Clock>,
    started_at: UnixMillis,
    /// Whether it came from a configuration, which is known to be on loopback when it has no callers. Who puts a client
    /// into a server of their own decides who reaches it.
    guards_itself: bool,
    journal: Journal,
    trace: Option<Trace>,
    meters: Meters,
    repeats: Repeats,
    buffers: Buffers,
    ids: Mutex<Entropy>,
    file: OnceLock<Arc<ConfigFile>>,
    /// One reload at a time, or the older of two files could be the last to take over.
    reloading: Mutex<()>,
}

/// What a reload replaces as a whole.
pub(crate) struct Live {
    pub(crate) config: GatewayConfig,
    pub(crate) client: Client,
    pub(crate) names: Names,
    pub(crate) callers: Callers,
    pub(crate) body: BodyLimits,
}

/// Where a gateway writes what it saw. Default: nowhere.
#[derive(Default)]
pub struct Outlets {
    /// A line of JSON for each request that ended.
    pub access_log: Option<Box<dyn Write + Send>>,
    /// A line of JSON for each chat request that arrived, for the simulator.
    pub trace: Option<Box<dyn Write + Send>>,
}

impl Outlets {
    /// As the configuration says: the log to stdout, the trace to its file.
    ///
    /// A trace that is there already is not continued: its times and its prompts' hashes are those of the process
    /// that wrote it. `trace.jsonl` is followed by `trace-2.jsonl`, and so on.
    ///
    /// # Errors
    /// When the trace's file cannot be opened.
    pub fn of(server: &ServerConfig) -> io::Result<Self> {
        let trace = match &server.trace {
            Some(path) => Some(Box::new(crate::trace::create(path)?) as Box<dyn Write + Send>),
            None => None,
        };
        let log = || Box::new(io::stdout()) as Box<dyn Write + Send>;
        Ok(Self { access_log: server.access_log.then(log), trace })
    }
}

impl fmt::Debug for Outlets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlets")
            .field("access_log", &self.access_log.is_some())
            .field("trace", &self.trace.is_some())
            .finish()
    }
}

impl Gateway {
    /// A gateway of this configuration. Opens no socket.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the field and the rule, and file and line where it came from a file.
    pub fn new(config: GatewayConfig, outlets: Outlets) -> Result<Self, InvalidConfig> {
        let client = config.client.clone();
        let texts = config.server.log_provider_text;
        let build = || Client::builder().config(client).log_provider_text(texts).build();
        Self::assemble(config, outlets, build)
    }

    /// A gateway over a client that is there already, open to whoever reaches it, also through a browser: the server
    /// that it is put into says who that is.
    ///
    /// The client's own metrics are not in `/metrics`: its handles were made before.
    #[must_use]
    pub fn of_client(client: Client) -> Self {
        match Self::build(|| Ok::<_, Infallible>(client)) {
            Ok(gateway) => gateway,
            Err(never) => match never {},
        }
    }

    /// A gateway over the client that `build` makes, whose metrics it shows, open to whoever reaches it.
    ///
    /// # Errors
    /// Those of `build`.
    pub fn build<E>(build: impl FnOnce() -> Result<Client, E>) -> Result<Self, E> {
        let prometheus = Prometheus::local();
        let client = prometheus.with(build)?;
        let config = GatewayConfig::default();
        let live = Live::new(config, client, Callers::open());
        Ok(Self::of_live(live, prometheus, Outlets::default(), false))
    }

    fn assemble(
        config: GatewayConfig,
        outlets: Outlets,
        build: impl FnOnce() -> Result<Client, InvalidConfig>,
    ) -> Result<Self, InvalidConfig> {
        let prometheus = Prometheus::local();
        let client = prometheus.with(build).map_err(|wrong| config.locate(wrong))?;
        let callers = Live::callers(&config)?;
        let live = Live::new(config, client, callers);
        Ok(Self::of_live(live, prometheus, outlets, true))
    }

    fn of_live(live: Live, prometheus: Prometheus, outlets: Outlets, guards_itself: bool) -> Self {
        let clock = Arc::clone(live.client.clock());
        let meters = prometheus.with(Meters::new);
        // Without a thread to write them there are no lines, and no reason to refuse requests.
        let lines = |out| Lines::to(out, meters.lines_dropped.clone()).ok();
        let log = outlets.access_log.and_then(lines);
        let trace = outlets.trace.and_then(lines).map(|lines| Trace::new(lines, &*clock));
        let recent = usize::try_from(live.config.server.recent).unwrap_or(usize::MAX);
        let inner = Inner {
            journal: Journal::new(recent, log),
            meters,
            buffers: Buffers::of(&live.config.server),
            started: live.config.server.clone(),
            live: ArcSwap::from_pointee(live),
            prometheus,
            started_at: clock.wall(),
            guards_itself,
            clock,
            trace,
            repeats: Repeats::default(),
            ids: Mutex::new(Entropy::from_os()),
            file: OnceLock::new(),
            reloading: Mutex::new(()),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Serves this configuration from the next request on; requests under way end as they began.
    ///
    /// Money spent, cached answers, breakers of targets that are the same, and what callers used of their limits
    /// stay. Gates do not: a new key may be in the file.
    ///
    /// # Errors
    /// [`InvalidConfig`], also when sockets that others reach would be left without keys; then everything is as it
    /// was.
    pub fn reload(&self, config: GatewayConfig) -> Result<Reload, InvalidConfig> {
        let _one = self.inner.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.live();
        let changed = config.changes_from(&old.config);
        let reload = Reload::done(&self.inner.started, &config.server, changed);
        let config = config.on_sockets_of(&self.inner.started)?;
        // Before the client: its building takes over what the old one holds.
        let callers = Live::callers(&config)?.inherit(&old.callers);
        let texts = config.server.log_provider_text;
        let builder = || Client::builder().config(config.client.clone()).log_provider_text(texts);
        let build = || builder().inherit(&old.client).build();
        let client = self.inner.prometheus.with(build).map_err(|wrong| config.locate(wrong))?;
        callers.take_over();
        self.inner.live.store(Arc::new(Live::new(config, client, callers)));
        Ok(reload)
    }

    /// Remembers the file that its configuration came from, for [`reload_from_file`](Self::reload_from_file).
    /// The first one stays.
    pub fn follow(&self, file: ConfigFile) {
        let _ = self.inner.file.set(Arc::new(file));
    }

    /// Reads its file again; `None` when it has none. A file that is what it was is only served again `anew`:
    /// its variables and the files of its secrets may have changed.
    ///
    /// What is new in it is read twice, a second apart, and served when both are the same: an editor or a copy may
    /// still be at work. Reading and building are done beside the runtime's threads, so that a file that hangs holds
    /// up nobody.
    ///
    /// # Errors
    /// [`Unusable`]; then everything is as it was. What was wrong is an error once, unless read `anew`.
    ///
    /// # Cancel safety
    /// Either the new configuration is served or the old one.
    pub async fn reload_from_file(&self, anew: bool) -> Option<Result<Reload, Unusable>> {
        let file = Arc::clone(self.inner.file.get()?);
        let reloaded = self.reload_from(&file, anew).await;
        let wrong = reloaded.as_ref().err().map(Unusable::to_string);
        let known = file.complained(wrong);
        Some(match reloaded {
            Err(_) if known && !anew => Ok(Reload::Unchanged),
            reloaded => reloaded,
        })
    }

    async fn reload_from(&self, file: &Arc<ConfigFile>, anew: bool) -> Result<Reload, Unusable> {
        let Some(text) = file.read_again(anew).await? else { return Ok(Reload::Unchanged) };
        let (gateway, file) = (self.clone(), Arc::clone(file));
        let read = move || gateway.reload(file.parse(&text)?).map_err(Unusable::from);
        match tokio::task::spawn_blocking(read).await {
            Ok(reloaded) => reloaded,
            Err(_) => {
                Err(Unusable::Invalid(InvalidConfig::new("", "reading it failed; see the log")))
            }
        }
    }

    /// Waits until the lines of the requests that ended so far are written to the access log and the trace, at most
    /// so long for each; false when the time was up.
    ///
    /// It blocks: it is for the end of a process, which does not wait for its threads.
    #[must_use]
    pub fn write_out(&self, within: Duration) -> bool {
        let log = self.inner.journal.written(within);
        let trace = self.inner.trace.as_ref().is_none_or(|trace| trace.written(within));
        log && trace
    }

    /// Counts lines that had to be dropped of a log which is not the gateway's own, such as the process's.
    pub fn log_lines_dropped(&self, lines: u64) {
        self.inner.meters.lines_dropped.increment(lines);
    }

    /// What callers see: `/v1/…`, `/healthz`, `/readyz`, `/metrics`.
    pub fn public(&self) -> Router {
        surface::public(self.clone())
    }

    /// What who runs the gateway sees: the status page at `/`, and `/admin/…`. For a listener of its own: without
    /// an admin key it answers only requests that are made under a name of this machine.
    pub fn admin(&self) -> Router {
        admin::router(self.clone())
    }

    /// Serves one of its routers as [`serve`](crate::serve) does, and counts its connections in `/metrics`.
    ///
    /// # Cancel safety
    /// Dropping it closes the listener and cuts every connection.
    pub async fn serve(
        &self,
        listener: TcpListener,
        router: Router,
        limits: ConnectionLimits,
        stop: impl Future<Output = ()>,
        drain: Duration,
    ) -> Drained {
        let sockets = &self.meters().sockets;
        serve_counted(listener, router, limits, stop, drain, sockets).await
    }

    /// The client as of now: a reload replaces it.
    #[must_use]
    pub fn client(&self) -> Client {
        self.inner.live.load().client.clone()
    }

    pub(crate) fn live(&self) -> Arc<Live> {
        self.inner.live.load_full()
    }

    pub(crate) fn prometheus(&self) -> &Prometheus {
        &self.inner.prometheus
    }

    /// An id that no other request of this process has.
    pub(crate) fn new_request_id(&self) -> String {
        let mut ids = self.inner.ids.lock().unwrap_or_else(PoisonError::into_inner);
        format!("ft-{:016x}", ids.next_u64())
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }

    pub(crate) fn started_at(&self) -> UnixMillis {
        self.inner.started_at
    }

    pub(crate) fn guards_itself(&self) -> bool {
        self.inner.guards_itself
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.inner.meters
    }

    pub(crate) fn repeats(&self) -> &Repeats {
        &self.inner.repeats
    }

    /// The room that bodies share.
    pub(crate) fn buffers(&self) -> &Buffers {
        &self.inner.buffers
    }

    pub(crate) fn trace(&self) -> Option<&Trace> {
        self.inner.trace.as_ref()
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.inner.journal
    }
}

impl Live {
    fn new(config: GatewayConfig, client: Client, callers: Callers) -> Self {
        let body = BodyLimits::of(&config.server);
        Self { names: Names::of(&client), callers, body, client, config }
    }

    fn callers(config: &GatewayConfig) -> Result<Callers, InvalidConfig> {
        let settings = config.callers.iter().map(|(name, caller)| caller.settings(name));
        Callers::new(settings).map_err(|wrong| {
            config.locate(InvalidConfig::new(format!("callers.{}", wrong.name), wrong.rule))
        })
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("client", &self.client()).finish_non_exhaustive()
    }
}
