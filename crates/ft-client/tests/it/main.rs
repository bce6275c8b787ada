//! Whole-path tests of the client against modelled providers, on paused time.

mod breaker;
mod cache;
mod cancellation;
mod coalescing;
mod deadlines;
mod decision;
mod emergency;
mod hedging;
mod spend;
mod streams;
mod trial;
