//! `ft demo`: a chain of simulated providers, an outage in the middle, and one provider alone beside it.

mod board;
mod json;
mod live;
mod load;
mod outcome;
mod scenario;
mod stage;
mod story;
mod summary;
mod tally;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ft_client::Client;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::failure::Failure;
use crate::number;
use crate::output::{Output, To};
use board::{Snapshot, State};
use json::Document;
use live::{EVERY, Live};
use load::{Lane, Told};
use outcome::Outcome;
use scenario::{MODELS, Scenario};
use stage::{Stage, Unplayable};
use story::Story;
use tally::Tally;

pub(crate) const ABOUT: &str = "\
Watch a chain of simulated providers survive an outage.

Starts a scripted upstream on loopback, sends it requests through the whole client (sockets, HTTP, streams, circuit \
breakers, cache, prices), takes the first model down halfway through, and shows which models answered. For \
comparison, the same requests are also sent to the first model alone, with the same faults. Needs no key and no \
network.";

const AFTER: &str = "\
Examples:
  ft demo
  ft demo --requests 500 --callers 16 --seed 7
  ft demo --json | jq .chain.success

Exit codes: 0 at least 99.9 % of the requests got a real answer from the chain; 1 fewer did; 2 invalid command line; \
130 stopped by Ctrl-C.";

/// What `ft demo` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub(crate) struct Args {
    /// Number of requests, from 1 to 100000. Each caller sends at most two a second, and waits for its answer before it
    /// sends the next one.
    #[arg(long, value_name = "N", default_value = "2000", value_parser = requests, allow_negative_numbers = true)]
    requests: u64,
    /// Number of concurrent callers, from 1 to 1000.
    #[arg(long, value_name = "N", default_value = "64", value_parser = callers, allow_negative_numbers = true)]
    callers: u64,
    /// Seed of prompts, latencies and faults.
    #[arg(long, value_name = "N", default_value = "42", value_parser = number::seed, allow_negative_numbers = true)]
    seed: u64,
    /// Print one JSON document at the end instead of the table.
    #[arg(long)]
    json: bool,
}

fn requests(text: &str) -> Result<u64, String> {
    number::whole(text, 1..=100_000)
}

fn callers(text: &str) -> Result<u64, String> {
    number::whole(text, 1..=1_000)
}

/// Plays the demo and shows it.
pub(crate) fn run(args: &Args, output: &mut Output) -> Result<(), Failure> {
    let scenario = Scenario::new(args.requests, args.callers, args.seed).map_err(Failure::usage)?;
    let runtime = tokio::runtime::Runtime::new()
        .map_err(|error| Failure::failed(format!("cannot start a runtime: {error}")))?;
    let outcome = runtime.block_on(play(scenario, output, args.json))?;
    if args.json {
        let document = serde_json::to_string_pretty(&Document::of(&outcome))
            .map_err(|error| Failure::failed(format!("cannot write JSON: {error}")))?;
        output.line(&document)?;
    } else {
        let colour = output.screen(To::Stdout).is_some_and(|screen| screen.colour);
        output.line("")?;
        for line in summary::lines(&outcome) {
            output.line(&line.render(usize::MAX, colour))?;
        }
    }
    match outcome.kept() {
        _ if outcome.interrupted => Err(Failure::told(130)),
        true => Ok(()),
        false => Err(Failure::failed(summary::broken_promise(&outcome))),
    }
}

async fn play(scenario: Scenario, output: &mut Output, json: bool) -> Result<Outcome, Failure> {
    let (tell, mut told) = mpsc::unbounded_channel();
    let breakers = tell.clone();
    let stage = Stage::build(&scenario, move |changed| {
        // Nobody listens any more when the demo was stopped.
        let _ = breakers.send(Told::Changed(changed));
    })
    .map_err(unplayable)?;
    let scenario = Arc::new(scenario);
    let mut callers = JoinSet::new();
    for (lane, client) in [(Lane::Chain, &stage.chain), (Lane::Alone, &stage.alone)] {
        load::start(&mut callers, lane, client, &scenario, stage.start, &tell);
    }
    let mut show = Show {
        stage: &stage,
        scenario: &scenario,
        chain: Tally::new(),
        alone: Tally::new(),
        story: Story::default(),
    };
    let mut live = Live::new(output, json);
    live.begin(&scenario)?;
    let interrupted = show.watch(&mut told, &mut live).await?;
    // Before the table is made: what is under way counts for nobody.
    drop(callers);
    let Show { chain, alone, story, .. } = show;
    let (calls, elapsed) = (stage.calls(), stage.elapsed());
    let scenario = Scenario::clone(&scenario);
    Ok(Outcome { scenario, chain, alone, story, calls, elapsed, interrupted })
}

fn unplayable(why: Unplayable) -> Failure {
    Failure::failed(match why {
        Unplayable::Socket(error) => {
            format!("the scripted upstream cannot listen on 127.0.0.1: {error}")
        }
        Unplayable::Config(error) => format!("the demo's own configuration is wrong: {error}"),
        Unplayable::Profile(error) => format!("the demo's own provider is impossible: {error}"),
    })
}

/// What has been seen so far.
struct Show<'a> {
    stage: &'a Stage,
    scenario: &'a Scenario,
    chain: Tally,
    alone: Tally,
    story: Story,
}

impl Show<'_> {
    /// Counts and shows until all requests have ended. True when it was stopped before.
    async fn watch(
        &mut self,
        told: &mut mpsc::UnboundedReceiver<Told>,
        live: &mut Live<'_>,
    ) -> io::Result<bool> {
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut stop = std::pin::pin!(tokio::signal::ctrl_c());
        let all = self.scenario.requests;
        while self.chain.ended() < all || self.alone.ended() < all {
            tokio::select! {
                biased;
                _ = &mut stop => {
                    self.draw(live)?;
                    return Ok(true);
                }
                _ = ticks.tick() => self.draw(live)?,
                Some(news) = told.recv() => match news {
                    Told::Ended(Lane::Chain, record) => self.chain.note(&record, self.scenario),
                    Told::Ended(Lane::Alone, record) => self.alone.note(&record, self.scenario),
                    Told::Changed(changed) => self.story.changed(self.scenario, changed),
                },
            }
        }
        self.draw(live)?;
        Ok(false)
    }

    fn draw(&mut self, live: &mut Live<'_>) -> io::Result<()> {
        let elapsed = self.stage.elapsed();
        self.story.advance(self.scenario, elapsed);
        live.draw(&Snapshot {
            scenario: self.scenario,
            elapsed,
            chain: &self.chain,
            alone: &self.alone,
            states: states(&self.stage.chain),
            story: &self.story,
            calls: self.stage.calls().0,
        })
    }
}

/// How the breakers stand, in the order of the chain.
fn states(client: &Client) -> [State; MODELS.len()] {
    let health = client.health();
    MODELS.map(|model| {
        let Some(target) = health.iter().find(|target| target.model == model) else {
            return State::Closed;
        };
        match target.breaker {
            "open" => State::Open(target.retry_in.unwrap_or(Duration::ZERO)),
            "half_open" | "due" => State::Probing,
            _ => State::Closed,
        }
    })
}
