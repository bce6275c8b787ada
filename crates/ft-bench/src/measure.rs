//! The run: everything is started, measured in turns, and told as ratios to the minimal proxy.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::contestant::Contestant;
use crate::load::{self, Seen, load};
use crate::results::{Case, Unit, quantile};
use crate::scene::Scene;
use crate::{Outcome, added, failover, memory, process};

/// What to measure, and for how long.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The program `ft`, to be measured in place of the gateway inside this program.
    #[arg(long)]
    ft: Option<PathBuf>,
    /// A first impression: fewer rounds, shorter ones.
    #[arg(long)]
    quick: bool,
    /// Only these parts: `plain-1024`, `plain-65536`, `burst-100`, `paced-100`, `added`, `memory`, `failover`.
    #[arg(long)]
    only: Vec<String>,
    /// Rounds of each scene.
    #[arg(long)]
    rounds: Option<usize>,
}

impl Options {
    fn wants(&self, part: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == part)
    }

    fn rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 3 } else { 9 })
    }
}

/// Measures and prints the cases as JSON; a table of the medians goes to standard error.
///
/// # Errors
/// When something does not start, or requests fail that must not.
pub(crate) fn run(options: &Options) -> Outcome<()> {
    process::raise_files();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cases = runtime.block_on(measure(options))?;
    for case in &cases {
        let value = case.value.as_deref().unwrap_or_default();
        let Case { group, id, median, low, high, .. } = case;
        let unit = if case.unit == Unit::Bytes { "B" } else { "ns" };
        eprintln!("{group} | {id} | {value} | {median:.0} {unit} ({low:.0} – {high:.0})");
    }
    println!("{}", serde_json::to_string_pretty(&cases)?);
    Ok(())
}

async fn measure(options: &Options) -> Outcome<Vec<Case>> {
    let upstream = Contestant::upstream()?;
    let mut cases = Vec::new();
    let contestants = contestants(options, upstream.address)?;
    for (scene, name, connections) in [
        (Scene::Plain(1024), "a request of 1 KiB", 16),
        (Scene::Plain(64 * 1024), "a request of 64 KiB", 16),
        (Scene::Burst(100), "a stream of 100 chunks at once", 16),
        (Scene::Paced(100), "a stream of 100 chunks, 10 ms apart", 64),
    ] {
        if options.wants(&scene.model()) {
            eprintln!("{name}");
            cases.extend(scene_of_all(options, &contestants, scene, name, connections).await?);
        }
    }
    if options.wants("added") {
        eprintln!("added latency");
        cases.extend(added::measure(&contestants, upstream.address, options.rounds()).await?);
    }
    if options.wants("failover")
        && let Some(gateway) = contestants.iter().find(|one| one.name == "gateway")
    {
        eprintln!("failover");
        let requests = if options.quick { 200 } else { 2_000 };
        cases.extend(failover::measure(gateway, upstream.address, requests).await?);
    }
    drop(contestants);
    if options.wants("memory") {
        let counts: &[usize] = if options.quick { &[1, 100, 1_000] } else { &[1, 100, 8_000] };
        // Fresh ones: what a load before has left behind is not what a stream takes.
        for contestant in self::contestants(options, upstream.address)? {
            eprintln!("memory of {}", contestant.name);
            cases.extend(memory::measure(&contestant, counts).await?);
        }
    }
    Ok(cases)
}

fn contestants(options: &Options, upstream: SocketAddr) -> Outcome<Vec<Contestant>> {
    let mut all = vec![Contestant::proxy(upstream)?];
    match Contestant::nginx(upstream)? {
        Some(nginx) => all.push(nginx),
        None => eprintln!("nginx is not installed and is left out"),
    }
    all.push(Contestant::gateway(options.ft.as_deref(), upstream)?);
    Ok(all)
}

/// What one contestant's rounds came to.
#[derive(Default)]
struct Rounds {
    processor: Vec<f64>,
    seen: Vec<Seen>,
}

async fn scene_of_all(
    options: &Options,
    contestants: &[Contestant],
    scene: Scene,
    name: &str,
    connections: usize,
) -> Outcome<Vec<Case>> {
    let mut all: Vec<Rounds> = contestants.iter().map(|_| Rounds::default()).collect();
    for round in 0..=options.rounds() {
        for (contestant, rounds) in contestants.iter().zip(&mut all) {
            let millis = if options.quick { 700 } else { 1_500 };
            let load_options = load::Options {
                to: contestant.address,
                model: scene.model(),
                scene: None,
                connections,
                // The first round warms up.
                millis: if round == 0 { 300 } else { millis },
                rate: None,
                requests: None,
                headers: Vec::new(),
            };
            let before = process::processor_time(contestant.pid())?;
            let seen = load(&load_options).await?;
            let spent = process::processor_time(contestant.pid())?.saturating_sub(before);
            if seen.errors > 0 {
                let errors = seen.errors;
                return Err(
                    format!("{}: {errors} requests failed in {name}", contestant.name).into()
                );
            }
            if round > 0 {
                rounds.processor.push(per(spent, seen.requests));
                rounds.seen.push(seen);
            }
        }
    }
    let mut cases = Vec::new();
    for (contestant, rounds) in contestants.iter().zip(&all) {
        let group = format!("processor time of {name}");
        cases.push(Case::of(group, contestant.name, Unit::Ns, &rounds.processor));
    }
    for (what, time) in TIMES {
        for (contestant, rounds) in contestants.iter().zip(&all) {
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            let times: Vec<f64> = rounds.seen.iter().map(|seen| time(seen) as f64).collect();
            let group = format!("latency of {name}");
            cases.push(Case::of(group, contestant.name, Unit::Ns, &times).with_value(what));
        }
    }
    if let Some(reference) = all.first() {
        for (contestant, rounds) in contestants.iter().zip(&all) {
            let ratio = quantile(&rounds.processor, 0.5) / quantile(&reference.processor, 0.5);
            eprintln!("  {:16} {ratio:.2} × the minimal proxy", contestant.name);
        }
    }
    Ok(cases)
}

/// Takes one of the callers' times, in nanoseconds.
pub(crate) type Time = fn(&Seen) -> u64;

/// What of the callers' times is told.
pub(crate) const TIMES: [(&str, Time); 4] = [
    ("p50", |seen| seen.latency.p50),
    ("p99", |seen| seen.latency.p99),
    ("p99.9", |seen| seen.latency.p999),
    ("first byte, p50", |seen| seen.first.p50),
];

pub(crate) fn per(spent: Duration, requests: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let requests = requests.max(1) as f64;
    spent.as_secs_f64() * 1e9 / requests
}
