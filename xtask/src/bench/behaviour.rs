//! The behaviour figures: what the tests in virtual time print beside their bounds.

use super::results::{Case, Results};
use super::unit::parsed;
use super::{Run, must};
use crate::Outcome;
use crate::process::Cmd;

/// The part's name in results and on the page.
const PART: &str = "behaviour";

/// Where a printed figure has its number.
const COLUMN: usize = 72;

/// With the profile and features of the benches: what they compiled is found.
const COMMAND: &str = "test --profile bench --package ft-client --all-features --test figures";

/// Builds the tests.
///
/// # Errors
/// When they do not compile.
pub(super) fn build(run: &Run<'_>) -> Outcome<()> {
    must(run.root, &Cmd::cargo(&format!("{COMMAND} --no-run")))
}

/// Runs the tests, at full size unless a first impression is asked for.
///
/// # Errors
/// When one fails, or nothing is printed.
pub(super) fn measure(run: &Run<'_>, results: &mut Results) -> Outcome<Vec<String>> {
    let mut command = Cmd::cargo(&format!("{COMMAND} -- --nocapture"));
    if !run.quick {
        command = command.env("RUN_FULL_FIGURES", "1");
    }
    println!("$ {command}");
    let mut cases = Vec::new();
    let succeeded = command.stream(run.root, |line| {
        println!("{line}");
        cases.extend(figure(line));
    })?;
    if !succeeded {
        return Err(format!("`{command}` failed").into());
    }
    if cases.is_empty() {
        return Err(format!("`{command}` printed no figures").into());
    }
    results.replace(PART, PART, cases);
    Ok(Vec::new())
}

/// The case of a printed line: `what`, padded, a figure, and its bound after three blanks.
fn figure(line: &str) -> Option<Case> {
    // Where a test's name has no line of its own.
    let line = match line.strip_prefix("test ") {
        Some(rest) => rest.split_once(" ... ")?.1,
        None => line,
    };
    let (head, _bound) = line.rsplit_once("   ")?;
    let column = head.char_indices().nth(COLUMN).map(|(at, _)| head.split_at(at));
    let by_column = column.filter(|(_, rest)| rest.starts_with(' '));
    let split = by_column.into_iter().chain(head.rsplit_once("  "));
    let (what, (figure, unit)) =
        split.filter_map(|(what, rest)| Some((what.trim(), parsed(rest)?))).next()?;
    let (setting, id) = what.split_once(": ").unwrap_or(("a fault", what));
    let (group, size) = sized(setting);
    Some(Case::exact(group, id, size, unit, figure))
}

/// A setting and how large it was: seeds or requests, which a short run has fewer of.
fn sized(setting: &str) -> (&str, Option<&str>) {
    match setting.rsplit_once(", ") {
        Some((group, size)) if size.ends_with(" seeds") || size.ends_with(" requests") => {
            (group, Some(size))
        }
        _ => (setting, None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::unit::Unit;
    use super::*;

    /// As the tests print it.
    fn printed(what: &str, measured: &str, bound: &str) -> String {
        format!("{what:<72} {measured:>12}   {bound}")
    }

    fn read(line: &str) -> (String, String, Option<String>, Unit, f64) {
        let case = figure(line).unwrap();
        (case.group, case.id, case.value, case.unit, case.median)
    }

    #[test]
    fn a_printed_figure_is_a_case_whose_size_stands_apart() {
        let line = printed(
            "hang 60 s, plain, worst of 8 seeds: calls to the primary of 600",
            "11",
            "<= 25",
        );
        let expected = (
            "hang 60 s, plain".to_owned(),
            "calls to the primary of 600".to_owned(),
            Some("worst of 8 seeds".to_owned()),
            Unit::Count,
            11.0,
        );
        assert_eq!(read(&line), expected);
        assert_eq!(read(&format!("test hang::a ... {line}")), expected);
    }

    #[test]
    fn a_line_that_is_longer_than_its_column_is_read_too() {
        let what = "500 callers at once, primary throttling, limit 256: calls to the secondary";
        assert!(what.len() > COLUMN);
        let (group, id, ..) = read(&printed(what, "500", "<= 500"));
        assert_eq!(group, "500 callers at once, primary throttling, limit 256");
        assert_eq!(id, "calls to the secondary");
    }

    #[test]
    fn figures_have_their_units_and_may_have_no_bound() {
        assert_eq!(
            read(&printed("a, 9 requests: success", "99.9967 %", ">= 99.99 %")).3,
            Unit::Percent
        );
        assert!((read(&printed("a: back", "6.5s", "")).4 - 6.5e9).abs() < 1.0);
        assert!((read(&printed("from a fault", "0ns", "<= 1ms")).4).abs() < 1e-9);
    }

    #[test]
    fn other_lines_are_no_figures() {
        for line in ["", "running 9 tests", "test storm::a ... ok", "test result: ok. 9 passed"] {
            assert!(figure(line).is_none(), "{line}");
        }
    }
}
