//! What a server in between adds to the time of a request: one connection, beside the upstream asked directly.

use std::net::SocketAddr;

use crate::Outcome;
use crate::contestant::Contestant;
use crate::load::{Options, Seen, load};
use crate::measure::TIMES;
use crate::results::{Case, Unit};
use crate::scene::Scene;

/// For each contestant and percentile: how much longer than the upstream alone, in the same round.
///
/// One connection, since with more the contestants wait for the processor and the figure is the queue's.
///
/// # Errors
/// When requests fail.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub(crate) async fn measure(
    contestants: &[Contestant],
    upstream: SocketAddr,
    rounds: usize,
) -> Outcome<Vec<Case>> {
    let mut added: Vec<Vec<Vec<f64>>> = vec![vec![Vec::new(); TIMES.len()]; contestants.len()];
    let mut direct: Vec<Vec<f64>> = vec![Vec::new(); TIMES.len()];
    for round in 0..=rounds {
        let alone = ask(upstream, "the upstream", round).await?;
        let mut seen = Vec::new();
        for contestant in contestants {
            seen.push(ask(contestant.address, contestant.name, round).await?);
        }
        if round == 0 {
            continue;
        }
        for (at, (_, time)) in TIMES.into_iter().enumerate() {
            direct[at].push(time(&alone) as f64);
            for (seen, added) in seen.iter().zip(&mut added) {
                added[at].push(time(seen) as f64 - time(&alone) as f64);
            }
        }
    }
    let mut cases = Vec::new();
    for (at, (what, _)) in TIMES.into_iter().enumerate() {
        for (contestant, added) in contestants.iter().zip(&added) {
            let group = "added to a request of 1 KiB, one connection";
            cases.push(Case::of(group, contestant.name, Unit::Ns, &added[at]).with_value(what));
        }
        let group = "a request of 1 KiB at the upstream itself, one connection";
        cases.push(Case::of(group, "upstream", Unit::Ns, &direct[at]).with_value(what));
    }
    Ok(cases)
}

async fn ask(to: SocketAddr, name: &str, round: usize) -> Outcome<Seen> {
    let options = Options {
        to,
        model: Scene::Plain(1024).model(),
        scene: None,
        connections: 1,
        millis: 60_000,
        rate: None,
        // The first round warms up.
        requests: Some(if round == 0 { 200 } else { 4_000 }),
        headers: Vec::new(),
    };
    let seen = load(&options).await?;
    if seen.errors > 0 {
        return Err(format!("{name}: {} requests failed", seen.errors).into());
    }
    Ok(seen)
}
