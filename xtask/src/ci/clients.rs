//! Real clients judge the gateway: SDKs in Python and Node, of pinned versions, against the example `stand`.
//!
//! Each set of versions has an environment of its own below the target folder, made once and found again by the hash
//! of its lock. What is not on this machine, or cannot be fetched, is said and left out.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::tally::Tally;
use crate::Outcome;
use crate::process::Cmd;

/// The versions of each Python environment. Two, because most clients hold `openai` below its third major.
const PYTHON: &[&str] = &["openai-3", "openai-2"];

/// What stands at the end of an environment that was made whole.
const MARK: &str = "complete";

/// Where things are, as they are typed at the root.
#[derive(Debug)]
pub(super) struct Places<'a> {
    pub(super) root: &'a Path,
    /// The target folder.
    pub(super) target: &'a Path,
}

/// The sets of clients that can judge here, and what was left out.
#[derive(Debug, Default)]
pub(super) struct Judges {
    ready: Vec<Judge>,
    missing: Vec<String>,
}

/// A set of clients that is ready to judge.
#[derive(Debug)]
struct Judge {
    name: String,
    command: Cmd,
}

/// Builds the stand and runs every suite; the failures.
pub(super) fn run(
    judges: Judges,
    places: &Places<'_>,
    keep_going: bool,
    tally: &mut Tally,
    missing: &mut Vec<String>,
) -> Vec<String> {
    missing.extend(judges.missing);
    if judges.ready.is_empty() {
        return Vec::new();
    }
    // The flags of the other steps, so that what those compiled is found.
    let build = Cmd::cargo("build --workspace --all-features --bin ft --example stand");
    if let Err(error) = shown(&build, places.root) {
        return vec![error.to_string()];
    }
    let built = |path: &str| places.target.join(path).display().to_string();
    let (stand, ft) = (built("debug/examples/stand"), built("debug/ft"));
    let mut failures = Vec::new();
    for judge in judges.ready {
        if let Err(failure) = judge.run(&stand, &ft, places.root, tally) {
            failures.push(failure);
            if !keep_going {
                break;
            }
        }
    }
    failures
}

impl Judge {
    fn run(self, stand: &str, ft: &str, root: &Path, tally: &mut Tally) -> Result<(), String> {
        let command = self.command.arg(stand).arg(ft);
        println!("$ {command}");
        let before = tally.results;
        let ended = command.stream(root, |line| {
            println!("{line}");
            tally.read(line);
        });
        match ended {
            Ok(_) if tally.results == before => {
                Err(format!("{} printed no `test result` line, so nothing was counted", self.name))
            }
            Ok(true) => Ok(()),
            Ok(false) => Err(command.to_string()),
            Err(error) => Err(format!("{command}: {error}")),
        }
    }
}

/// Makes their environments, which is mostly waiting for registries: other steps run meanwhile.
pub(super) fn prepare(places: &Places<'_>) -> Judges {
    let mut judges = Judges::default();
    let mut add = |name: &str, made: Outcome<Cmd>| match made {
        Ok(command) => judges.ready.push(Judge { name: name.to_owned(), command }),
        Err(error) => {
            let note = format!("real clients, {name}: {error}");
            println!("NOT CHECKED: {note}");
            judges.missing.push(note);
        }
    };
    for name in PYTHON {
        add(&format!("Python with {name}"), python(places, name));
    }
    add("Node", node(places));
    judges
}

/// The Python suite with the versions of this lock.
fn python(places: &Places<'_>, name: &str) -> Outcome<Cmd> {
    let version = Cmd::new("python3", &["--version"]).output(places.root)?;
    let lock = format!("clients/python/{name}.lock.txt");
    // A newer Python does not find what an older one installed.
    let home = places.environment(name, &[&fs::read_to_string(places.root.join(&lock))?, &version]);
    let python = home.join("bin/python").display().to_string();
    places.make(&home, || {
        let venv = Cmd::new("python3", &["-m", "venv", "--clear"]);
        shown(&venv.arg(home.display().to_string()), places.root)?;
        // The lock names everything: what it does not name is not wanted.
        let flags = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
        shown(&Cmd::new(&python, &flags).arg("--requirement").arg(&lock), places.root)
    })?;
    Ok(Cmd::new(&python, &["clients/python/run.py"]).env("PYTHONDONTWRITEBYTECODE", "1"))
}

/// The Node suite.
fn node(places: &Places<'_>) -> Outcome<Cmd> {
    Cmd::new("node", &["--version"]).output(places.root)?;
    let from = places.root.join("clients/node");
    let lock = fs::read_to_string(from.join("package-lock.json"))?;
    let home = places.environment("node", &[&lock]);
    places.make(&home, || {
        let to = places.root.join(&home);
        fs::create_dir_all(&to)?;
        for file in ["package.json", "package-lock.json"] {
            fs::copy(from.join(file), to.join(file))?;
        }
        let flags = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
        let install = Cmd::new("npm", &flags).arg("--prefix").arg(home.display().to_string());
        shown(&install, places.root)
    })?;
    let modules = home.join("node_modules").display().to_string();
    Ok(Cmd::new("node", &["clients/node/run.mjs"]).env("NODE_PATH", &modules))
}

impl Places<'_> {
    /// The folder of an environment that follows from these texts.
    fn environment(&self, name: &str, of: &[&str]) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        of.hash(&mut hasher);
        self.target.join(format!("clients/{name}-{:016x}", hasher.finish()))
    }

    /// Makes the environment unless it is whole already.
    fn make(&self, home: &Path, make: impl FnOnce() -> Outcome<()>) -> Outcome<()> {
        let mark = self.root.join(home).join(MARK);
        if !mark.exists() {
            make()?;
            fs::write(mark, "")?;
        }
        Ok(())
    }
}

fn shown(command: &Cmd, root: &Path) -> Outcome<()> {
    println!("$ {command}");
    let succeeded = command.stream(root, |line| println!("{line}"))?;
    if succeeded { Ok(()) } else { Err(format!("`{command}` failed").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_lock_is_another_environment() {
        let places = Places { root: Path::new("."), target: Path::new("target") };
        let of = |lock| places.environment("node", &[lock]);
        assert_eq!(of("a"), of("a"));
        assert_ne!(of("a"), of("b"));
        assert!(of("a").starts_with("target/clients"), "{:?}", of("a"));
    }

    #[test]
    fn every_lock_pins_every_package() {
        let root = crate::workspace::root();
        for name in PYTHON {
            let lock = fs::read_to_string(root.join(format!("clients/python/{name}.lock.txt")));
            for line in lock.unwrap().lines().filter(|line| !line.starts_with('#')) {
                assert!(line.split_once("==").is_some(), "{name}: {line}");
            }
        }
    }
}
