//! The live view as lines: who answered when, how the breakers stand, what happened. Pure: a snapshot in, lines out.

use std::time::Duration;

use super::scenario::{MODELS, Scenario};
use super::story::Story;
use super::tally::{COLUMNS, Column, Tally, column, horizon};
use crate::figures::{grouped, millis, percent, seconds};
use crate::ink::{Ink, Line};

/// Lines that it always has, so that it can be drawn over itself.
pub(crate) const ROWS: usize = 15 + NEWS;

/// Columns that it takes at most.
pub(crate) const WIDTH: usize = 79;

/// The latest happenings that are shown.
const NEWS: usize = 6;

/// Where the timeline begins, and what stands right of it.
const LEFT: usize = 20;
const RIGHT: usize = LEFT + COLUMNS + 1;

const BARS: [&str; 8] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const INKS: [Ink; MODELS.len()] = [Ink::First, Ink::Second, Ink::Third];

/// How a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Closed,
    /// Nothing is let through for this long.
    Open(Duration),
    /// A probe is let through.
    Probing,
}

/// All that the view shows.
#[derive(Debug)]
pub(crate) struct Snapshot<'a> {
    pub(crate) scenario: &'a Scenario,
    pub(crate) elapsed: Duration,
    pub(crate) chain: &'a Tally,
    pub(crate) alone: &'a Tally,
    pub(crate) states: [State; MODELS.len()],
    pub(crate) story: &'a Story,
    /// Attempts of the chain that arrived upstream.
    pub(crate) calls: u64,
}

/// The first line, which also stands above plain progress.
pub(crate) fn title(scenario: &Scenario) -> Line {
    let Scenario { requests, callers, seed, .. } = scenario;
    let (requests, callers) = (grouped(*requests), grouped(*callers));
    Line::of(Ink::Bold, "  ft demo")
        .and(Ink::Plain, format!("   {requests} requests, {callers} callers, seed {seed}"))
        .and(Ink::Faint, "   simulated upstream")
}

/// The whole view: [`ROWS`] lines of at most [`WIDTH`] columns.
pub(crate) fn lines(shown: &Snapshot<'_>) -> Vec<Line> {
    let chain = shown.chain;
    let horizon = horizon(shown.scenario, shown.elapsed);
    let now = column(horizon, shown.elapsed);
    let timeline = chain.timeline(shown.scenario, horizon);
    let mut lines = vec![title(shown.scenario), Line::new(), outage(shown.scenario, horizon)];
    for (place, name) in MODELS.into_iter().enumerate() {
        let strip = |slice: &Column| (INKS[place], slice.live[place]);
        let line =
            served(name, &timeline, now, strip).and(Ink::Plain, share(chain.live[place], chain));
        lines.push(state(line, shown.states[place]));
    }
    let cached = served("cache", &timeline, now, |slice| (Ink::Good, slice.cache));
    lines.push(cached.and(Ink::Plain, share(chain.cached(), chain)));
    let emergency = served("emergency text", &timeline, now, |slice| (Ink::Warn, slice.emergency));
    lines.push(emergency.and(Ink::Plain, share(chain.emergency, chain)));
    lines.push(Line::new());
    lines.push(answered("answered: chain", chain, &timeline, now));
    let timeline = shown.alone.timeline(shown.scenario, horizon);
    lines.push(answered(&format!("{} alone", MODELS[0]), shown.alone, &timeline, now));
    lines.push(Line::new());
    lines.push(progress(shown));
    lines.push(totals(shown));
    lines.push(Line::new());
    let all = shown.story.all();
    let news = &all[all.len().saturating_sub(NEWS)..];
    lines.extend(news.iter().map(|(at, what)| Line::of(what.ink(), what.told(*at))));
    lines.resize(ROWS, Line::new());
    lines
}

/// A bracket over the columns in which the first model is down.
fn outage(scenario: &Scenario, horizon: Duration) -> Line {
    let (from, until) = scenario.outage;
    let (from, until) = (column(horizon, from), column(horizon, until));
    let label = "down";
    let bars = (until - from + 1).saturating_sub(label.len() + 4);
    let (left, right) = ("─".repeat(bars / 2), "─".repeat(bars - bars / 2));
    Line::new().to(LEFT + from).and(Ink::Bad, format!("┌{left} {label} {right}┐"))
}

/// A row of bars: how much of what ended in each slice of time was this.
fn served(
    name: &str,
    timeline: &[Column],
    now: usize,
    part: impl Fn(&Column) -> (Ink, u64),
) -> Line {
    let mut line = Line::of(Ink::Plain, format!("  {name}")).to(LEFT);
    for (at, slice) in timeline.iter().enumerate() {
        let (ink, count) = part(slice);
        line = match bar(count, slice.all()) {
            Some(bar) => line.and(ink, bar),
            None => line.and(Ink::Faint, blank(at, now)),
        };
    }
    line.to(RIGHT)
}

/// A row of what callers got: full where all were answered, a cross where fewer than half were.
fn answered(name: &str, tally: &Tally, timeline: &[Column], now: usize) -> Line {
    let mut line = Line::of(Ink::Bold, format!("  {name}")).to(LEFT);
    for (at, slice) in timeline.iter().enumerate() {
        let (part, all) = (slice.answered(), slice.all());
        line = match bar(part, all) {
            _ if all == 0 => line.and(Ink::Faint, blank(at, now)),
            _ if part * 2 < all => line.and(Ink::Bad, "×"),
            Some(bar) if part < all => line.and(Ink::Warn, bar),
            Some(bar) => line.and(Ink::Good, bar),
            None => line.and(Ink::Bad, "×"),
        };
    }
    let (part, all) = (tally.answered(), tally.ended());
    let ink = if part == all { Ink::Good } else { Ink::Bad };
    line.to(RIGHT).and(ink, format!("{:>8}", percent(part, all)))
}

/// The smallest bar is for anything at all, the full one for everything.
fn bar(part: u64, all: u64) -> Option<&'static str> {
    let eighths = (part * 8).checked_div(all)?.max(1);
    let bar = usize::try_from(eighths - 1).ok().and_then(|at| BARS.get(at))?;
    (part > 0).then_some(*bar)
}

/// Nothing yet, or nothing at all.
const fn blank(at: usize, now: usize) -> &'static str {
    if at > now { "·" } else { " " }
}

fn share(part: u64, tally: &Tally) -> String {
    format!("{:>8}", percent(part, tally.ended()))
}

fn state(line: Line, state: State) -> Line {
    let line = line.and(Ink::Plain, "  ");
    match state {
        State::Closed => line.and(Ink::Good, "● closed"),
        State::Open(left) if left.is_zero() => line.and(Ink::Bad, "○ open"),
        State::Open(left) => line.and(Ink::Bad, format!("○ open {}", seconds(left))),
        State::Probing => line.and(Ink::Warn, "◐ probing"),
    }
}

fn progress(shown: &Snapshot<'_>) -> Line {
    let (done, all) = (shown.chain.ended(), shown.scenario.requests.max(1));
    let width = (COLUMNS as u64 * done / all).min(COLUMNS as u64);
    let width = usize::try_from(width).unwrap_or(COLUMNS);
    Line::of(Ink::Plain, format!("  {:>7} of {}", grouped(done), grouped(all)))
        .to(LEFT)
        .and(Ink::Plain, "━".repeat(width))
        .and(Ink::Faint, "─".repeat(COLUMNS - width))
        .to(RIGHT)
        .and(Ink::Plain, format!("{:>8}", seconds(shown.elapsed)))
}

fn totals(shown: &Snapshot<'_>) -> Line {
    let time = |of| shown.chain.percentile(of).map_or_else(|| "–".to_owned(), millis);
    Line::of(Ink::Faint, "  p50 ")
        .and(Ink::Plain, time(50))
        .and(Ink::Faint, "   p99 ")
        .and(Ink::Plain, time(99))
        .and(Ink::Faint, "   cost ")
        .and(Ink::Plain, format!("{:.4}", shown.chain.cost))
        .and(Ink::Faint, "   upstream calls ")
        .and(Ink::Plain, grouped(shown.calls))
}

#[cfg(test)]
mod tests {
    use ft_cost::Pico;

    use super::*;
    use crate::commands::demo::load::{End, Record};

    fn record(at: u64, end: End) -> Record {
        let at = Duration::from_millis(at);
        let cost = Some(Pico::ZERO);
        Record { began: at, ended: at, streamed: false, end, latency: Duration::ZERO, cost }
    }

    /// The first model until it goes down, the second after it; alone, errors instead.
    fn half_way(render: impl Fn(&[Line])) {
        let scenario = Scenario::new(2_000, 64, 42).unwrap();
        let (mut chain, mut alone) = (Tally::new(), Tally::new());
        for at in (0..8_000).step_by(50) {
            let up = at < 4_800;
            chain.note(&record(at, End::Live(usize::from(!up))), &scenario);
            let end = if up { End::Live(0) } else { End::Failed("overloaded") };
            alone.note(&record(at, end), &scenario);
        }
        let mut story = Story::default();
        story.advance(&scenario, Duration::from_secs(8));
        let states = [State::Open(Duration::from_millis(1_400)), State::Closed, State::Probing];
        render(&lines(&Snapshot {
            scenario: &scenario,
            elapsed: Duration::from_secs(8),
            chain: &chain,
            alone: &alone,
            states,
            story: &story,
            calls: 170,
        }));
    }

    fn text(lines: &[Line]) -> Vec<String> {
        lines.iter().map(|line| line.render(WIDTH, false)).collect()
    }

    #[test]
    fn the_board_shows_who_took_over() {
        half_way(|lines| {
            let text = text(lines);
            assert_eq!(text[2], "                              ┌─ down ─┐");
            assert_eq!(
                text[3],
                "  gpt-4.1           ██████████▁      ···················  60.00 %  ○ open 1.4 s"
            );
            assert_eq!(
                text[4],
                "  claude-sonnet-4.5           ▇██████···················  40.00 %  ● closed"
            );
            assert!(text[9].starts_with("  answered: chain   █████████████████·"), "{}", text[9]);
            assert!(text[10].starts_with("  gpt-4.1 alone     ██████████××××××"), "{}", text[10]);
        });
    }

    #[test]
    fn the_board_always_has_the_same_height_and_fits_eighty_columns() {
        half_way(|lines| {
            assert_eq!(lines.len(), ROWS);
            const { assert!(ROWS <= 22, "with its cursor it fits 24 rows") };
            for line in lines {
                assert!(line.width() <= WIDTH, "{}", line.render(200, false));
            }
        });
        let scenario = Scenario::new(100_000, 1_000, u64::MAX).unwrap();
        let (tally, story) = (Tally::new(), Story::default());
        let empty = lines(&Snapshot {
            scenario: &scenario,
            elapsed: Duration::ZERO,
            chain: &tally,
            alone: &tally,
            states: [State::Closed; MODELS.len()],
            story: &story,
            calls: 0,
        });
        assert_eq!(empty.len(), ROWS);
    }

    #[test]
    fn a_bar_is_full_only_for_everything() {
        assert_eq!(bar(0, 0), None);
        assert_eq!(bar(0, 9), None);
        assert_eq!(bar(1, 1_000), Some("▁"));
        assert_eq!(bar(999, 1_000), Some("▇"));
        assert_eq!(bar(1_000, 1_000), Some("█"));
    }
}
