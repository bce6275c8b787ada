//! What a chain would have survived and cost: the real client in virtual time against modelled providers.
//!
//! A promise such as "99.7 % success at 47 ms" cannot be checked for one's own traffic without sending it, and
//! what a chain does in the third hour of an outage is found out in the third hour of an outage. Here the same
//! client that serves in production, with the same decisions, breakers, gates, cache, budgets and sleeps, is
//! given a month of requests in a minute. Only two things are made up: the providers, by [`ft_sim`], and the clock,
//! which is tokio's paused time.
//!
//! - A [`Scenario`] says who asks what, who answers how, and which chains are tried.
//! - [`simulate`] plays it and gives a [`SimulationReport`]: a table, JSON, a page.
//! - [`shipped`] has scenarios to begin with.
//!
//! One seed gives one result, to the last digit, on every machine: every draw comes from [`ft_core::Entropy`], all
//! sums are of integers, and nothing asks for the time of day. What a request asks and what an attempt meets follow
//! from the request's number and not from the order of events, so that two chains are tried on the same luck.
//!
//! # What it refuses
//!
//! - To know how providers behave: latencies, faults and limits are the scenario's. It says what follows from them.
//! - To model what is outside of the chain: sockets, TLS, the machine that it runs on, the words of an answer.
//! - To keep what it saw of each request: counts only, so that ten million requests take no more room than ten.

mod arrivals;
mod breakers;
mod clock;
mod compare;
mod demand;
mod engine;
mod open;
mod plan;
pub mod report;
pub mod roi;
mod run;
mod scenario;
mod simulation;
mod tally;
pub mod trace;
mod world;

pub use compare::{ComparisonReport, Difference, MOST_SEEDS, Side, compare};
pub use engine::Progress;
pub use report::SimulationReport;
pub use roi::{RoiInputs, RoiReport, roi};
pub use run::Options;
pub use scenario::units::span as parse_span;
pub use scenario::{
    Alone, Arrivals, Burst, Daily, DurationSpread, FaultSpec, Flapping, How, IncidentSpec,
    InvalidScenario, ModelSpec, OutageSpec, PriceSpec, ProviderModel, Published, Repeated, RunSpec,
    Scenario, Shipped, SizeSpread, Traffic, shipped,
};
pub use simulation::simulate;
pub use trace::Trace;
