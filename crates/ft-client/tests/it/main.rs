//! Whole-path tests of the client against modelled providers, on paused time.

mod breaker;
mod cancellation;
mod deadlines;
mod decision;
mod streams;
mod trial;
