//! What is counted of a caller: requests, refusals by reason, money.
//!
//! Kept here and not with the recorder of metrics: money needs every digit, and the status page reads the same
//! numbers that a dashboard does.

use std::fmt::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use ft_client::Report;
use ft_client::cost::Pico;

/// Why a request was turned away before anybody upstream was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Its key is missing or wrong.
    Key,
    /// It asks for a name that its caller may not have.
    Scope,
    /// Its caller has had the requests of this minute.
    Rate,
    /// Its caller's money is used up.
    Spend,
}

impl Refused {
    const ALL: [Self; 4] = [Self::Key, Self::Scope, Self::Rate, Self::Spend];

    /// The reason's name in metrics and JSON. Stable.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Scope => "scope",
            Self::Rate => "rate",
            Self::Spend => "spend",
        }
    }
}

/// The counts of one caller, or of all whose key was not known.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    admitted: AtomicU64,
    refused: [AtomicU64; Refused::ALL.len()],
    cost: Mutex<Pico>,
}

impl Tally {
    pub(super) fn admitted(&self) {
        self.admitted.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self, why: Refused) {
        self.refused[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Books what a request's attempts cost, where that is known: as budgets and the models' own sums do, so that
    /// one attempt without a price does not hide what the others cost.
    pub(super) fn charge(&self, report: &Report) {
        let known = report.attempts.iter().filter_map(|attempt| attempt.cost).sum();
        let mut cost = self.cost.lock().unwrap_or_else(PoisonError::into_inner);
        *cost = cost.saturating_add(known);
    }

    pub(crate) fn requests(&self) -> u64 {
        self.admitted.load(Ordering::Relaxed)
    }

    pub(crate) fn refusals_for(&self, why: Refused) -> u64 {
        self.refused[why as usize].load(Ordering::Relaxed)
    }

    pub(crate) fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> {
        Refused::ALL
            .into_iter()
            .zip(&self.refused)
            .map(|(why, count)| (why.as_str(), count.load(Ordering::Relaxed)))
    }

    pub(crate) fn cost(&self) -> Pico {
        *self.cost.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the families of all callers. Names come from configuration, never from a request.
pub(super) fn render<'a>(
    text: &mut String,
    callers: &[(&'a str, &'a Tally)],
    strangers: &'a Tally,
) -> fmt::Result {
    family(text, "ai_api_caller_requests_total", "Requests that a caller's limits let through.")?;
    for (name, tally) in callers {
        let name = escaped(name);
        writeln!(text, "ai_api_caller_requests_total{{caller=\"{name}\"}} {}", tally.requests())?;
    }
    family(
        text,
        "ai_api_caller_refused_total",
        "Requests turned away by the gateway itself; those of unknown callers have none.",
    )?;
    for (name, tally) in callers.iter().chain(&[("", strangers)]) {
        let name = escaped(name);
        for (why, count) in tally.refusals() {
            // Only strangers are refused for their key, and they for nothing else.
            if name.is_empty() == (why == Refused::Key.as_str()) {
                writeln!(
                    text,
                    "ai_api_caller_refused_total{{caller=\"{name}\",reason=\"{why}\"}} {count}"
                )?;
            }
        }
    }
    family(
        text,
        "ai_api_caller_cost_usd_total",
        "What a caller's requests cost, in dollars, also those that it left, exact to the pico-dollar.",
    )?;
    for (name, tally) in callers {
        let name = escaped(name);
        let cost = tally.cost().to_string();
        let cost = cost.trim_start_matches('$');
        writeln!(text, "ai_api_caller_cost_usd_total{{caller=\"{name}\"}} {cost}")?;
    }
    writeln!(text)
}

fn family(text: &mut String, name: &str, help: &str) -> fmt::Result {
    writeln!(text, "# HELP {name} {help}\n# TYPE {name} counter")
}

/// A label's value in the text format.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
