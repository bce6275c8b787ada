//! `docs/benchmarks.md`, written from results and goals.

use std::fmt::Write;

use super::goals::{Figure, State};
use super::results::{Case, Results};

/// How the page begins.
const HEAD: &str = "\
# Benchmarks

Written by `cargo xtask bench`; edits are lost. To measure on your machine, with the workspace's toolchain and an idle
system:

```sh
cargo xtask bench                  # everything below: primitives, instructions, gateway, behaviour, seed
cargo xtask bench --no-run         # only build what would be measured
cargo xtask bench --quick          # a first impression in under three minutes, kept under target/bench
cargo xtask bench gateway          # one part; also a crate or a bench: ft-breaker, client
cargo xtask bench peers            # other gateways that a package registry has, beside ours
cargo xtask bench compare A B      # two kept results; fails when something became worse by more than 10 %
cargo xtask bench table COMMIT     # this page again, from bench/results and bench/goals.toml
```

**How to read it.** The first table has the figures the project promises, as `bench/goals.toml` states them: each is
read from the cases further down and is met, missed or not measured. A missed one has its reason beside it. The groups
give the median of each case, its spread (median absolute deviation), and how it stands to the references that were
measured beside it in the same run: 0.50 × is half as much. On a shared machine the ratio says more than the figure.
Below them stand the machine, the versions, when each part ran and under what load.
";

/// How things are measured.
const METHOD: &str = "\
- **Primitives** are criterion benches: medians with their 95 % confidence interval, references in the same process.
- **Instructions** and allocations are counted by valgrind (callgrind, memcheck): a long run less a short one, divided
  by the difference of their rounds. They do not depend on what else the machine does.
- **Gateway**: upstream, load, minimal proxy, nginx and gateway are processes of their own on loopback; they take turns
  in rounds, and the median of the rounds stands here with their quartiles in the results. Processor time is the
  kernel's, of all threads of the process. *Added* time is over the upstream asked directly in the same round, with one
  connection; *latency* is that of 16 (paced streams: 64) connections that never rest, so it holds waiting for the
  processor. Memory is the resident set.
- **Behaviour** runs in virtual time with fixed seeds: the same on every machine.
- **Seed**: the article's table, simulated in virtual time through the real client, and over sockets with modelled
  providers of the same latencies and fault rates. A provider alone is asked without a client in between.
- **Peers** are installed from their registries with their default settings, asked with the same body over 4
  connections, and pass it to the same upstream.
";

/// The whole page.
pub(super) fn page(results: &Results, figures: &[Figure]) -> String {
    let mut page = HEAD.to_owned();
    if results.quick {
        page.push_str("\n**Measured in short: a first impression, not evidence.**\n");
    }
    page.push_str("\n## Figures\n\n");
    page.push_str(&goals(results, figures));
    let mut part = "";
    let groups = results.cases.chunk_by(|a, b| (&a.krate, &a.group) == (&b.krate, &b.group));
    for group in groups {
        let first = &group[0];
        if part != first.krate {
            part = &first.krate;
            // Writing to a string cannot fail.
            let _ = write!(page, "\n## {part}\n");
        }
        let table = if part == "seed" { pivoted(group) } else { rows(group) };
        let _ = write!(page, "\n### {}\n\n{table}", first.group);
    }
    page.push_str("\n## How it was measured\n\n");
    let Results { commit, machine, .. } = results;
    let _ = writeln!(page, "- Commit `{commit}`");
    let _ = writeln!(page, "- {}, {} cores, {}", machine.cpu, machine.cores, machine.system);
    let _ = writeln!(page, "- {}", machine.rustc);
    page.push_str(METHOD);
    page.push_str(
        "\n| part | began (UTC) | load averages then | took | left out |\n|---|---|---|---:|---|\n",
    );
    for (name, run) in &results.parts {
        let (date, load, left_out) = (&run.date, &run.load, run.left_out.join("; "));
        let _ = writeln!(
            page,
            "| {name} | {date} | {load} | {} s | {} |",
            run.seconds,
            escaped(&left_out)
        );
    }
    page.push_str("\n| beside | version |\n|---|---|\n");
    for (name, version) in &results.versions {
        let _ = writeln!(page, "| {name} | {} |", escaped(version));
    }
    page
}

/// The commit that a page was written from.
pub(super) fn commit_of(page: &str) -> Option<&str> {
    page.lines().find_map(|line| line.strip_prefix("- Commit `")?.strip_suffix('`'))
}

/// The figures with their goals, as on the page.
pub(super) fn goals(results: &Results, figures: &[Figure]) -> String {
    let mut text =
        String::from("| figure | goal | measured | | reason |\n|---|---|---:|---|---|\n");
    for figure in figures {
        let (measured, word, reason) = match figure.state(results) {
            State::Met(measured, unit) => (unit.shown(measured), "met", ""),
            State::Missed(measured, unit) => {
                (unit.shown(measured), "**missed**", figure.reason.as_deref().unwrap_or_default())
            }
            State::NotMeasured(_) => (String::new(), "not measured", ""),
        };
        let (words, goal) =
            (escaped(&figure.words), figure.goal.replace("<=", "≤").replace(">=", "≥"));
        let _ = writeln!(
            text,
            "| {words} | {} | {measured} | {word} | {} |",
            escaped(&goal),
            escaped(reason)
        );
    }
    text
}

fn rows(group: &[Case]) -> String {
    let mut references: Vec<&str> =
        group.iter().filter(|case| case.is_reference()).map(|case| case.id.as_str()).collect();
    references.dedup();
    let spread = group.iter().any(|case| case.deviation > 0.0);
    let mut text = String::from("| case | median |");
    text.push_str(if spread { " spread |" } else { "" });
    for reference in &references {
        let _ = write!(text, " to {} |", escaped(reference.trim_start_matches("ref ")));
    }
    text.push_str("\n|---|---:|");
    text.push_str(&"---:|".repeat(references.len() + usize::from(spread)));
    text.push('\n');
    // Ours first, then what they are measured against.
    let (beside, ours): (Vec<&Case>, Vec<&Case>) =
        group.iter().partition(|case| case.is_reference());
    for case in ours.into_iter().chain(beside) {
        let _ = write!(text, "| {} | {} |", escaped(&case.label()), case.unit.shown(case.median));
        if spread {
            let share = (case.median != 0.0).then(|| 100.0 * case.deviation / case.median.abs());
            let _ = write!(
                text,
                " {} |",
                share.map_or_else(String::new, |share| format!("± {share:.1} %"))
            );
        }
        for reference in &references {
            let beside =
                group.iter().find(|other| other.id == **reference && case.compares_with(other));
            match beside.filter(|other| !case.is_reference() && other.median > 0.0) {
                Some(other) => {
                    let _ = write!(text, " {:.2} × |", case.median / other.median);
                }
                None => text.push_str(" |"),
            }
        }
        text.push('\n');
    }
    text
}

/// A row for each value and a column for each id: figures of different kinds side by side.
fn pivoted(group: &[Case]) -> String {
    let mut ids: Vec<&str> = group.iter().map(|case| case.id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    // Ours first.
    ids.sort_by_key(|id| id.starts_with("ref "));
    let mut values: Vec<&str> = Vec::new();
    for value in group.iter().map(|case| case.value.as_deref().unwrap_or_default()) {
        if !values.contains(&value) {
            values.push(value);
        }
    }
    let mut text = String::from("| |");
    for id in &ids {
        let _ = write!(text, " {} |", escaped(id.trim_start_matches("ref ")));
    }
    text.push_str("\n|---|");
    text.push_str(&"---:|".repeat(ids.len()));
    text.push('\n');
    for value in values {
        let _ = write!(text, "| {} |", escaped(value));
        for id in &ids {
            let case = group
                .iter()
                .find(|case| case.id == **id && case.value.as_deref().unwrap_or_default() == value);
            let shown = case.map(|case| case.unit.shown(case.median)).unwrap_or_default();
            let _ = write!(text, " {shown} |");
        }
        text.push('\n');
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::super::goals::tests::figures;
    use super::super::results::tests::{case, results};
    use super::super::unit::Unit;
    use super::*;

    #[test]
    fn a_case_stands_beside_the_reference_of_its_parameter() {
        let mut cases = vec![
            case("breaker", Some("1"), 5.0),
            case("breaker", Some("2"), 6.0),
            case("ref failsafe", Some("1"), 10.0),
            case("ref failsafe", Some("2"), 60.0),
        ];
        cases.sort_by(|a, b| a.key().cmp(&b.key()));
        let page = page(&results(cases), &[]);
        assert!(
            page.contains("## ft-a\n\n### g\n\n| case | median | spread | to failsafe |"),
            "{page}"
        );
        assert!(page.contains("| breaker (1) | 5.00 ns | ± 2.0 % | 0.50 × |"), "{page}");
        assert!(page.contains("| breaker (2) | 6.00 ns | ± 2.0 % | 0.10 × |"), "{page}");
        assert!(page.contains("| ref failsafe (2) | 60.0 ns | ± 2.0 % | |"), "{page}");
    }

    #[test]
    fn the_page_says_where_when_and_how_it_was_measured() {
        let mut results = results(vec![case("a", None, 1.0)]);
        assert!(!page(&results, &[]).contains("Measured in short"));
        results.quick = true;
        results.versions.insert("nginx".to_owned(), "1.22.1".to_owned());
        results.parts.get_mut("ft-a").unwrap().left_out.push("nginx: not installed".to_owned());
        let page = page(&results, &[]);
        assert!(page.contains("Measured in short"), "{page}");
        assert!(page.contains("Fast CPU, 2 cores"), "{page}");
        assert!(page.contains("| nginx | 1.22.1 |"), "{page}");
        let part = "| ft-a | 2026-01-02 03:04 | 0.10 0.20 0.30 | 61 s | nginx: not installed |";
        assert!(page.contains(part), "{page}");
        assert_eq!(commit_of(&page), Some("abc1234567"));
    }

    #[test]
    fn a_reason_stands_beside_a_missed_figure_only() {
        let figures = figures(
            "[[figure]]\nid = \"a\"\nwords = \"quick\"\ngoal = \"<= 5 ns\"\n\
             case = \"ft-a / g / a\"\nreason = \"why\"\n",
        );
        let with = |median| goals(&results(vec![case("a", None, median)]), &figures);
        assert!(with(6.0).contains("| quick | ≤ 5 ns | 6.00 ns | **missed** | why |"));
        assert!(with(4.0).contains("| quick | ≤ 5 ns | 4.00 ns | met |  |"));
        assert!(
            goals(&results(vec![]), &figures).contains("| quick | ≤ 5 ns |  | not measured |  |")
        );
    }

    #[test]
    fn figures_of_different_kinds_stand_side_by_side() {
        let cell = |id, value, unit, median| Case { unit, ..case(id, Some(value), median) };
        let text = pivoted(&[
            cell("ref the article", "mean", Unit::Ns, 47e6),
            cell("ref the article", "success", Unit::Percent, 99.7),
            cell("simulated", "mean", Unit::Ns, 48e6),
        ]);
        assert_eq!(
            text,
            "| | simulated | the article |\n|---|---:|---:|\n\
             | mean | 48.0 ms | 47.0 ms |\n| success |  | 99.7 % |\n"
        );
    }

    #[test]
    fn a_bar_in_a_name_does_not_break_the_table() {
        assert!(page(&results(vec![case("a|b", None, 1.0)]), &[]).contains("| a\\|b |"));
    }
}
