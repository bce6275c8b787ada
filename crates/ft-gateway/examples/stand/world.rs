//! One world: a gateway, the upstreams behind it, and what both have seen.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use ft_client::config::InvalidConfig;
use ft_core::SystemClock;
use ft_gateway::config::GatewayConfig;
use ft_gateway::{ConnectionLimits, Gateway, Outlets};
use ft_sim::{Attempt, Log, Outcome, Scripts, Upstream, UpstreamConfig};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::scenarios;

const CONFIG: &str = include_str!("stand.toml");

/// How long a drain may take.
const DRAIN: Duration = Duration::from_secs(10);

pub(crate) struct World {
    gateway: Gateway,
    variables: BTreeMap<String, String>,
    log: Log,
    upstreams: Vec<Upstream>,
    requests: Arc<Requests>,
    url: String,
    stop: Mutex<Option<oneshot::Sender<()>>>,
    stopped: Arc<AtomicBool>,
    server: JoinHandle<()>,
}

/// What the gateway was asked, by the last part of the path.
#[derive(Default)]
struct Requests {
    chat: AtomicU64,
    other: AtomicU64,
}

impl World {
    /// A new one, in which nothing has happened yet. `variables` stand for `${…}` in its configuration.
    pub(crate) async fn new(
        mut variables: BTreeMap<String, String>,
    ) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let log = Log::with_requests();
        let clock = Arc::new(SystemClock::new());
        let mut upstreams = Vec::new();
        let mut start = |name: &str, variable: &str, scripts: Scripts| {
            let mut config = UpstreamConfig::default();
            config.name = name.to_owned();
            config.clock = clock.clone();
            config.log = log.clone();
            let upstream = Upstream::start_with(scripts, config)?;
            variables.insert(variable.to_owned(), upstream.base_url());
            upstreams.push(upstream);
            Ok::<_, std::io::Error>(())
        };
        start("sim", "SIM", scenarios::sim())?;
        start("backup", "BACKUP", scenarios::backup())?;
        start("long", "LONG", scenarios::long())?;

        let gateway = Gateway::new(read(&config(), &variables)?, Outlets::default())?;
        let requests = Arc::new(Requests::default());
        let router = counted(gateway.public(), Arc::clone(&requests));
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/v1", listener.local_addr()?);
        let (stop, stopping) = oneshot::channel();
        let stopped = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&stopped);
        let server = async move {
            let stopping = async {
                // A sender that is gone stops it too.
                let _ = stopping.await;
            };
            let limits = ConnectionLimits::default();
            ft_gateway::serve(listener, router, limits, stopping, DRAIN).await;
            done.store(true, Ordering::Release);
        };
        #[expect(clippy::disallowed_methods, reason = "a server's own task, ended by its world")]
        let server = tokio::spawn(server);
        let stop = Mutex::new(Some(stop));
        Ok(Self { gateway, variables, log, upstreams, requests, url, stop, stopped, server })
    }

    /// Where the gateway and its upstream are.
    pub(crate) fn addresses(&self) -> Value {
        json!({"url": self.url, "upstream": self.upstreams[0].base_url()})
    }

    /// What the gateway was asked.
    pub(crate) fn requests(&self) -> Value {
        let of = |count: &AtomicU64| count.load(Ordering::Acquire);
        json!({"chat": of(&self.requests.chat), "other": of(&self.requests.other)})
    }

    /// Every attempt that an upstream saw, in the order of arrival.
    pub(crate) fn attempts(&self) -> Value {
        self.log.attempts().iter().map(shown).collect()
    }

    /// Begins a drain, as SIGTERM does.
    pub(crate) fn drain(&self) {
        let stop = self.stop.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(stop);
    }

    /// Serves its configuration anew, as a changed file does.
    pub(crate) fn reload(&self) -> Result<(), InvalidConfig> {
        self.gateway.reload(read(&config(), &self.variables)?).map(drop)
    }

    pub(crate) fn has_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The configuration, with a chain for each scenario that needs no settings of its own, and one for each that another
/// provider makes good.
fn config() -> String {
    let mut text = CONFIG.to_owned();
    let tier = |name: &str, provider: &str, model: &str| {
        format!(
            "{{ name = \"{name}\", targets = [{{ provider = \"{provider}\", model = \"{model}\" }}] }}"
        )
    };
    for (name, _) in scenarios::single() {
        let only = tier("only", "sim", name);
        text +=
            &format!("\n[chains.{name}]\nrounds = 1\nsame_target_retries = 0\ntiers = [{only}]\n");
    }
    for name in scenarios::MADE_GOOD {
        let (first, second) = (tier("first", "sim", name), tier("second", "backup", "ok"));
        text += &format!(
            "\n[chains.{name}-then-ok]\nrounds = 1\nsame_target_retries = 0\ntiers = [{first}, {second}]\n"
        );
    }
    text
}

fn read(text: &str, variables: &BTreeMap<String, String>) -> Result<GatewayConfig, InvalidConfig> {
    GatewayConfig::from_toml("stand.toml", text, |name| variables.get(name).cloned())
}

fn counted(router: Router, requests: Arc<Requests>) -> Router {
    router.layer(from_fn(move |request: Request, next: Next| {
        let requests = Arc::clone(&requests);
        async move {
            let chat = request.uri().path().ends_with("/chat/completions");
            let count = if chat { &requests.chat } else { &requests.other };
            count.fetch_add(1, Ordering::AcqRel);
            next.run(request).await
        }
    }))
}

fn shown(attempt: &Attempt) -> Value {
    let outcome = match attempt.outcome {
        Outcome::Open => "open".to_owned(),
        Outcome::Answered => "answered".to_owned(),
        Outcome::Status(status) => format!("status {status}"),
        Outcome::CallerLeft => "caller_left".to_owned(),
        other => format!("{other:?}").to_lowercase(),
    };
    let millis = |tick: ft_core::Tick| tick.since(ft_core::Tick::ZERO).as_secs_f64() * 1_000.0;
    json!({
        "provider": &*attempt.provider,
        "model": &*attempt.model,
        "credential": attempt.credential,
        "stream": attempt.stream,
        "at_ms": millis(attempt.at),
        "ended_ms": attempt.ended.map(millis),
        "outcome": outcome,
        "idempotency_key": attempt.idempotency_key,
        "request_id": attempt.request_id,
        "request": attempt.request.as_deref(),
    })
}
