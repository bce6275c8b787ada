//! Other gateways: the same upstream and load, each started by a command that a file gives.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use clap::Args;
use serde::Deserialize;

use crate::contestant::{Contestant, free_address};
use crate::load::{self, Seen, load};
use crate::measure::{TIMES, per};
use crate::results::{Case, Unit};
use crate::scene::Scene;
use crate::{Outcome, process};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// A JSON list of gateways: `name`, `command`, `env`, `headers`. In them `{port}`, `{upstream}` and `{model}` stand
    /// for the port to listen on, the upstream's address and the model asked for.
    #[arg(long)]
    file: PathBuf,
    /// The program `ft`, to be measured in place of the gateway inside this program.
    #[arg(long)]
    ft: Option<PathBuf>,
    /// Rounds of each.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long a round is, in milliseconds.
    #[arg(long, default_value_t = 2_000)]
    millis: u64,
}

/// How a gateway is started and asked.
#[derive(Debug, Deserialize)]
struct Peer {
    name: String,
    command: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// As `name: value`.
    #[serde(default)]
    headers: Vec<String>,
}

/// How long a gateway may take to start. Those that load a few hundred modules take half a minute.
const PATIENCE: Duration = Duration::from_secs(120);

/// One of them, with what its requests need.
struct Asked {
    contestant: Contestant,
    is_peer: bool,
    /// Once a request has failed, its figures are of something else.
    failed: bool,
    /// Its memory before the load, in bytes.
    at_rest: f64,
    headers: Vec<String>,
    processor: Vec<f64>,
    seen: Vec<Seen>,
}

impl Asked {
    /// # Errors
    /// When its process has ended.
    fn new(contestant: Contestant, headers: Vec<String>, is_peer: bool) -> Outcome<Self> {
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let at_rest = process::memory(contestant.pid())? as f64;
        let (processor, seen) = (Vec::new(), Vec::new());
        Ok(Self { contestant, is_peer, failed: false, at_rest, headers, processor, seen })
    }
}

/// Measures and prints the cases as JSON. What does not start or fails requests is left out and named.
///
/// # Errors
/// When the file cannot be read, or the parts of this program do not start.
pub(crate) fn run(options: &Options) -> Outcome<()> {
    process::raise_files();
    let peers: Vec<Peer> = serde_json::from_str(&std::fs::read_to_string(&options.file)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cases = runtime.block_on(measure(options, peers))?;
    println!("{}", serde_json::to_string_pretty(&cases)?);
    Ok(())
}

async fn measure(options: &Options, peers: Vec<Peer>) -> Outcome<Vec<Case>> {
    let upstream = Contestant::upstream()?;
    let scene = Scene::Plain(1024);
    let own = |contestant| Asked::new(contestant, Vec::new(), false);
    let mut all = vec![own(Contestant::proxy(upstream.address)?)?];
    all.push(own(Contestant::gateway(options.ft.as_deref(), upstream.address)?)?);
    for peer in peers {
        let name = peer.name.clone();
        match started(peer, upstream.address, scene).await {
            Ok(asked) => all.push(asked),
            Err(error) => eprintln!("LEFT OUT: {name}: {}", last_lines(&error.to_string())),
        }
    }
    for round in 0..=options.rounds {
        for asked in all.iter_mut().filter(|asked| !asked.failed) {
            let millis = if round == 0 { 1_000 } else { options.millis };
            let before = process::processor_time(asked.contestant.pid())?;
            let seen =
                ask(asked.contestant.address, &asked.headers, scene, 4, millis, None).await?;
            let spent = process::processor_time(asked.contestant.pid())?.saturating_sub(before);
            if seen.errors > 0 {
                let (name, errors) = (asked.contestant.name, seen.errors);
                let wrong = format!("{name}: {errors} of {} requests failed", seen.requests);
                if !asked.is_peer {
                    return Err(wrong.into());
                }
                eprintln!("LEFT OUT: {wrong}");
                asked.failed = true;
                continue;
            }
            if round > 0 {
                asked.processor.push(per(spent, seen.requests));
                asked.seen.push(seen);
            }
        }
    }
    let mut cases = Vec::new();
    for asked in all.iter().filter(|asked| !asked.failed) {
        let name = asked.contestant.name;
        cases.push(Case::of("memory before the load", name, Unit::Bytes, &[asked.at_rest]));
        cases.push(Case::of(
            "processor time of a request of 1 KiB",
            name,
            Unit::Ns,
            &asked.processor,
        ));
        for (what, time) in TIMES {
            #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
            let times: Vec<f64> = asked.seen.iter().map(|seen| time(seen) as f64).collect();
            let group = "latency of a request of 1 KiB, 4 connections";
            cases.push(Case::of(group, name, Unit::Ns, &times).with_value(what));
        }
    }
    Ok(cases)
}

/// The end of what a server said before it gave up; the rest is how it came there.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(12)..].join("\n")
}

async fn started(peer: Peer, upstream: SocketAddr, scene: Scene) -> Outcome<Asked> {
    let address = free_address()?;
    let filled = |text: &str| {
        let text = text.replace("{port}", &address.port().to_string());
        text.replace("{upstream}", &upstream.to_string()).replace("{model}", &scene.model())
    };
    let (program, args) = peer.command.split_first().ok_or("an empty command")?;
    let mut command = Command::new(filled(program));
    command.args(args.iter().map(|arg| filled(arg)));
    command.envs(peer.env.iter().map(|(name, value)| (name, filled(value))));
    let name: &'static str = peer.name.leak();
    let contestant = Contestant::of_command(name, command, address, PATIENCE)?;
    let headers: Vec<String> = peer.headers.iter().map(|header| filled(header)).collect();
    // Some listen before they can answer.
    let mut last = String::new();
    for _ in 0..60 {
        match ask(address, &headers, scene, 1, 10_000, Some(1)).await {
            Ok(seen) if seen.errors == 0 => {
                return Asked::new(contestant, headers, true);
            }
            Ok(_) => "its answer is an error".clone_into(&mut last),
            Err(error) => last = error.to_string(),
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    Err(last.into())
}

async fn ask(
    to: SocketAddr,
    headers: &[String],
    scene: Scene,
    connections: usize,
    millis: u64,
    requests: Option<u64>,
) -> Outcome<Seen> {
    let headers = headers.to_vec();
    let model = scene.model();
    load(&load::Options {
        to,
        model,
        scene: None,
        connections,
        millis,
        rate: None,
        requests,
        headers,
    })
    .await
}
