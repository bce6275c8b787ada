//! What the clones of a client share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ft_cache::Flights;
use ft_core::Entropy;
use ft_cost::{SpendBudget, SpendPer, UnknownPrice};
use ft_limit::AmplificationCap;

use crate::chain::Chain;
use crate::config::{DEFAULT_CHAIN, LimitSettings};
use crate::error::Error;
use crate::hedge::Hedging;
use crate::listeners::{Heard, LeftListener};
use crate::options::CallOptions;
use crate::shared::{Found, Shared};
use crate::target::{Target, World};
use crate::telemetry::{Books, ClientMeters};

pub(crate) struct Inner {
    pub(crate) world: World,
    pub(crate) chains: BTreeMap<String, Arc<Chain>>,
    /// Every target once, whichever chains it stands in.
    pub(crate) targets: Vec<Arc<Target>>,
    pub(crate) cap: Arc<AmplificationCap>,
    pub(crate) spend: Option<Arc<SpendBudget>>,
    /// The budget that was, where there is none now: should it come back within its window, it has not forgotten.
    pub(crate) spend_kept: Option<Arc<SpendBudget>>,
    /// Its window and its soft mark.
    pub(crate) spend_window: (SpendPer, f64),
    pub(crate) unknown_price: UnknownPrice,
    pub(crate) hedge: Option<Hedging>,
    pub(crate) limits: LimitSettings,
    pub(crate) heard: Arc<Heard>,
    pub(crate) left: Option<Arc<LeftListener>>,
    pub(crate) logs_provider_text: bool,
    pub(crate) books: Books,
    pub(crate) flights: Flights<Shared, Found>,
    pub(crate) meters: ClientMeters,
    /// Seeds of requests: the same seed and order give the same draws.
    pub(crate) seed: u64,
    pub(crate) requests: AtomicU64,
}

impl Inner {
    pub(crate) fn chain(&self, name: &str) -> Result<Arc<Chain>, Error> {
        self.chains.get(name).cloned().ok_or_else(|| {
            let known: Vec<_> = self.chains.keys().map(String::as_str).collect();
            Error::invalid(format!("there is no chain `{name}`; there are: {}", known.join(", ")))
        })
    }

    /// The chain that serves a call with these options.
    pub(crate) fn chain_for(&self, options: &CallOptions) -> Result<Arc<Chain>, Error> {
        let Some((provider, model)) = &options.target else { return self.chain(&options.chain) };
        let named = match self.chains.get(&options.chain) {
            None if options.chain != DEFAULT_CHAIN => return self.chain(&options.chain),
            named => named,
        };
        let first = named.into_iter().chain(self.chains.get(DEFAULT_CHAIN));
        let mut chains = first.chain(self.chains.values());
        chains.find(|chain| chain.has(provider, model)).cloned().ok_or_else(|| {
            let known: BTreeSet<_> = self
                .targets
                .iter()
                .map(|target| format!("{}/{}", target.provider.name, target.model()))
                .collect();
            let known = known.into_iter().collect::<Vec<_>>().join(", ");
            Error::invalid(format!("there is no target `{provider}/{model}`; there are: {known}"))
        })
    }

    pub(crate) fn entropy(&self) -> Entropy {
        self.entropy_of(self.requests.fetch_add(1, Ordering::Relaxed))
    }

    /// What the next request will draw from.
    pub(crate) fn next_entropy(&self) -> Entropy {
        self.entropy_of(self.requests.load(Ordering::Relaxed))
    }

    fn entropy_of(&self, number: u64) -> Entropy {
        // Split once, so that neighbouring requests do not draw neighbouring numbers.
        Entropy::seeded(self.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).split()
    }
}
