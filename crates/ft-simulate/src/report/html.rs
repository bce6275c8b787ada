//! The report as one page that needs nothing but itself: no script, no font, no picture from elsewhere.

mod plot;

use std::fmt::Write;

use super::figures::{grouped, percent};
use super::run::RunReport;
use super::{SimulationReport, Slice, table};
use crate::tally::PLACES;
use plot::{Plot, Series, Strip};

/// Readable in light and in dark, on a screen and on paper. Colours differ in lightness as well as in hue.
const STYLE: &str = "\
:root{--ink:#1c2024;--faint:#667;--paper:#fff;--card:#f5f6f8;--line:#d9dce1;\
--c0:#2a6fb0;--c1:#e0952b;--c2:#7c5cc4;--c3:#2f9e8f;--c4:#a3527f;--c5:#7a8a2a;--cache:#8fb8de;--emergency:#c9b037;--failed:#c8372d;--left:#9aa0a8}\
@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--faint:#9aa3ad;--paper:#14171a;--card:#1d2126;--line:#343a41;\
--c0:#5fa8e8;--c1:#f0b45c;--c2:#a98fe8;--c3:#5cc9b8;--c4:#d98bb8;--c5:#b3c25c;--cache:#3f6a92;--emergency:#d8c65a;--failed:#f0665a;--left:#6b727a}}\
*{box-sizing:border-box}body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:64rem;color:var(--ink);\
background:var(--paper);font:16px/1.5 system-ui,sans-serif}h1{font-size:1.7rem;margin:0}h2{margin:2.5rem 0 .5rem;\
font-size:1.3rem}h3{margin:1.6rem 0 .3rem;font-size:1rem}p{margin:.5rem 0;max-width:46rem}.note{background:var(--card);border-left:3px solid var(--c1);padding:.5rem .8rem}.faint{color:var(--faint)}\
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(8rem,1fr));gap:.75rem;margin:1rem 0}\
.card{background:var(--card);border-radius:.5rem;padding:.7rem .9rem}.card b{display:block;font-size:1.2rem;\
font-variant-numeric:tabular-nums}.card span{color:var(--faint);font-size:.85rem}\
.scroll{overflow-x:auto}@media(max-width:46rem){.plot::before{content:\"scroll sideways \\2192\";position:sticky;left:0;\
color:var(--faint);font-size:.8rem}}table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;width:100%}\
th,td{padding:.3rem .6rem;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}\
th:first-child,td:first-child{text-align:left;white-space:pre}thead th{color:var(--faint);font-weight:600}\
svg{width:100%;min-width:44rem;height:auto;display:block}svg rect{shape-rendering:crispEdges}svg text{fill:var(--faint);font-size:11px;font-family:inherit}\
.axis{stroke:var(--line);stroke-width:1}.legend{display:flex;flex-wrap:wrap;gap:.3rem 1rem;font-size:.85rem;\
color:var(--faint);margin:.2rem 0 .4rem}.legend i{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;\
margin-right:.35rem;vertical-align:-1px}";

pub(super) fn page(report: &SimulationReport) -> String {
    let mut out = String::with_capacity(1 << 17);
    let name = escaped(if report.scenario.is_empty() { "Simulation" } else { &report.scenario });
    put(
        &mut out,
        &format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{name}: simulated</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<h1>{name}</h1>\n\
         <p class=\"faint\">Simulated, seed {}: no provider was asked. Time is simulated time.</p>\n<p>{}</p>\n",
            report.seed,
            escaped(&report.about)
        ),
    );
    for note in table::notes(report) {
        put(&mut out, &format!("<p class=\"note\">{}</p>\n", escaped(&note)));
    }
    for run in &report.runs {
        overview(&mut out, run);
    }
    for run in &report.runs {
        section(&mut out, run);
    }
    put(&mut out, "<h2>All figures</h2>\n<div class=\"scroll\"><table>");
    for (at, cells) in table::rows(report).iter().enumerate() {
        row(&mut out, cells, at == 0);
    }
    put(&mut out, "</table></div>\n");
    put(&mut out, "</body>\n</html>\n");
    out
}

/// The figures that are looked for first.
fn overview(out: &mut String, run: &RunReport) {
    put(out, &format!("<h3>{}</h3>\n<div class=\"cards\">", escaped(&run.name)));
    let millis = |time: Option<u64>| {
        time.map_or_else(|| "–".to_owned(), |time| format!("{} ms", grouped(time)))
    };
    for (figure, label) in [
        (percent(run.answered, run.requests), "success"),
        (millis(run.latency_ms.p50), "median latency"),
        (millis(run.latency_ms.p99), "p99 latency"),
        (format!("{:.3}", run.upstream.per_request), "calls a request"),
        (table::cost(run, run.total), "cost"),
        (grouped(run.requests), "requests"),
    ] {
        put(out, &format!("<div class=\"card\"><b>{figure}</b><span>{label}</span></div>"));
    }
    put(out, "</div>\n");
}

fn section(out: &mut String, run: &RunReport) {
    put(out, &format!("<h2>{}</h2>\n", escaped(&run.name)));
    let plot = Plot::new(run);
    who_answered(out, run, &plot);
    latency(out, run, &plot);
    breakers(out, run, &plot);
    cost(out, run, &plot);
    targets(out, run);
}

/// The colour of each place, as a variable of the style.
///
/// Live tiers may have the names of the last places.
fn colour(run: &RunReport, place: usize) -> String {
    let live = run.timeline.places.len().saturating_sub(PLACES.len());
    match place.checked_sub(live).and_then(|last| PLACES.get(last)) {
        Some(last) => format!("var(--{last})"),
        None => format!("var(--c{})", place % TIER_COLOURS),
    }
}

/// How many colours the style has for live tiers.
const TIER_COLOURS: usize = 6;

fn who_answered(out: &mut String, run: &RunReport, plot: &Plot) {
    heading(out, "Who answered, as a share of the requests");
    let used = |place: usize| run.timeline.slices.iter().any(|slice| slice.requests[place] > 0);
    let places: Vec<usize> = (0..run.timeline.places.len()).filter(|&place| used(place)).collect();
    let gap = Series {
        name: "no request began".to_owned(),
        colour: "var(--line)".to_owned(),
        points: run.timeline.slices.iter().map(began_none).collect(),
    };
    let named =
        places.iter().map(|&place| (run.timeline.places[place].as_str(), colour(run, place)));
    let gaps = gap.points.iter().flatten().next();
    legend(out, named.chain(gaps.map(|_| (gap.name.as_str(), gap.colour.clone()))));
    let layers = places.iter().map(|&place| {
        let shares = run.timeline.slices.iter().map(|slice| {
            let all: u64 = slice.requests.iter().sum();
            super::ratio(slice.requests[place], all)
        });
        Series {
            name: run.timeline.places[place].clone(),
            colour: colour(run, place),
            points: shares.collect(),
        }
    });
    put(out, &plot.stacked(&layers.collect::<Vec<_>>(), &gap));
}

/// All of a slice in which no request began, as where callers one after another wait for one that hangs.
fn began_none(slice: &Slice) -> Option<f64> {
    (slice.requests.iter().sum::<u64>() == 0).then_some(1.0)
}

fn latency(out: &mut String, run: &RunReport, plot: &Plot) {
    heading(out, "Latency of what was answered, in milliseconds");
    let point = |time: Option<u64>| time.map(|time| super::thousandths(time.max(1) * 1_000));
    let slices = &run.timeline.slices;
    let series = [
        Series {
            name: "p99".to_owned(),
            // Not the colours of tiers, which stand above.
            colour: "var(--c4)".to_owned(),
            points: slices.iter().map(|slice| point(slice.p99_ms)).collect(),
        },
        Series {
            name: "median".to_owned(),
            colour: "var(--ink)".to_owned(),
            points: slices.iter().map(|slice| point(slice.p50_ms)).collect(),
        },
    ];
    legend(out, series.iter().map(|series| (series.name.as_str(), series.colour.clone())));
    put(out, &plot.lines(&series));
}

fn breakers(out: &mut String, run: &RunReport, plot: &Plot) {
    if run.breakers.is_empty() {
        return;
    }
    heading(out, "When circuit breakers were open");
    let strips: Vec<_> = run
        .breakers
        .iter()
        .map(|breaker| Strip {
            name: format!("{}/{}", breaker.provider, breaker.model),
            open: &breaker.intervals,
            due: &breaker.due_intervals,
        })
        .collect();
    let due = strips.iter().any(|strip| !strip.due.is_empty());
    let entries = [("open or probing", "var(--failed)"), ("probe due, no traffic", "var(--left)")];
    legend(
        out,
        entries
            .iter()
            .take(1 + usize::from(due))
            .map(|(name, colour)| (*name, (*colour).to_owned())),
    );
    put(out, &plot.strips(&strips));
}

fn cost(out: &mut String, run: &RunReport, plot: &Plot) {
    let dollars = |text: &str| text.parse::<f64>().ok();
    let points: Vec<_> = run.timeline.slices.iter().map(|slice| dollars(&slice.cost_usd)).collect();
    if points.iter().flatten().all(|cost| *cost <= 0.0) {
        return;
    }
    let slice = table::span(run.timeline.slice_seconds);
    let known = if run.cost.unpriced_attempts > 0 { " of what has a price" } else { "" };
    heading(out, &format!("Cost{known}, in dollars for each {slice}; the last may be shorter"));
    let series = Series { name: "cost".to_owned(), colour: "var(--c3)".to_owned(), points };
    put(out, &plot.bars(&series));
}

fn targets(out: &mut String, run: &RunReport) {
    heading(out, "Targets");
    put(out, "<div class=\"scroll\"><table>");
    let head = ["target", "attempts", "answered", "failed", "skipped", "cost", "cost of failures"];
    row(out, &head.map(str::to_owned), true);
    let usd = |sum: Option<&str>| sum.map_or_else(|| "unknown".to_owned(), table::usd);
    for target in &run.targets {
        row(
            out,
            &[
                format!("{}/{}", target.provider, target.model),
                grouped(target.attempts),
                grouped(target.answered),
                grouped(target.failed.values().sum()),
                grouped(target.skipped.values().sum()),
                usd(target.cost_usd.as_deref()),
                usd(target.failed_cost_usd.as_deref()),
            ],
            false,
        );
    }
    put(out, "</table></div>\n");
}

fn heading(out: &mut String, text: &str) {
    put(out, &format!("<h3>{text}</h3>\n"));
}

fn legend<'a>(out: &mut String, entries: impl Iterator<Item = (&'a str, String)>) {
    put(out, "<div class=\"legend\">");
    for (name, colour) in entries {
        put(out, &format!("<span><i style=\"background:{colour}\"></i>{}</span>", escaped(name)));
    }
    put(out, "</div>\n");
}

fn row(out: &mut String, cells: &[String], head: bool) {
    let (open, close, tag) = if head { ("<thead>", "</thead>", "th") } else { ("", "", "td") };
    put(out, &format!("{open}<tr>"));
    for cell in cells {
        put(out, &format!("<{tag}>{}</{tag}>", escaped(cell)));
    }
    put(out, &format!("</tr>{close}\n"));
}

fn put(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = out.write_str(text);
}

/// Names come from files of others.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
