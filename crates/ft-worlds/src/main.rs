//! `worlds`: plays random worlds and says which invariants they break.

#![expect(clippy::print_stdout, reason = "a command-line tool speaks on standard output")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use ft_worlds::World;
use ft_worlds::digest::{differences, written};
use ft_worlds::generate::world;
use ft_worlds::invariants::{judge, names};
use ft_worlds::known::all;
use ft_worlds::seeds::Seeds;
use ft_worlds::shrink::shrink;
use ft_worlds::tally::play_all;

/// Play random worlds in which several things go wrong at once, and check what must hold in each.
///
/// Exit code 0 when every invariant held, 1 when not.
#[derive(Debug, Parser)]
struct Options {
    /// How many worlds, from `--from` on.
    #[arg(long, default_value_t = 200)]
    seeds: u64,

    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,

    /// One world only: its script, and what it breaks.
    #[arg(long)]
    seed: Option<u64>,

    /// How many worlds are played over sockets as well, through the gateway.
    #[arg(long, default_value_t = 0)]
    sockets: u64,

    /// Stop at the first seed that breaks an invariant, which is not shrunk, and say which; without the named worlds.
    #[arg(long)]
    first: bool,

    /// The named worlds only, as a table.
    #[arg(long)]
    known: bool,

    /// With `--seed`: what became of each request of the shrunk world.
    #[arg(long)]
    trails: bool,

    /// Compare what the worlds come to with what is kept in this file.
    #[arg(long, value_name = "FILE")]
    digest: Option<PathBuf>,

    /// Write the file of `--digest` instead of comparing with it.
    #[arg(long, requires = "digest")]
    write: bool,

    /// How many of the broken worlds are shrunk to the least that still breaks.
    #[arg(long, default_value_t = 3)]
    shrink: usize,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let held = match options.seed {
        Some(seed) => one(seed, &options),
        None if options.known => known(),
        None if options.first => first(&options),
        None => known() & many(&options) & sockets(&options),
    };
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn one(seed: u64, options: &Options) -> bool {
    let world = world(seed);
    println!("{world}");
    let (_, broken) = judge(&world);
    for violation in &broken {
        println!("BROKEN {violation}");
        if options.shrink > 0 {
            let least = shrink(&world, violation.name);
            println!("{least}");
            if options.trails {
                trails(&least);
            }
        }
    }
    broken.is_empty()
}

/// A line for each request: when it came, how it ended, and its attempts and skips.
fn trails(world: &World) {
    for call in &ft_worlds::play::play(world).calls {
        let attempts = call.report.iter().flat_map(|report| &report.attempts);
        let attempts: Vec<_> = attempts
            .map(|attempt| {
                let (model, outcome) = (&attempt.model, attempt.outcome.as_str());
                format!("{model} {} {outcome} {:?}", attempt.manner.as_str(), attempt.took)
            })
            .collect();
        let (plan, end) = (&call.plan, &call.end);
        println!("{:>4} {:>9.3?} {end:?}: {}", plan.number, plan.at, attempts.join(", "));
    }
}

/// Keeps the digest, or compares it with the one that is kept.
fn digest(file: &Path, now: &str, write: bool) -> bool {
    let kept = if write {
        std::fs::write(file, now).map(|()| now.to_owned())
    } else {
        std::fs::read_to_string(file)
    };
    let changed = match kept {
        Ok(kept) => differences(&kept, now),
        Err(error) => vec![format!("{}: {error}", file.display())],
    };
    for line in &changed {
        println!("CHANGED {line}");
    }
    if changed.is_empty() {
        println!("held    worlds come to what is kept in {}", file.display());
    } else {
        println!("if that was meant: the same command with --write, and the reason in the commit");
    }
    changed.is_empty()
}

fn known() -> bool {
    println!(
        "{:<46} {:>9} {:>7} {:>9} {:>7} {:>6}",
        "", "answered", "naive", "1st tier", "naive", "calls"
    );
    let mut held = true;
    for known in all() {
        let outcome = known.outcome();
        held &= outcome.holds();
        println!(
            "{:<46} {:>7.1} % {:>5.1} % {:>7.1} % {:>5.1} % {:>6.3}{}",
            known.name,
            outcome.answered,
            outcome.naive.0,
            outcome.first,
            outcome.naive.1,
            outcome.calls,
            if outcome.holds() { "" } else { "  WORSE" },
        );
    }
    held
}

/// What the first seed breaks that breaks anything, in virtual time or else over sockets.
fn first(options: &Options) -> bool {
    let seeds = |count| Seeds::new(options.from, count).until_broken();
    let (mut where_found, mut broken) = ("seed", play_all(&seeds(options.seeds), false).broken);
    if broken.is_empty() {
        where_found = "sockets, seed";
        broken = ft_worlds::sockets::play_all(&seeds(options.sockets));
    }
    let first = broken.first().map(|(seed, _)| *seed);
    for (seed, violation) in broken.iter().filter(|(seed, _)| Some(*seed) == first) {
        println!("BROKEN {where_found} {seed}: {violation}");
    }
    if first.is_none() {
        println!("held {} worlds, {} over sockets", options.seeds, options.sockets);
    }
    first.is_none()
}

fn sockets(options: &Options) -> bool {
    if options.sockets == 0 {
        return true;
    }
    let broken = ft_worlds::sockets::play_all(&Seeds::new(options.from, options.sockets));
    println!("\n{} worlds over sockets", options.sockets);
    for (seed, violation) in &broken {
        println!("BROKEN  seed {seed}: {violation}");
    }
    if broken.is_empty() {
        println!("held    the whole truth or an error, everybody ends, nothing is kept");
    }
    broken.is_empty()
}

fn many(options: &Options) -> bool {
    let tally = play_all(&Seeds::new(options.from, options.seeds), options.digest.is_some());
    println!("{} worlds, {} requests, {} attempts", tally.worlds, tally.requests, tally.attempts);
    let mut by_name: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (seed, violation) in &tally.broken {
        by_name.entry(violation.name).or_default().push(*seed);
    }
    for name in names() {
        match by_name.get(name) {
            None => println!("held    {name}"),
            Some(seeds) => {
                let shown: Vec<_> = seeds.iter().take(8).map(u64::to_string).collect();
                println!("BROKEN  {name}: {} worlds, seeds {}", seeds.len(), shown.join(" "));
            }
        }
    }
    let mut shrunk = Vec::new();
    for (seed, violation) in &tally.broken {
        if shrunk.len() < options.shrink && !shrunk.contains(&violation.name) {
            shrunk.push(violation.name);
            println!("\nseed {seed}: {violation}\n{}", shrink(&world(*seed), violation.name));
        }
    }
    let file = options.digest.as_deref();
    let same = file.is_none_or(|file| digest(file, &written(&tally.digests), options.write));
    tally.broken.is_empty() & same
}
