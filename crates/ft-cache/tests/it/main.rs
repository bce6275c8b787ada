//! The public API: keys, freshness, stores, rules and flights.

#![expect(clippy::unwrap_used, reason = "a test's own steps may fail only by failing it")]

mod flights;
mod freshness;
mod keys;
mod rules;
mod stores;
mod threads;

use std::sync::Arc;

use ft_cache::{Fill, Quality, Scope, ServedBy};
use ft_core::ChatResponse;

/// A scope that a test does not care about.
const SCOPE: Scope<'_> = Scope { tenant: "acme", chain: "default" };

/// A whole answer with this text.
fn answer(text: &str) -> Fill {
    Fill {
        response: Arc::new(ChatResponse::of_text("m", text)),
        usage: None,
        served_by: ServedBy { provider: "p".to_owned(), model: "m".to_owned() },
        tier: "primary".to_owned(),
        quality: Quality::Full,
    }
}

/// An answer that may never be fresh.
fn lesser(text: &str) -> Fill {
    Fill { quality: Quality::StaleOnly, tier: "degraded".to_owned(), ..answer(text) }
}
