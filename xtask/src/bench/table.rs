//! `docs/benchmarks.md`, written from results.

use std::fmt::Write;

use super::results::{Case, Results};

/// The whole page.
pub(super) fn page(results: &Results) -> String {
    let mut page = String::from(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench`; edits are lost.\n\
         Median of each case, its spread (median absolute deviation), and how it stands to the\n\
         references that were measured beside it in the same run: 0.50 × takes half as long.\n\n",
    );
    let Results { commit, date, quick, machine, cases } = results;
    let mode = if *quick { ", short mode: a first impression, not evidence" } else { "" };
    // Writing to a string cannot fail.
    let _ = writeln!(page, "- Commit `{commit}`, {date}{mode}");
    let _ = writeln!(page, "- {}, {} cores, {}", machine.cpu, machine.cores, machine.system);
    let _ = writeln!(page, "- {}", machine.rustc);
    let mut krate = "";
    for group in cases.chunk_by(|a, b| (&a.krate, &a.group) == (&b.krate, &b.group)) {
        let first = &group[0];
        if krate != first.krate {
            krate = &first.krate;
            let _ = write!(page, "\n## {krate}\n");
        }
        let _ = write!(page, "\n### {}\n\n{}", first.group, rows(group));
    }
    page
}

fn rows(group: &[Case]) -> String {
    let mut references: Vec<&str> =
        group.iter().filter(|case| case.is_reference()).map(|case| case.id.as_str()).collect();
    references.dedup();
    let mut text = String::from("| case | median | spread |");
    for reference in &references {
        let _ = write!(text, " to {} |", escaped(reference.trim_start_matches("ref ")));
    }
    text.push_str("\n|---|---:|---:|");
    text.push_str(&"---:|".repeat(references.len()));
    text.push('\n');
    // Ours first, then what they are measured against.
    let (beside, ours): (Vec<&Case>, Vec<&Case>) =
        group.iter().partition(|case| case.is_reference());
    for case in ours.into_iter().chain(beside) {
        let spread = 100.0 * case.deviation_ns / case.median_ns;
        let (label, median) = (escaped(&case.label()), duration(case.median_ns));
        let _ = write!(text, "| {label} | {median} | ± {spread:.1} % |");
        for reference in &references {
            let beside =
                group.iter().find(|other| other.id == **reference && case.compares_with(other));
            match beside.filter(|_| !case.is_reference()) {
                Some(other) => {
                    let _ = write!(text, " {:.2} × |", case.median_ns / other.median_ns);
                }
                None => text.push_str(" |"),
            }
        }
        text.push('\n');
    }
    text
}

/// Three significant figures and a unit.
pub(super) fn duration(ns: f64) -> String {
    let (value, unit) = match ns {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    let decimals = match value {
        value if value < 10.0 => 2,
        value if value < 100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {unit}")
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::super::results::tests::{case, results};
    use super::*;

    #[test]
    fn durations_have_three_figures() {
        let shown: Vec<String> =
            [4.567, 31.26, 256.0, 1_400.0, 1.5e6, 2.25e9].into_iter().map(duration).collect();
        assert_eq!(shown, ["4.57 ns", "31.3 ns", "256 ns", "1.40 µs", "1.50 ms", "2.25 s"]);
    }

    #[test]
    fn a_case_stands_beside_the_reference_of_its_parameter() {
        let mut cases = vec![
            case("breaker", Some("1"), 5.0),
            case("breaker", Some("2"), 6.0),
            case("ref failsafe", Some("1"), 10.0),
            case("ref failsafe", Some("2"), 60.0),
        ];
        cases.sort_by(|a, b| a.key().cmp(&b.key()));
        let page = page(&results(cases));
        assert!(
            page.contains("## ft-a\n\n### g\n\n| case | median | spread | to failsafe |"),
            "{page}"
        );
        assert!(page.contains("| breaker (1) | 5.00 ns | ± 2.0 % | 0.50 × |"), "{page}");
        assert!(page.contains("| breaker (2) | 6.00 ns | ± 2.0 % | 0.10 × |"), "{page}");
        assert!(page.contains("| ref failsafe (2) | 60.0 ns | ± 2.0 % | |"), "{page}");
    }

    #[test]
    fn the_page_says_where_it_was_measured_and_in_which_mode() {
        let mut results = results(vec![case("a", None, 1.0)]);
        assert!(!page(&results).contains("short mode"));
        results.quick = true;
        let page = page(&results);
        assert!(page.contains("Commit `abc1234567`, 2026-01-02, short mode"), "{page}");
        assert!(page.contains("Fast CPU, 2 cores"), "{page}");
    }

    #[test]
    fn a_bar_in_a_name_does_not_break_the_table() {
        assert!(page(&results(vec![case("a|b", None, 1.0)])).contains("| a\\|b |"));
    }
}
