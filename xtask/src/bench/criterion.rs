//! Reading what criterion leaves under `target/criterion`.

use std::path::Path;
use std::time::SystemTime;

use serde::Deserialize;

use super::results::Case;
use super::unit::Unit;
use crate::Outcome;

/// `new/benchmark.json`: what was measured.
#[derive(Debug, Deserialize)]
struct Benchmark {
    group_id: String,
    function_id: Option<String>,
    value_str: Option<String>,
}

/// `new/estimates.json`: how long it took, in nanoseconds.
#[derive(Debug, Deserialize)]
struct Estimates {
    median: Estimate,
    median_abs_dev: Estimate,
}

#[derive(Debug, Deserialize)]
struct Estimate {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Debug, Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

/// The cases whose estimates were written since `begun`; older ones are another run's.
///
/// # Errors
/// When a file cannot be read, or is not what this version of criterion writes.
pub(super) fn collect(folder: &Path, begun: SystemTime) -> Outcome<Vec<Case>> {
    let mut cases = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.ends_with("new/estimates.json") && path.metadata()?.modified()? >= begun
            {
                let benchmark = std::fs::read_to_string(path.with_file_name("benchmark.json"))?;
                let estimates = std::fs::read_to_string(&path)?;
                let case = case(&benchmark, &estimates);
                cases.push(case.map_err(|error| format!("{}: {error}", path.display()))?);
            }
        }
    }
    cases.sort_by(|a, b| a.key().cmp(&b.key()));
    Ok(cases)
}

fn case(benchmark: &str, estimates: &str) -> Outcome<Case> {
    let Benchmark { group_id, function_id, value_str } = serde_json::from_str(benchmark)?;
    let Estimates { median, median_abs_dev } = serde_json::from_str(estimates)?;
    Ok(Case {
        krate: String::new(),
        bench: String::new(),
        // Outside a group, criterion calls the function's name the group.
        id: function_id.unwrap_or_else(|| group_id.clone()),
        group: group_id,
        value: value_str,
        unit: Unit::Ns,
        median: median.point_estimate,
        low: median.confidence_interval.lower_bound,
        high: median.confidence_interval.upper_bound,
        deviation: median_abs_dev.point_estimate,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const BENCHMARK: &str = r#"{"group_id":"breaker","function_id":"ref failsafe",
        "value_str":"2","throughput":null,"full_id":"breaker/ref failsafe/2",
        "directory_name":"breaker/ref failsafe/2","title":"breaker/ref failsafe/2"}"#;
    const ESTIMATES: &str = r#"{"mean":{"confidence_interval":{"confidence_level":0.95,
        "lower_bound":9.0,"upper_bound":12.0},"point_estimate":10.5,"standard_error":0.1},
        "median":{"confidence_interval":{"confidence_level":0.95,"lower_bound":9.5,
        "upper_bound":10.5},"point_estimate":10.0,"standard_error":0.1},
        "median_abs_dev":{"confidence_interval":{"confidence_level":0.95,"lower_bound":0.1,
        "upper_bound":0.3},"point_estimate":0.2,"standard_error":0.01},"slope":null}"#;

    #[test]
    fn a_case_is_named_by_its_ids_and_measured_by_its_median() {
        let case = case(BENCHMARK, ESTIMATES).unwrap();
        assert_eq!((case.group.as_str(), case.id.as_str()), ("breaker", "ref failsafe"));
        assert_eq!(case.value.as_deref(), Some("2"));
        assert_eq!((case.median, case.low, case.deviation), (10.0, 9.5, 0.2));
    }

    #[test]
    fn estimates_of_an_earlier_run_are_left_out() {
        let folder = std::env::temp_dir().join(format!("xtask-criterion-{}", std::process::id()));
        let new = folder.join("breaker/new");
        std::fs::create_dir_all(&new).unwrap();
        std::fs::write(new.join("benchmark.json"), BENCHMARK).unwrap();
        std::fs::write(new.join("estimates.json"), ESTIMATES).unwrap();
        let written = new.join("estimates.json").metadata().unwrap().modified().unwrap();
        let found = collect(&folder, written).unwrap().len();
        let later = collect(&folder, written + std::time::Duration::from_secs(5)).unwrap().len();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!((found, later), (1, 0));
    }
}
