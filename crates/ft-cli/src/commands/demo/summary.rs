//! The table at the end: what this chain's callers got, beside those of one provider alone.

use ft_cost::Pico;

use super::outcome::Outcome;
use super::scenario::{MODELS, PROMISE};
use super::tally::Tally;
use crate::figures::{grouped, millis, percent, ratio, seconds};
use crate::ink::{Ink, Line};

/// Where the two columns of figures end.
const FIRST: usize = 58;
const SECOND: usize = 76;

/// The whole table, with what it means.
pub(crate) fn lines(outcome: &Outcome) -> Vec<Line> {
    let (chain, alone) = (&outcome.chain, &outcome.alone);
    let mut lines = vec![
        heads(outcome),
        Line::of(Ink::Faint, format!("  {}", "─".repeat(SECOND - 2))),
        row("requests that ended", [chain, alone].map(|lane| grouped(lane.ended()))),
        answered(outcome),
    ];
    for (place, model) in MODELS.into_iter().enumerate() {
        let other = if place == 0 { grouped(alone.live[0]) } else { none() };
        lines.push(row(&format!("  by {model}"), [grouped(chain.live[place]), other]));
    }
    for (name, count) in [
        ("  from the cache, fresh", chain.fresh),
        ("  from the cache, stale", chain.stale),
        ("  shared with an identical request", chain.coalesced),
    ] {
        lines.push(row(name, [grouped(count), none()]));
    }
    lines.push(row("emergency texts (not answers)", [grouped(chain.emergency), none()]));
    lines.push(row("errors", [chain, alone].map(|lane| grouped(lane.errors()))));
    let met = |lane: &Tally| percent(lane.outage.1, lane.outage.0);
    lines.push(row("answered during the outage", [met(chain), met(alone)]));
    lines.push(rule());
    for (name, of) in [("median latency of answers", 50), ("99th percentile", 99)] {
        let time = |lane: &Tally| lane.percentile(of).map_or_else(none, millis);
        lines.push(row(name, [time(chain), time(alone)]));
    }
    let calls = [(outcome.calls.0, chain), (outcome.calls.1, alone)];
    lines.push(row("upstream calls", calls.map(|(calls, _)| grouped(calls))));
    // Of a run that was stopped, calls of requests that have not ended are among them.
    let per_request = |(calls, lane): (u64, &Tally)| match outcome.interrupted {
        true => none(),
        false => ratio(calls, lane.ended()),
    };
    lines.push(row("  per request", calls.map(per_request)));
    lines.push(row("cost, every attempt", [chain, alone].map(cost)));
    lines.push(row("  per 1,000 answers", [chain, alone].map(cost_of_a_thousand)));
    lines.push(rule());
    lines.extend(words(outcome));
    lines
}

/// The chain's verdict in one sentence, for a shell's user who sees nothing else.
pub(crate) fn broken_promise(outcome: &Outcome) -> String {
    format!(
        "the chain did not keep its promise: {} of {} requests got a real answer, and {} % were promised",
        grouped(outcome.chain.answered()),
        grouped(outcome.chain.ended()),
        promised(),
    )
}

fn heads(outcome: &Outcome) -> Line {
    let stopped = if outcome.interrupted { "  Stopped early. So far:" } else { "  The outcome" };
    Line::of(Ink::Bold, stopped)
        .to(FIRST - "this chain".len())
        .and(Ink::Bold, "this chain")
        .to(SECOND - MODELS[0].len() - " alone".len())
        .and(Ink::Bold, format!("{} alone", MODELS[0]))
}

fn answered(outcome: &Outcome) -> Line {
    let figure = |lane: &Tally| {
        let (part, all) = (lane.answered(), lane.ended());
        (if part == all { Ink::Good } else { Ink::Bad }, percent(part, all))
    };
    let (chain, alone) = (figure(&outcome.chain), figure(&outcome.alone));
    inked("real answers", Ink::Bold, [chain, alone])
}

fn row(name: &str, figures: [String; 2]) -> Line {
    inked(name, Ink::Plain, figures.map(|figure| (Ink::Plain, figure)))
}

fn inked(name: &str, ink: Ink, [first, second]: [(Ink, String); 2]) -> Line {
    let column = |end: usize, text: &str| end.saturating_sub(text.chars().count());
    Line::of(ink, format!("  {name}"))
        .to(column(FIRST, &first.1))
        .and(first.0, first.1)
        .to(column(SECOND, &second.1))
        .and(second.0, second.1)
}

fn rule() -> Line {
    Line::of(Ink::Faint, format!("  {}", "─".repeat(SECOND - 2)))
}

fn none() -> String {
    "–".to_owned()
}

fn cost(lane: &Tally) -> String {
    if lane.unpriced > 0 { "unknown".to_owned() } else { format!("{:.4}", lane.cost) }
}

fn cost_of_a_thousand(lane: &Tally) -> String {
    let thousand = lane.cost.saturating_mul(1_000).as_pico().checked_div(lane.answered().into());
    match thousand {
        Some(pico) if lane.unpriced == 0 => format!("{:.4}", Pico::from_pico(pico)),
        _ => none(),
    }
}

fn words(outcome: &Outcome) -> Vec<Line> {
    let scenario = &outcome.scenario;
    let (from, until) = scenario.outage;
    let model = MODELS[0];
    let mut lines = Vec::new();
    let mut say = |ink, text: String| lines.push(Line::of(ink, format!("  {text}")));
    let now = outcome.elapsed;
    if now < from {
        let began = seconds(from);
        say(
            Ink::Plain,
            format!("{model} was not down yet: its outage would have begun at {began}."),
        );
    } else if now < until {
        say(Ink::Plain, format!("{model} was down from {} on, and still is.", seconds(from)));
    } else {
        say(Ink::Plain, format!("{model} was down from {} to {}.", seconds(from), seconds(until)));
    }
    if let Some(opened) = outcome.story.opened_after(scenario) {
        say(Ink::Plain, format!("Its breaker opened {} after that began.", millis(opened)));
    }
    if let Some(back) = outcome.story.back_after(scenario) {
        say(Ink::Plain, format!("It was back {} after that ended.", seconds(back)));
    }
    let (ink, verdict) = match (outcome.interrupted, outcome.kept()) {
        // A promise about the whole run is kept or broken at its end.
        (true, _) => (Ink::Warn, "Stopped before the chain could keep or break its promise"),
        (false, true) => (Ink::Good, "The chain kept its promise"),
        (false, false) => (Ink::Bad, "The chain did not keep its promise"),
    };
    say(ink, format!("{verdict}: at least {} % real answers.", promised()));
    for text in [
        "The providers are simulated: a scripted upstream on 127.0.0.1, in real time,",
        "with the latencies and failure rates of the article the project grew from.",
        "Sockets, HTTP, streams, breakers, cache and prices are the real ones.",
    ] {
        say(Ink::Faint, text.to_owned());
    }
    lines
}

/// `99.9`, from the promise itself.
fn promised() -> String {
    let thousandths = PROMISE.0 * 1_000 / PROMISE.1;
    format!("{}.{}", thousandths / 10, thousandths % 10)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::commands::demo::load::{End, Record};
    use crate::commands::demo::scenario::Scenario;
    use crate::commands::demo::story::Story;

    fn outcome() -> Outcome {
        let scenario = Scenario::new(2_000, 64, 42).unwrap();
        let (mut chain, mut alone) = (Tally::new(), Tally::new());
        let record = |end| Record {
            began: Duration::from_secs(5),
            ended: Duration::from_secs(5),
            streamed: false,
            end,
            latency: Duration::from_millis(1_234),
            cost: Some(Pico::from_dollars(1)),
        };
        for end in [End::Live(0), End::Live(1), End::Stale, End::Emergency] {
            chain.note(&record(end), &scenario);
        }
        alone.note(&record(End::Live(0)), &scenario);
        alone.note(&record(End::Failed("reset")), &scenario);
        let mut story = Story::default();
        story.advance(&scenario, Duration::from_secs(16));
        let elapsed = Duration::from_secs(17);
        Outcome { scenario, chain, alone, story, calls: (5, 2), elapsed, interrupted: false }
    }

    fn text(outcome: &Outcome) -> Vec<String> {
        lines(outcome).iter().map(|line| line.render(100, false)).collect()
    }

    #[test]
    fn the_table_counts_emergency_texts_apart_and_never_as_answers() {
        let text = text(&outcome());
        let row = |name: &str| {
            let line = text.iter().find(|line| line.trim_start().starts_with(name)).unwrap();
            line.split("  ").filter(|part| !part.is_empty()).map(str::trim).collect::<Vec<_>>()
        };
        assert_eq!(row("real answers"), ["real answers", "75.00 %", "50.00 %"]);
        assert_eq!(row("emergency texts"), ["emergency texts (not answers)", "1", "–"]);
        assert_eq!(row("errors"), ["errors", "0", "1"]);
        assert_eq!(row("answered during"), ["answered during the outage", "75.00 %", "50.00 %"]);
        assert_eq!(row("per request"), ["per request", "1.25", "1.00"]);
        assert_eq!(row("cost"), ["cost, every attempt", "$4.0000", "$2.0000"]);
        assert_eq!(row("per 1,000"), ["per 1,000 answers", "$1333.3333", "$2000.0000"]);
        assert!(text.iter().any(|line| line.contains("did not keep its promise")));
    }

    #[test]
    fn the_table_says_that_the_providers_are_simulated_and_fits_eighty_columns() {
        let text = text(&outcome());
        assert!(text.iter().any(|line| line.contains("The providers are simulated")));
        for line in &text {
            assert!(line.chars().count() < 80, "{line}");
        }
    }

    #[test]
    fn a_run_that_was_stopped_says_so() {
        let stopped = |elapsed| {
            let elapsed = Duration::from_millis(elapsed);
            let text = text(&Outcome { interrupted: true, elapsed, ..outcome() });
            assert!(text[0].contains("Stopped early"));
            assert!(!text.iter().any(|line| line.contains("kept its promise")), "{text:?}");
            text.join("\n")
        };
        let early = stopped(1_500);
        assert!(
            early.contains("gpt-4.1 was not down yet") && !early.contains("was down from"),
            "{early}"
        );
        let amid = stopped(6_000);
        assert!(amid.contains("was down from 4.8 s on, and still is"), "{amid}");
        assert!(stopped(15_000).contains("was down from 4.8 s to 9.2 s."));
    }
}
