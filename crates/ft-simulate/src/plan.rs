//! How much of a scenario is played: all of it, a thinned version of it, or its beginning.

use std::time::Duration;

use crate::arrivals::Course;
use crate::engine::Limit;
use crate::report::{grouped, span};
use crate::run::Options;
use crate::scenario::{Arrivals, InvalidScenario, Scenario};
use crate::trace::Trace;

/// How much of a scenario is played.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) limit: Limit,
    /// How many times as many requests come as the scenario says.
    pub(crate) factor: f64,
    /// The recorded requests, if the traffic is recorded.
    pub(crate) trace: Option<Trace>,
    /// What a reader of the report has to know of it.
    pub(crate) notes: Vec<String>,
}

impl Plan {
    pub(crate) fn new(scenario: &Scenario, options: &Options) -> Result<Self, InvalidScenario> {
        if options.scale.is_some_and(|scale| !(1e-9..=1e6).contains(&scale)) {
            return Err(InvalidScenario::new("scale", "must be above zero and at most 1,000,000"));
        }
        let duration = options.duration.or(scenario.duration).unwrap_or(Duration::MAX);
        let mut plan = match (&options.trace, scenario.traffic.arrivals) {
            (Some(trace), _) => recorded(trace, scenario, options),
            (None, Arrivals::Sequential) => sequential(scenario, options)?,
            (None, Arrivals::Poisson | Arrivals::Even) => timed(scenario, options, duration),
        };
        plan.limit.duration = duration;
        if let (Some(asked), Some(whole)) = (options.duration, whole(scenario))
            && asked < whole
        {
            let (asked, whole) = (span(asked.as_secs_f64()), span(whole.as_secs_f64()));
            plan.notes.push(format!(
                "Stopped after {asked} of {whole}, as was asked for: nothing after that was played."
            ));
        }
        Ok(plan)
    }
}

/// How long the scenario is meant to last, where that is known.
fn whole(scenario: &Scenario) -> Option<Duration> {
    let by_requests = match scenario.traffic.arrivals {
        Arrivals::Sequential => None,
        Arrivals::Poisson | Arrivals::Even => {
            scenario.requests.map(|requests| Course::new(&scenario.traffic).moment(requests))
        }
    };
    scenario.duration.into_iter().chain(by_requests).min()
}

/// One in so many of the recorded requests, at the moments that they have.
fn recorded(trace: &Trace, scenario: &Scenario, options: &Options) -> Plan {
    let all = trace.len() as u64;
    let scaled = options.scale.map(|scale| times(all, scale));
    let wanted = options.requests.or(scaled).unwrap_or(all).min(all);
    let mut notes = Vec::new();
    if wanted < all {
        notes.push(format!(
            "{} of the trace's {} requests, evenly chosen over all of its time: limits, breakers and caches meet \
             fewer than they would.",
            grouped(wanted),
            grouped(all)
        ));
    }
    let requests = match options.requests {
        Some(_) => u64::MAX,
        None => scenario.requests.unwrap_or(u64::MAX),
    };
    let limit = Limit { requests: requests.min(wanted), duration: Duration::MAX };
    Plan { limit, factor: 1.0, trace: Some(trace.thinned(wanted)), notes }
}

/// Requests that come one after another: as many as are asked for.
fn sequential(scenario: &Scenario, options: &Options) -> Result<Plan, InvalidScenario> {
    let scaled = match (options.scale, scenario.requests) {
        (None, _) => None,
        (Some(scale), Some(requests)) => Some(times(requests, scale)),
        (Some(_), None) => {
            let rule = "has no effect on callers who ask one after another for a time; ask for a number of requests \
                        or a shorter time";
            return Err(InvalidScenario::new("scale", rule));
        }
    };
    let requests = options.requests.or(scaled).or(scenario.requests).unwrap_or(u64::MAX);
    let limit = Limit { requests, duration: Duration::MAX };
    Ok(Plan { limit, factor: 1.0, trace: None, notes: Vec::new() })
}

/// Requests that come at a rate, which is what changes: the scenario's time is kept.
fn timed(scenario: &Scenario, options: &Options, duration: Duration) -> Plan {
    let by_time = match duration {
        Duration::MAX => f64::INFINITY,
        duration => Course::new(&scenario.traffic).requests(duration),
    };
    let by_number = scenario.requests.map_or(f64::INFINITY, number);
    let usual = by_time.min(by_number);
    let factor = match (options.scale, options.requests) {
        (Some(scale), _) => scale,
        (None, Some(requests)) => number(requests) / usual.max(1e-9),
        (None, None) => 1.0,
    };
    let mut notes = Vec::new();
    if factor < 0.999 {
        notes.push(format!(
            "Thinned to {} of the scenario's requests, over all of its time: limits, breakers and caches meet fewer \
             than they would.",
            share(factor)
        ));
    } else if factor > 1.001 {
        notes.push(format!(
            "{factor:.2} times the scenario's requests, in the same time: limits, breakers and caches meet more than \
             they would."
        ));
    }
    let requests = match (scenario.requests, options.requests) {
        (None, _) => u64::MAX,
        // As many as were asked for, where it is their number that ends it.
        (Some(_), Some(wanted)) if by_number <= by_time => wanted,
        (Some(requests), _) => times(requests, factor),
    };
    Plan { limit: Limit { requests, duration }, factor, trace: None, notes }
}

/// `1 %`, `0.01 %`.
fn share(factor: f64) -> String {
    let text = format!("{:.4}", factor * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

#[expect(clippy::cast_precision_loss, reason = "counts of a simulation stay far below 2^53")]
fn number(requests: u64) -> f64 {
    requests as f64
}

/// So many times as many, at least one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the factor is positive, and what is too large becomes the largest"
)]
fn times(requests: u64, factor: f64) -> u64 {
    ((number(requests) * factor).round() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(fields: &str, options: Options) -> Plan {
        let text = format!(
            "{fields}\n[providers.p.models.m]\n[[chains.default.tiers]]\nname = \"only\"\n\
             targets = [{{ provider = \"p\", model = \"m\" }}]\n"
        );
        Plan::new(&Scenario::from_toml(&text, "s.toml").unwrap(), &options).unwrap()
    }

    const OPEN: &str = "[traffic]\narrivals = \"poisson\"\nrate = \"4/s\"";

    #[test]
    fn a_smaller_number_of_requests_keeps_the_time() {
        let some = |requests| Options { requests: Some(requests), ..Options::default() };
        let hours = plan(&format!("duration = \"10h\"\n{OPEN}"), some(1_440));
        assert_eq!(hours.limit.duration, Duration::from_secs(36_000));
        assert!((hours.factor - 0.01).abs() < 1e-9, "{}", hours.factor);
        assert!(hours.notes[0].starts_with("Thinned to 1 % of"), "{:?}", hours.notes);
        let number = plan(&format!("requests = 40000\n{OPEN}"), some(400));
        assert!((number.factor - 0.01).abs() < 1e-9, "{}", number.factor);
        assert_eq!((number.limit.requests, number.limit.duration), (400, Duration::MAX));
        let scale = Options { scale: Some(0.5), ..Options::default() };
        let both = plan(&format!("requests = 40000\nduration = \"1h\"\n{OPEN}"), scale);
        assert_eq!((both.limit.requests, both.limit.duration.as_secs()), (20_000, 3_600));
    }

    #[test]
    fn a_shorter_time_is_said_and_leaves_the_rate() {
        let hour = Some(Duration::from_secs(3_600));
        let cut = plan(
            &format!("duration = \"10h\"\n{OPEN}"),
            Options { duration: hour, ..Options::default() },
        );
        assert!((cut.factor - 1.0).abs() < 1e-9);
        assert!(
            cut.notes[0].starts_with("Stopped after 1 h 0 min of 10 h 0 min"),
            "{:?}",
            cut.notes
        );
    }
}
