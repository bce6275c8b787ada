//! The table of return as lines of text and as JSON.

use ft_client::cost::Pico;

use super::article::{ALONE_API, ALONE_DOWN, ALONE_YEAR, CHAIN_API, CHAIN_DOWN, CHAIN_YEAR};
use super::{RoiColumn, RoiReport};
use crate::report::{aligned, grouped, line, money};

impl RoiReport {
    /// The table as a JSON document.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Keys are strings and numbers finite, so that it can always be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The table, its inputs and its arithmetic as lines of text for a terminal.
    #[must_use]
    pub fn to_table(&self) -> String {
        let mut out = String::new();
        let inputs = &self.inputs;
        line(
            &mut out,
            &format!(
                "Prices and return of {} requests a month (simulated, seed {})",
                grouped(inputs.requests),
                self.seed
            ),
        );
        line(&mut out, "");
        self.table(&mut out);
        line(&mut out, "");
        line(&mut out, "Arithmetic:");
        for column in &self.columns {
            self.arithmetic(&mut out, column);
        }
        line(&mut out, "");
        line(&mut out, "Inputs, each of which a flag changes:");
        for (flag, value, why) in [
            ("--monthly-requests", grouped(inputs.requests), "the article's"),
            (
                "--prompt-tokens",
                grouped(inputs.prompt_tokens),
                "ours: with the next, they make its $6,240 of 1 M requests",
            ),
            ("--answer-tokens", grouped(inputs.answer_tokens), "ours, as above"),
            ("--chain-hours", grouped(inputs.chain_hours), "the article's 20 to 30"),
            ("--alone-hours", grouped(inputs.alone_hours), "the article's 5 to 10"),
            ("--hour", money(inputs.hour), "ours: the article gives hours and no price"),
            ("--month-down", money(inputs.month_down), "the article's $2,400 for 5 % of a month"),
        ] {
            line(&mut out, &format!("  {flag:<20} {value:>12}   {why}"));
        }
        line(&mut out, "");
        line(&mut out, "Where the article's figures disagree:");
        for wrong in &self.disagreements {
            line(&mut out, &format!("  {}: {}", wrong.figure, wrong.article));
            line(&mut out, &format!("    ours: {}", wrong.ours));
            line(&mut out, &format!("    because {}", wrong.reason));
        }
        out
    }

    fn table(&self, out: &mut String) {
        let dollars = |dollars: u64| money(Pico::from_dollars(dollars));
        let published: [(&str, [String; 2]); 8] = [
            ("API cost, list price", [dollars(CHAIN_API), dollars(ALONE_API)]),
            ("  of attempts that failed", ["–".to_owned(), "–".to_owned()]),
            ("  charged at ¥1 = $1", ["–".to_owned(), "–".to_owned()]),
            ("requests without an answer", ["0.03 %".to_owned(), "5 %".to_owned()]),
            ("downtime cost", [dollars(CHAIN_DOWN), dollars(ALONE_DOWN)]),
            ("engineering, once", ["20-30 hours".to_owned(), "5-10 hours".to_owned()]),
            ("annual total", [dollars(CHAIN_YEAR), dollars(ALONE_YEAR)]),
            ("  with the engineering", ["–".to_owned(), "–".to_owned()]),
        ];
        let ours: [fn(&RoiColumn) -> String; 8] = [
            |column| money(column.api),
            |column| column.api_failed.map_or_else(|| "–".to_owned(), money),
            |column| column.charged.map_or_else(|| "–".to_owned(), money),
            |column| millionths(column.failed_per_million),
            |column| money(column.downtime),
            |column| money(column.engineering),
            |column| money(column.year_without_engineering),
            |column| money(column.year),
        ];
        let mut rows = vec![vec![String::new()]];
        for column in &self.columns {
            rows[0].extend([column.name.clone(), "the article".to_owned()]);
        }
        for ((label, article), ours) in published.into_iter().zip(ours) {
            let cells = self.columns.iter().zip(article);
            let cells = cells.flat_map(|(column, article)| [ours(column), article]);
            rows.push(std::iter::once(label.to_owned()).chain(cells).collect());
        }
        aligned(out, &rows);
    }

    fn arithmetic(&self, out: &mut String, column: &RoiColumn) {
        let inputs = &self.inputs;
        line(out, &format!("  {}:", column.name));
        line(
            out,
            &format!(
                "    API: {} requests of {} and {} tokens, as {} simulated ones were billed: {}{}",
                grouped(inputs.requests),
                grouped(inputs.prompt_tokens),
                grouped(inputs.answer_tokens),
                grouped(inputs.simulated),
                money(column.api),
                column.api_failed.map_or_else(String::new, |failed| {
                    format!(", {} of it for attempts that failed", money(failed))
                })
            ),
        );
        let models: Vec<_> = column
            .by_model_per_million
            .iter()
            .map(|(model, count)| format!("{model} {}", millionths(*count)))
            .collect();
        line(out, &format!("         answered by {}", models.join(", ")));
        if let Some(charged) = column.charged {
            line(
                out,
                &format!(
                    "    charged: {} ÷ 7.3 = {}, where ¥1 buys $1 of credit",
                    money(column.api),
                    money(charged)
                ),
            );
        }
        line(
            out,
            &format!(
                "    downtime: {} of requests had no answer × {} for a month = {}",
                millionths(column.failed_per_million),
                money(inputs.month_down),
                money(column.downtime)
            ),
        );
        line(
            out,
            &format!(
                "    year: 12 × ({} + {}) = {}; with {} of engineering {}",
                money(column.api),
                money(column.downtime),
                money(column.year_without_engineering),
                money(column.engineering),
                money(column.year)
            ),
        );
    }
}

/// `0.0093 %` of 93 in a million.
fn millionths(number: u64) -> String {
    format!("{}.{:04} %", number / 10_000, number % 10_000)
}
