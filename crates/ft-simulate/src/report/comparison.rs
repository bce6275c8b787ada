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
        let seeds = match self.seeds {
            1 => format!("seed {}", self.seed),
            _ => format!("{} seeds from {} on", self.seeds, self.seed),
        };
        line(
            &mut out,
            &format!(
                "{}: {} and {} on the same requests and the same luck (simulated, {seeds}, {} requests each with the first)",
                self.scenario,
                self.a.name,
                self.b.name,
                super::figures::grouped(self.a.requests),
            ),
        );
        for note in &self.a.notes {
            line(&mut out, &format!("Note: {note}"));
        }
        line(&mut out, "");
        let mut rows = vec![
            ["", &self.a.name, &self.b.name, "difference", "95 % interval", ""]
                .map(str::to_owned)
                .to_vec(),
        ];
        rows.extend(self.differences.iter().map(row));
        aligned(&mut out, &rows);
        line(&mut out, "");
        let text = match self.seeds {
            1 => {
                "Figures are those of the two runs. How far luck goes is not known of one seed: ask for more with --seeds."
            }
            _ => {
                "Figures are means over the seeds, of the runs' own; the interval is that of their mean difference, by Student's t."
            }
        };
        line(&mut out, text);
        if self.a.cost.unpriced_attempts + self.b.cost.unpriced_attempts > 0 {
            line(&mut out, "Attempts without a price were made, so that the cost is unknown.");
        }
        out
    }
}

fn row(difference: &Difference) -> Vec<String> {
    let digits = match difference.unit {
        "ms" => 1,
        "$" => 2,
        _ => 4,
    };
    let shown = |number: f64| format!("{number:.digits$}");
    let signed = |number: f64| format!("{number:+.digits$}");
    let label = if difference.unit.is_empty() {
        difference.figure.to_owned()
    } else {
        format!("{}, {}", difference.figure, difference.unit)
    };
    let (interval, verdict) = match (difference.low, difference.high) {
        (Some(low), Some(high)) => (
            format!("{} to {}", signed(low), signed(high)),
            if difference.sure { "differ" } else { "not told apart" },
        ),
        _ => ("–".to_owned(), ""),
    };
    vec![
        label,
        shown(difference.a),
        shown(difference.b),
        signed(difference.difference),
        interval,
        verdict.to_owned(),
    ]
}
