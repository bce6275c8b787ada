//! Settings that would change nothing: somebody meant something by them.

use std::collections::BTreeSet;
use std::time::Duration;

use ft_client::config::{ClientConfig, DEFAULT_CHAIN};

use super::{Arrivals, InvalidScenario, OutageSpec, RunSpec, Scenario};
use crate::arrivals::Course;
use crate::report::span;

impl Scenario {
    /// Settings of traffic that would change nothing.
    pub(super) fn check_traffic_is_used(&self) -> Result<(), InvalidScenario> {
        let traffic = &self.traffic;
        let timed = [
            ("rate", traffic.rate.is_some()),
            ("daily", traffic.daily.is_some()),
            ("bursts", !traffic.bursts.is_empty()),
        ];
        let paced = [("callers", traffic.callers != 1), ("pause", !traffic.pause.is_zero())];
        let (inert, rule): (Vec<_>, _) = match traffic.arrivals {
            _ if traffic.trace.is_some() => {
                let all = timed.into_iter().chain(paced);
                (all.collect(), "has no effect beside `trace`, which says when requests come")
            }
            Arrivals::Sequential => (
                timed.to_vec(),
                "has no effect on requests that come one after another; set `arrivals` to \"poisson\" or \"even\"",
            ),
            Arrivals::Poisson | Arrivals::Even => (
                paced.to_vec(),
                "has no effect on requests that come at a rate; it belongs to sequential ones",
            ),
        };
        match inert.into_iter().find(|(_, given)| *given) {
            Some((field, _)) => Err(InvalidScenario::new(format!("traffic.{field}"), rule)),
            None => Ok(()),
        }
    }

    /// Outages and bursts begin before the end.
    pub(super) fn check_moments_come(&self) -> Result<(), InvalidScenario> {
        let Some(end) = self.end() else { return Ok(()) };
        let late = |field: String, what: &str, from: Duration| {
            let (from, end) = (span(from.as_secs_f64()), span(end.as_secs_f64()));
            let rule = format!(
                "begins at {from}, when the scenario has ended at {end}: no {what} would be played"
            );
            Err(InvalidScenario::new(field, rule))
        };
        for (field, outage) in self.outages() {
            if outage.from >= end {
                return late(format!("{field}.from"), "outage", outage.from);
            }
        }
        for (at, burst) in self.traffic.bursts.iter().enumerate() {
            let first = burst.from.or(burst.every).unwrap_or_default();
            if first >= end {
                let part = if burst.from.is_some() { "from" } else { "every" };
                return late(format!("traffic.bursts[{at}].{part}"), "burst", first);
            }
        }
        Ok(())
    }

    /// Every scheduled outage, with its field.
    pub(crate) fn outages(&self) -> impl Iterator<Item = (String, &OutageSpec)> {
        self.providers.iter().flat_map(|(name, provider)| {
            let own = provider.outages.iter().enumerate();
            let own = own.map(move |(at, spec)| (format!("providers.{name}.outages[{at}]"), spec));
            let models = provider.models.iter().flat_map(move |(model, figures)| {
                let field = format!("providers.{name}.models.{model}.outages");
                let all = figures.outages.iter().enumerate();
                all.map(move |(at, spec)| (format!("{field}[{at}]"), spec))
            });
            own.chain(models)
        })
    }

    /// When it ends, where that is known before it is played; of a number of requests at a rate, about when.
    fn end(&self) -> Option<Duration> {
        let traffic = &self.traffic;
        if traffic.trace.is_some() {
            return None;
        }
        let by_requests = match traffic.arrivals {
            Arrivals::Sequential => None,
            Arrivals::Poisson | Arrivals::Even => {
                self.requests.map(|requests| Course::new(traffic).moment(requests))
            }
        };
        self.duration.into_iter().chain(by_requests).min()
    }

    /// Every provider is asked by somebody: by a chain of one of these configurations, where `None` is the
    /// scenario's own chains and runs.
    pub(crate) fn check_providers_are_asked(
        &self,
        sides: &[Option<&ClientConfig>],
    ) -> Result<(), InvalidScenario> {
        // A configuration need not use all that a scenario models.
        if sides.iter().all(Option::is_some) {
            return Ok(());
        }
        let runs = self.all_runs();
        let chains = self.asked_chains(&runs);
        // What is not there is told by name elsewhere.
        if chains.iter().any(|name| !self.chains.contains_key(*name)) {
            return Ok(());
        }
        let own = chains.iter().filter_map(|name| self.chains.get(*name));
        let given = sides.iter().flatten().flat_map(|config| config.chains.values());
        let targets =
            own.chain(given).flat_map(|chain| &chain.tiers).flat_map(|tier| &tier.targets);
        let mut asked: BTreeSet<&str> = targets.map(|target| target.provider.as_str()).collect();
        asked.extend(runs.iter().flat_map(|run| run.direct()).map(|(provider, _)| provider));
        if asked.iter().any(|name| !self.providers.contains_key(*name)) {
            return Ok(());
        }
        match self.providers.keys().find(|name| !asked.contains(name.as_str())) {
            Some(name) => Err(InvalidScenario::new(
                format!("providers.{name}"),
                "is asked by no chain and no run; ask it, or leave it out",
            )),
            None => Ok(()),
        }
    }

    /// The chains that requests are sent to.
    fn asked_chains<'a>(&'a self, runs: &'a [RunSpec]) -> BTreeSet<&'a str> {
        let traffic = &self.traffic;
        let mut asked = BTreeSet::new();
        for run in runs.iter().filter(|run| run.has_client()) {
            match &run.chain {
                Some(name) => {
                    asked.insert(name.as_str());
                }
                // A trace may name any.
                None if traffic.trace.is_some() => {
                    asked.extend(self.chains.keys().map(String::as_str));
                }
                None if traffic.chains.is_empty() => {
                    asked.insert(DEFAULT_CHAIN);
                }
                None => asked.extend(traffic.chains.keys().map(String::as_str)),
            }
        }
        asked
    }
}
