//! The gateway: a client, who may use it, and what it remembers of requests.

use std::convert::Infallible;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use axum::Router;
use ft_client::Client;
use ft_client::config::{ClientConfig, InvalidConfig};
use ft_client::telemetry::Prometheus;
use ft_core::{Clock, Entropy};

use crate::admin;
use crate::body::BodyLimits;
use crate::caller::{Callers, KeyHash};
use crate::idempotency::Repeats;
use crate::journal::Journal;
use crate::meters::Meters;
use crate::names::Names;
use crate::surface;

/// A client behind an OpenAI-compatible HTTP surface.
///
/// Cheap to clone; clones are the same gateway.
#[derive(Clone)]
pub struct Gateway {
    inner: Arc<Inner>,
}

struct Inner {
    live: ArcSwap<Live>,
    prometheus: Prometheus,
    clock: Arc<dyn Clock>,
    journal: Journal,
    meters: Meters,
    repeats: Repeats,
    ids: Mutex<Entropy>,
}

/// What a reload replaces as a whole.
pub(crate) struct Live {
    pub(crate) client: Client,
    pub(crate) names: Names,
    pub(crate) callers: Callers,
    /// Of the keys that the admin API asks for; without any it answers this machine only.
    pub(crate) admin_keys: Vec<KeyHash>,
    pub(crate) body: BodyLimits,
}

/// How many requests are remembered for who looks.
const RECENT: usize = 200;

impl Gateway {
    /// A gateway over a client of this configuration, whose metrics it shows.
    ///
    /// # Errors
    /// [`InvalidConfig`] naming the field and the rule.
    pub fn new(config: ClientConfig) -> Result<Self, InvalidConfig> {
        Self::build(|| Client::builder().config(config).build())
    }

    /// A gateway over a client that is there already, open to whoever reaches it.
    ///
    /// The client's own metrics are not in `/metrics`: its handles were made before.
    #[must_use]
    pub fn of_client(client: Client) -> Self {
        match Self::build(|| Ok::<_, Infallible>(client)) {
            Ok(gateway) => gateway,
            Err(never) => match never {},
        }
    }

    /// A gateway over the client that `build` makes, whose metrics it shows.
    ///
    /// # Errors
    /// Those of `build`.
    pub fn build<E>(build: impl FnOnce() -> Result<Client, E>) -> Result<Self, E> {
        let prometheus = Prometheus::local();
        let client = prometheus.with(build)?;
        let meters = prometheus.with(Meters::new);
        let clock = Arc::clone(client.clock());
        let live = Live {
            names: Names::of(&client),
            callers: Callers::open(),
            admin_keys: Vec::new(),
            body: BodyLimits::default(),
            client,
        };
        let inner = Inner {
            live: ArcSwap::from_pointee(live),
            prometheus,
            clock,
            journal: Journal::new(RECENT, None),
            meters,
            repeats: Repeats::default(),
            ids: Mutex::new(Entropy::from_os()),
        };
        Ok(Self { inner: Arc::new(inner) })
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

    pub(crate) fn meters(&self) -> &Meters {
        &self.inner.meters
    }

    pub(crate) fn repeats(&self) -> &Repeats {
        &self.inner.repeats
    }

    pub(crate) fn journal(&self) -> &Journal {
        &self.inner.journal
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("client", &self.client()).finish_non_exhaustive()
    }
}
