//! The report as lines of text.

use std::fmt::Write;

use super::figures::{grouped, money, percent};
use super::run::{RunReport, for_requests};
use super::{SimulationReport, Times};

/// A label, and what stands beside it for a run.
type Row = (&'static str, fn(&RunReport) -> String);

/// The rows of the table: what each run has, beside the others.
const ROWS: &[Row] = &[
    ("requests", |run| grouped(run.requests)),
    ("simulated time", |run| span(run.simulated_seconds)),
    ("answered (success)", |run| percent(run.answered, run.requests)),
    ("  live", |run| percent(run.live.iter().map(|tier| tier.requests).sum(), run.requests)),
    ("  cache, fresh or shared", |run| percent(run.fresh + run.coalesced, run.requests)),
    ("  cache, stale", |run| percent(run.stale, run.requests)),
    ("emergency text", |run| percent(run.emergency, run.requests)),
    ("error", |run| percent(run.errors.values().sum(), run.requests)),
    ("caller left", |run| percent(run.left, run.requests)),
    ("latency, mean", |run| mean(&run.latency_ms)),
    ("  p50", |run| millis(run.latency_ms.p50)),
    ("  p95", |run| millis(run.latency_ms.p95)),
    ("  p99", |run| millis(run.latency_ms.p99)),
    ("  p99.9", |run| millis(run.latency_ms.p999)),
    ("first token, mean", |run| mean(&run.first_token_ms)),
    ("first token, p99", |run| millis(run.first_token_ms.p99)),
    ("upstream calls", |run| grouped(run.upstream.calls)),
    ("  per request", |run| format!("{:.4}", run.upstream.per_request)),
    ("tokens asked", |run| grouped(run.tokens.prompt)),
    ("tokens answered", |run| grouped(run.tokens.answer)),
    ("cost", |run| cost(run, run.total)),
    ("  of 10 million requests", |run| {
        cost(run, for_requests(run.total, run.requests, 10_000_000))
    }),
    ("  of attempts that failed", |run| optional_usd(run.cost.failed_usd.as_deref())),
    ("  of callers who left", |run| optional_usd(run.cost.left_usd.as_deref())),
];

pub(super) fn table(report: &SimulationReport) -> String {
    let mut out = String::new();
    let title = if report.scenario.is_empty() { "simulation" } else { report.scenario.as_str() };
    line(&mut out, &format!("{title} (simulated, seed {})", report.seed));
    if !report.about.is_empty() {
        for text in wrapped(&report.about, 96) {
            line(&mut out, &text);
        }
    }
    for note in notes(report) {
        line(&mut out, "");
        for text in wrapped(&format!("Note: {note}"), 96) {
            line(&mut out, &text);
        }
    }
    line(&mut out, "");
    aligned(&mut out, &rows(report));
    for run in &report.runs {
        details(&mut out, run, report.runs.len() > 1);
    }
    out
}

/// What has to be known to read the figures. What is so of every run is said once.
pub(super) fn notes(report: &SimulationReport) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for run in &report.runs {
        for note in &run.notes {
            let common = report.runs.iter().all(|other| other.notes.contains(note));
            let text = if common { note.clone() } else { format!("{}: {note}", run.name) };
            if !said.contains(&text) {
                said.push(text);
            }
        }
    }
    said
}

/// Money of a run; what is unknown is not nothing.
pub(super) fn cost(run: &RunReport, sum: ft_client::cost::Pico) -> String {
    match (run.cost.unpriced_attempts, sum == ft_client::cost::Pico::ZERO) {
        (0, _) => money(sum),
        (_, true) => "unknown".to_owned(),
        (_, false) => format!("over {}", money(sum)),
    }
}

/// The figures of the runs beside each other; the first row is their names.
pub(super) fn rows(report: &SimulationReport) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = vec![
        std::iter::once(String::new())
            .chain(report.runs.iter().map(|run| run.name.clone()))
            .collect(),
    ];
    for (label, figure) in ROWS {
        let figures: Vec<String> = report.runs.iter().map(figure).collect();
        let nothing = |figure: &String| matches!(figure.as_str(), "–" | "0.00 %" | "$0.00" | "0");
        let minor = label.starts_with(' ') || label.starts_with("first token");
        if figures.iter().all(nothing) && minor {
            continue;
        }
        rows.push(std::iter::once((*label).to_owned()).chain(figures).collect());
        rows.extend(published(label, report));
    }
    rows
}

/// What somebody else published, under our figure.
fn published(label: &str, report: &SimulationReport) -> Option<Vec<String>> {
    let figure = |run: &RunReport| -> Option<String> {
        let published = run.published.as_ref()?;
        match label {
            "answered (success)" => Some(format!("{} %", plain(published.success? * 100.0))),
            "latency, mean" => Some(format!("{} ms", plain(published.mean_ms?))),
            "  p99" => Some(format!("{} ms", plain(published.p99_ms?))),
            "  of 10 million requests" => Some(usd(published.cost_of_10m_usd.as_ref()?)),
            _ => None,
        }
    };
    let figures: Vec<_> = report.runs.iter().map(figure).collect();
    figures.iter().any(Option::is_some).then(|| {
        std::iter::once("    published".to_owned())
            .chain(figures.into_iter().map(|figure| figure.unwrap_or_else(|| "–".to_owned())))
            .collect()
    })
}

fn details(out: &mut String, run: &RunReport, named: bool) {
    line(out, "");
    if named {
        line(out, &format!("{}:", run.name));
    }
    for tier in &run.live {
        line(
            out,
            &format!(
                "  tier {:<24} {:>12} requests  {}",
                tier.name,
                grouped(tier.requests),
                percent(tier.requests, run.requests)
            ),
        );
    }
    for target in &run.targets {
        let failed: u64 = target.failed.values().sum();
        line(
            out,
            &format!(
                "  {:<29} {:>12} attempts  {:>10} failed  {:>10} skipped  {}",
                format!("{}/{}", target.provider, target.model),
                grouped(target.attempts),
                grouped(failed),
                grouped(target.skipped.values().sum()),
                target
                    .cost_usd
                    .as_ref()
                    .map_or_else(|| "cost unknown".to_owned(), |cost| format!("${cost}")),
            ),
        );
        let reasons = |counts: &std::collections::BTreeMap<&'static str, u64>| {
            let parts: Vec<_> =
                counts.iter().map(|(why, n)| format!("{why} {}", grouped(*n))).collect();
            parts.join(", ")
        };
        if failed > 0 {
            line(out, &format!("      failed: {}", reasons(&target.failed)));
        }
        if !target.skipped.is_empty() {
            line(out, &format!("      skipped: {}", reasons(&target.skipped)));
        }
    }
    for breaker in &run.breakers {
        line(
            out,
            &format!(
                "  breaker {:<21} opened {}, open for {} ({:.2} % of the time)",
                format!("{}/{}", breaker.provider, breaker.model),
                times(breaker.opened),
                span(breaker.open_seconds),
                breaker.open_share * 100.0
            ),
        );
        if breaker.due_seconds >= 1.0 {
            let due = span(breaker.due_seconds);
            line(out, &format!("      a probe was due for {due} more, while nobody asked it"));
        }
    }
    if let Some(budget) = &run.budget {
        line(
            out,
            &format!(
                "  budget ${} per {}: at most ${} spent ({:.1} %), {} targets skipped for it",
                budget.limit_usd,
                budget.per,
                budget.highest_usd,
                budget.highest_share * 100.0,
                grouped(budget.skips)
            ),
        );
    }
    if !run.errors.is_empty() {
        let parts: Vec<_> =
            run.errors.iter().map(|(kind, n)| format!("{kind} {}", grouped(*n))).collect();
        line(out, &format!("  errors: {}", parts.join(", ")));
    }
    if run.cost.unpriced_attempts > 0 {
        line(
            out,
            &format!(
                "  {} attempts have no price, so that the cost is unknown; state a price, or a profile of the catalogue",
                grouped(run.cost.unpriced_attempts)
            ),
        );
    }
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{} times", grouped(count)) }
}

pub(crate) fn aligned(out: &mut String, rows: &[Vec<String>]) {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    for row in rows {
        let mut text = String::new();
        for (column, cell) in row.iter().enumerate() {
            let missing = " ".repeat(widths[column].saturating_sub(cell.chars().count()));
            if column == 0 {
                text.push_str(cell);
                text.push_str(&missing);
            } else {
                text.push_str("   ");
                text.push_str(&missing);
                text.push_str(cell);
            }
        }
        line(out, text.trim_end());
    }
}

pub(crate) fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}

fn mean(times: &Times) -> String {
    let tenth = |mean: f64| (mean * 10.0).round() / 10.0;
    times.mean.map_or_else(|| "–".to_owned(), |mean| format!("{} ms", plain(tenth(mean))))
}

fn millis(millis: Option<u64>) -> String {
    millis.map_or_else(|| "–".to_owned(), |millis| format!("{} ms", grouped(millis)))
}

fn optional_usd(text: Option<&str>) -> String {
    text.map_or_else(|| "–".to_owned(), usd)
}

pub(super) fn usd(text: &str) -> String {
    text.parse::<ft_client::cost::Pico>().map_or_else(|_| format!("${text}"), money)
}

/// With the decimals that it has, up to four: `1,842`, `94.2`, `0.4`.
pub(super) fn plain(number: f64) -> String {
    let text = format!("{number:.4}");
    let (whole, decimals) = text.split_once('.').unwrap_or((text.as_str(), ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    match decimals.trim_end_matches('0') {
        "" => whole,
        decimals => format!("{whole}.{decimals}"),
    }
}

/// `3 d 4 h`, `12 min 5 s`: the two largest units, the smaller one rounded.
pub(crate) fn span(seconds: f64) -> String {
    for (unit, smaller, next, each) in
        [("d", 3_600.0, "h", 24.0), ("h", 60.0, "min", 60.0), ("min", 1.0, "s", 60.0)]
    {
        let all = (seconds / smaller).round();
        if all >= each {
            return format!("{} {unit} {} {next}", (all / each).floor(), all % each);
        }
    }
    format!("{seconds:.1} s")
}

fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().filter(|line| {
            line.is_empty() || line.chars().count() + 1 + word.chars().count() <= columns
        });
        match last {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_rounded_and_not_cut() {
        for (seconds, text) in [
            (0.25, "0.2 s"),
            (59.4, "59.4 s"),
            (61.0, "1 min 1 s"),
            (3_599.9, "1 h 0 min"),
            (86_399.0, "1 d 0 h"),
            (2_591_000.0, "30 d 0 h"),
        ] {
            assert_eq!(span(seconds), text, "{seconds}");
        }
    }
}
