//! What a simulation found, as values, as a table, as JSON and as a page.

mod comparison;
mod figures;
mod html;
mod part;
mod run;
mod table;

use serde::Serialize;

pub(crate) use figures::{dollars, grouped, money, ratio, rounded, thousandths};
pub use part::{
    BreakerReport, BudgetReport, ChangeReport, Cost, PublishedReport, Slice, TargetReport,
    TierShare, TimelineReport, Times, Tokens, Upstream,
};
pub use run::RunReport;
pub(crate) use run::for_requests;
pub(crate) use table::{aligned, line, span};

/// What a simulation found.
///
/// The same scenario, seed and options give the same report to the last digit, on every machine.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct SimulationReport {
    /// Always true: no provider was asked.
    pub simulated: bool,
    /// The scenario's name.
    pub scenario: String,
    /// What it shows.
    pub about: String,
    /// The seed.
    pub seed: u64,
    /// The day on which it begins.
    pub starts: String,
    /// Each run, on the same traffic and the same luck.
    pub runs: Vec<RunReport>,
}

impl SimulationReport {
    /// The report as a JSON document.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Keys are strings and numbers finite, so that it can always be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The report as a page with plots, which needs nothing but itself.
    #[must_use]
    pub fn to_html(&self) -> String {
        html::page(self)
    }

    /// The report as lines of text for a terminal.
    #[must_use]
    pub fn to_table(&self) -> String {
        table::table(self)
    }
}
