//! A target as it runs: a model at a provider with its breaker, gates and limits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ft_breaker::{Breaker, Phase};
use ft_context::{Counter, counter_for};
use ft_core::decide::TargetView;
use ft_core::{Clock, ModelCard, Provider, Scope, Tick, UnixMillis};
use ft_cost::{Catalogue, Price, Row};
use ft_limit::{
    Gate, GateConfig, GatePhase, GateReason, InFlight, InvalidConfig, RetryBudget,
    RetryBudgetConfig, Slowness, Throttle, Widening,
};

use crate::config::TargetConfig;
use crate::credentials::Credentials;
use crate::line::Lines;
use crate::out::{LastOut, WentOut};
use crate::outputs::Outputs;
use crate::telemetry::{Seldom, TargetMeters};

/// How long a window that a provider's refusal gave away is believed: a smaller backend may have answered.
const LEARNED_FOR: Duration = Duration::from_secs(600);

/// More tokens than any model takes, where nobody says how large a window is.
const NO_WINDOW: u64 = u32::MAX as u64;

/// Below this hint one refusal is no drought: it moves its own request on, and the second in a row shuts the gate.
const MILD_BELOW: Duration = Duration::from_secs(10);

/// A provider with what its targets share.
pub(crate) struct ProviderState {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) name: String,
    /// Where it is, as far as the configuration says: what was learnt of one endpoint says nothing of another.
    pub(crate) endpoint: u64,
    /// The profile of the catalogue with its prices.
    pub(crate) profile: String,
    pub(crate) retry: Arc<RetryBudget>,
    pub(crate) credentials: Vec<CredentialState>,
    /// Those who wait for a target of this provider.
    pub(crate) lines: Arc<Lines>,
}

/// One key of a provider.
#[derive(Default)]
pub(crate) struct CredentialState {
    /// Shut for all models of the key.
    pub(crate) gate: Arc<Gate>,
    pub(crate) widening: Widening,
    /// Lines of the log on its being refused.
    pub(crate) told: Seldom,
    /// What put it out last.
    pub(crate) out: LastOut,
}

impl ProviderState {
    pub(crate) fn new(
        provider: Arc<dyn Provider>,
        (name, endpoint): (String, u64),
        profile: String,
        retry: Arc<RetryBudget>,
    ) -> Self {
        let credentials = (0..provider.credentials().max(1)).map(|_| CredentialState::default());
        let (credentials, lines) = (credentials.collect(), Arc::default());
        Self { credentials, lines, name, endpoint, profile, retry, provider }
    }
}

/// What bounds the calls at a target that is asked because no other may be.
#[derive(Clone)]
pub(crate) struct Alone {
    /// How much of its load it is sent while its breaker is open.
    pub(crate) throttle: Arc<Throttle>,
    /// Its repeats, as a share of its own first attempts.
    pub(crate) repeats: Arc<RetryBudget>,
}

impl Alone {
    /// Half of the first attempts may be repeated: a target that fails two in five still answers most.
    pub(crate) fn new() -> Result<Self, InvalidConfig> {
        let repeats =
            RetryBudget::new(RetryBudgetConfig { ratio: 0.5, ..RetryBudgetConfig::default() })?;
        Ok(Self { throttle: Arc::default(), repeats: Arc::new(repeats) })
    }
}

/// A gate that one throttled answer does not shut unless it asks for long.
fn throttle_gate() -> Arc<Gate> {
    let config = GateConfig { mild_below: MILD_BELOW, ..GateConfig::default() };
    Gate::new(config).map(Arc::new).unwrap_or_default()
}

/// A model at a provider.
pub(crate) struct Target {
    pub(crate) provider: Arc<ProviderState>,
    pub(crate) config: TargetConfig,
    pub(crate) card: Option<ModelCard>,
    /// Its row of the catalogue, looked up once.
    row: Option<Row>,
    counter: &'static dyn Counter,
    pub(crate) breaker: Arc<Breaker>,
    pub(crate) in_flight: Arc<InFlight>,
    /// Shut for the target under every key: the model is missing, or overloaded for a time it names.
    pub(crate) gate: Arc<Gate>,
    /// What put it out last.
    pub(crate) last_out: Arc<LastOut>,
    /// Beside each credential, shut for this model under that key.
    pub(crate) credential_gates: Vec<Arc<Gate>>,
    /// For when no other target may be asked.
    pub(crate) alone: Alone,
    /// First-token times, for order and health.
    pub(crate) speed: Arc<Slowness>,
    /// First-token times, for the moment to hedge.
    pub(crate) hedge_speed: Arc<Slowness>,
    /// How long its answers are, for what an attempt may have cost that brought none.
    pub(crate) outputs: Outputs,
    pub(crate) meters: TargetMeters,
    /// A number for the widening of throttles from a model to its credential.
    pub(crate) number: u32,
    learned_limit: AtomicU64,
    learned_at: AtomicU64,
}

pub(crate) struct TargetParts {
    pub(crate) provider: Arc<ProviderState>,
    pub(crate) config: TargetConfig,
    pub(crate) row: Option<Row>,
    pub(crate) breaker: Arc<Breaker>,
    pub(crate) in_flight: Arc<InFlight>,
    pub(crate) alone: Alone,
    pub(crate) speed: Arc<Slowness>,
    pub(crate) hedge_speed: Arc<Slowness>,
    pub(crate) meters: TargetMeters,
    pub(crate) number: u32,
    /// The same model in another chain, whose gates it shares.
    pub(crate) twin: Option<Arc<Target>>,
}

impl Target {
    pub(crate) fn new(parts: TargetParts) -> Self {
        let own = || parts.provider.credentials.iter().map(|_| throttle_gate()).collect();
        let twin = parts.twin.as_deref();
        Self {
            credential_gates: twin.map_or_else(own, |twin| twin.credential_gates.clone()),
            gate: twin.map_or_else(throttle_gate, |twin| Arc::clone(&twin.gate)),
            last_out: twin.map_or_else(Arc::default, |twin| Arc::clone(&twin.last_out)),
            number: twin.map_or(parts.number, |twin| twin.number),
            counter: counter_for(&parts.config.model),
            card: parts.row.as_ref().map(|row| row.card.clone()),
            row: parts.row,
            provider: parts.provider,
            config: parts.config,
            breaker: parts.breaker,
            in_flight: parts.in_flight,
            alone: parts.alone,
            speed: parts.speed,
            hedge_speed: parts.hedge_speed,
            outputs: Outputs::default(),
            meters: parts.meters,
            learned_limit: AtomicU64::new(u64::MAX),
            learned_at: AtomicU64::new(0),
        }
    }

    pub(crate) fn model(&self) -> &str {
        &self.config.model
    }

    /// Whether it is this model at this provider.
    pub(crate) fn is(&self, provider: &str, model: &str) -> bool {
        self.provider.name == provider && self.config.model == model
    }

    pub(crate) fn counter(&self) -> &'static dyn Counter {
        self.counter
    }

    /// The price of this moment; `None` where none is known.
    pub(crate) fn price(&self, wall: UnixMillis) -> Option<&Price> {
        self.row.as_ref()?.price(wall)
    }

    /// The context window, as configured, else as the catalogue has it.
    pub(crate) fn context_window(&self) -> Option<u64> {
        self.config.context_window.or(self.card.as_ref().map(|card| card.context_window))
    }

    /// The most tokens that one request can have, or one answer: the model's window. What an operator configured
    /// may be less than that, and the provider does not know.
    pub(crate) fn most_tokens(&self) -> u64 {
        let card = self.card.as_ref().map(|card| card.context_window);
        self.config.context_window.max(card).unwrap_or(NO_WINDOW)
    }

    pub(crate) fn takes_prefill(&self) -> bool {
        let card = || self.card.as_ref().is_some_and(|card| card.capabilities.prefill);
        self.config.prefill.unwrap_or_else(card)
    }

    /// Takes over what another one learnt of the same model's window and answers.
    pub(crate) fn learn_from(&self, other: &Self) {
        self.outputs.learn_from(&other.outputs);
        let learned =
            [(&self.learned_limit, &other.learned_limit), (&self.learned_at, &other.learned_at)];
        for (own, other) in learned {
            own.store(other.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    /// Remembers a window that the provider's words gave away.
    pub(crate) fn learn_limit(&self, tokens: u64, now: Tick) {
        self.learned_limit.store(tokens, Ordering::Relaxed);
        self.learned_at.store(now.as_nanos(), Ordering::Relaxed);
    }

    pub(crate) fn learned_limit(&self, now: Tick) -> Option<u64> {
        let limit = self.learned_limit.load(Ordering::Relaxed);
        let at = Tick::from_nanos(self.learned_at.load(Ordering::Relaxed));
        (limit != u64::MAX && now.since(at) < LEARNED_FOR).then_some(limit)
    }

    /// When a call through this credential would be let through by the gates, `ZERO` when now; and whether that is
    /// for a pilot to find out.
    fn credential_ready_at(&self, credential: usize, now: Tick) -> (Tick, bool) {
        let key = ready_at(&self.provider.credentials[credential].gate, now);
        key.max(ready_at(&self.credential_gates[credential], now))
    }

    /// How the target stands, for a request that has used up these of its credentials.
    pub(crate) fn view(&self, used: &Credentials, now: Tick) -> TargetView {
        let mut soonest: Option<(Tick, bool)> = None;
        let mut credential_free = false;
        for at in 0..self.provider.credentials.len() {
            let ready = self.credential_ready_at(at, now);
            soonest = Some(soonest.map_or(ready, |soonest| soonest.min(ready)));
            credential_free |= ready.0 == Tick::ZERO && !used.contains(at);
        }
        let (gate, pilot) = ready_at(&self.gate, now).max(soonest.unwrap_or_default());
        let breaker = self.breaker.retry_at(now).unwrap_or(Tick::ZERO);
        TargetView {
            ready_at: gate.max(breaker),
            open_until: breaker,
            credential_free,
            pilot,
            ..TargetView::default()
        }
    }

    /// Whether the provider's retry budget has room.
    pub(crate) fn may_retry(&self, now: Tick) -> bool {
        self.provider.retry.available(now) > 0
    }

    /// Whether its throttling may let a call through although its breaker is open.
    pub(crate) fn may_be_asked_despite(&self, now: Tick) -> bool {
        self.breaker.phase() != Phase::ForcedOpen && self.alone.throttle.admits(now, 0.0)
    }

    /// When a call would be let through, [`Tick::ZERO`] when now; `None` when nobody knows: the breaker is held
    /// open by hand, or its probes are under way.
    pub(crate) fn free_at(&self, now: Tick) -> Option<Tick> {
        let known = self.breaker.would_admit(now) || self.breaker.retry_at(now).is_some();
        known.then(|| self.view(&Credentials::NONE, now).ready_at)
    }

    /// Whether every credential, or the target itself, is out. Not when its pilot is due: without a call it would
    /// never be back.
    pub(crate) fn is_out(&self, now: Tick) -> bool {
        let out =
            |gate: &Gate| gate.reason() == Some(GateReason::Out) && gate.retry_at(now).is_some();
        out(&self.gate)
            || (0..self.provider.credentials.len()).all(|at| {
                out(&self.provider.credentials[at].gate) || out(&self.credential_gates[at])
            })
    }

    pub(crate) fn note_out(&self, scope: Scope, credential: usize, out: WentOut) {
        match scope {
            Scope::Credential => self.provider.credentials[credential].out.note(out),
            Scope::Call | Scope::Target | Scope::Endpoint => self.last_out.note(out),
        }
    }

    /// Why the target is out, where that is known: its own reason before that of a key.
    pub(crate) fn why_out(&self, now: Tick) -> Option<String> {
        let own = self.last_out.get().filter(|_| self.gate.is_out());
        let keys = || {
            let out = self.provider.credentials.iter().filter(|key| key.gate.is_out());
            out.filter_map(|key| key.out.get()).next()
        };
        own.or_else(keys).map(|out| out.in_words(now))
    }

    /// Forgets gates, breaker state and samples, as a reload does.
    pub(crate) fn reset(&self) {
        self.gate.clear();
        self.breaker.reset();
        self.alone.throttle.clear();
        self.speed.clear();
        self.hedge_speed.clear();
        self.outputs.clear();
        self.learned_limit.store(u64::MAX, Ordering::Relaxed);
        for (own, shared) in self.credential_gates.iter().zip(&self.provider.credentials) {
            own.clear();
            shared.gate.clear();
            shared.widening.clear();
        }
    }
}

/// When a gate lets a call through, `ZERO` when now; and whether that is for a pilot to find out.
fn ready_at(gate: &Gate, now: Tick) -> (Tick, bool) {
    if !gate.is_shut() {
        return (Tick::ZERO, false);
    }
    let phase = gate.phase(now);
    (phase.retry_at().unwrap_or(Tick::ZERO), matches!(phase, GatePhase::PilotOut { .. }))
}

/// The parts of the outside world that every target is asked about.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) catalogue: Arc<Catalogue>,
}
