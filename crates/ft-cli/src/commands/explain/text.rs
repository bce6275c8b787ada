//! An explanation for people.

use std::time::Duration;

use ft_client::config::units::duration;
use ft_client::explain::{
    Bypass, CacheExplained, Explanation, FitExplained, GateExplained, Next, TargetExplained,
    Verdict,
};
use ft_core::decide::Skip;
use ft_cost::Pico;

use crate::figures::grouped;
use crate::ink::{Ink, Line};
use crate::output::for_terminal;
use crate::table::{Side, Table};

/// Whether nobody would answer.
pub(super) const fn fails(explained: &Explanation) -> bool {
    matches!(explained.next, Next::Fails { .. })
}

pub(super) fn of(explained: &Explanation) -> Vec<Line> {
    let mut lines = vec![next(explained)];
    let about = format!(
        "chain {}: deadline {}, {} rounds, at most {} attempts",
        for_terminal(&explained.chain),
        show(explained.deadline),
        explained.rounds,
        explained.max_attempts
    );
    lines.push(Line::of(Ink::Plain, about));
    lines.push(Line::of(Ink::Plain, format!("cache: {}", cache(explained.cache))));
    if let Some(after) = explained.hedged_after {
        let hedge = format!("hedge: a second provider would be asked after {}", show(after));
        lines.push(Line::of(Ink::Plain, hedge));
    }
    if explained.emergency {
        lines.push(Line::of(Ink::Plain, "when nothing else is left, an emergency text answers"));
    }
    lines.push(Line::new());
    lines.extend(targets(&explained.targets));
    for (at, target) in explained.targets.iter().enumerate() {
        for why in reasons(target) {
            lines.push(Line::of(Ink::Plain, format!("{}. ", at + 1)).and(Ink::Warn, why));
        }
    }
    lines
}

fn next(explained: &Explanation) -> Line {
    let good = |text: String| Line::of(Ink::Good, text);
    match explained.next {
        Next::Cached => good("the cache would answer".to_owned()),
        Next::Asks { target } => match explained.targets.get(target) {
            Some(target) => good(format!("would ask {} first", name(target))),
            None => good("would ask a target".to_owned()),
        },
        Next::Waits { until } => {
            Line::of(Ink::Warn, format!("would wait {} until a target may be asked", show(until)))
        }
        Next::Stale => Line::of(Ink::Warn, "a stale answer of the cache would stand in"),
        Next::Emergency => Line::of(Ink::Warn, "the emergency text would stand in"),
        Next::Fails { kind } => Line::of(Ink::Bad, format!("would fail: {}", kind.as_str())),
        _ => Line::of(Ink::Plain, "would do what this version cannot name; see --json"),
    }
}

const fn cache(cache: CacheExplained) -> &'static str {
    match cache {
        CacheExplained::Nothing => "nothing for this request",
        CacheExplained::Fresh => "a fresh answer",
        CacheExplained::Stale => "a stale answer, for when every target fails",
        CacheExplained::Bypass(Bypass::Asked) => "not asked, as the call says",
        CacheExplained::Bypass(Bypass::Off) => "off",
        CacheExplained::Bypass(Bypass::SeveralAnswers) => {
            "not asked: several answers are wanted because they differ"
        }
        CacheExplained::Bypass(Bypass::ProviderStores) => {
            "not asked: the provider is to keep the answer"
        }
        CacheExplained::Bypass(_) => "not asked: such a request is never kept",
        _ => "see --json",
    }
}

fn targets(targets: &[TargetExplained]) -> Vec<Line> {
    let mut table = Table::new(&[
        ("", Side::Right),
        ("TIER", Side::Left),
        ("TARGET", Side::Left),
        ("TOKENS", Side::Right),
        ("WINDOW", Side::Right),
        ("USUAL", Side::Right),
        ("AT MOST", Side::Right),
        ("FIRST", Side::Right),
    ]);
    for (at, target) in targets.iter().enumerate() {
        let ink = match target.verdict {
            Verdict::WouldBeAsked => Ink::Bold,
            Verdict::Skipped { .. } => Ink::Faint,
        };
        let exact = if target.fit.exact { "" } else { "~" };
        let first = target.timers.and_then(|timers| timers.first_token);
        table.row([
            (Ink::Plain, format!("{}.", at + 1)),
            (Ink::Plain, target.tier.clone()),
            (ink, name(target)),
            (Ink::Plain, format!("{exact}{}", grouped(target.fit.tokens))),
            (Ink::Plain, target.fit.context_window.map_or_else(|| "?".to_owned(), grouped)),
            (Ink::Plain, money(target.estimated_cost)),
            (Ink::Plain, money(target.most_cost)),
            (Ink::Plain, first.map_or_else(|| "–".to_owned(), show)),
        ]);
    }
    table.lines(0)
}

/// What is not as usual about a target.
fn reasons(target: &TargetExplained) -> Vec<String> {
    let mut why = Vec::new();
    if let Verdict::Skipped { why: skip, retry_in } = target.verdict {
        let again = retry_in.map_or_else(String::new, |wait| format!(", again in {}", show(wait)));
        why.push(format!("would be skipped: {}{again}", words(skip)));
    }
    let place = target.place;
    if place.put_back {
        why.push("put behind the healthy ones".to_owned());
    }
    if place.on_trial {
        why.push(
            "keeps its place although it is not healthy: its probe or its turn is due".to_owned(),
        );
    }
    if place.saving {
        why.push("a budget is past its soft mark, so cheaper targets go first".to_owned());
    }
    if place.order != "ordered" {
        why.push(format!("its tier is ordered by \"{}\"", place.order));
    }
    if target.breaker != "closed" {
        let again = target.breaker_retry_in;
        let again = again.map_or_else(String::new, |wait| format!(", a probe in {}", show(wait)));
        why.push(format!("breaker {}{again}", target.breaker));
    }
    why.extend(target.gates.iter().map(gate));
    why.extend(fit(&target.fit));
    if target.timers.is_some_and(|timers| timers.shortened) {
        why.push("the deadline leaves it less time than its own timers would".to_owned());
    }
    why
}

fn gate(gate: &GateExplained) -> String {
    let whose = match (gate.credential, gate.all_models) {
        (None, _) => "the target".to_owned(),
        (Some(key), true) => format!("key {} for all models", key + 1),
        (Some(key), false) => format!("key {} for this model", key + 1),
    };
    let again = match gate.retry_in {
        Some(wait) => format!("again in {}", show(wait)),
        None => "the next call is let through".to_owned(),
    };
    format!("{whose} is {}, {again}", gate.reason)
}

fn fit(fit: &FitExplained) -> Option<String> {
    let dropped = (fit.dropped_messages > 0).then(|| {
        format!(
            "to fit, {} messages of {} turns would be left out, {} tokens",
            fit.dropped_messages,
            fit.dropped_turns,
            grouped(fit.dropped_tokens)
        )
    });
    let output = fit
        .max_output
        .map(|most| format!("its answer would be limited to {} tokens", grouped(most)));
    match (dropped, output) {
        (Some(dropped), Some(output)) => Some(format!("{dropped}; {output}")),
        (dropped, output) => dropped.or(output),
    }
}

const fn words(skip: Skip) -> &'static str {
    match skip {
        Skip::TooLong => "the request does not fit its window, even shortened",
        Skip::Unsupported => "it lacks a capability that the request needs",
        Skip::Gate => "its provider said not yet",
        Skip::Out => "its key or the model is out",
        Skip::InFlight => "as many calls as allowed are in flight",
        Skip::Breaker => "its breaker is open",
        Skip::RetryBudget => "its provider's retry budget is used up",
        Skip::Amplification => "the cap on attempts is reached",
        Skip::Spend => "the budget does not cover it, or its price is unknown",
        Skip::CallerSpend => "the caller's own budget does not cover it",
        Skip::OutOfTime => "too little of the deadline is left",
    }
}

fn name(target: &TargetExplained) -> String {
    for_terminal(&format!("{}/{}", target.provider, target.model))
}

fn money(amount: Option<Pico>) -> String {
    amount.map_or_else(|| "?".to_owned(), |amount| format!("{amount:.6}"))
}

/// To the tenth of a second, as nobody acts on less.
fn show(time: Duration) -> String {
    let tenths = time.as_millis().div_ceil(100) * 100;
    duration::show(Duration::from_millis(u64::try_from(tenths).unwrap_or(u64::MAX)))
}
