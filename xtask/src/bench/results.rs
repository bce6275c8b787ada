//! The figures of one commit on one machine: `bench/results/<commit>.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::machine::{self, Machine};
use super::unit::Unit;
use crate::Outcome;

/// Where the files are kept.
pub(super) const FOLDER: &str = "bench/results";

/// Where a first impression goes: it is not kept, and no page is written over for it.
const QUICK_FOLDER: &str = "target/bench";

/// All cases measured at one commit.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Results {
    pub(super) commit: String,
    /// Measured in short: an impression, not evidence.
    pub(super) quick: bool,
    pub(super) machine: Machine,
    /// Of peers and tools that were measured with or against.
    #[serde(default)]
    pub(super) versions: BTreeMap<String, String>,
    /// By part, since parts may run on their own and are merged here.
    #[serde(default)]
    pub(super) parts: BTreeMap<String, PartRun>,
    pub(super) cases: Vec<Case>,
}

/// When and under what a part was measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PartRun {
    pub(super) date: String,
    /// The load averages of the machine when it began.
    pub(super) load: String,
    pub(super) seconds: u64,
    /// What was left out, and why.
    #[serde(default)]
    pub(super) left_out: Vec<String>,
}

/// One measured function, with its parameter if it has one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Case {
    /// Filled in by [`Results::replace`]: a program that measures does not know what it is kept as.
    #[serde(rename = "crate", default)]
    pub(super) krate: String,
    #[serde(default)]
    pub(super) bench: String,
    pub(super) group: String,
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) value: Option<String>,
    #[serde(default)]
    pub(super) unit: Unit,
    pub(super) median: f64,
    /// Bounds of the 95 % confidence interval of the median, or the quartiles of the rounds.
    pub(super) low: f64,
    pub(super) high: f64,
    /// Median absolute deviation.
    pub(super) deviation: f64,
}

impl Case {
    /// A figure that has no spread: a count, or the outcome of a simulation.
    pub(super) fn exact(
        group: &str,
        id: &str,
        value: Option<&str>,
        unit: Unit,
        figure: f64,
    ) -> Self {
        Self {
            krate: String::new(),
            bench: String::new(),
            group: group.to_owned(),
            id: id.to_owned(),
            value: value.map(str::to_owned),
            unit,
            median: figure,
            low: figure,
            high: figure,
            deviation: 0.0,
        }
    }

    /// What makes two measurements comparable.
    pub(super) fn key(&self) -> (&str, &str, &str, Option<&str>) {
        (&self.krate, &self.group, &self.id, self.value.as_deref())
    }

    /// The id and its parameter, as the table shows them.
    pub(super) fn label(&self) -> String {
        match &self.value {
            Some(value) => format!("{} ({value})", self.id),
            None => self.id.clone(),
        }
    }

    /// Something else's figure, measured to stand beside ours.
    pub(super) fn is_reference(&self) -> bool {
        self.id.starts_with("ref ")
    }

    /// Whether `reference` was measured in the same group under the same parameter, or under none.
    pub(super) fn compares_with(&self, reference: &Self) -> bool {
        let same_value = reference.value.is_none() || reference.value == self.value;
        reference.is_reference()
            && same_value
            && (&reference.krate, &reference.group) == (&self.krate, &self.group)
    }
}

impl Results {
    /// The results of this commit: those kept so far if this machine made them in the same mode,
    /// so that a run of one bench does not lose the others.
    ///
    /// # Errors
    /// When the kept file cannot be read.
    pub(super) fn begin(root: &Path, quick: bool) -> Outcome<Self> {
        let fresh = Self {
            commit: machine::commit(root),
            quick,
            machine: Machine::here(root),
            versions: BTreeMap::new(),
            parts: BTreeMap::new(),
            cases: Vec::new(),
        };
        let path = root.join(fresh.path());
        if !path.exists() {
            return Ok(fresh);
        }
        let kept = Self::load(&path)?;
        Ok(if kept.machine == fresh.machine && kept.quick == quick { kept } else { fresh })
    }

    /// The file of these results, from the workspace root.
    pub(super) fn path(&self) -> String {
        let folder = if self.quick { QUICK_FOLDER } else { FOLDER };
        format!("{folder}/{}.json", self.commit)
    }

    /// The page of these results, from the workspace root.
    pub(super) fn page(&self) -> String {
        if self.quick {
            format!("{QUICK_FOLDER}/{}.md", self.commit)
        } else {
            super::PAGE.to_owned()
        }
    }

    /// Results by the beginning of their commit, or by a path.
    ///
    /// # Errors
    /// When nothing or more than one file fits the name, or the file cannot be read.
    pub(super) fn find(root: &Path, name: &str) -> Outcome<Self> {
        let exact = [root.join(format!("{FOLDER}/{name}.json")), root.join(name)];
        if let Some(path) = exact.iter().find(|path| path.is_file()) {
            return Self::load(path);
        }
        let mut fitting = Vec::new();
        for entry in std::fs::read_dir(root.join(FOLDER)).into_iter().flatten() {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with(name) {
                fitting.push(entry.path());
            }
        }
        match fitting.as_slice() {
            [path] => Self::load(path),
            [] => Err(format!("`{name}` is no file, and {FOLDER} has no results of it").into()),
            _ => Err(format!("{FOLDER} has several results that begin with `{name}`").into()),
        }
    }

    pub(super) fn load(path: &Path) -> Outcome<Self> {
        let text = std::fs::read_to_string(path)?;
        let results = serde_json::from_str(&text);
        Ok(results.map_err(|error| format!("{}: {error}", path.display()))?)
    }

    /// Puts the cases of one bench, or of one run of a part, in the place of its earlier ones.
    pub(super) fn replace(&mut self, krate: &str, bench: &str, cases: Vec<Case>) {
        self.cases.retain(|case| (case.krate.as_str(), case.bench.as_str()) != (krate, bench));
        self.cases.extend(cases.into_iter().map(|case| Case {
            krate: krate.to_owned(),
            bench: bench.to_owned(),
            ..case
        }));
        self.cases.sort_by(|a, b| a.key().cmp(&b.key()));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A made-up case of the crate `ft-a` and the group `g`.
    pub(in crate::bench) fn case(id: &str, value: Option<&str>, median: f64) -> Case {
        Case {
            krate: "ft-a".to_owned(),
            bench: "b".to_owned(),
            group: "g".to_owned(),
            id: id.to_owned(),
            value: value.map(str::to_owned),
            unit: Unit::Ns,
            median,
            low: median * 0.99,
            high: median * 1.01,
            deviation: median * 0.02,
        }
    }

    /// Made-up results.
    pub(in crate::bench) fn results(cases: Vec<Case>) -> Results {
        let machine = Machine {
            cpu: "Fast CPU".to_owned(),
            cores: 2,
            system: "linux x86_64".to_owned(),
            rustc: "rustc 1.95.0".to_owned(),
        };
        let commit = "abc1234567".to_owned();
        let part = PartRun {
            date: "2026-01-02 03:04".to_owned(),
            load: "0.10 0.20 0.30".to_owned(),
            seconds: 61,
            left_out: Vec::new(),
        };
        let parts = BTreeMap::from([("ft-a".to_owned(), part)]);
        Results { commit, quick: false, machine, versions: BTreeMap::new(), parts, cases }
    }

    #[test]
    fn a_reference_stands_beside_cases_of_its_group_and_parameter() {
        let ours = case("breaker", Some("2"), 5.0);
        assert!(ours.compares_with(&case("ref failsafe", Some("2"), 50.0)));
        assert!(ours.compares_with(&case("ref failsafe", None, 50.0)));
        assert!(!ours.compares_with(&case("ref failsafe", Some("1"), 12.0)));
        assert!(!ours.compares_with(&case("failsafe", Some("2"), 50.0)));
        assert!(!ours.compares_with(&Case { group: "h".to_owned(), ..case("ref a", None, 1.0) }));
    }

    #[test]
    fn a_bench_that_runs_again_replaces_its_own_cases_only() {
        let other = Case { bench: "other".to_owned(), ..case("kept", None, 1.0) };
        let mut results = results(vec![case("gone", None, 1.0), other]);
        results.replace("ft-a", "b", vec![case("new", None, 2.0)]);
        let ids: Vec<&str> = results.cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids, ["kept", "new"]);
    }

    #[test]
    fn a_first_impression_overwrites_nothing_that_is_kept() {
        let kept = results(vec![]);
        let quick = Results { quick: true, ..kept.clone() };
        assert_eq!(kept.path(), "bench/results/abc1234567.json");
        assert_ne!(kept.path(), quick.path());
        assert_ne!(kept.page(), quick.page());
    }

    #[test]
    fn results_survive_the_way_through_their_file() {
        let text = serde_json::to_string(&results(vec![case("a", Some("2"), 1.5)])).unwrap();
        let again: Results = serde_json::from_str(&text).unwrap();
        assert_eq!(again.cases[0].key(), ("ft-a", "g", "a", Some("2")));
    }

    #[test]
    fn a_case_is_read_as_a_program_that_measures_prints_it() {
        let printed = r#"[{"group": "g", "id": "gateway", "unit": "bytes", "median": 2.0, "low": 1.0,
            "high": 3.0, "deviation": 0.5}]"#;
        let cases: Vec<Case> = serde_json::from_str(printed).unwrap();
        assert_eq!((cases[0].group.as_str(), cases[0].krate.as_str()), ("g", ""));
    }
}
