//! A comparison as lines of text and as JSON.

use super::table::{aligned, line};
use crate::compare::{ComparisonReport, Difference};

impl ComparisonReport {
    /// The comparison as a JSON document.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Keys are strings and numbers finite, so that it can always be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The comparison as lines of text for a terminal.
    #[must_use]
    pub fn to_table(&self) -> String {
        let mut out = String::new();
        line(
            &mut out,
            &format!(
                "{}: {} and {} on the same {} requests and the same luck (simulated, seed {})",
                self.scenario,
                self.a.name,
                self.b.name,
                super::figures::grouped(self.a.requests),
                self.seed
            ),
        );
        line(&mut out, "");
        let mut rows = vec![
            ["", &self.a.name, &self.b.name, "difference", "95 % interval", ""]
                .map(str::to_owned)
                .to_vec(),
        ];
        rows.extend(self.differences.iter().map(row));
        aligned(&mut out, &rows);
        line(&mut out, "");
        line(
            &mut out,
            &format!(
                "Method: {}, {} batches. Figures are means over the batches.",
                self.method, self.batches
            ),
        );
        let few = self.a.requests.min(self.b.requests) / self.batches.max(1) as u64;
        if self.batches < crate::compare::FEWEST {
            let text = "So few say nothing: ask for more requests with --requests.";
            line(&mut out, text);
        } else if few < 200 {
            line(
                &mut out,
                &format!(
                    "Batches of {few} requests are short: ask for more with --requests before believing this."
                ),
            );
        }
        out
    }
}

fn row(difference: &Difference) -> Vec<String> {
    let Difference { figure, unit, a, b, difference, low, high, sure } = *difference;
    let digits = match unit {
        "ms" => 1,
        "$" => 2,
        _ => 4,
    };
    let shown = |number: f64| format!("{number:.digits$}");
    let signed = |number: f64| format!("{number:+.digits$}");
    let label = if unit.is_empty() { figure.to_owned() } else { format!("{figure}, {unit}") };
    let verdict = if sure { "differ" } else { "not told apart" };
    let interval = format!("{} to {}", signed(low), signed(high));
    vec![label, shown(a), shown(b), signed(difference), interval, verdict.to_owned()]
}
