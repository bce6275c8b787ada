//! The cache and the flights on their own, with a closure for a provider.
//!
//! Run it with `cargo run -p ft-cache --example cache_alone`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;
use std::time::Duration;

use ft_cache::{
    Cache, CacheConfig, Fill, FlightKey, Flights, FollowEnd, Key, Lookup, Quality, Role, Scope,
    ServedBy, cacheable,
};
use ft_core::{ChatRequest, ChatResponse, Clock, ManualClock, Tick};

type Error = Box<dyn std::error::Error>;
type Outcome = Result<Arc<ChatResponse>, &'static str>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let config = CacheConfig::default()
        .with_fresh_for(Duration::from_secs(60))
        .with_stale_for(Duration::from_secs(3_600));
    let cache = Cache::in_memory(config)?;
    let flights = Flights::new();
    // A service takes `SystemClock`; here an hour is to pass at once.
    let clock = ManualClock::at(Tick::from_secs(1));

    let scope = Scope { tenant: "acme", chain: "default" };
    let request = ChatRequest::user("What is a breaker?").with_temperature(0.0);
    cacheable(&request)?;
    let key = Key::of(&scope, &request);

    let up = || Ok(Arc::new(ChatResponse::of_text("gpt-4.1", "A switch that opens on overload.")));
    let down = || Err("all targets are out");

    for (after, provider) in [(0, up as fn() -> Outcome), (30, down), (60, down), (7_200, down)] {
        clock.advance(Duration::from_secs(after));
        let now = clock.now();
        let found = cache.lookup(&key, now);
        if let Lookup::Fresh(entry) = &found {
            println!(
                "+{after:>4} s  fresh from {}: {}",
                entry.served_by.provider,
                entry.response.text()
            );
            continue;
        }
        let outcome = match flights.join(FlightKey::with_overrides(key, &())) {
            Role::Lead(leader) => call(provider, leader),
            Role::Follow(mut follower) => match follower.wait().await {
                FollowEnd::Shared(outcome) => outcome,
                FollowEnd::Lead(leader) => call(provider, leader),
            },
        };
        match (outcome, found) {
            (Ok(response), _) => {
                println!("+{after:>4} s  live: {}", response.text());
                let served_by =
                    ServedBy { provider: "holysheep".to_owned(), model: "gpt-4.1".to_owned() };
                let tier = "primary".to_owned();
                let fill = Fill { response, usage: None, served_by, tier, quality: Quality::Full };
                cache.fill(key, &scope, fill, now)?;
            }
            (Err(error), Lookup::Stale(entry)) => {
                println!("+{after:>4} s  {error}, so stale: {}", entry.response.text());
            }
            (Err(error), Lookup::Fresh(_) | Lookup::Miss) => println!("+{after:>4} s  {error}"),
        }
    }
    Ok(())
}

/// The leader's call. An outcome of the provider concerns all who wait, so it is told either way.
fn call(provider: fn() -> Outcome, leader: ft_cache::LeadGuard<Outcome>) -> Outcome {
    let outcome = provider();
    leader.finish(outcome.clone());
    outcome
}
