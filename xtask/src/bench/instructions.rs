//! Instructions and allocations of the hot paths, where a wall clock cannot tell: counted by valgrind.

use super::binary::Binaries;
use super::results::{Case, Results};
use super::unit::Unit;
use super::{Run, machine};
use crate::Outcome;
use crate::process::Cmd;

/// The part's name in results and on the page.
const PART: &str = "instructions";

/// The paths of `ft-bench core`, and what they are.
const PATHS: &[(&str, &str)] = &[
    ("breaker", "breaker: acquire and success, closed"),
    ("cache-key", "key of a prompt of 1 KiB"),
    ("sse", "stream of 100 chunks in one piece"),
    ("fit", "fit of 1 KiB that plainly fits"),
];

/// A short run and a long one: their difference has neither start nor set-up.
const TIMES: (u32, u32) = (100, 1_100);

/// Counts each path.
///
/// # Errors
/// When the programs do not compile, or valgrind says nothing that is understood.
pub(super) fn measure(run: &Run<'_>, results: &mut Results) -> Outcome<Vec<String>> {
    let Some(version) = machine::version("valgrind", &["--version"]) else {
        return Ok(vec!["all of it: valgrind is not installed".to_owned()]);
    };
    let binaries = Binaries::build(run)?;
    let mut cases = Vec::new();
    for (path, words) in PATHS {
        let mut count = |tool: &str, group: &str, unit: Unit| -> Outcome<()> {
            let short = counted(run, &binaries, tool, path, TIMES.0)?;
            let long = counted(run, &binaries, tool, path, TIMES.1)?;
            let each = (long - short) / f64::from(TIMES.1 - TIMES.0);
            println!("{words}: {} {group}", unit.shown(each));
            cases.push(Case::exact(group, words, None, unit, each));
            Ok(())
        };
        count("callgrind", "instructions", Unit::Instructions)?;
        count("memcheck", "allocations", Unit::Count)?;
    }
    results.versions.insert("valgrind".to_owned(), version);
    results.replace(PART, PART, cases);
    Ok(Vec::new())
}

fn counted(run: &Run<'_>, binaries: &Binaries, tool: &str, path: &str, times: u32) -> Outcome<f64> {
    let folder = run.metadata.target_directory.join("bench");
    std::fs::create_dir_all(&folder)?;
    let log = folder.join("valgrind.txt");
    let mut command = Cmd::new("valgrind", &[]).arg(format!("--tool={tool}"));
    if tool == "callgrind" {
        command = command.arg(format!("--callgrind-out-file={}", folder.join("callgrind.out")));
    }
    let command = command
        .arg(format!("--log-file={log}"))
        .arg(binaries.ft_bench())
        .arg("core")
        .arg(format!("--path={path}"))
        .arg(format!("--times={times}"));
    command.output(run.root)?;
    let text = std::fs::read_to_string(&log)?;
    count(&text).ok_or_else(|| format!("{tool} does not say what it counted").into())
}

/// Instructions from callgrind's log, allocations from memcheck's.
fn count(log: &str) -> Option<f64> {
    log.lines().find_map(|line| {
        let rest = match line.split_once("Collected :") {
            Some((_, rest)) => rest,
            None => line.split_once("total heap usage:")?.1,
        };
        rest.split_whitespace().next()?.replace(',', "").parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tools_logs_are_understood() {
        assert_eq!(count("==1== \n==1== Collected : 35018\n"), Some(35_018.0));
        let heap = "==1==   total heap usage: 1,234 allocs, 1,230 frees, 99 bytes allocated\n";
        assert_eq!(count(heap), Some(1_234.0));
        assert_eq!(count("==1== nothing\n"), None);
    }
}
