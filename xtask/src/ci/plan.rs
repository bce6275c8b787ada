//! Which steps a run has, and the commands of each.
//!
//! Cheap steps come first, so that a slip is known within seconds. All but loom build with the
//! same flags into the same folder: what one step compiled, the next one finds.

use std::path::Path;

use cargo_metadata::{Metadata, Package};

use super::{Options, StepName};
use crate::process::Cmd;
use crate::{Outcome, prove};

/// One step of a run.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) name: StepName,
    pub(super) action: Action,
    /// Whether a pass without one counted test binary would be a lie.
    pub(super) counts_tests: bool,
}

/// What a step does.
#[derive(Debug)]
pub(super) enum Action {
    Commands(Vec<Cmd>),
    /// In this process: the binary on disk may be rebuilt under our feet.
    Tidy,
    Clients,
    Smoke,
}

/// The steps of a run, and what cannot be checked on this machine.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    pub(super) missing: Vec<String>,
}

impl Plan {
    /// Every step that this workspace and this machine have.
    ///
    /// # Errors
    /// When a folder of documents cannot be listed.
    pub(super) fn new(metadata: &Metadata, root: &Path) -> Outcome<Self> {
        let mut missing = Vec::new();
        let all = "--workspace --all-features";
        let mut steps = vec![
            commands(StepName::Fmt, [Cmd::cargo("fmt --all -- --check")]),
            Step { name: StepName::Tidy, action: Action::Tidy, counts_tests: false },
            commands(
                StepName::Clippy,
                [Cmd::cargo(&format!("clippy {all} --all-targets -- -D warnings"))],
            ),
            // All binaries run even after a failure: the count at the end is of all tests.
            tests(StepName::Test, [Cmd::cargo(&format!("test {all} --no-fail-fast"))]),
            tests(StepName::Unit, [Cmd::cargo(&format!("test {all} --no-fail-fast --lib --bins"))]),
            commands(StepName::Examples, [Cmd::cargo(&format!("build {all} --examples"))]),
            Step { name: StepName::Clients, action: Action::Clients, counts_tests: false },
            commands(
                StepName::Doc,
                [Cmd::cargo(&format!("doc {all} --no-deps")).env("RUSTDOCFLAGS", "-D warnings")],
            ),
            commands(StepName::Features, feature_checks(metadata)),
        ];
        let loom = loom_tests(metadata);
        if !loom.is_empty() {
            steps.push(tests(StepName::Loom, loom));
        }
        let tools = promtool(root, &mut missing)?;
        if !tools.is_empty() {
            steps.push(commands(StepName::Tools, tools));
        }
        steps.push(Step { name: StepName::Smoke, action: Action::Smoke, counts_tests: false });
        // After the smoke run, which built all but the worlds themselves in the same profile.
        steps.push(commands(StepName::Worlds, prove::worlds(prove::SEEDS, prove::SOCKETS)));
        let mut plan = Self { steps, missing };
        if std::env::var("CI").is_ok_and(|value| value == "true") {
            plan.for_ci(root);
        }
        Ok(plan)
    }

    /// The steps that the options ask for.
    pub(super) fn choose(mut self, options: &Options) -> Self {
        self.steps.retain(|step| wants(step.name, options));
        if options.no_clients && !options.fast {
            self.steps.retain(|step| step.name != StepName::Clients);
            self.missing.push("real clients: left out by --no-clients".to_owned());
        }
        if !self.steps.iter().any(|step| step.name == StepName::Tools) && options.fast {
            self.missing.clear();
        }
        self
    }

    /// A log has no colours and a clean machine has no use for incremental builds.
    fn for_ci(&mut self, root: &Path) {
        for step in &mut self.steps {
            if let Action::Commands(commands) = &mut step.action {
                for command in commands {
                    let plain = command.clone().env("CARGO_TERM_COLOR", "never");
                    *command = plain.env("CARGO_INCREMENTAL", "0");
                }
            }
        }
        if root.join(".git").exists() {
            let unchanged = Cmd::new("git", &["diff", "--exit-code", "--", "Cargo.lock"]);
            self.steps.insert(0, commands(StepName::Lock, [unchanged]));
        }
    }
}

fn wants(name: StepName, options: &Options) -> bool {
    if !options.only.is_empty() {
        return options.only.contains(&name);
    }
    match name {
        StepName::Lock | StepName::Fmt | StepName::Tidy | StepName::Clippy => true,
        StepName::Unit => options.fast,
        StepName::Test
        | StepName::Examples
        | StepName::Clients
        | StepName::Doc
        | StepName::Features
        | StepName::Loom
        | StepName::Worlds
        | StepName::Tools
        | StepName::Smoke => !options.fast,
    }
}

fn commands(name: StepName, commands: impl IntoIterator<Item = Cmd>) -> Step {
    let action = Action::Commands(commands.into_iter().collect());
    Step { name, action, counts_tests: false }
}

fn tests(name: StepName, all: impl IntoIterator<Item = Cmd>) -> Step {
    Step { counts_tests: true, ..commands(name, all) }
}

/// Each crate that somebody may use without the others: for what the others' features hide, as a build of the whole
/// workspace switches on everything that anyone asked for. What nothing depends on is a program: `ft` and `ft-worlds`
/// are built alone by their own steps.
fn libraries(metadata: &Metadata) -> Vec<&Package> {
    let members = members(metadata);
    let used = |package: &&Package| {
        let uses = |other: &&&Package| {
            let mut dependencies = other.dependencies.iter();
            dependencies.any(|dependency| dependency.name == package.name.as_str())
        };
        !package.features.is_empty() || members.iter().any(|other| uses(&other))
    };
    members.iter().copied().filter(used).collect()
}

/// Members but this one, which is built alone whenever it runs.
fn members(metadata: &Metadata) -> Vec<&Package> {
    let mut members = metadata.workspace_packages();
    members.retain(|package| package.name.as_str() != env!("CARGO_PKG_NAME"));
    members.sort_by_key(|package| package.name.as_str());
    members
}

/// Each library alone: without features, and with each one by itself.
fn feature_checks(metadata: &Metadata) -> Vec<Cmd> {
    libraries(metadata)
        .iter()
        .flat_map(|package| {
            let features = package.features.iter().filter(|(name, includes)| {
                // A `default` of nothing, or of one feature, is checked under its other name.
                name.as_str() != "default" || includes.len() > 1
            });
            feature_check(package.name.as_str(), features.map(|(name, _)| name.as_str()))
        })
        .collect()
}

fn feature_check<'a>(name: &str, features: impl Iterator<Item = &'a str>) -> Vec<Cmd> {
    let bare = Cmd::cargo(&format!("check --package {name} --no-default-features"));
    let each = features.map(|feature| bare.clone().arg("--features").arg(feature));
    std::iter::once(bare.clone()).chain(each).collect()
}

/// How often loom may interrupt a thread where it need not. Its documentation finds two or three
/// enough for nearly every bug; without a bound, three threads take more than six minutes.
const MAX_PREEMPTIONS: &str = "3";

/// `tests/loom.rs` of every crate that has one. Loom replaces the atomics for the whole build, so
/// it has a folder of its own and does not throw away what the other steps compiled.
fn loom_tests(metadata: &Metadata) -> Vec<Cmd> {
    let target_dir = metadata.target_directory.join("loom");
    let has_loom = |package: &&Package| {
        package.manifest_path.parent().is_some_and(|folder| folder.join("tests/loom.rs").exists())
    };
    let with_loom = members(metadata).into_iter().filter(has_loom);
    with_loom
        .map(|package| {
            Cmd::cargo(&format!("test --package {} --release --test loom", package.name))
                .arg("--target-dir")
                .arg(shown_below(&target_dir, &metadata.workspace_root))
                .env("RUSTFLAGS", "--cfg loom")
                .env("LOOM_MAX_PREEMPTIONS", MAX_PREEMPTIONS)
        })
        .collect()
}

/// A path as it is typed at the root, where it is below the root.
fn shown_below(path: &cargo_metadata::camino::Utf8Path, root: impl AsRef<Path>) -> String {
    path.strip_prefix(root.as_ref()).unwrap_or(path).to_string()
}

/// Alert rules (`docs/alerts/*.yml`), their tests (`docs/alerts/*-test.yml`, which are no rules) and recorded metric
/// text (`docs/**/*.prom`).
fn promtool(root: &Path, missing: &mut Vec<String>) -> Outcome<Vec<Cmd>> {
    let checks = promtool_checks(root)?;
    if !checks.is_empty() && !is_installed("promtool") {
        missing.push("alert rules and metric text: promtool is not installed".to_owned());
        return Ok(Vec::new());
    }
    Ok(checks)
}

fn promtool_checks(root: &Path) -> Outcome<Vec<Cmd>> {
    let mut rules = Vec::new();
    let mut tests = Vec::new();
    let mut metrics = Vec::new();
    let mut folders = vec![root.join("docs")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry?.path();
            let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            let extension = path.extension().and_then(|extension| extension.to_str());
            match extension {
                _ if path.is_dir() => folders.push(path),
                Some("yml" | "yaml") if folder.ends_with("alerts") => {
                    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
                    if stem.ends_with("-test") { tests.push(shown) } else { rules.push(shown) }
                }
                Some("prom") => metrics.push(shown),
                _ => {}
            }
        }
    }
    Ok(rules
        .into_iter()
        .map(|path| Cmd::new("promtool", &["check", "rules"]).arg(path))
        .chain(tests.into_iter().map(|path| Cmd::new("promtool", &["test", "rules"]).arg(path)))
        .chain(
            metrics.into_iter().map(|path| Cmd::new("promtool", &["check", "metrics"]).input(path)),
        )
        .collect())
}

/// Whether a program stands in one of the folders of `PATH`.
fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| {
        folder.join(program).is_file() || folder.join(format!("{program}.exe")).is_file()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    fn options(fast: bool, only: &[StepName]) -> Options {
        Options { fast, keep_going: false, no_clients: false, only: only.to_vec() }
    }

    fn names(options: &Options) -> Vec<StepName> {
        let root = workspace::root();
        let mut plan = Plan::new(&workspace::metadata(&root).unwrap(), &root).unwrap();
        // What only some machines and states of the tree have.
        plan.steps
            .retain(|step| ![StepName::Lock, StepName::Loom, StepName::Tools].contains(&step.name));
        plan.choose(options).steps.iter().map(|step| step.name).collect()
    }

    #[test]
    fn a_full_run_has_every_step_but_the_shorter_form_of_another() {
        use StepName::{Clients, Clippy, Doc, Examples, Features, Fmt, Smoke, Test, Tidy, Worlds};
        let full = [Fmt, Tidy, Clippy, Test, Examples, Clients, Doc, Features, Smoke, Worlds];
        assert_eq!(names(&options(false, &[])), full);
    }

    #[test]
    fn a_fast_run_has_four_steps() {
        use StepName::{Clippy, Fmt, Tidy, Unit};
        assert_eq!(names(&options(true, &[])), [Fmt, Tidy, Clippy, Unit]);
    }

    #[test]
    fn clients_can_be_left_out_and_the_run_says_so() {
        let root = workspace::root();
        let plan = Plan::new(&workspace::metadata(&root).unwrap(), &root).unwrap();
        let plan = plan.choose(&Options { no_clients: true, ..options(false, &[]) });
        assert!(plan.steps.iter().all(|step| step.name != StepName::Clients));
        assert!(
            plan.missing.iter().any(|note| note.contains("--no-clients")),
            "{:?}",
            plan.missing
        );
    }

    #[test]
    fn chosen_steps_keep_their_order() {
        let only = [StepName::Doc, StepName::Fmt];
        assert_eq!(names(&options(false, &only)), [StepName::Fmt, StepName::Doc]);
    }

    #[test]
    fn each_feature_is_checked_by_itself_and_so_is_none() {
        let shown: Vec<String> =
            feature_check("a", ["chat"].into_iter()).iter().map(ToString::to_string).collect();
        assert_eq!(
            shown,
            [
                "cargo check --package a --no-default-features",
                "cargo check --package a --no-default-features --features chat",
            ]
        );
    }

    #[test]
    fn ft_core_is_checked_without_its_chat_vocabulary() {
        let checks = feature_checks(&workspace::metadata(&workspace::root()).unwrap());
        let shown: Vec<String> = checks.iter().map(ToString::to_string).collect();
        assert!(shown.iter().any(|line| line.ends_with("ft-core --no-default-features")));
        assert!(shown.iter().any(|line| line.ends_with("--features chat")), "{shown:?}");
    }

    #[test]
    fn tests_of_rules_are_run_as_tests_and_not_checked_as_rules() {
        let shown = promtool_checks(&workspace::root()).unwrap();
        let shown: Vec<String> = shown.iter().map(ToString::to_string).collect();
        assert!(shown.contains(&"promtool check rules docs/alerts/ft.yml".to_owned()), "{shown:?}");
        let test = "promtool test rules docs/alerts/ft-test.yml".to_owned();
        assert!(shown.contains(&test), "{shown:?}");
        assert!(!shown.contains(&"promtool check rules docs/alerts/ft-test.yml".to_owned()));
    }

    #[test]
    fn a_program_that_is_not_there_is_not_installed() {
        assert!(!is_installed("no-such-program"));
    }
}
