//! From text to a scenario, or to the one thing that is wrong with it.

use std::time::Duration;

use serde_path_to_error::Segment;
use toml::de::{DeTable, DeValue};

use super::{Arrivals, InvalidScenario, RunSpec, Scenario, units};

impl Scenario {
    /// Reads a scenario. `file` is what errors call it.
    ///
    /// # Errors
    /// [`InvalidScenario`] naming file, line, field and rule: malformed TOML, unknown fields, wrong types, values out
    /// of range, and parts that do not fit each other. The providers' own figures are checked when it is simulated.
    pub fn from_toml(text: &str, file: &str) -> Result<Self, InvalidScenario> {
        let scenario = parse(text).map_err(|wrong| wrong.in_file(file))?;
        scenario.check().map_err(|wrong| located(wrong, text).in_file(file))?;
        Ok(scenario)
    }

    fn check(&self) -> Result<(), InvalidScenario> {
        let rule = |holds: bool, field: &str, rule: &str| {
            if holds { Ok(()) } else { Err(InvalidScenario::new(field, rule)) }
        };
        let traffic = &self.traffic;
        let ends = self.duration.is_some() || self.requests.is_some() || traffic.trace.is_some();
        rule(
            ends,
            "requests",
            "is missing, and so is `duration`; one of them must say when it ends",
        )?;
        rule(self.duration != Some(Duration::ZERO), "duration", "must be longer than zero")?;
        let number = (1..=1_000_000_000).contains(&self.requests.unwrap_or(1));
        rule(number, "requests", "must be from 1 to 1,000,000,000")?;
        rule(!self.providers.is_empty(), "providers", "is empty; nobody would answer")?;
        let timed = traffic.arrivals != Arrivals::Sequential && traffic.trace.is_none();
        rule(
            !timed || traffic.rate.is_some(),
            "traffic.rate",
            "is missing; say how many requests come, such as \"4/s\"",
        )?;
        rule(
            (1..=100_000).contains(&traffic.callers),
            "traffic.callers",
            "must be from 1 to 100,000",
        )?;
        self.check_traffic_is_used()?;
        rule(traffic.max_tokens != Some(0), "traffic.max_tokens", "must be at least 1")?;
        let patient = traffic.patience.is_none_or(|patience| patience.0 != ft_sim::Latency::ZERO);
        rule(patient, "traffic.patience", "must be longer than zero")?;
        if let Some(daily) = traffic.daily {
            rule(daily.peak < units::DAY, "traffic.daily.peak", "must be less than 24 h")?;
        }
        for (at, burst) in traffic.bursts.iter().enumerate() {
            let field = |name: &str| format!("traffic.bursts[{at}].{name}");
            let factor = (1.0..=1_000.0).contains(&burst.times);
            rule(factor, &field("times"), "must be a number from 1 to 1,000")?;
            rule(!burst.lasts.is_zero(), &field("for"), "must be longer than zero")?;
            rule(
                burst.every.is_none_or(|every| every > burst.lasts),
                &field("every"),
                "must be longer than the burst",
            )?;
            rule(
                burst.from.is_some() || burst.every.is_some(),
                &field("from"),
                "is missing, and so is `every`; one of them must say when it comes",
            )?;
        }
        if let Some(repeated) = traffic.repeated {
            let law = ft_sim::Zipf::new(repeated.of.min(1), repeated.skew);
            rule(
                (1..=ft_sim::Zipf::MOST).contains(&repeated.of),
                "traffic.repeated.of",
                "must be from 1 to 1,000,000",
            )?;
            rule(law.is_ok(), "traffic.repeated.skew", "must be a number from 0 to 10")?;
        }
        let weights: u64 = traffic.chains.values().map(|weight| u64::from(*weight)).sum();
        rule(
            traffic.chains.is_empty() || weights > 0,
            "traffic.chains",
            "has no weight above zero",
        )?;
        for (name, provider) in &self.providers {
            let field = format!("providers.{name}");
            rule(!provider.models.is_empty(), &format!("{field}.models"), "is empty")?;
            let keys = (1..=64).contains(&provider.credentials);
            rule(keys, &format!("{field}.credentials"), "must be from 1 to 64")?;
        }
        for (at, run) in self.runs.iter().enumerate() {
            self.check_run(run, &format!("runs[{at}]"))?;
            let first = self.runs.iter().position(|other| other.name == run.name);
            rule(first == Some(at), &format!("runs[{at}].name"), "is the name of a run before it")?;
        }
        self.check_targets()?;
        self.check_moments_come()
    }

    /// Every model that is asked has figures: a slip of the pen would be an outage otherwise.
    fn check_targets(&self) -> Result<(), InvalidScenario> {
        let known = |provider: &str, model: &str, field: String| {
            // An unknown provider is named by the client.
            let Some(spec) = self.providers.get(provider) else { return Ok(()) };
            if spec.models.contains_key(model) || spec.models.contains_key(super::ANY_MODEL) {
                return Ok(());
            }
            let models: Vec<_> = spec.models.keys().map(String::as_str).collect();
            let rule = format!(
                "names the model `{model}`, of which `providers.{provider}.models` has no figures; it has: {}; \
                 `*` is every other",
                models.join(", ")
            );
            Err(InvalidScenario::new(field, rule))
        };
        for (name, chain) in &self.chains {
            for (tier, config) in chain.tiers.iter().enumerate() {
                for (at, target) in config.targets.iter().enumerate() {
                    let field = format!("chains.{name}.tiers[{tier}].targets[{at}].model");
                    known(&target.provider, &target.model, field)?;
                }
            }
        }
        for (at, run) in self.runs.iter().enumerate() {
            let part = if run.alone.is_some() { "alone.model" } else { "naive" };
            for (provider, model) in run.direct() {
                known(provider, model, format!("runs[{at}].{part}"))?;
            }
        }
        Ok(())
    }

    fn check_run(&self, run: &RunSpec, field: &str) -> Result<(), InvalidScenario> {
        let fail =
            |part: &str, rule: String| Err(InvalidScenario::new(format!("{field}.{part}"), rule));
        if run.name.trim().is_empty() {
            return fail("name", "is missing; the report needs it".to_owned());
        }
        let kinds = [
            ("chain", run.chain.is_some()),
            ("alone", run.alone.is_some()),
            ("naive", run.naive.is_some()),
        ];
        let mut kinds = kinds.into_iter().filter(|(_, given)| *given);
        if let (Some((first, _)), Some((second, _))) = (kinds.next(), kinds.next()) {
            return fail(second, format!("stands beside `{first}`; a run has one of them"));
        }
        if run.time_limit.is_some() && run.naive.is_none() {
            return fail(
                "time_limit",
                "has no effect without `naive`, to which alone it belongs".to_owned(),
            );
        }
        if run.time_limit.is_some_and(|limit| limit.is_zero()) {
            return fail("time_limit", "must be longer than zero".to_owned());
        }
        if let Some(naive) = &run.naive {
            let once = |target: &String| naive.iter().filter(|other| *other == target).count() == 1;
            let slash = |target: &String| {
                target
                    .split_once('/')
                    .is_some_and(|(provider, model)| !provider.is_empty() && !model.is_empty())
            };
            if naive.is_empty() {
                return fail("naive", "is empty; name targets as \"provider/model\"".to_owned());
            }
            if let Some(target) = naive.iter().find(|target| !slash(target)) {
                return fail(
                    "naive",
                    format!("names `{target}`; a target is written \"provider/model\""),
                );
            }
            if let Some(target) = naive.iter().find(|target| !once(target)) {
                return fail("naive", format!("names `{target}` twice; each target is asked once"));
            }
        }
        if let Some((provider, _)) =
            run.direct().into_iter().find(|(provider, _)| !self.providers.contains_key(*provider))
        {
            let known: Vec<_> = self.providers.keys().map(String::as_str).collect();
            let part = if run.alone.is_some() { "alone.provider" } else { "naive" };
            return fail(
                part,
                format!("names the provider `{provider}`; there are: {}", known.join(", ")),
            );
        }
        if run.alone.as_ref().is_some_and(|alone| alone.time_limit.is_zero()) {
            return fail("alone.time_limit", "must be longer than zero".to_owned());
        }
        Ok(())
    }
}

fn parse(text: &str) -> Result<Scenario, InvalidScenario> {
    let at = |span: Option<std::ops::Range<usize>>| span.map(|span| line_of(text, span.start));
    let from = toml::Deserializer::parse(text)
        .map_err(|error| InvalidScenario::new("", error.message()).at_line(at(error.span())))?;
    serde_path_to_error::deserialize(from).map_err(|error| {
        let path: Vec<String> = error.path().iter().filter_map(step).collect();
        let field = error.path().to_string();
        let field = if field == "." { String::new() } else { field };
        let inner = error.into_inner();
        let line = at(inner.span()).or_else(|| line_of_path(text, &path));
        InvalidScenario::new(field, inner.message()).at_line(line)
    })
}

/// Adds the line on which the field stands.
pub(crate) fn located(wrong: InvalidScenario, text: &str) -> InvalidScenario {
    let path = segments(wrong.field(), text);
    let line = line_of_path(text, &path);
    wrong.at_line(line)
}

fn step(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Map { key } => Some(key.clone()),
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].matches('\n').count() + 1
}

/// A field's path, cut where the file has its keys: names of models have dots in them.
fn segments(field: &str, text: &str) -> Vec<String> {
    let Ok(table) = DeTable::parse(text) else { return Vec::new() };
    let mut found = Vec::new();
    let root = DeValue::Table(table.into_inner());
    let mut here = &root;
    let mut rest = field;
    while !rest.is_empty() {
        rest = rest.trim_start_matches(['.', '[', ']']);
        let next = match here {
            DeValue::Table(table) => {
                // The longest key that fits: `gpt-4.1` before `gpt-4`.
                let fits = |key: &str| {
                    rest.strip_prefix(key)
                        .is_some_and(|after| after.is_empty() || after.starts_with(['.', '[']))
                };
                let keys = table.iter().filter(|(key, _)| fits(key.get_ref()));
                keys.max_by_key(|(key, _)| key.get_ref().len())
                    .map(|(key, value)| (key.get_ref().to_string(), value.get_ref()))
            }
            DeValue::Array(items) => {
                let index: String = rest.chars().take_while(char::is_ascii_digit).collect();
                let item = index.parse::<usize>().ok().and_then(|at| items.get(at));
                item.map(|item| (index, item.get_ref()))
            }
            _ => None,
        };
        let Some((key, value)) = next else { break };
        rest = &rest[key.len()..];
        found.push(key);
        here = value;
    }
    found
}

/// The line of the last part of this path that the file has.
fn line_of_path(text: &str, path: &[String]) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let mut line = None;
    let root = DeValue::Table(table.into_inner());
    let mut here = &root;
    for key in path {
        let (span, value) = match here {
            DeValue::Table(table) => {
                let (key, value) = table.iter().find(|(name, _)| name.get_ref() == key)?;
                (key.span(), value.get_ref())
            }
            DeValue::Array(items) => {
                let item = key.parse::<usize>().ok().and_then(|at| items.get(at));
                let Some(item) = item else { break };
                (item.span(), item.get_ref())
            }
            _ => break,
        };
        line = Some(line_of(text, span.start));
        here = value;
    }
    line
}
