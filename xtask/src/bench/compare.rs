//! `cargo xtask bench compare A B`: what became slower between two results.

use std::fmt;
use std::path::Path;

use clap::Args;

use super::results::{Case, Results};
use super::unit::Unit;
use crate::Outcome;

/// Compare two kept results; exit code 1 if a case of B is worse than in A by more than allowed.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Before: a commit with a file in bench/results, or a path.
    a: String,

    /// After.
    b: String,

    /// How much worse a case may be: slower, larger, or less where more is better.
    #[arg(long, default_value = "10%", value_parser = percent)]
    threshold: f64,

    /// Compare the ratios to the references of each group instead of the medians: for two
    /// machines, or one that others use too. Cases without a reference are left out.
    #[arg(long)]
    ratios: bool,
}

/// Prints the comparison; true when nothing is over the threshold.
///
/// # Errors
/// When results cannot be found or have no case in common.
pub(super) fn run(root: &Path, options: &Options) -> Outcome<bool> {
    let (a, b) = (Results::find(root, &options.a)?, Results::find(root, &options.b)?);
    if a.machine != b.machine && !options.ratios {
        println!("The machines or compilers differ: only `--ratios` says much.");
    }
    let changes = changes(&a, &b, options.ratios);
    if changes.is_empty() {
        return Err("the two results have no case in common".into());
    }
    for change in &changes {
        let mark = if change.share > options.threshold { "WORSE" } else { "" };
        println!("{change} {mark}");
    }
    for gone in a.cases.iter().filter(|case| find(&b, case).is_none()) {
        println!("only in {}: {} / {}", a.commit, gone.group, gone.label());
    }
    let worse = changes.iter().filter(|change| change.share > options.threshold).count();
    let allowed = 100.0 * options.threshold;
    println!("{worse} of {} cases worse by more than {allowed} %", changes.len());
    Ok(worse == 0)
}

/// How one case of ours changed.
#[derive(Debug)]
struct Change {
    name: String,
    before: String,
    after: String,
    /// 0.1 is ten per cent worse.
    share: f64,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, before, after, share } = self;
        write!(f, "{name:<60} {before:>10} -> {after:>10} {:>+7.1} %", 100.0 * share)
    }
}

fn changes(a: &Results, b: &Results, ratios: bool) -> Vec<Change> {
    let mut changes = Vec::new();
    for after in b.cases.iter().filter(|case| !case.is_reference()) {
        let Some(before) = find(a, after) else { continue };
        let name = format!("{} / {} / {}", after.krate, after.group, after.label());
        let unit = after.unit;
        if !ratios {
            let share = worse(unit, before.median, after.median);
            let (before, after) = (unit.shown(before.median), unit.shown(after.median));
            changes.push(Change { name, before, after, share });
            continue;
        }
        for reference in b.cases.iter().filter(|reference| after.compares_with(reference)) {
            let Some(old_reference) = find(a, reference) else { continue };
            let old = before.median / old_reference.median;
            let new = after.median / reference.median;
            let (before, after) = (format!("{old:.3} ×"), format!("{new:.3} ×"));
            let name = format!("{name} to {}", reference.label());
            changes.push(Change { name, before, after, share: worse(unit, old, new) });
        }
    }
    changes
}

/// By which share a figure became worse; nothing of nothing is no change.
fn worse(unit: Unit, before: f64, after: f64) -> f64 {
    let (good, bad) = if unit.more_is_better() { (after, before) } else { (before, after) };
    if (bad - good).abs() < f64::EPSILON { 0.0 } else { bad / good - 1.0 }
}

fn find<'a>(results: &'a Results, case: &Case) -> Option<&'a Case> {
    results.cases.iter().find(|other| other.key() == case.key())
}

/// `10%` or `10` as 0.1.
fn percent(text: &str) -> Result<f64, String> {
    let number: f64 = text
        .trim_end_matches('%')
        .trim()
        .parse()
        .map_err(|_| format!("`{text}` is no percentage, write for example 10%"))?;
    if number.is_finite() && number >= 0.0 {
        Ok(number / 100.0)
    } else {
        Err("the threshold must be zero or more".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::{case, results};
    use super::*;

    fn slower(a: Vec<Case>, b: Vec<Case>, ratios: bool) -> usize {
        let changes = changes(&results(a), &results(b), ratios);
        changes.iter().filter(|change| change.share > 0.1).count()
    }

    #[test]
    fn slower_by_more_than_the_threshold_is_found() {
        let before = || vec![case("a", None, 100.0)];
        assert_eq!(slower(before(), vec![case("a", None, 109.0)], false), 0);
        assert_eq!(slower(before(), vec![case("a", None, 111.0)], false), 1);
        assert_eq!(slower(before(), vec![case("a", None, 50.0)], false), 0);
    }

    #[test]
    fn less_is_worse_where_more_is_better() {
        let with = |unit, median| Case { unit, ..case("a", None, median) };
        let success = |share| vec![with(Unit::Percent, share)];
        assert_eq!(slower(success(99.0), success(80.0), false), 1);
        assert_eq!(slower(success(80.0), success(99.0), false), 0);
        let calls = |count| vec![with(Unit::Count, count)];
        assert_eq!(slower(calls(0.0), calls(0.0), false), 0);
        assert_eq!(slower(calls(0.0), calls(1.0), false), 1);
        assert_eq!(slower(calls(1.0), calls(0.0), false), 0);
    }

    #[test]
    fn a_slower_reference_is_not_our_doing() {
        let before = vec![case("ref moka", None, 100.0)];
        assert_eq!(slower(before, vec![case("ref moka", None, 500.0)], false), 0);
    }

    #[test]
    fn ratios_do_not_see_a_machine_that_is_slower_as_a_whole() {
        let before = || vec![case("a", None, 100.0), case("ref moka", None, 200.0)];
        let slow_machine = vec![case("a", None, 200.0), case("ref moka", None, 400.0)];
        assert_eq!(slower(before(), slow_machine.clone(), true), 0);
        assert_eq!(slower(before(), slow_machine, false), 1);
        let slow_code = vec![case("a", None, 150.0), case("ref moka", None, 200.0)];
        assert_eq!(slower(before(), slow_code, true), 1);
    }

    #[test]
    fn cases_of_another_parameter_are_not_compared() {
        assert!(
            changes(
                &results(vec![case("a", Some("1"), 1.0)]),
                &results(vec![case("a", Some("2"), 9.0)]),
                false
            )
            .is_empty()
        );
    }

    #[test]
    fn a_threshold_is_a_percentage() {
        assert!((percent("10%").unwrap() - 0.1).abs() < 1e-9);
        assert!((percent("2.5").unwrap() - 0.025).abs() < 1e-9);
        assert!(percent("much").is_err());
        assert!(percent("-1").is_err());
        assert!(percent("NaN").is_err());
    }
}
