//! What worlds came to, in a few numbers: two builds that behave alike have the same.
//!
//! A change that is only of shape leaves every number as it is. One that changes what callers get, how it came about,
//! what is counted or what it costs changes the column of that name, in the block of worlds where it shows.

use std::fmt;
use std::fmt::Write as _;

use ft_client::Report;
use serde_json::Value;

use crate::luck::hash;
use crate::play::{Call, End, Played};

/// How many worlds one line of a digest stands for.
pub const BLOCK: usize = 20;

/// What some worlds came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest {
    /// What callers got, and when.
    pub answers: u64,
    /// How it came about: every attempt and skip, what providers saw, how targets stand in the end.
    pub trail: u64,
    /// Every series, as a scraper reads it.
    pub metrics: u64,
    /// What it cost, by each report and by the books.
    pub bill: u64,
}

impl Digest {
    /// Of one world that was played.
    #[must_use]
    pub fn of(played: &Played) -> Self {
        let (mut answers, mut trail, mut bill) = (String::new(), String::new(), String::new());
        for call in &played.calls {
            line(&mut answers, answer(call));
        }
        let reports = played.calls.iter().filter_map(|call| call.report.as_ref());
        for report in reports.chain(&played.left) {
            let (how, cost) = parted(report);
            line(&mut trail, how);
            line(&mut bill, cost);
        }
        for seen in &played.attempts {
            let (at, ended) = (seen.at, seen.ended);
            let outcome = seen.outcome;
            line(
                &mut trail,
                format_args!("{} {} {at:?} {ended:?} {outcome:?}", seen.provider, seen.model),
            );
        }
        line(&mut trail, text_of(serde_json::to_value(&played.targets)));
        line(&mut bill, text_of(serde_json::to_value(played.budget)));
        line(&mut bill, played.booked);
        Self {
            answers: hash(&answers),
            trail: hash(&trail),
            metrics: hash(&sorted(&played.metrics)),
            bill: hash(&bill),
        }
    }

    /// This one, and another after it.
    #[must_use]
    fn then(self, next: Self) -> Self {
        let joined = |one: u64, other: u64| one.rotate_left(7) ^ other;
        Self {
            answers: joined(self.answers, next.answers),
            trail: joined(self.trail, next.trail),
            metrics: joined(self.metrics, next.metrics),
            bill: joined(self.bill, next.bill),
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { answers, trail, metrics, bill } = self;
        write!(f, "{answers:016x} {trail:016x} {metrics:016x} {bill:016x}")
    }
}

/// The digests of worlds, from the first seed on: a heading, then a line for each block of them.
#[must_use]
pub fn written(worlds: &[Digest]) -> String {
    let heading =
        ["answers", "trail", "metrics", "bill"].map(|name| format!("{name:16}")).join(" ");
    let mut text = format!("from   {}\n", heading.trim_end());
    for (block, worlds) in worlds.chunks(BLOCK).enumerate() {
        let from = block * BLOCK;
        let digest = worlds.iter().fold(Digest::default(), |sum, &next| sum.then(next));
        line(&mut text, format_args!("{from:<6} {digest}"));
    }
    text
}

/// What is said to differ between the digest that is kept and the one of this build, line by line; nothing if they
/// are the same.
#[must_use]
pub fn differences(kept: &str, now: &str) -> Vec<String> {
    let names: Vec<&str> = now.lines().next().unwrap_or_default().split_whitespace().collect();
    let mut found = Vec::new();
    for (was, is) in kept.lines().skip(1).zip(now.lines().skip(1)) {
        let columns = was.split_whitespace().zip(is.split_whitespace()).zip(&names);
        let changed: Vec<&str> =
            columns.filter(|((was, is), _)| was != is).map(|(_, name)| *name).collect();
        if !changed.is_empty() {
            let from = is.split_whitespace().next().unwrap_or_default();
            found.push(format!("worlds from {from} on: {}", changed.join(", ")));
        }
    }
    if kept.lines().count() != now.lines().count() {
        found.push(format!(
            "{} lines were kept, {} are",
            kept.lines().count(),
            now.lines().count()
        ));
    }
    found
}

fn answer(call: &Call) -> String {
    let end = match &call.end {
        End::Answer(text) => format!("answer {text}"),
        End::Failed(kind, partial) => format!("{} {partial:?}", kind.as_str()),
        End::Left => "left".to_owned(),
        End::Hung => "hung".to_owned(),
    };
    let (number, took, first) = (call.plan.number, call.took, call.first);
    format!("{number} {} {first:?} {} {end}", took.as_nanos(), call.delivered)
}

/// The fields that are money's, in a report and in each of its attempts.
const MONEY: [&str; 3] = ["cost_usd", "cost_is_estimate", "tokens"];

/// A report as it is written, in two: how it came about, and what it cost.
fn parted(report: &Report) -> (String, String) {
    let Ok(mut written) = serde_json::to_value(report) else { return Default::default() };
    let mut cost = Vec::new();
    let mut take = |part: &mut Value| {
        let Some(fields) = part.as_object_mut() else { return };
        cost.extend(MONEY.iter().filter_map(|name| fields.shift_remove(*name)));
    };
    take(&mut written);
    for attempt in written["attempts"].as_array_mut().into_iter().flatten() {
        take(attempt);
    }
    (written.to_string(), Value::from(cost).to_string())
}

/// The lines of a text in order: series are written in that of a hash map.
fn sorted(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

fn text_of(value: serde_json::Result<Value>) -> String {
    value.map_or_else(|error| error.to_string(), |value| value.to_string())
}

fn line(text: &mut String, words: impl fmt::Display) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{words}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::world;
    use crate::play::play;

    #[test]
    fn one_seed_is_one_run() {
        for seed in 0..20 {
            let (once, again) = (play(&world(seed)), play(&world(seed)));
            assert_eq!(Digest::of(&once), Digest::of(&again), "seed {seed}");
        }
    }

    #[test]
    fn a_difference_is_named_by_block_and_column() {
        let kept = "from answers trail\n0 a b\n20 c d\n";
        let now = "from answers trail\n0 a b\n20 c e\n";
        assert_eq!(differences(kept, now), ["worlds from 20 on: trail"]);
        assert_eq!(differences(kept, kept), Vec::<String>::new());
        assert_eq!(differences(kept, "from answers trail\n0 a b\n"), ["3 lines were kept, 2 are"]);
    }
}
