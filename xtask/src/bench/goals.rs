//! `bench/goals.toml`: which figure has to reach what, from which cases it is read, and whether it does.

use std::path::Path;

use serde::Deserialize;

use super::results::{Case, Results};
use super::unit::{Unit, parsed};
use crate::Outcome;

/// The file of the goals.
pub(crate) const FILE: &str = "bench/goals.toml";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    figure: Vec<Figure>,
}

/// One figure and its goal.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Figure {
    pub(super) id: String,
    pub(super) words: String,
    /// A relation, a number and a unit, such as `<= 5 ns`, `<= 1.5 ×`, `>= 99.99 %`, `= 0`.
    pub(super) goal: String,
    /// `part / group / id`, with ` (value)` where several have the id. Of several cases the worst counts.
    case: OneOrMore,
    /// What is taken away first: what the case holds and the figure does not mean.
    #[serde(default)]
    less: Option<String>,
    /// What it is divided by: the least of these, so that a goal below 1 means ahead of all.
    #[serde(default)]
    to: Option<OneOrMore>,
    /// Why it is missed, as long as it is.
    #[serde(default)]
    pub(super) reason: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

/// What became of a figure.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum State {
    Met(f64, Unit),
    Missed(f64, Unit),
    /// With the case that is not there.
    NotMeasured(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    AtMost,
    Below,
    AtLeast,
    Above,
    Exactly,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Goal {
    relation: Relation,
    number: f64,
    unit: Unit,
}

impl Goal {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let end = text.find(|c: char| !"<>=".contains(c))?;
        let relation = match &text[..end] {
            "<=" => Relation::AtMost,
            "<" => Relation::Below,
            ">=" => Relation::AtLeast,
            ">" => Relation::Above,
            "=" => Relation::Exactly,
            _ => return None,
        };
        let (number, unit) = parsed(&text[end..])?;
        Some(Self { relation, number, unit })
    }

    fn holds(self, figure: f64) -> bool {
        match self.relation {
            Relation::AtMost => figure <= self.number,
            Relation::Below => figure < self.number,
            Relation::AtLeast => figure >= self.number,
            Relation::Above => figure > self.number,
            Relation::Exactly => (figure - self.number).abs() < 1e-9,
        }
    }

    /// Of several figures the one that is farthest from the goal.
    fn worse(self, a: f64, b: f64) -> f64 {
        match self.relation {
            Relation::AtLeast | Relation::Above => a.min(b),
            Relation::AtMost | Relation::Below => a.max(b),
            Relation::Exactly if (a - self.number).abs() >= (b - self.number).abs() => a,
            Relation::Exactly => b,
        }
    }
}

impl Figure {
    /// What the results say of it.
    pub(super) fn state(&self, results: &Results) -> State {
        match self.measured(results) {
            Ok((figure, unit)) => match Goal::parse(&self.goal) {
                Some(goal) if goal.unit == unit && goal.holds(figure) => State::Met(figure, unit),
                _ => State::Missed(figure, unit),
            },
            Err(missing) => State::NotMeasured(missing),
        }
    }

    fn measured(&self, results: &Results) -> Result<(f64, Unit), String> {
        let goal = Goal::parse(&self.goal).ok_or_else(|| self.goal.clone())?;
        let less = match &self.less {
            Some(path) => lookup(results, path)?.median,
            None => 0.0,
        };
        let mut to: Option<f64> = None;
        for path in self.to.iter().flat_map(OneOrMore::all) {
            let reference = lookup(results, path)?.median;
            to = Some(to.map_or(reference, |least| least.min(reference)));
        }
        let mut worst: Option<(f64, Unit)> = None;
        for path in self.case.all() {
            let case = lookup(results, path)?;
            let own = case.median - less;
            let figure = to.map_or(own, |to| own / to);
            let unit = if to.is_some() { Unit::Ratio } else { case.unit };
            worst = Some((worst.map_or(figure, |(worst, _)| goal.worse(worst, figure)), unit));
        }
        worst.ok_or_else(|| "no case is named".to_owned())
    }

    /// What is wrong with the words of the file, apart from any results.
    fn mistake(&self) -> Option<String> {
        let paths = self.case.all().iter().chain(self.to.iter().flat_map(OneOrMore::all));
        let mut paths = paths.chain(&self.less);
        if Goal::parse(&self.goal).is_none() {
            return Some(format!(
                "the goal `{}` is not a relation, a number and a unit",
                self.goal
            ));
        }
        if let Some(path) = paths.find(|path| path.splitn(3, " / ").count() != 3) {
            return Some(format!("`{path}` is not `part / group / id`"));
        }
        if self.case.all().is_empty() {
            return Some("no case is named".to_owned());
        }
        self.reason
            .as_ref()
            .filter(|reason| reason.trim().is_empty())
            .map(|_| "the reason is empty: leave it out".to_owned())
    }
}

/// The case of a path; without a value, the only one of its id.
fn lookup<'a>(results: &'a Results, path: &str) -> Result<&'a Case, String> {
    let mut words = path.splitn(3, " / ");
    let (part, group, id) = (words.next(), words.next(), words.next().unwrap_or_default());
    let there =
        |case: &&Case| Some(case.krate.as_str()) == part && Some(case.group.as_str()) == group;
    let cases = || results.cases.iter().filter(there);
    if let Some(case) = cases().find(|case| case.label() == id) {
        return Ok(case);
    }
    let of_id: Vec<&Case> = cases().filter(|case| case.id == id).collect();
    match of_id.as_slice() {
        [case] => Ok(case),
        _ => Err(path.to_owned()),
    }
}

/// The figures of the file.
///
/// # Errors
/// When it cannot be read, or something in it cannot be meant.
pub(super) fn load(root: &Path) -> Outcome<Vec<Figure>> {
    let text =
        std::fs::read_to_string(root.join(FILE)).map_err(|error| format!("{FILE}: {error}"))?;
    read(&text).map_err(|(figure, wrong)| format!("{FILE}: {figure}{wrong}").into())
}

/// The figures of a text, or which figure is wrong and how.
fn read(text: &str) -> Result<Vec<Figure>, (String, String)> {
    let file: File = toml::from_str(text).map_err(|error| (String::new(), error.to_string()))?;
    for (at, figure) in file.figure.iter().enumerate() {
        if let Some(mistake) = figure.mistake() {
            return Err((format!("{}: ", figure.id), mistake));
        }
        if file.figure[..at].iter().any(|other| other.id == figure.id) {
            return Err((format!("{}: ", figure.id), "the id stands twice".to_owned()));
        }
    }
    Ok(file.figure)
}

/// Reasons that have become untrue: the figure is met.
pub(super) fn needless(figures: &[Figure], results: &Results) -> Vec<String> {
    let met = |figure: &&Figure| {
        figure.reason.is_some() && matches!(figure.state(results), State::Met(..))
    };
    figures.iter().filter(met).map(|figure| figure.id.clone()).collect()
}

/// Figures that are missed and do not say why.
pub(super) fn unexplained(figures: &[Figure], results: &Results) -> Vec<String> {
    let missed = |figure: &&Figure| {
        figure.reason.is_none() && matches!(figure.state(results), State::Missed(..))
    };
    figures.iter().filter(missed).map(|figure| figure.id.clone()).collect()
}

/// What is wrong with the file of goals, on its own and beside the results that the page was written from.
///
/// # Errors
/// When those results are there and cannot be read.
pub(crate) fn mistakes(root: &Path) -> Outcome<Vec<String>> {
    let figures = match load(root) {
        Ok(figures) => figures,
        Err(error) => return Ok(vec![error.to_string()]),
    };
    let page = std::fs::read_to_string(root.join(super::PAGE)).unwrap_or_default();
    let Some(commit) = super::table::commit_of(&page) else { return Ok(Vec::new()) };
    let results = Results::find(root, commit)?;
    let needless = needless(&figures, &results).into_iter();
    let mut found: Vec<String> =
        needless.map(|id| format!("{id}: the figure is met, so take its reason away")).collect();
    if page != super::table::page(&results, &figures) {
        found.push(format!(
            "{}: not what the results and the goals say: run `cargo xtask bench table {commit}`",
            super::PAGE
        ));
    }
    Ok(found)
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::results::tests::{case, results};
    use super::*;

    pub(in crate::bench) fn figures(text: &str) -> Vec<Figure> {
        read(text).unwrap()
    }

    fn state(text: &str, cases: Vec<Case>) -> State {
        let text = format!("[[figure]]\nid = \"f\"\nwords = \"w\"\n{text}");
        figures(&text)[0].state(&results(cases))
    }

    #[test]
    fn a_figure_is_a_case_or_the_worst_of_several() {
        let cases = || vec![case("x", Some("1"), 4.0), case("x", Some("2"), 6.0)];
        let one = "goal = \"<= 5 ns\"\ncase = \"ft-a / g / x (1)\"";
        assert_eq!(state(one, cases()), State::Met(4.0, Unit::Ns));
        let all = "goal = \"<= 5 ns\"\ncase = [\"ft-a / g / x (1)\", \"ft-a / g / x (2)\"]";
        assert_eq!(state(all, cases()), State::Missed(6.0, Unit::Ns));
        let most = "goal = \">= 5 ns\"\ncase = [\"ft-a / g / x (1)\", \"ft-a / g / x (2)\"]";
        assert_eq!(state(most, cases()), State::Missed(4.0, Unit::Ns));
    }

    #[test]
    fn a_case_without_its_value_is_found_where_it_is_the_only_one() {
        let short = "goal = \"<= 5 ns\"\ncase = \"ft-a / g / x\"";
        assert_eq!(state(short, vec![case("x", Some("8 seeds"), 4.0)]), State::Met(4.0, Unit::Ns));
        let two = vec![case("x", Some("1"), 4.0), case("x", Some("2"), 4.0)];
        assert!(matches!(state(short, two), State::NotMeasured(_)));
    }

    #[test]
    fn a_figure_may_be_a_difference_and_a_ratio_to_the_best_reference() {
        let cases = || {
            vec![
                case("x", None, 9.0),
                case("copy", None, 1.0),
                case("ref a", None, 16.0),
                case("ref b", None, 4.0),
            ]
        };
        let less = "goal = \"<= 8 ns\"\ncase = \"ft-a / g / x\"\nless = \"ft-a / g / copy\"";
        assert_eq!(state(less, cases()), State::Met(8.0, Unit::Ns));
        let to = "goal = \"< 1 ×\"\ncase = \"ft-a / g / x\"\nless = \"ft-a / g / copy\"\n\
                  to = [\"ft-a / g / ref a\", \"ft-a / g / ref b\"]";
        assert_eq!(state(to, cases()), State::Missed(2.0, Unit::Ratio));
    }

    #[test]
    fn what_was_not_measured_is_neither_met_nor_missed() {
        let gone = "goal = \"= 0\"\ncase = \"ft-a / g / gone\"";
        assert_eq!(state(gone, vec![]), State::NotMeasured("ft-a / g / gone".to_owned()));
    }

    #[test]
    fn a_goal_in_another_unit_than_its_case_is_never_met() {
        let wrong = "goal = \"<= 5 KiB\"\ncase = \"ft-a / g / x\"";
        assert!(matches!(state(wrong, vec![case("x", None, 4.0)]), State::Missed(..)));
    }

    #[test]
    fn a_reason_belongs_to_a_missed_figure_alone() {
        let text = "[[figure]]\nid = \"f\"\nwords = \"w\"\ngoal = \"<= 5 ns\"\n\
                    case = \"ft-a / g / x\"\n";
        let (bare, with) = (figures(text), figures(&format!("{text}reason = \"r\"\n")));
        let (met, missed) =
            (results(vec![case("x", None, 4.0)]), results(vec![case("x", None, 6.0)]));
        assert_eq!(
            (needless(&with, &met), needless(&with, &missed)),
            (vec!["f".to_owned()], vec![])
        );
        assert_eq!(
            (unexplained(&bare, &missed), unexplained(&bare, &met)),
            (vec!["f".to_owned()], vec![])
        );
    }

    #[test]
    fn mistakes_in_the_file_name_the_figure() {
        let wrong = |line: &str| {
            let text = format!("[[figure]]\nid = \"f\"\nwords = \"w\"\n{line}\n");
            read(&text).unwrap_err().0
        };
        assert_eq!(wrong("goal = \"fast\"\ncase = \"a / b / c\""), "f: ");
        assert_eq!(wrong("goal = \"<= 5 ns\"\ncase = \"a / b\""), "f: ");
        assert_eq!(wrong("goal = \"<= 5 ns\"\ncase = []"), "f: ");
        assert_eq!(wrong("goal = \"<= 5 ns\"\ncase = \"a / b / c\"\nreason = \" \""), "f: ");
        assert_eq!(wrong("goal = \"<= 5 ns\""), "");
        let one = "[[figure]]\nid = \"f\"\nwords = \"w\"\ngoal = \"= 0\"\ncase = \"a / b / c\"\n";
        assert_eq!(read(&format!("{one}{one}")).unwrap_err().0, "f: ");
    }

    #[test]
    fn the_goals_of_this_workspace_can_be_meant() {
        assert!(load(&crate::workspace::root()).unwrap().len() > 20);
    }
}
