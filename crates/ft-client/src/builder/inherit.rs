//! What a client takes over from the one whose place it takes.

use std::sync::Arc;

use ft_breaker::BreakerConfig;
use ft_cache::Cache;
use ft_cost::SpendBudget;
use ft_limit::{AmplificationCap, InFlight, RetryBudget};

use super::ClientBuilder;
use crate::client::Client;
use crate::config::{ChainConfig, TargetConfig};
use crate::state::Inner;
use crate::target::{ProviderState, Target};

impl ClientBuilder {
    /// Takes the place of this client, as after a reload of its configuration.
    ///
    /// The new client takes over
    /// - its clock, by which all that is taken over is dated; one that is set here is not used,
    /// - the money spent and reserved in the window: the budget is the same one under the new limit, also when it was
    ///   away for a while,
    /// - the cached answers of chains of the same name whose cache settings are the same,
    /// - breakers, also those taken by hand, first-token times and calls in flight of targets whose settings are the
    ///   same and whose provider is where it was,
    /// - the budgets against storms, where their limits are the same,
    /// - the costs that metrics tell.
    ///
    /// Not taken over are gates and what is out: the reason may be mended. Whoever hears of transitions is the new
    /// client's, for both. Calls under way go on as they are, and the old client may be dropped at any time.
    ///
    /// Until [`build`](Self::build) has succeeded, nothing of the old client has changed.
    #[must_use]
    pub fn inherit(mut self, client: &Client) -> Self {
        self.before = Some(client.clone());
        self
    }

    pub(super) fn before(&self) -> Option<&Inner> {
        self.before.as_ref().map(Client::inner)
    }

    /// The target whose place this one takes.
    pub(super) fn predecessor(
        &self,
        provider: &ProviderState,
        config: &TargetConfig,
        breaker: &BreakerConfig,
    ) -> Option<Arc<Target>> {
        let same = |target: &&Arc<Target>| {
            target.config == *config && target.provider.endpoint == provider.endpoint
        };
        let found = self.before()?.targets.iter().find(same)?;
        // Another way to configure the model may have given it its breaker, and its grace with it.
        let BreakerConfig { cancel_grace, probe_lease, .. } = found.breaker.config();
        let (cancel_grace, probe_lease) = (*cancel_grace, *probe_lease);
        let settings = BreakerConfig { cancel_grace, probe_lease, ..breaker.clone() };
        (*found.breaker.config() == settings).then(|| Arc::clone(found))
    }

    /// The count of calls in flight at the target whose place this one takes, under whatever timers.
    pub(super) fn in_flight_before(
        &self,
        provider: &str,
        config: &TargetConfig,
    ) -> Option<Arc<InFlight>> {
        let targets = &self.before()?.targets;
        let its = || targets.iter().filter(|target| target.is(provider, &config.model));
        let exact = its().find(|target| target.config == *config);
        // Configured in several ways, it has a count for each, and which is which cannot be told.
        let only = || its().next().filter(|_| its().count() == 1);
        let before = exact.or_else(only)?;
        (before.in_flight.limit() == config.in_flight).then(|| Arc::clone(&before.in_flight))
    }

    pub(super) fn cache_before(&self, name: &str, config: &ChainConfig) -> Option<Cache> {
        let chain = self.before()?.chains.get(name)?;
        let same = chain.config.cache == config.cache && self.store.is_none();
        same.then(|| chain.cache.clone())
    }

    pub(super) fn cap_before(&self) -> Option<Arc<AmplificationCap>> {
        let before = self.before()?;
        (before.limits == self.config.limits).then(|| Arc::clone(&before.cap))
    }

    pub(super) fn retries_before(&self, provider: &str) -> Option<Arc<RetryBudget>> {
        let before = self.before().filter(|before| before.limits == self.config.limits)?;
        let target = before.targets.iter().find(|target| target.provider.name == provider)?;
        Some(Arc::clone(&target.provider.retry))
    }

    pub(super) fn spend_before(&self) -> Option<Arc<SpendBudget>> {
        let before = self.before()?;
        before.spend.clone().or_else(|| before.spend_kept.clone())
    }
}
