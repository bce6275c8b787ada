//! `GET /admin/health`: every target in its place, and how it stands.

use axum::body::Body;
use axum::extract::State;
use ft_client::TargetHealth;
use http::Response;
use serde::Serialize;

use super::told;
use crate::gateway::Gateway;

#[derive(Serialize)]
struct Answer<'a> {
    version: &'static str,
    /// In milliseconds since 1970, for who compares it with the times of requests.
    now_ms: u64,
    chains: Vec<Chain<'a>>,
}

#[derive(Debug, Serialize)]
struct Chain<'a> {
    name: &'a str,
    tiers: Vec<Tier<'a>>,
}

#[derive(Debug, Serialize)]
struct Tier<'a> {
    name: &'a str,
    targets: Vec<&'a TargetHealth>,
}

/// The chains with their tiers and targets, in the order of the configuration.
pub(super) async fn all(State(gateway): State<Gateway>) -> Response<Body> {
    let client = gateway.client();
    let health = client.health();
    told(&Answer {
        version: env!("CARGO_PKG_VERSION"),
        now_ms: gateway.clock().wall().0,
        chains: client.chains().map(|name| chain(name, &health)).collect(),
    })
}

fn chain<'a>(name: &'a str, health: &'a [TargetHealth]) -> Chain<'a> {
    let mut places: Vec<_> = health
        .iter()
        .flat_map(|target| target.stands.iter().map(move |place| (place, target)))
        .filter(|(place, _)| place.chain == name)
        .collect();
    places.sort_by_key(|(place, _)| place.level);
    let mut tiers: Vec<Tier<'_>> = Vec::new();
    for (place, target) in places {
        match tiers.last_mut() {
            Some(tier) if tier.name == place.tier => tier.targets.push(target),
            _ => tiers.push(Tier { name: &place.tier, targets: vec![target] }),
        }
    }
    Chain { name, tiers }
}
