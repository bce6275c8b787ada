//! Metrics and logs: what operators see, and what it may cost to show it.
//!
//! Metrics go through the facade `metrics`, logs through the facade `tracing`; whoever runs the process chooses
//! where both end up. Handles of metrics are made when a client is built, so that a request allocates nothing
//! for them: **install the recorder first**, or the client's metrics go nowhere. Labels take their values from
//! configuration and from closed lists, never from a request: what a caller may choose, a caller could use to
//! make series without end.
//!
//! [`FAMILIES`] lists what there is; `docs/operations.md` says what to do with it. With the feature
//! `prometheus` (off by default) [`Prometheus`] records and renders it all, money to the last pico-dollar:
//! the facade's counters take whole numbers only, so costs are no family of the recorder's. With another
//! recorder they are in every answer's report, and [`Client::refresh_metrics`](crate::Client::refresh_metrics)
//! before an export brings gauges up to date.

mod books;
mod client;
mod family;
#[cfg(feature = "prometheus")]
mod prometheus;
mod seldom;
mod series;
mod target;
mod trace;
mod transitions;
mod words;

pub use family::{FAMILIES, Family, FamilyKind};
#[cfg(feature = "prometheus")]
pub use prometheus::{InstallError, Prometheus};

pub(crate) use books::Books;
pub(crate) use client::ClientMeters;
pub(crate) use seldom::Seldom;
pub(crate) use target::TargetMeters;
pub(crate) use trace::{attempt_ended, request_ended, request_span, skipped};
