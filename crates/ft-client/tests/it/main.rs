//! Whole-path tests of the client against modelled providers, on paused time.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod books;
mod breaker;
mod cache;
mod cancellation;
mod clocks;
mod coalescing;
mod config;
mod control;
mod credentials;
mod deadlines;
mod decision;
mod embeddings;
mod emergency;
mod explain;
mod failing;
mod fit;
mod gates;
mod hedging;
mod joined_streams;
mod order;
mod overrides;
mod refusals;
mod reload;
mod second_try;
mod spend;
mod storms;
mod streams;
mod trial;
mod waits;
